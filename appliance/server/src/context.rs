//! What every command starts from: settings, data folder, generation, form of output.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::Global;
use crate::data_dir::DataDir;
use crate::environment::Environment;
use crate::generation::Generation;
use crate::output::Output;
use crate::settings::{self, Loaded, Settings};

/// Made once in `commands::run`, lent to the command.
pub(crate) struct Context {
    /// The validated settings.
    pub(crate) settings: Arc<Settings>,
    /// The settings with the origin of each value; for `config show`.
    pub(crate) loaded: Loaded,
    /// The data folder (not created yet).
    pub(crate) data: DataDir,
    /// The installed generation, if the program belongs to one.
    pub(crate) generation: Option<Generation>,
    /// Text or JSON.
    pub(crate) output: Output,
    /// The environment as it was at the start.
    pub(crate) environment: Environment,
}

impl Context {
    /// The same with another data folder.
    pub(crate) fn with_data(&self, root: PathBuf) -> Self {
        Self {
            settings: Arc::clone(&self.settings),
            loaded: self.loaded.clone(),
            data: DataDir::new(root),
            generation: self.generation.clone(),
            output: self.output,
            environment: self.environment.clone(),
        }
    }

    /// Loads the settings: defaults, then the file, then the environment, then `--data`.
    pub(crate) fn load(global: &Global, environment: Environment) -> anyhow::Result<Self> {
        let generation = Generation::find(&environment);
        let loaded = settings::load(global.config.as_deref(), &environment)?;
        let mut settings = loaded.settings.clone();
        let installed = generation.as_ref().and_then(Generation::installed_root);
        if let (true, Some(root)) = (settings.llm.local.socket.is_empty(), &installed) {
            let folder = root.join("run/codegraph-llm");
            if folder.is_dir() {
                settings.llm.local.socket = folder.join("llm.sock").display().to_string();
            }
        }
        let settings = Arc::new(settings);
        let root = match (&global.data, &settings.storage.data_dir) {
            (Some(given), _) => given.clone(),
            (None, configured) if !configured.is_empty() => PathBuf::from(configured),
            (None, _) => default_data_dir(installed.as_deref(), &environment)?,
        };
        let root = std::path::absolute(root)?;
        let output = if global.json { Output::Json } else { Output::Text };
        Ok(Self { settings, loaded, data: DataDir::new(root), generation, output, environment })
    }
}

/// The data folder of the installation that this program belongs to, else one of the user's.
fn default_data_dir(
    installed: Option<&Path>,
    environment: &Environment,
) -> anyhow::Result<PathBuf> {
    if let Some(folder) = installed.map(|root| root.join("var/lib/codegraph"))
        && folder.is_dir()
    {
        return Ok(folder);
    }
    if let Some(base) = environment.path("XDG_DATA_HOME").filter(|p| p.is_absolute()) {
        return Ok(base.join("codegraph"));
    }
    let home = environment.path("HOME").ok_or_else(|| {
        crate::exit::user("no data folder: HOME is not set; give --data or set storage.data_dir")
    })?;
    Ok(home.join(".local/share/codegraph"))
}
