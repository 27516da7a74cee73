//! `codegraph admin`: administrators, made at the console.

use std::io::{IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;

use cg_audit::{Action, Event, Outcome};
use cg_auth::{Password, Role, random_password};
use cg_store::{NewUser, Store};
use serde::Serialize;

use crate::context::Context;
use crate::http::routes::users::is_user_name;
use crate::{audit_log, catalog, clock, exit};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make an administrator.
    Create(Account),
    /// Give a user a new password and end the user's sessions.
    SetPassword(Account),
}

/// A user and where the password comes from.
#[derive(Debug, clap::Args)]
struct Account {
    /// User name.
    #[arg(long, default_value = "admin")]
    username: String,
    /// Read the password from standard input (one line).
    #[arg(long, conflicts_with = "generate")]
    password_stdin: bool,
    /// Make a random password and print it.
    #[arg(long)]
    generate: bool,
}

/// What was done.
#[derive(Serialize)]
struct Report {
    username: String,
    role: &'static str,
    /// Only a generated password is printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

pub(crate) async fn run(context: &Context, args: Args) -> anyhow::Result<ExitCode> {
    let store = catalog::open_store(&context.data).await?;
    let done = match args.command {
        Command::Create(account) => create(&store, account, &context.data.initial_password()).await,
        Command::SetPassword(account) => set_password(&store, account).await,
    };
    audit_log::sequence(&store).await?;
    store.close().await;
    context.output.report(&done?, |report| {
        let password = report.password.as_deref();
        let password = password.map(|text| format!("\npassword: {text}")).unwrap_or_default();
        format!("{}: {}{password}", report.role, report.username)
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn create(
    store: &Store,
    account: Account,
    one_time_password: &Path,
) -> anyhow::Result<Report> {
    if !is_user_name(&account.username) {
        let message = "the user name needs 1 to 64 letters, digits, `.`, `_`, `-`, `@`";
        return Err(exit::user(message));
    }
    let (password, shown) = password(&account)?;
    let new = NewUser {
        id: clock::new_id(),
        name: account.username.clone(),
        role: Role::Admin.name().to_owned(),
        password_hash: password.hash().as_str().to_owned(),
        must_change: false,
    };
    let mut tx = store.write().await?;
    // The administrator that the server made for its first start, whose one-time password nobody
    // used: this command takes its place.
    let waiting = store.user_by_name(&new.name).await?;
    let waiting = waiting.filter(|user| user.must_change && one_time_password.exists());
    let takes_over = waiting.is_some();
    match waiting {
        Some(user) => tx.set_password(&user.id, &new.password_hash, clock::now_ms()).await?,
        None => tx.create_user(&new, clock::now_ms()).await?,
    }
    let event = Event::new(Action::UserCreate, Outcome::Success, catalog::local_actor())
        .on(account.username.as_str())
        .with("role", Role::Admin.name());
    audit_log::record(&mut tx, &event).await?;
    tx.commit().await?;
    if takes_over {
        let _ = std::fs::remove_file(one_time_password);
    }
    Ok(Report { username: account.username, role: Role::Admin.name(), password: shown })
}

async fn set_password(store: &Store, account: Account) -> anyhow::Result<Report> {
    let user = store.user_by_name(&account.username).await?;
    let user = user.ok_or_else(|| exit::user(format!("no user `{}`", account.username)))?;
    let (password, shown) = password(&account)?;
    let mut tx = store.write().await?;
    tx.set_password(&user.id, password.hash().as_str(), clock::now_ms()).await?;
    let event = Event::new(Action::PasswordChange, Outcome::Success, catalog::local_actor());
    audit_log::record(&mut tx, &event.on(user.name.as_str())).await?;
    tx.commit().await?;
    let role = Role::parse(&user.role).map_or("user", Role::name);
    Ok(Report { username: user.name, role, password: shown })
}

/// The password, and the text to print if it was made here.
fn password(account: &Account) -> anyhow::Result<(Password, Option<String>)> {
    if account.generate {
        let password = random_password();
        let shown = password.expose().to_owned();
        return Ok((password, Some(shown)));
    }
    let text = if account.password_stdin {
        let mut text = String::new();
        std::io::stdin().take(4_096).read_to_string(&mut text)?;
        text.lines().next().unwrap_or_default().to_owned()
    } else if std::io::stdin().is_terminal() {
        prompt()?
    } else {
        let message = "no terminal to ask for a password; use --password-stdin or --generate";
        return Err(exit::user(message));
    };
    let password = Password::chosen(text).map_err(|error| exit::user(error.to_string()))?;
    Ok((password, None))
}

/// Asks twice on the terminal, without showing what is typed.
fn prompt() -> anyhow::Result<String> {
    let first = hidden_line("Password: ")?;
    let second = hidden_line("Once more: ")?;
    if first != second {
        return Err(exit::user("the two passwords differ"));
    }
    Ok(first)
}

fn hidden_line(label: &str) -> anyhow::Result<String> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    eprint!("{label}");
    let stdin = std::io::stdin();
    let before = tcgetattr(&stdin)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &silent)?;
    let mut line = String::new();
    let read = stdin.read_line(&mut line);
    tcsetattr(&stdin, OptionalActions::Flush, &before)?;
    eprintln!();
    read?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}
