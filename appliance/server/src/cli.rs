//! The command line as data. What a command does lies in `commands/<name>.rs`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands;

/// Answers questions about source code where there is no internet.
#[derive(Debug, Parser)]
#[command(name = "codegraph", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Configuration file (YAML). Without one the defaults hold.
    #[arg(long, global = true, value_name = "FILE", env = "CODEGRAPH_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Data folder; wins over `storage.data_dir`.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Print the report as JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    Serve(commands::serve::Args),
    /// Index a folder of source code into a new snapshot.
    Index(commands::index::Args),
    /// Run a SQL or MATCH query over a project's graph.
    Query(commands::query::Args),
    /// Search names, text, lines or meaning.
    Search(commands::search::Args),
    /// Methods that call a method.
    Callers(commands::calls::Args),
    /// Methods that a method calls.
    Callees(commands::calls::Args),
    /// Where a name is defined.
    Definition(commands::definition::Args),
    /// Where a name is used.
    References(commands::references::Args),
    /// Snapshots of a project, and what differs between them.
    Graph(commands::diff::Args),
    /// Ask a question; the answer cites lines of the code.
    Ask(commands::ask::Args),
    /// Administrators.
    Admin(commands::admin::Args),
    /// Check or show the configuration.
    Config(commands::config::Args),
    /// The control store.
    Db(commands::db::Args),
    /// Prove that this installation works: index, query, model.
    Gate(commands::gate::Args),
    /// Look for what is missing or wrong on this host.
    Doctor(commands::doctor::Args),
    /// The audit log.
    Audit(commands::audit::Args),
    /// The container images of this release.
    Registry(commands::registry::Args),
    /// Print the OpenAPI description of the HTTP interface.
    Openapi,
    /// What is installed and what is stored.
    Status,
    /// A child process of the server or of a command; not for people.
    #[command(hide = true)]
    Worker(commands::worker::Args),
}
