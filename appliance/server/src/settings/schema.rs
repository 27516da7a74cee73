//! Every key that can be set: name, kind, default, variable of the deployment guide, meaning.
//! The reference page, the checks and `config show` are made from this table.

/// What a key may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// Text that is never shown; also from `<key>_file`, `<VARIABLE>_FILE` or a credential.
    Secret,
    /// A path.
    Path,
    /// true or false.
    Flag,
    /// A whole number between two bounds, both included.
    Integer(i64, i64),
    /// One of these words; case does not matter, the table's spelling is used.
    Choice(&'static [&'static str]),
    /// A list of texts; in a variable as a JSON list or separated by commas.
    List,
}

impl Kind {
    /// What is allowed, in words.
    pub(crate) fn allowed(self) -> String {
        match self {
            Self::Text | Self::Secret => "text (put quotes around it)".to_owned(),
            Self::Path => "a path".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Integer(min, max) => format!("a whole number from {min} to {max}"),
            Self::Choice(words) => words.join(", "),
            Self::List => "a list of texts".to_owned(),
        }
    }
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// Sections and name, joined by dots.
    pub(crate) path: &'static str,
    /// What it may hold.
    pub(crate) kind: Kind,
    /// Its default as text; empty text or empty list = not set.
    pub(crate) default: &'static str,
    /// The variable of the deployment guide that overrides it.
    pub(crate) variable: Option<&'static str>,
    /// What it is for.
    pub(crate) meaning: &'static str,
}

/// Finds a key by its dotted name.
pub(crate) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// Finds the secret that a `…_file` key stands for.
pub(crate) fn find_secret_file(path: &str) -> Option<&'static Key> {
    find(path.strip_suffix("_file")?).filter(|key| key.kind == Kind::Secret)
}

/// Whether the name is that of a section.
pub(crate) fn is_section(path: &str) -> bool {
    KEYS.iter().any(|key| key.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

/// What may stand beside an unknown key, in words.
pub(crate) fn allowed_beside(path: &str) -> String {
    let mut section = path;
    while let Some((parent, _)) = section.rsplit_once('.') {
        section = parent;
        if is_section(section) {
            return format!("allowed in `{section}`: {}", children(section).join(", "));
        }
        if find(section).is_some() {
            return format!("`{section}` is a value, not a section");
        }
    }
    format!("allowed sections: {}", children("").join(", "))
}

fn children(section: &str) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for key in KEYS {
        let rest = if section.is_empty() {
            Some(key.path)
        } else {
            key.path.strip_prefix(section).and_then(|rest| rest.strip_prefix('.'))
        };
        let Some(rest) = rest else { continue };
        let name = rest.split('.').next().unwrap_or(rest);
        if names.last() != Some(&name) {
            names.push(name);
        }
    }
    names
}

const ACTIONS: Kind = Kind::Choice(&["ALLOW", "LOG", "WARN", "MASK", "BLOCK"]);

const fn key(
    path: &'static str,
    kind: Kind,
    default: &'static str,
    variable: &'static str,
    meaning: &'static str,
) -> Key {
    let variable = if variable.is_empty() { None } else { Some(variable) };
    Key { path, kind, default, variable, meaning }
}

/// The table. Keys of one section stand together.
#[rustfmt::skip]
pub(crate) const KEYS: &[Key] = &[
    key("deployment.mode", Kind::Choice(&["isolated", "connected"]), "isolated", "", "Whether this site has a way out. `isolated`: only Unix sockets, loopback and hosts in `network.allow` are ever connected to."),
    key("domain.name", Kind::Text, "generic", "", "Domain pack. This release knows `generic`; other names load and are noted."),
    key("domain.auto_activate", Kind::Flag, "true", "", "Whether the domain pack is used without being asked for."),
    key("api.host", Kind::Text, "127.0.0.1", "API_HOST", "Address to listen on."),
    key("api.port", Kind::Integer(0, 65_535), "8000", "API_PORT", "Port to listen on; 0 takes a free one and logs it."),
    key("api.workers", Kind::Integer(0, 256), "0", "API_WORKERS", "Threads that serve requests; 0 = one a processor, four at most."),
    key("api.max_body_bytes", Kind::Integer(1_024, 67_108_864), "1048576", "", "Largest request body."),
    key("api.max_requests", Kind::Integer(1, 10_000), "256", "", "Requests served at the same time; more get 503."),
    key("api.rate_per_minute", Kind::Integer(1, 1_000_000), "1200", "", "Requests a minute from one address; more get 429."),
    key("api.shutdown_seconds", Kind::Integer(1, 600), "30", "", "How long running requests may take to end after SIGTERM."),
    key("api.jwt_secret", Kind::Secret, "", "API_JWT_SECRET", "Key that signs access tokens, 32 bytes or more. Not set: one is made and kept in the data folder."),
    key("api.admin_username", Kind::Text, "admin", "API_ADMIN_USERNAME", "Name of the first administrator, made when there are no users."),
    key("api.admin_password", Kind::Secret, "", "API_ADMIN_PASSWORD", "Password of the first administrator. Not set: a random one is written to a file in the data folder, readable by its owner only."),
    key("auth.access_minutes", Kind::Integer(1, 15), "15", "", "Life of an access token."),
    key("auth.refresh_days", Kind::Integer(1, 90), "14", "", "Life of a session that is not used."),
    key("auth.hash_parallel", Kind::Integer(1, 64), "2", "", "Passwords hashed at the same time; each takes 19 MiB."),
    key("database.url", Kind::Secret, "", "DATABASE_URL", "Control store. Not set or `sqlite:`: SQLite in the data folder. PostgreSQL addresses load, but this release cannot start with one."),
    key("storage.data_dir", Kind::Path, "", "", "Data folder. Not set: `/var/lib/codegraph` for an installed server, otherwise `$XDG_DATA_HOME/codegraph` or `~/.local/share/codegraph`."),
    key("index.roots", Kind::List, "", "", "Folders below which projects may be made over HTTP. Not set: none; the command line may index any folder."),
    key("index.parallel", Kind::Integer(1, 8), "1", "", "Index jobs that run at the same time."),
    key("index.queue", Kind::Integer(1, 1_000), "32", "", "Index jobs that may wait; more get 503."),
    key("index.memory_mb", Kind::Integer(256, 1_048_576), "4096", "", "Memory of an index worker."),
    key("index.threads", Kind::Integer(0, 256), "0", "", "Threads of an index worker; 0 = one a processor."),
    key("index.file_time_ms", Kind::Integer(10, 600_000), "5000", "", "Time for one source file."),
    key("index.file_max_bytes", Kind::Integer(1_024, 1_073_741_824), "8388608", "", "Largest source file that is analysed."),
    key("query.workers", Kind::Integer(1, 64), "2", "", "Query workers that run at the same time."),
    key("query.memory_mb", Kind::Integer(64, 1_048_576), "1024", "", "Memory of a query worker."),
    key("query.threads", Kind::Integer(1, 64), "2", "", "Threads of a query worker."),
    key("query.time_ms", Kind::Integer(10, 600_000), "10000", "", "Time for one query."),
    key("query.rows", Kind::Integer(1, 1_000_000), "1000", "", "Rows of one answer."),
    key("workers.dangerous_without_landlock", Kind::Flag, "false", "", "Run workers on a kernel without Landlock. Then a worker that is taken over can read what this user can read."),
    key("llm.provider", Kind::Choice(&["local", "yandex", "gigachat"]), "local", "", "Where the models are. This release has `local`: the models of the installed generation."),
    key("llm.local.socket", Kind::Path, "", "", "Unix socket of a running model server. Not set: `/run/codegraph-llm/llm.sock` for an installed server. When nothing answers there, the server starts one itself."),
    key("llm.local.model_path", Kind::Path, "", "QWEN3_MODEL_PATH", "Chat model (GGUF). Not set or not there: the one that `models.lock` names."),
    key("llm.local.n_ctx", Kind::Integer(256, 1_048_576), "8192", "", "Context of the chat model, in tokens."),
    key("llm.local.n_batch", Kind::Integer(1, 65_536), "512", "", "Tokens evaluated in one step."),
    key("llm.local.n_threads", Kind::Integer(0, 1_024), "0", "", "Threads of the chat model; 0 = one a processor."),
    key("llm.local.n_gpu_layers", Kind::Integer(-1, 10_000), "-1", "", "Layers on the GPU; -1 = all. A build for processors ignores it."),
    key("llm.local.slots", Kind::Integer(1, 64), "2", "", "Answers generated at the same time."),
    key("llm.local.queue", Kind::Integer(0, 1_000), "8", "", "Requests that may wait for a slot."),
    key("llm.yandex.model", Kind::Text, "", "", "Model at Yandex AI Studio; loads, not in this release."),
    key("llm.yandex.api_key", Kind::Secret, "", "YANDEX_AI_API_KEY", "Loads, not in this release."),
    key("llm.yandex.folder_id", Kind::Text, "", "YANDEX_AI_FOLDER_ID", "Loads, not in this release."),
    key("llm.gigachat.auth_key", Kind::Secret, "", "GIGACHAT_AUTH_KEY", "Loads, not in this release."),
    key("security.enabled", Kind::Flag, "true", "SECURITY_ENABLED", "Whether the sections below count. Login and permissions are always on."),
    key("security.dlp.enabled", Kind::Flag, "false", "DLP_ENABLED", "Loads; this release has no data loss prevention and says so at start."),
    key("security.dlp.pre_request.enabled", Kind::Flag, "true", "", "As above."),
    key("security.dlp.pre_request.default_action", ACTIONS, "WARN", "", "As above."),
    key("security.dlp.post_response.enabled", Kind::Flag, "true", "", "As above."),
    key("security.dlp.post_response.default_action", ACTIONS, "MASK", "", "As above."),
    key("security.dlp.webhook.enabled", Kind::Flag, "false", "", "As above."),
    key("security.siem.enabled", Kind::Flag, "false", "SIEM_ENABLED", "Loads; this release forwards nothing to a SIEM and says so at start. The audit log in the store is always written."),
    key("security.siem.syslog.enabled", Kind::Flag, "true", "", "As above."),
    key("security.siem.syslog.host", Kind::Text, "", "SIEM_SYSLOG_HOST", "As above."),
    key("security.siem.syslog.port", Kind::Integer(1, 65_535), "514", "SIEM_SYSLOG_PORT", "As above."),
    key("security.vault.enabled", Kind::Flag, "false", "VAULT_ENABLED", "Loads; this release reads no secret from Vault and says so at start."),
    key("security.vault.url", Kind::Text, "", "VAULT_ADDR", "As above."),
    key("security.vault.auth_method", Kind::Choice(&["token", "approle", "kubernetes"]), "token", "", "As above."),
    key("security.vault.token", Kind::Secret, "", "VAULT_TOKEN", "As above."),
    key("security.vault.kubernetes.role", Kind::Text, "", "", "As above."),
    key("network.allow", Kind::List, "", "", "Hosts (`name` or `name:port`) that may be connected to besides Unix sockets and loopback."),
    key("metrics.listen", Kind::Text, "", "", "Own listener for metrics, `address:port`; it asks for no token. Not set: none."),
    key("metrics.token", Kind::Secret, "", "", "Token with which a collector may read `/api/v1/metrics`, besides users that may."),
    key("log.level", Kind::Choice(&["error", "warn", "info", "debug", "trace"]), "info", "", "Least important messages that are written."),
    key("log.format", Kind::Choice(&["auto", "json", "text"]), "auto", "", "`auto`: text on a terminal, JSON otherwise."),
];
