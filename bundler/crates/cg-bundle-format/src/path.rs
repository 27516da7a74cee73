//! Paths inside a generation or in front of the payload: relative, plain, portable.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// Longest path in bytes: fits the name field of a plain ustar header.
const MAX_PATH: usize = 100;

/// A relative path of plain names joined by `/`: no `.`, no `..`, no empty part, only
/// `A-Z a-z 0-9 . _ + @ -`, at most 100 bytes. It cannot leave the folder that it is joined to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PlainPath(String);

impl PlainPath {
    /// Checks `text`; the error says what is wrong with it.
    ///
    /// # Errors
    /// A sentence that names the offending part.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.len() > MAX_PATH {
            return Err(format!("path {text:?} must have 1 to {MAX_PATH} bytes"));
        }
        for part in text.split('/') {
            if part.is_empty() || part == "." || part == ".." {
                return Err(format!(
                    "path {text:?} must be relative, without empty, `.` or `..` parts"
                ));
            }
            if let Some(bad) =
                part.chars().find(|c| !(c.is_ascii_alphanumeric() || "._+@-".contains(*c)))
            {
                return Err(format!(
                    "path {text:?} holds {bad:?}; allowed are letters, digits and . _ + @ -"
                ));
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlainPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PlainPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(de::Error::custom)
    }
}
