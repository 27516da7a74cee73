//! From the parsed command line to the command.

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::commands;
use crate::context::Context;
use crate::environment::Environment;
use crate::logging;

/// Runs the command. Workers start before anything else is read: they must not know the
/// configuration, and they restrict themselves while the process still has one thread. The registry
/// never reads the configuration either: it runs as a user that may not.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    if let Command::Worker(args) = cli.command {
        return commands::worker::run(args);
    }
    if let Command::Registry(args) = cli.command {
        return commands::registry::run(&cli.global, args);
    }
    if !matches!(cli.command, Command::Serve(_)) {
        logging::init_command();
    }
    let context = Context::load(&cli.global, Environment::read())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(command(&context, cli.command))
}

async fn command(context: &Context, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(args) => commands::serve::run(context, args).await,
        Command::Index(args) => commands::index::run(context, args).await,
        Command::Query(args) => commands::query::run(context, args).await,
        Command::Search(args) => commands::search::run(context, args).await,
        Command::Callers(args) => commands::calls::callers(context, args).await,
        Command::Callees(args) => commands::calls::callees(context, args).await,
        Command::Definition(args) => commands::definition::run(context, args).await,
        Command::References(args) => commands::references::run(context, args).await,
        Command::Graph(args) => commands::diff::run(context, args).await,
        Command::Ask(args) => commands::ask::run(context, args).await,
        Command::Admin(args) => commands::admin::run(context, args).await,
        Command::Config(args) => commands::config::run(context, args).await,
        Command::Db(args) => commands::db::run(context, args).await,
        Command::Gate(args) => commands::gate::run(context, args).await,
        Command::Doctor(args) => commands::doctor::run(context, args).await,
        Command::Audit(args) => commands::audit::run(context, args).await,
        Command::Openapi => commands::openapi::run(context),
        Command::Status => commands::status::run(context).await,
        Command::Worker(_) | Command::Registry(_) => {
            unreachable!("these are started before the context is loaded")
        }
    }
}
