//! The installed generation that this program belongs to: programs, libraries, models,
//! extensions, laid out by the installer.

use std::path::{Path, PathBuf};

use crate::environment::Environment;

/// Root folder of a generation.
#[derive(Clone, Debug)]
pub(crate) struct Generation {
    root: PathBuf,
}

impl Generation {
    /// `CODEGRAPH_GENERATION` if set, else the folder above the program's own `bin/` if a
    /// generation lies there. Without one the program works, but has no models and no extensions.
    pub(crate) fn find(environment: &Environment) -> Option<Self> {
        if let Some(root) = environment.path("CODEGRAPH_GENERATION") {
            return Some(Self { root });
        }
        let program = std::env::current_exe().ok()?;
        let bin = program.parent()?;
        if bin.file_name()? != "bin" {
            return None;
        }
        let root = bin.parent()?.to_path_buf();
        let known = ["release.json", "models.lock", "extensions"];
        known.iter().any(|name| root.join(name).exists()).then_some(Self { root })
    }

    /// The root of the file system that the installer laid this generation out in, if it did:
    /// `<root>/opt/codegraph/generations/<number>`.
    pub(crate) fn installed_root(&self) -> Option<PathBuf> {
        let root = self.root.canonicalize().ok()?;
        let program = root.parent()?.parent()?;
        let laid_out =
            root.parent()?.ends_with("generations") && program.ends_with("opt/codegraph");
        laid_out.then(|| program.parent()?.parent().map(Path::to_path_buf)).flatten()
    }

    /// The store that the generation's files are linked from: an OCI image layout.
    pub(crate) fn store(&self) -> Option<PathBuf> {
        Some(self.installed_root()?.join("opt/codegraph/store"))
    }

    /// The folder itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The list of models, if the generation carries any.
    pub(crate) fn models_lock(&self) -> Option<PathBuf> {
        self.existing("models.lock")
    }

    /// The folder of DuckDB extensions, if the generation carries any.
    pub(crate) fn extensions(&self) -> Option<PathBuf> {
        self.existing("extensions")
    }

    /// The signed description of the release, absent in a development generation.
    pub(crate) fn release(&self) -> Option<PathBuf> {
        self.existing("release.json")
    }

    /// Name, version and time of the release, from its description.
    pub(crate) fn release_summary(&self) -> Option<serde_json::Value> {
        let text = std::fs::read(self.release()?).ok()?;
        let release: serde_json::Value = serde_json::from_slice(&text).ok()?;
        let fields = ["name", "version", "channel", "sequence", "created", "created_at"];
        let known = fields.iter().filter_map(|f| Some(((*f).to_owned(), release.get(f)?.clone())));
        Some(serde_json::Value::Object(known.collect()))
    }

    fn existing(&self, name: &str) -> Option<PathBuf> {
        let path = self.root.join(name);
        path.exists().then_some(path)
    }
}
