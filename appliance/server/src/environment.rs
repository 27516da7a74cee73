//! The process environment, read once at the start and passed on as a value.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// The variables of the process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<String, OsString>,
}

impl Environment {
    /// Reads the environment of this process; the only place that does.
    pub(crate) fn read() -> Self {
        let variables =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v))).collect();
        Self { variables }
    }

    /// An environment of given variables.
    #[cfg(test)]
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        let variables = pairs.iter().map(|(k, v)| ((*k).to_owned(), OsString::from(*v))).collect();
        Self { variables }
    }

    /// The value of a variable as text; nothing when unset or not UTF-8.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.variables.get(name)?.to_str()
    }

    /// The value of a variable as a path; nothing when unset or empty.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.variables.get(name).filter(|v| !v.is_empty()).map(PathBuf::from)
    }

    /// All variables that are text, in order of their names.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().filter_map(|(k, v)| Some((k.as_str(), v.to_str()?)))
    }
}
