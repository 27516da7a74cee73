//! `${NAME}` and `${NAME:-default}` in paths of the configuration.

use std::collections::BTreeMap;

use crate::error::Error;

/// A variable of the environment that is set and not empty.
pub(crate) fn lookup(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Values given by `--set`, and then the environment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vars {
    set: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
}

impl Vars {
    /// `set` as on the command line; the environment is read here and nowhere else.
    pub(crate) fn from_arguments(set: &[String]) -> Result<Self, Error> {
        let split = |text: &String| match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(Error::Usage(format!("--set {text:?} must be NAME=VALUE"))),
        };
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Ok(Self {
            set: set.iter().map(split).collect::<Result<_, _>>()?,
            environment: environment.collect(),
        })
    }

    /// Replaces each `${…}`; values are not expanded again.
    pub(crate) fn expand(&self, text: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            out.push_str(&rest[..start]);
            let inner = &rest[start + 2..];
            let end = inner.find('}').ok_or_else(|| format!("{text:?}: `${{` without `}}`"))?;
            let (name, default) = match inner[..end].split_once(":-") {
                Some((name, default)) => (name, Some(default)),
                None => (&inner[..end], None),
            };
            let value = self
                .set
                .get(name)
                .or_else(|| self.environment.get(name))
                .map(String::as_str)
                .or(default);
            out.push_str(value.ok_or_else(|| format!("{text:?}: nothing gives ${{{name}}} a value; use --set {name}=… or the environment"))?);
            rest = &inner[end + 1..];
        }
        out.push_str(rest);
        Ok(out)
    }
}
