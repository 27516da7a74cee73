//! `os/architecture[/variant]`.

use std::fmt;

use serde::Deserialize;

use crate::error::Error;

/// A platform, as an index or an image configuration has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Platform {
    pub(crate) os: String,
    pub(crate) architecture: String,
    #[serde(default)]
    pub(crate) variant: String,
}

impl Platform {
    /// Parses what people write.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let parts: Vec<&str> = text.split('/').collect();
        let (os, architecture, variant) = match parts.as_slice() {
            [os, architecture] => (os, architecture, &""),
            [os, architecture, variant] => (os, architecture, variant),
            _ => (&"", &"", &""),
        };
        if os.is_empty() || architecture.is_empty() {
            return Err(Error::Usage(format!(
                "platform {text:?} must be like linux/amd64 or linux/arm64/v8"
            )));
        }
        let own = |text: &&str| (*text).to_owned();
        Ok(Self { os: own(os), architecture: own(architecture), variant: own(variant) })
    }

    /// Whether `other` will do where this was asked for.
    pub(crate) fn takes(&self, other: &Self) -> bool {
        self.os == other.os
            && self.architecture == other.architecture
            && (self.variant.is_empty() || self.variant == other.variant)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if self.variant.is_empty() { Ok(()) } else { write!(f, "/{}", self.variant) }
    }
}
