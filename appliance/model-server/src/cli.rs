//! The command line.

use std::path::PathBuf;

/// The models of the CodeGraph appliance.
#[derive(Debug, clap::Parser)]
#[command(name = "codegraph-llm", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Load the models and answer on a Unix socket until SIGTERM.
    Serve(Serve),
}

/// Arguments of `serve`. What is given here wins over the configuration file.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Serve {
    /// The list of models of the installed generation.
    #[arg(long, value_name = "models.lock")]
    pub(crate) models: PathBuf,
    /// Where to listen.
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: PathBuf,
    /// Configuration of the appliance; its section `llm.local` is read.
    #[arg(long, value_name = "config.yaml")]
    pub(crate) config: Option<PathBuf>,
    /// Chat model (GGUF) instead of the one that `models.lock` names; ignored when not there.
    #[arg(long, value_name = "FILE")]
    pub(crate) model_path: Option<PathBuf>,
    /// Context of one answer, in tokens.
    #[arg(long, value_name = "TOKENS")]
    pub(crate) n_ctx: Option<u32>,
    /// Tokens evaluated in one step.
    #[arg(long, value_name = "TOKENS")]
    pub(crate) n_batch: Option<u32>,
    /// Threads; 0 = one a processor.
    #[arg(long, value_name = "N")]
    pub(crate) n_threads: Option<u32>,
    /// Layers on the graphics processor; -1 = all.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) n_gpu_layers: Option<i32>,
    /// Answers at the same time.
    #[arg(long, value_name = "N")]
    pub(crate) slots: Option<u32>,
    /// Requests that may wait.
    #[arg(long, value_name = "N")]
    pub(crate) queue: Option<u32>,
    /// Stop when stdin ends: whoever started the program has ended.
    #[arg(long, hide = true)]
    pub(crate) stop_with_stdin: bool,
}
