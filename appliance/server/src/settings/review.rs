//! What this release makes of valid settings: what it refuses to start with, and what it warns of.
//! Pure: the same settings give the same findings.

use super::model::{Mode, Provider, Settings};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    /// The server does not start.
    Refused,
    /// The server starts and says this loudly.
    Warning,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Finding {
    /// See [`Severity`].
    pub(crate) severity: Severity,
    /// The key it is about.
    pub(crate) key: &'static str,
    /// What is wrong and what to do.
    pub(crate) message: String,
}

/// Looks at the settings as a whole; refusals first.
pub(crate) fn review(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    refusals(settings, &mut |key, message| {
        findings.push(Finding { severity: Severity::Refused, key, message });
    });
    warnings(settings, &mut |key, message| {
        findings.push(Finding { severity: Severity::Warning, key, message });
    });
    findings
}

type Say<'a> = &'a mut dyn FnMut(&'static str, String);

fn refusals(settings: &Settings, say: Say<'_>) {
    let url = settings.database.url.expose().unwrap_or_default();
    if !url.is_empty() && !url.starts_with("sqlite:") {
        let message = "this release keeps its control store in SQLite in the data folder and \
             cannot use another database; remove database.url (DATABASE_URL)";
        say("database.url", message.to_owned());
    }
    let internet = match settings.llm.provider {
        Provider::Local => None,
        Provider::Yandex => Some("yandex"),
        Provider::Gigachat => Some("gigachat"),
    };
    if let Some(name) = internet {
        let message = if settings.deployment.mode == Mode::Isolated {
            format!("`{name}` lives on the internet and deployment.mode is isolated; use `local`")
        } else {
            format!("this release has no client for `{name}`; use `local`")
        };
        say("llm.provider", message);
    }
    if let Some(secret) = settings.api.jwt_secret.expose() {
        if is_placeholder(secret) {
            say("api.jwt_secret", "still the placeholder of the sample; set a random one".into());
        } else if secret.len() < 32 {
            let message = "shorter than 32 bytes; `openssl rand -base64 48` makes a good one";
            say("api.jwt_secret", message.into());
        }
    }
    if let Some(password) = settings.api.admin_password.expose() {
        if is_placeholder(password) {
            say("api.admin_password", "still the placeholder of the sample; set your own".into());
        } else if password.chars().count() < 12 {
            say("api.admin_password", "shorter than 12 characters".into());
        }
    }
    if settings.api.host.parse::<std::net::IpAddr>().is_err() && settings.api.host != "localhost" {
        let message = format!("`{}` is not an address", settings.api.host);
        say("api.host", message);
    }
    let listen = &settings.metrics.listen;
    if !listen.is_empty() && listen.parse::<std::net::SocketAddr>().is_err() {
        say(
            "metrics.listen",
            format!("`{listen}` is not address:port, for example 127.0.0.1:9100"),
        );
    }
    for host in &settings.network.allow {
        if let Err(error) = cg_net::AllowedHost::parse(host) {
            say("network.allow", error.to_string());
        }
    }
}

fn warnings(settings: &Settings, say: Say<'_>) {
    let security = &settings.security;
    if security.enabled && security.dlp.enabled {
        say(
            "security.dlp.enabled",
            "this release has no data loss prevention: nothing is scanned, masked or blocked"
                .into(),
        );
    }
    if security.enabled && security.siem.enabled {
        say(
            "security.siem.enabled",
            "this release forwards nothing to a SIEM; events are kept in the audit log only".into(),
        );
    }
    if security.enabled && security.vault.enabled {
        say(
            "security.vault.enabled",
            "this release reads no secret from Vault; use variables, files or credentials".into(),
        );
    }
    if settings.domain.name != "generic" {
        let message = format!(
            "this release has no domain pack `{}`; works as `generic`",
            settings.domain.name
        );
        say("domain.name", message);
    }
    let loopback = settings.api.host == "localhost"
        || settings.api.host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if !loopback {
        say(
            "api.host",
            "listens beyond loopback without TLS of its own: put a TLS proxy in front".into(),
        );
    }
    let cloud = [
        ("llm.yandex.api_key", settings.llm.yandex.api_key.expose().is_some()),
        ("llm.gigachat.auth_key", settings.llm.gigachat.auth_key.expose().is_some()),
    ];
    for (key, _) in cloud.into_iter().filter(|(_, set)| *set) {
        if settings.llm.provider == Provider::Local {
            say(key, "set, but its provider is not selected: ignored".into());
        }
    }
}

fn is_placeholder(text: &str) -> bool {
    text.starts_with('<') && text.ends_with('>')
}
