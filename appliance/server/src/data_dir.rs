//! The data folder: which file lies where.

use std::path::{Path, PathBuf};

/// Root of everything that the appliance keeps.
#[derive(Clone, Debug)]
pub(crate) struct DataDir {
    root: PathBuf,
}

impl DataDir {
    /// A data folder; it need not exist yet.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The control store (SQLite).
    pub(crate) fn store(&self) -> PathBuf {
        self.root.join("codegraph.db")
    }

    /// The files that SQLite keeps beside the control store.
    pub(crate) fn store_companions(&self) -> [PathBuf; 2] {
        ["codegraph.db-wal", "codegraph.db-shm"].map(|name| self.root.join(name))
    }

    /// Held by the one server that uses this folder.
    pub(crate) fn server_lock(&self) -> PathBuf {
        self.root.join("server.lock")
    }

    /// Sealed files of a project's snapshots.
    pub(crate) fn graphs(&self, project: &str) -> PathBuf {
        self.root.join("graphs").join(project)
    }

    /// Where index workers write before their work is published; emptied at start.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.root.join("scratch")
    }

    /// Copies of the control store.
    pub(crate) fn backups(&self) -> PathBuf {
        self.root.join("backups")
    }

    /// Key that signs access tokens when the configuration gives none.
    pub(crate) fn token_key(&self) -> PathBuf {
        self.root.join("token.key")
    }

    /// One-time password of the first administrator.
    pub(crate) fn initial_password(&self) -> PathBuf {
        self.root.join("initial-admin-password")
    }

    /// Creates the folder (mode 0700) and its fixed parts.
    pub(crate) fn create(&self) -> std::io::Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(&self.root)?;
        builder.create(self.root.join("graphs"))?;
        builder.create(self.scratch())
    }
}
