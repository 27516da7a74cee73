//! Logs: to stderr, as text on a terminal and as JSON lines otherwise.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::settings::LogSettings;

/// Starts logging for a command: warnings only, as text, so that the cause of a failed worker is seen.
pub(crate) fn init_command() {
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("warn"))
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
}

/// Starts logging as the settings say. Called once, by the server.
pub(crate) fn init(settings: &LogSettings) {
    let form = match settings.format.as_str() {
        "json" => Form::Json,
        "text" => Form::Text,
        _ => Form::fitting(),
    };
    start(&settings.level, form);
}

/// Starts logging for a service that reads no settings.
pub(crate) fn init_service() {
    start("info", Form::fitting());
}

/// How a line of the log looks.
enum Form {
    Json,
    Text,
}

impl Form {
    /// Text for people at a terminal, JSON for programs.
    fn fitting() -> Self {
        if std::io::stderr().is_terminal() { Self::Text } else { Self::Json }
    }
}

fn start(level: &str, form: Form) {
    let filter = EnvFilter::new(format!("{level},sqlx=warn,actix_server=warn,hyper=warn"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    // A second call would fail; there is none, and a log is no reason to stop.
    let _ = match form {
        Form::Json => builder.json().flatten_event(true).try_init(),
        Form::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
}
