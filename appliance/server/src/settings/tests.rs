//! Tests of the settings: the guide's samples load, everything else is refused with its place.

use std::path::{Path, PathBuf};

use super::{Mode, SettingsError, Severity, load, reference, review, schema};
use crate::environment::Environment;

/// `config.yaml` of the guide's ConfigMap (section 3.2).
const CONFIG_MAP: &str = r#"domain:
  name: postgresql
  auto_activate: true

api:
  host: "0.0.0.0"
  port: 8000
  workers: 4

security:
  enabled: true
  dlp:
    enabled: true
    pre_request:
      enabled: true
      default_action: "WARN"
    post_response:
      enabled: true
      default_action: "MASK"
  siem:
    enabled: true
    syslog:
      enabled: true
      host: "siem-syslog.security.svc.cluster.local"
      port: 514
  vault:
    enabled: true
    url: "http://vault.vault.svc.cluster.local:8200"
    auth_method: "kubernetes"
    kubernetes:
      role: "codegraph"
"#;

/// `config.yaml` of the guide's isolated environment (section 4.2).
const ISOLATED: &str = r#"# config.yaml
llm:
  provider: "local"

  yandex:
    model: "qwen3-235b"

  local:
    model_path: "${QWEN3_MODEL_PATH:-/models/model.gguf}"
    n_ctx: 8192
    n_gpu_layers: -1  # all layers
    n_batch: 512
    n_threads: 8

security:
  enabled: true

  dlp:
    enabled: true
    webhook:
      enabled: false

  siem:
    enabled: true
    syslog:
      enabled: true
      host: "siem.local"
      port: 514

  vault:
    enabled: true
    url: "http://vault.local:8200"
    auth_method: "approle"
"#;

/// The guide's `.env` (section 2.3), placeholders and all.
const DOT_ENV: &[(&str, &str)] = &[
    ("POSTGRES_PASSWORD", "<secure-password-here>"),
    ("API_JWT_SECRET", "<64-char-random-string>"),
    ("API_ADMIN_USERNAME", "admin"),
    ("API_ADMIN_PASSWORD", "<secure-admin-password>"),
    ("GIGACHAT_AUTH_KEY", "<base64-encoded-credentials>"),
    ("YANDEX_AI_API_KEY", "<your-yandex-api-key>"),
    ("YANDEX_AI_FOLDER_ID", "<your-yandex-folder-id>"),
    ("SECURITY_ENABLED", "true"),
    ("DLP_ENABLED", "true"),
    ("SIEM_ENABLED", "false"),
    ("VAULT_ENABLED", "false"),
    ("SIEM_SYSLOG_HOST", "siem.company.com"),
    ("SIEM_SYSLOG_PORT", "514"),
    ("VAULT_ADDR", "https://vault.company.com:8200"),
    ("VAULT_TOKEN", "<vault-token>"),
];

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

fn load_text(text: &str, variables: &[(&str, &str)]) -> Result<super::Loaded, SettingsError> {
    let folder = Folder::new();
    load(Some(&folder.file("config.yaml", text)), &Environment::of(variables))
}

fn refusal(text: &str) -> String {
    load_text(text, &[]).unwrap_err().to_string()
}

fn origin(loaded: &super::Loaded, key: &str) -> String {
    loaded.resolved.iter().find(|one| one.key.path == key).unwrap().origin.to_string()
}

fn findings(loaded: &super::Loaded, severity: Severity) -> Vec<&'static str> {
    let found = review(&loaded.settings);
    found.iter().filter(|one| one.severity == severity).map(|one| one.key).collect()
}

#[test]
fn the_guides_config_map_loads_as_it_is() {
    let loaded = load_text(CONFIG_MAP, &[]).unwrap();
    let settings = &loaded.settings;
    assert_eq!((settings.api.host.as_str(), settings.api.port), ("0.0.0.0", 8000));
    assert_eq!(settings.api.workers, 4);
    assert_eq!(settings.security.vault.auth_method, "kubernetes");
    assert_eq!(settings.security.siem.syslog.host, "siem-syslog.security.svc.cluster.local");
    assert!(findings(&loaded, Severity::Refused).is_empty());
    let warned = findings(&loaded, Severity::Warning);
    for key in ["security.dlp.enabled", "security.siem.enabled", "security.vault.enabled"] {
        assert!(warned.contains(&key), "{key} in {warned:?}");
    }
}

#[test]
fn the_guides_isolated_config_loads_as_it_is() {
    let loaded = load_text(ISOLATED, &[]).unwrap();
    assert_eq!(loaded.settings.llm.local.model_path, "/models/model.gguf");
    assert_eq!(loaded.settings.llm.local.n_gpu_layers, -1);
    assert_eq!(loaded.settings.deployment.mode, Mode::Isolated);
    assert!(findings(&loaded, Severity::Refused).is_empty());
    let with = load_text(ISOLATED, &[("QWEN3_MODEL_PATH", "/m/q.gguf")]).unwrap();
    assert_eq!(with.settings.llm.local.model_path, "/m/q.gguf");
}

#[test]
fn the_guides_environment_loads_and_its_placeholders_do_not_start() {
    let loaded = load(None, &Environment::of(DOT_ENV)).unwrap();
    assert_eq!(loaded.settings.api.admin_username, "admin");
    assert_eq!(loaded.settings.security.siem.syslog.port, 514);
    assert!(loaded.settings.security.dlp.enabled);
    assert!(!loaded.settings.security.siem.enabled);
    assert_eq!(origin(&loaded, "api.jwt_secret"), "variable API_JWT_SECRET");
    let refused = findings(&loaded, Severity::Refused);
    assert_eq!(refused, ["api.jwt_secret", "api.admin_password"]);
}

#[test]
fn the_guides_compose_database_loads_and_is_refused_at_start_in_words() {
    let url = "postgresql+asyncpg://postgres:secret@postgres:5432/codegraph";
    let loaded = load(None, &Environment::of(&[("DATABASE_URL", url)])).unwrap();
    let found = review(&loaded.settings);
    let finding = found.iter().find(|one| one.key == "database.url").unwrap();
    assert_eq!(finding.severity, Severity::Refused);
    assert!(finding.message.contains("SQLite") && !finding.message.contains("secret"));
}

#[test]
fn the_projects_own_samples_load_without_a_word() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    for name in ["config.yaml", "config.isolated.yaml"] {
        let loaded = load(Some(&config.join(name)), &Environment::default()).unwrap();
        assert!(review(&loaded.settings).is_empty(), "{name}: {:?}", review(&loaded.settings));
    }
}

#[test]
fn the_documented_default_file_holds_the_defaults() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/config.yaml");
    let from_file = load(Some(&config), &Environment::default()).unwrap();
    let from_nothing = load(None, &Environment::default()).unwrap();
    assert_eq!(from_file.settings, from_nothing.settings);
}

#[test]
fn without_anything_the_defaults_hold_and_start() {
    let loaded = load(None, &Environment::default()).unwrap();
    assert_eq!((loaded.settings.api.host.as_str(), loaded.settings.api.port), ("127.0.0.1", 8000));
    assert!(loaded.settings.api.jwt_secret.expose().is_none(), "no default secret");
    assert!(loaded.settings.api.admin_password.expose().is_none(), "no default secret");
    assert!(review(&loaded.settings).is_empty());
}

#[test]
fn an_unknown_key_is_refused_with_file_line_key_and_what_is_allowed() {
    let message = refusal("api:\n  host: \"127.0.0.1\"\n  prot: 8000\n");
    assert!(message.contains("config.yaml:3"), "{message}");
    assert!(message.contains("`api.prot`"), "{message}");
    assert!(message.contains("host, port, workers"), "{message}");
    let message = refusal("# a comment\napii:\n  port: 1\n");
    assert!(message.contains("config.yaml:3") && message.contains("allowed sections"), "{message}");
    let message = refusal("api:\n  port:\n    number: 1\n");
    assert!(message.contains("`api.port` is a value"), "{message}");
    let message = refusal("api: 5\n");
    assert!(message.contains("config.yaml:1"), "{message}");
}

#[test]
fn a_wrong_value_is_refused_with_what_is_allowed() {
    for (text, allowed) in [
        ("api:\n  port: 70000\n", "from 0 to 65535"),
        ("api:\n  port: eight\n", "from 0 to 65535"),
        ("api:\n  port: 8.5\n", "from 0 to 65535"),
        ("api:\n  host: 5\n", "text"),
        ("api:\n  port: [1]\n", "from 0 to 65535"),
        ("deployment:\n  mode: offline\n", "isolated, connected"),
        ("security:\n  enabled: maybe\n", "true or false"),
        ("security:\n  dlp:\n    pre_request:\n      default_action: DROP\n", "ALLOW, LOG, WARN"),
        ("index:\n  roots: [{a: b}]\n", "a list of texts"),
    ] {
        let message = refusal(text);
        assert!(message.contains(allowed) && message.contains("config.yaml:"), "{message}");
    }
}

#[test]
fn broken_yaml_is_refused_with_its_line() {
    for text in
        ["api:\n  port: [1\n", "a: b: c\n", "- 1\n- 2\n", "api: {}\napi: {}\n", "just words\n"]
    {
        let message = refusal(text);
        assert!(message.contains("config.yaml:"), "{text}: {message}");
    }
    let deep = "[".repeat(100_000);
    assert!(load_text(&format!("a: {deep}"), &[]).is_err());
}

#[test]
fn empty_files_and_empty_sections_change_nothing() {
    let plain = load(None, &Environment::default()).unwrap();
    for text in ["", "# only words\n", "api:\nllm:\n  local:\n", "api: {}\n", "---\n"] {
        assert_eq!(load_text(text, &[]).unwrap().settings, plain.settings, "{text:?}");
    }
}

#[test]
fn later_sources_win_and_are_named() {
    let text = "api:\n  port: 1000\n";
    let loaded = load_text(text, &[]).unwrap();
    assert_eq!(loaded.settings.api.port, 1000);
    assert!(origin(&loaded, "api.port").ends_with("config.yaml:2"));
    let loaded = load_text(text, &[("API_PORT", "2000")]).unwrap();
    assert_eq!(
        (loaded.settings.api.port, origin(&loaded, "api.port")),
        (2000, "variable API_PORT".into())
    );
    let both = [("API_PORT", "2000"), ("CODEGRAPH__API__PORT", "3000")];
    assert_eq!(load_text(text, &both).unwrap().settings.api.port, 3000);
    let nested = [("CODEGRAPH__LLM__LOCAL__N_CTX", "4096"), ("CODEGRAPH__INDEX__ROOTS", "/a, /b")];
    let loaded = load_text(text, &nested).unwrap();
    assert_eq!(loaded.settings.llm.local.n_ctx, 4096);
    assert_eq!(loaded.settings.index.roots, ["/a", "/b"]);
    assert_eq!(
        load_text(text, &[("API_PORT", "")]).unwrap().settings.api.port,
        1000,
        "empty = not set"
    );
}

#[test]
fn an_unknown_variable_of_ours_is_refused() {
    let error = load(None, &Environment::of(&[("CODEGRAPH__API__PROT", "1")])).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("CODEGRAPH__API__PROT") && message.contains("port"), "{message}");
}

#[test]
fn variables_in_values_are_replaced() {
    let text = "domain:\n  name: \"${NAME}-${KIND:-x}$$\"\n";
    assert_eq!(load_text(text, &[("NAME", "a")]).unwrap().settings.domain.name, "a-x$");
    assert_eq!(
        load_text(text, &[("NAME", "a"), ("KIND", "${HOME}")]).unwrap().settings.domain.name,
        "a-${HOME}$"
    );
    let message = load_text(text, &[]).unwrap_err().to_string();
    assert!(message.contains("config.yaml:2") && message.contains("NAME"), "{message}");
    assert_eq!(load_text("api:\n  port: \"${P:-9000}\"\n", &[]).unwrap().settings.api.port, 9000);
}

#[test]
fn secrets_come_from_files_and_credentials_and_never_show() {
    let folder = Folder::new();
    let secret = "0123456789abcdef0123456789abcdef";
    let file = folder.file("jwt", &format!("{secret}\n"));
    let by_key =
        load_text(&format!("api:\n  jwt_secret_file: \"{}\"\n", file.display()), &[]).unwrap();
    let by_variable = load_text("", &[("API_JWT_SECRET_FILE", file.to_str().unwrap())]).unwrap();
    folder.file("api.jwt_secret", secret);
    let credentials = folder.0.path().to_str().unwrap();
    let by_credential = load_text("", &[("CREDENTIALS_DIRECTORY", credentials)]).unwrap();
    for loaded in [by_key, by_variable, by_credential] {
        assert_eq!(loaded.settings.api.jwt_secret.expose(), Some(secret));
        assert!(origin(&loaded, "api.jwt_secret").starts_with("secret file"));
        assert!(!format!("{:?}", loaded.settings).contains(secret));
        let shown: Vec<_> = loaded.resolved.iter().map(super::Resolved::shown).collect();
        assert!(!serde_json::to_string(&shown).unwrap().contains(secret));
    }
    let message = refusal("api:\n  jwt_secret_file: \"/nonexistent/x\"\n");
    assert!(message.contains("/nonexistent/x") && message.contains("config.yaml:2"), "{message}");
    let message = refusal("api:\n  jwt_secret: 12345678\n");
    assert!(!message.contains("12345678"), "{message}");
}

#[test]
fn a_provider_on_the_internet_is_refused_in_isolated_mode_when_selected() {
    let loaded = load_text("llm:\n  provider: gigachat\n", &[("GIGACHAT_AUTH_KEY", "k")]).unwrap();
    assert_eq!(findings(&loaded, Severity::Refused), ["llm.provider"]);
    let loaded = load_text("", &[("GIGACHAT_AUTH_KEY", "k")]).unwrap();
    assert!(findings(&loaded, Severity::Refused).is_empty());
    assert_eq!(findings(&loaded, Severity::Warning), ["llm.gigachat.auth_key"], "noted, not used");
}

#[test]
fn keys_are_unique_and_variables_too() {
    let mut paths: Vec<_> = schema::KEYS.iter().map(|key| key.path).collect();
    let mut variables: Vec<_> = schema::KEYS.iter().filter_map(|key| key.variable).collect();
    for names in [&mut paths, &mut variables] {
        let length = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), length);
    }
}

#[test]
fn the_committed_reference_is_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/config.md");
    let committed = std::fs::read_to_string(path).unwrap();
    assert_eq!(
        committed,
        reference::page(),
        "run `codegraph config reference > docs/reference/config.md`"
    );
}
