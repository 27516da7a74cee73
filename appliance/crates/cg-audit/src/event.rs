//! The catalogue of events. No event carries a secret, a token, a question or code.

use std::fmt;

use serde_json::{Map, Value};

/// How an action ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was tried and failed.
    Failure,
    /// It was not allowed.
    Denied,
}

impl Outcome {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Denied => "denied",
        }
    }
}

macro_rules! actions {
    ($($variant:ident = $name:literal, $meaning:literal;)+) => {
        /// What can be done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $(#[doc = $meaning] $variant,)+
        }

        impl Action {
            /// All actions, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name in the log.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it stands for.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)+ }
            }
        }
    };
}

actions! {
    ServerStart = "server.start", "The server is ready.";
    ServerStop = "server.stop", "The server ends in good order.";
    Login = "auth.login", "A login was tried.";
    Refresh = "auth.refresh", "A refresh token was presented and refused, or used twice.";
    Logout = "auth.logout", "A session was ended by its user.";
    PasswordChange = "auth.password", "A user tried to change the own password.";
    Denied = "auth.denied", "A request was refused for lack of a permission.";
    UserCreate = "user.create", "A user was made.";
    ProjectCreate = "project.create", "A project was made.";
    ProjectDelete = "project.delete", "A project was deleted.";
    JobQueue = "job.queue", "An index job was asked for.";
    JobCancel = "job.cancel", "An index job was cancelled.";
    IndexPublish = "index.publish", "A snapshot was published.";
    IndexFail = "index.fail", "An index job failed.";
    GraphQuery = "graph.query", "A statement was run over a graph.";
    Ask = "ask.run", "A question was asked.";
    InstallerStep = "installer.step", "A step of the installer on this host; the target names it.";
    AuditRead = "audit.read", "The audit log was read.";
    AuditVerify = "audit.verify", "The audit log was verified.";
    AuditEpoch = "audit.epoch", "An older state of the control store was put back: the events after it are in an exported file, all sessions have ended.";
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One event.
#[derive(Clone, Debug)]
pub struct Event {
    /// What.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// Who: a user name, `local:<user>` for the command line, `system`.
    pub actor: String,
    /// To what: a name or an id.
    pub target: String,
    /// From where; empty for the command line.
    pub address: String,
    /// In which request; empty outside of one.
    pub request_id: String,
    /// Further facts, by name; set them by [`Event::with`], which bounds them.
    pub detail: Map<String, Value>,
}

impl Event {
    /// An event by somebody.
    pub fn new(action: Action, outcome: Outcome, actor: impl Into<String>) -> Self {
        Self {
            action,
            outcome,
            actor: bounded(actor.into()),
            target: String::new(),
            address: String::new(),
            request_id: String::new(),
            detail: Map::new(),
        }
    }

    /// To what it was done.
    #[must_use]
    pub fn on(mut self, target: impl Into<String>) -> Self {
        self.target = bounded(target.into());
        self
    }

    /// From where and in which request.
    #[must_use]
    pub fn from(mut self, address: impl Into<String>, request_id: impl Into<String>) -> Self {
        self.address = bounded(address.into());
        self.request_id = bounded(request_id.into());
        self
    }

    /// One more fact.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = match value.into() {
            Value::String(text) => Value::String(bounded(text)),
            other => other,
        };
        self.detail.insert(name.to_owned(), value);
        self
    }

    /// The further facts, as a JSON object with sorted keys.
    #[must_use]
    pub fn detail(&self) -> String {
        Value::Object(self.detail.clone()).to_string()
    }
}

/// Longest text in a field, in characters.
const MAX_CHARS: usize = 512;

/// Text from outside must not forge lines or fill the disk: control characters and those that turn
/// the direction of writing become `?`, the rest is cut.
fn bounded(text: String) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.len() <= MAX_CHARS && !text.chars().any(odd) {
        return text;
    }
    text.chars().take(MAX_CHARS).map(|c| if odd(c) { '?' } else { c }).collect()
}
