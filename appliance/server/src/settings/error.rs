//! Why settings cannot be loaded. Each message names the place, the key and what is allowed.

/// A reason not to load.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum SettingsError {
    #[error("cannot read configuration {file}: {cause}")]
    Read { file: String, cause: String },
    #[error("{place}: not valid YAML: {cause}")]
    Yaml { place: String, cause: String },
    #[error("{place}: unknown key `{key}`; {allowed}")]
    UnknownKey { place: String, key: String, allowed: String },
    #[error("{place}: `{key}` is {found}; allowed: {allowed}")]
    Value { place: String, key: String, found: String, allowed: String },
    #[error(
        "{place}: `{key}` refers to ${{{variable}}}, which is not set; set it or write ${{{variable}:-default}}"
    )]
    Variable { place: String, key: String, variable: String },
    #[error("{place}: `{key}`: cannot read the secret from {file}: {cause}")]
    SecretFile { place: String, key: String, file: String, cause: String },
}
