//! Puts the settings together: defaults, file, credentials, variables; the later one wins.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde_json::Value;

use super::error::SettingsError;
use super::expand::expand;
use super::model::Settings;
use super::schema::{self, KEYS, Key, Kind};
use super::yaml::{self, Raw};
use crate::environment::Environment;

/// Prefix of the variables that can set any key.
const PREFIX: &str = "CODEGRAPH__";
/// Largest secret file, in bytes.
const MAX_SECRET_BYTES: u64 = 64 << 10;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The table of keys.
    Default,
    /// `file:line` of the configuration.
    File(String),
    /// An environment variable.
    Variable(String),
    /// A file that holds a secret.
    SecretFile(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(place) => write!(f, "{place}"),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::SecretFile(path) => write!(f, "secret file {path}"),
        }
    }
}

/// One key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// The key.
    pub(crate) key: &'static Key,
    /// Its value; secrets too, so show it by [`Resolved::shown`] only.
    value: Value,
    /// Where it comes from.
    pub(crate) origin: Origin,
}

impl Resolved {
    /// The value for the eyes of people: secrets hidden.
    pub(crate) fn shown(&self) -> Value {
        match (self.key.kind, self.value.as_str()) {
            (Kind::Secret, Some("")) => Value::Null,
            (Kind::Secret, _) => Value::from("(hidden)"),
            _ => self.value.clone(),
        }
    }
}

/// Loaded settings.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    /// For the program.
    pub(crate) settings: Settings,
    /// For `config show`, in the order of the table.
    pub(crate) resolved: Vec<Resolved>,
}

/// Reads the file, if one is given, and the environment.
pub(crate) fn load(
    file: Option<&Path>,
    environment: &Environment,
) -> Result<Loaded, SettingsError> {
    let mut values = Values::default();
    if let Some(file) = file {
        let name = file.display().to_string();
        let text = read_limited(file, yaml::MAX_FILE_BYTES)
            .map_err(|cause| SettingsError::Read { file: name.clone(), cause })?;
        values.apply_file(&text, &name, environment)?;
    }
    values.apply_credentials(environment)?;
    values.apply_variables(environment)?;
    Ok(values.finish())
}

#[derive(Default)]
struct Values(BTreeMap<&'static str, (Value, Origin)>);

impl Values {
    fn set(&mut self, key: &'static Key, raw: &Raw, origin: Origin) -> Result<(), SettingsError> {
        let value = coerce(key, raw).map_err(|found| SettingsError::Value {
            place: origin.to_string(),
            key: key.path.to_owned(),
            found,
            allowed: key.kind.allowed(),
        })?;
        self.0.insert(key.path, (value, origin));
        Ok(())
    }

    fn set_secret(
        &mut self,
        key: &'static Key,
        file: &str,
        place: &str,
    ) -> Result<(), SettingsError> {
        let text = read_limited(Path::new(file), MAX_SECRET_BYTES).map_err(|cause| {
            let (place, key) = (place.to_owned(), key.path.to_owned());
            SettingsError::SecretFile { place, key, file: file.to_owned(), cause }
        })?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text).to_owned();
        self.set(key, &Raw::Text(text), Origin::SecretFile(file.to_owned()))
    }

    fn apply_file(
        &mut self,
        text: &str,
        name: &str,
        environment: &Environment,
    ) -> Result<(), SettingsError> {
        for entry in yaml::parse(text, name)? {
            let place = format!("{name}:{}", entry.line);
            if matches!(entry.raw, Raw::Null)
                && (schema::is_section(&entry.path) || schema::find(&entry.path).is_some())
            {
                continue;
            }
            let raw = expanded(entry.raw, &entry.path, &place, environment)?;
            if let Some(key) = schema::find(&entry.path) {
                self.set(key, &raw, Origin::File(place))?;
            } else if let Some(key) = schema::find_secret_file(&entry.path) {
                match raw {
                    Raw::Text(file) => self.set_secret(key, &file, &place)?,
                    other => {
                        return Err(SettingsError::Value {
                            place,
                            key: entry.path,
                            found: describe(&other),
                            allowed: Kind::Path.allowed(),
                        });
                    }
                }
            } else {
                return Err(unknown(place, entry.path));
            }
        }
        Ok(())
    }

    /// Secrets that systemd hands over: files named after the keys.
    fn apply_credentials(&mut self, environment: &Environment) -> Result<(), SettingsError> {
        let Some(folder) = environment.path("CREDENTIALS_DIRECTORY") else { return Ok(()) };
        for key in KEYS.iter().filter(|key| key.kind == Kind::Secret) {
            let file = folder.join(key.path);
            if file.exists() {
                self.set_secret(key, &file.display().to_string(), "CREDENTIALS_DIRECTORY")?;
            }
        }
        Ok(())
    }

    fn apply_variables(&mut self, environment: &Environment) -> Result<(), SettingsError> {
        for key in KEYS {
            let Some(name) = key.variable else { continue };
            if key.kind == Kind::Secret {
                let name_of_file = format!("{name}_FILE");
                if let Some(file) = environment.text(&name_of_file).filter(|file| !file.is_empty())
                {
                    self.set_secret(key, file, &format!("variable {name_of_file}"))?;
                }
            }
            // Compose files hand over empty variables for what is not set.
            if let Some(text) = environment.text(name).filter(|text| !text.is_empty()) {
                self.set(key, &Raw::Text(text.to_owned()), Origin::Variable(name.to_owned()))?;
            }
        }
        for (name, text) in environment.texts() {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            let path = rest.replace("__", ".").to_lowercase();
            let origin = Origin::Variable(name.to_owned());
            if let Some(key) = schema::find(&path) {
                self.set(key, &Raw::Text(text.to_owned()), origin)?;
            } else if let Some(key) = schema::find_secret_file(&path) {
                self.set_secret(key, text, &origin.to_string())?;
            } else {
                return Err(unknown(origin.to_string(), path));
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Loaded {
        let mut tree = serde_json::Map::new();
        let mut resolved = Vec::with_capacity(KEYS.len());
        for key in KEYS {
            let (value, origin) = self.0.remove(key.path).unwrap_or_else(|| {
                let value = coerce(key, &Raw::Text(key.default.to_owned()))
                    .expect("defaults in the table fit their kinds");
                (value, Origin::Default)
            });
            insert(&mut tree, key.path, value.clone());
            resolved.push(Resolved { key, value, origin });
        }
        let settings = serde_json::from_value(Value::Object(tree))
            .expect("the table of keys and the settings structure agree");
        Loaded { settings, resolved }
    }
}

fn unknown(place: String, key: String) -> SettingsError {
    let allowed = schema::allowed_beside(&key);
    SettingsError::UnknownKey { place, key, allowed }
}

fn expanded(
    raw: Raw,
    key: &str,
    place: &str,
    environment: &Environment,
) -> Result<Raw, SettingsError> {
    let one = |text: &str| {
        expand(text, |name| environment.text(name)).map_err(|missing| SettingsError::Variable {
            place: place.to_owned(),
            key: key.to_owned(),
            variable: missing.0,
        })
    };
    Ok(match raw {
        Raw::Text(text) => Raw::Text(one(&text)?),
        Raw::List(texts) => Raw::List(texts.iter().map(|t| one(t)).collect::<Result<_, _>>()?),
        other => other,
    })
}

/// Makes the value that the key wants, or says in words what was found instead.
fn coerce(key: &Key, raw: &Raw) -> Result<Value, String> {
    let text = match raw {
        Raw::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let value = match key.kind {
        Kind::Text | Kind::Secret | Kind::Path => text.map(Value::from),
        Kind::Flag => match raw {
            Raw::Flag(flag) => Some(Value::from(*flag)),
            _ => match text.map(str::to_lowercase).as_deref() {
                Some("true" | "yes" | "on" | "1") => Some(Value::from(true)),
                Some("false" | "no" | "off" | "0") => Some(Value::from(false)),
                _ => None,
            },
        },
        Kind::Integer(min, max) => match raw {
            Raw::Integer(number) => Some(*number),
            _ => text.and_then(|text| text.trim().parse().ok()),
        }
        .filter(|number| (min..=max).contains(number))
        .map(Value::from),
        Kind::Choice(words) => text
            .and_then(|text| words.iter().find(|word| word.eq_ignore_ascii_case(text)))
            .map(|word| Value::from(*word)),
        Kind::List => match raw {
            Raw::List(texts) => Some(Value::from(texts.clone())),
            // In a variable: a JSON list, or texts separated by commas.
            _ if text.is_some_and(|text| text.trim_start().starts_with('[')) => {
                let texts = text.and_then(|text| serde_json::from_str::<Vec<String>>(text).ok());
                texts.map(Value::from)
            }
            _ => text.map(|text| {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                Value::from(parts.map(str::to_owned).collect::<Vec<_>>())
            }),
        },
    };
    let hidden = key.kind == Kind::Secret;
    value.ok_or_else(|| if hidden { "something else".to_owned() } else { describe(raw) })
}

fn describe(raw: &Raw) -> String {
    match raw {
        Raw::Null => "empty".to_owned(),
        Raw::Flag(flag) => format!("{flag}"),
        Raw::Integer(number) => format!("{number}"),
        Raw::Other(text) => format!("the number {text}"),
        Raw::Text(text) => format!("`{text}`"),
        Raw::List(_) => "a list".to_owned(),
        Raw::Shape(what) => (*what).to_owned(),
    }
}

fn insert(tree: &mut serde_json::Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            tree.insert(path.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = tree
                .entry(section)
                .or_insert_with(|| Value::Object(serde_json::Map::new()))
                .as_object_mut()
                .expect("no key of the table is both a value and a section");
            insert(inner, rest, value);
        }
    }
}

fn read_limited(path: &Path, limit: u64) -> Result<String, String> {
    use std::io::Read;
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > limit {
        return Err(format!("larger than {limit} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "not UTF-8 text".to_owned())
}
