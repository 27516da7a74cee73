//! The settings as the program uses them. What each key means stands in `schema.rs`.
#![allow(missing_docs, reason = "the table in schema.rs is the documentation of every field")]

use serde::Deserialize;

use super::secret::Secret;

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) deployment: Deployment,
    pub(crate) domain: Domain,
    pub(crate) api: Api,
    pub(crate) auth: Auth,
    pub(crate) database: Database,
    pub(crate) storage: Storage,
    pub(crate) index: Index,
    pub(crate) query: Query,
    pub(crate) workers: Workers,
    pub(crate) llm: Llm,
    pub(crate) security: Security,
    pub(crate) network: Network,
    pub(crate) metrics: Metrics,
    pub(crate) log: Log,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deployment {
    pub(crate) mode: Mode,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    Isolated,
    Connected,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Domain {
    pub(crate) name: String,
    pub(crate) auto_activate: bool,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Api {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) workers: usize,
    pub(crate) max_body_bytes: usize,
    pub(crate) max_requests: usize,
    pub(crate) rate_per_minute: u32,
    pub(crate) shutdown_seconds: u64,
    pub(crate) jwt_secret: Secret,
    pub(crate) admin_username: String,
    pub(crate) admin_password: Secret,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Auth {
    pub(crate) access_minutes: i64,
    pub(crate) refresh_days: i64,
    pub(crate) hash_parallel: usize,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Database {
    pub(crate) url: Secret,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Storage {
    pub(crate) data_dir: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Index {
    pub(crate) roots: Vec<String>,
    pub(crate) parallel: usize,
    pub(crate) queue: u32,
    pub(crate) memory_mb: u64,
    pub(crate) threads: usize,
    pub(crate) file_time_ms: u64,
    pub(crate) file_max_bytes: u64,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    pub(crate) workers: usize,
    pub(crate) memory_mb: u64,
    pub(crate) threads: usize,
    pub(crate) time_ms: u64,
    pub(crate) rows: u32,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Workers {
    pub(crate) dangerous_without_landlock: bool,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Llm {
    pub(crate) provider: Provider,
    pub(crate) local: LocalLlm,
    pub(crate) yandex: Yandex,
    pub(crate) gigachat: Gigachat,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Provider {
    Local,
    Yandex,
    Gigachat,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct LocalLlm {
    pub(crate) socket: String,
    pub(crate) model_path: String,
    pub(crate) n_ctx: u32,
    pub(crate) n_batch: u32,
    pub(crate) n_threads: u32,
    pub(crate) n_gpu_layers: i32,
    pub(crate) slots: u32,
    pub(crate) queue: u32,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Yandex {
    pub(crate) model: String,
    pub(crate) api_key: Secret,
    pub(crate) folder_id: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gigachat {
    pub(crate) auth_key: Secret,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Security {
    pub(crate) enabled: bool,
    pub(crate) dlp: Dlp,
    pub(crate) siem: Siem,
    pub(crate) vault: Vault,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dlp {
    pub(crate) enabled: bool,
    pub(crate) pre_request: DlpPhase,
    pub(crate) post_response: DlpPhase,
    pub(crate) webhook: Switch,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct DlpPhase {
    pub(crate) enabled: bool,
    pub(crate) default_action: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switch {
    pub(crate) enabled: bool,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Siem {
    pub(crate) enabled: bool,
    pub(crate) syslog: Syslog,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Syslog {
    pub(crate) enabled: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vault {
    pub(crate) enabled: bool,
    pub(crate) url: String,
    pub(crate) auth_method: String,
    pub(crate) token: Secret,
    pub(crate) kubernetes: VaultKubernetes,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct VaultKubernetes {
    pub(crate) role: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Network {
    pub(crate) allow: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metrics {
    pub(crate) listen: String,
    pub(crate) token: Secret,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    pub(crate) level: String,
    pub(crate) format: String,
}
