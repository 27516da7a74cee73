//! Where everything lies on the host. `--root DIR` puts all of it under another folder.

use std::path::{Path, PathBuf};

/// What is installed to: the running system, or a folder that stands for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `/`: units are installed and started, users are made.
    System,
    /// Another root folder: files only, nothing of the running system is touched.
    Folder(PathBuf),
    /// Another root folder that is treated like the running system: for tests, with a host that runs nothing.
    Rehearsal(PathBuf),
}

/// Every path that the installer writes to.
#[derive(Debug, Clone)]
pub struct HostPaths {
    target: Target,
    machine: PathBuf,
}

impl HostPaths {
    /// The paths of the running system, or of the system below `root`.
    pub fn new(root: Option<&Path>) -> Self {
        let target = match root {
            None => Target::System,
            Some(path) if path == Path::new("/") => Target::System,
            // Programs are run from `/`: a relative path would lead them elsewhere.
            Some(path) => {
                Target::Folder(std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()))
            }
        };
        Self { target, machine: PathBuf::from("/") }
    }

    /// The same paths, for a machine whose `/proc`, `/sys`, `/run`, `/lib` and tools lie below `folder`.
    #[must_use]
    pub fn of_machine(mut self, folder: &Path) -> Self {
        self.machine = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
        self
    }

    /// Where this process finds `path` of the machine whose facts are read.
    pub fn machine(&self, path: &str) -> PathBuf {
        self.machine.join(path.trim_start_matches('/'))
    }

    /// A tool of that machine: by its name on this one, by its file in a copy.
    pub fn machine_tool(&self, name: &str) -> PathBuf {
        if self.machine == Path::new("/") {
            return PathBuf::from(name);
        }
        self.machine.join("usr/bin").join(name)
    }

    /// Paths below `root` for which units are installed and services started, through whatever host is given.
    pub fn rehearsal(root: &Path) -> Self {
        Self { target: Target::Rehearsal(root.to_path_buf()), machine: PathBuf::from("/") }
    }

    /// What these paths stand in.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// True where units, users and running services belong to this installation.
    pub fn is_system(&self) -> bool {
        !matches!(self.target, Target::Folder(_))
    }

    /// The path on this machine of `path` on the target (`path` is absolute).
    pub fn at(&self, path: &str) -> PathBuf {
        match &self.target {
            Target::System => PathBuf::from(path),
            Target::Folder(root) | Target::Rehearsal(root) => {
                root.join(path.trim_start_matches('/'))
            }
        }
    }

    /// Programs, models and generations: removed by `uninstall`.
    pub fn product(&self) -> PathBuf {
        self.at("/opt/codegraph")
    }

    /// The OCI layout that holds every blob once.
    pub fn store(&self) -> PathBuf {
        self.at("/opt/codegraph/store")
    }

    /// Blobs by their SHA-256, in lower-case hex.
    pub fn blobs(&self) -> PathBuf {
        self.at("/opt/codegraph/store/blobs/sha256")
    }

    /// The file of one blob; `hex` is its SHA-256.
    pub fn blob(&self, hex: &str) -> PathBuf {
        self.blobs().join(hex)
    }

    /// The numbered generations.
    pub fn generations(&self) -> PathBuf {
        self.at("/opt/codegraph/generations")
    }

    /// One generation.
    pub fn generation(&self, number: u64) -> PathBuf {
        self.generations().join(number.to_string())
    }

    /// The link to the generation in use.
    pub fn current(&self) -> PathBuf {
        self.at("/opt/codegraph/current")
    }

    /// Configuration.
    pub fn etc(&self) -> PathBuf {
        self.at("/etc/codegraph")
    }

    /// The configuration file of the services.
    pub fn config(&self) -> PathBuf {
        self.at("/etc/codegraph/config.yaml")
    }

    /// Secrets, handed to the services as systemd credentials.
    pub fn credentials(&self) -> PathBuf {
        self.at("/etc/codegraph/credentials")
    }

    /// Certificates of the services and of the authority that issued them.
    pub fn tls(&self) -> PathBuf {
        self.at("/etc/codegraph/tls")
    }

    /// Root fingerprints and countersigning keys that the site pins.
    pub fn trust_pins(&self) -> PathBuf {
        self.at("/etc/codegraph/trust")
    }

    /// Public keys of those who must countersign.
    pub fn countersign_keys(&self) -> PathBuf {
        self.trust_pins().join("countersign")
    }

    /// How old a release may be, in days.
    pub fn max_age(&self) -> PathBuf {
        self.trust_pins().join("max-age")
    }

    /// Data of the service.
    pub fn data(&self) -> PathBuf {
        self.at("/var/lib/codegraph")
    }

    /// The service's control store; what is in it is the programs' matter.
    pub fn control_store(&self) -> PathBuf {
        self.data().join("codegraph.db")
    }

    /// Room that a switch keeps free for the way back.
    pub fn reserve(&self) -> PathBuf {
        self.backups().join("reserve")
    }

    /// Snapshots of the service's state, made before a switch.
    pub fn backups(&self) -> PathBuf {
        self.data().join("backups")
    }

    /// As long as this file is there, the service takes no write.
    pub fn closed_mark(&self) -> PathBuf {
        self.data().join("closed-for-writing")
    }

    /// State of the installer; root only.
    pub fn state(&self) -> PathBuf {
        self.at("/var/lib/codegraph-install")
    }

    /// What this host trusts.
    pub fn trust(&self) -> PathBuf {
        self.state().join("trust.json")
    }

    /// The journal of the installation under way.
    pub fn journal(&self) -> PathBuf {
        self.state().join("journal")
    }

    /// What is to be written when the switch under way is proven. There only while a switch is under way.
    pub fn switch(&self) -> PathBuf {
        self.state().join("switch.json")
    }

    /// The installer that settles a switch after a power loss: the one that began it.
    pub fn recovery_program(&self) -> PathBuf {
        self.state().join("bin/codegraph-install")
    }

    /// Events of the installer, one JSON object a line.
    pub fn audit(&self) -> PathBuf {
        self.state().join("audit.jsonl")
    }

    /// Audit events of the service that were given up with a state of it.
    pub fn audit_tails(&self) -> PathBuf {
        self.state().join("audit-tails")
    }

    /// Signed receipts.
    pub fn receipts(&self) -> PathBuf {
        self.state().join("receipts")
    }

    /// The host's own signing key (32 bytes in hex).
    pub fn host_key(&self) -> PathBuf {
        self.state().join("host-key")
    }

    /// The lock of which one installer at a time holds an exclusive lock.
    pub fn lock(&self) -> PathBuf {
        self.state().join("lock")
    }

    /// Units of the system administrator.
    pub fn units(&self) -> PathBuf {
        self.at("/etc/systemd/system")
    }
}
