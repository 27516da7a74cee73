//! What `requires` and `alternatives` of a manifest must fulfil.

use crate::{Manifest, Need};

/// Alternatives of one release.
const MOST_ALTERNATIVES: usize = 64;
/// Longest text of a version.
const MAX_VERSION: usize = 32;

impl Manifest {
    pub(crate) fn check_needs(&self) -> Result<(), String> {
        let requires = &self.requires;
        for (what, version) in [
            ("requires.glibc", &requires.glibc),
            ("requires.kernel", &requires.kernel),
            ("requires.systemd", &requires.systemd),
        ] {
            check_version(what, version)?;
        }
        if self.alternatives.len() > MOST_ALTERNATIVES {
            return Err(format!("more than {MOST_ALTERNATIVES} alternatives"));
        }
        for (number, alternative) in self.alternatives.iter().enumerate() {
            let name = &alternative.component;
            for component in [name, &alternative.instead_of] {
                let listed = self.components.iter().find(|listed| listed.name == *component);
                match listed.map(|listed| listed.need) {
                    Some(Need::Optional) => {}
                    Some(Need::Required) => {
                        return Err(format!(
                            "alternative {name:?}: component {component:?} must be optional"
                        ));
                    }
                    None => {
                        return Err(format!(
                            "alternative {name:?} names component {component:?}, which is not listed"
                        ));
                    }
                }
            }
            let others = self.alternatives.iter().enumerate().filter(|(other, _)| *other != number);
            let mut others = others.map(|(_, other)| other);
            if *name == alternative.instead_of
                || others.any(|other| other.component == *name || other.instead_of == *name)
            {
                return Err(format!(
                    "alternative {name:?} stands in for itself, twice, or for another alternative"
                ));
            }
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            if alternative.accelerator.is_empty()
                || alternative.accelerator.len() > MAX_VERSION
                || !alternative.accelerator.bytes().all(plain)
            {
                return Err(format!(
                    "alternative {name:?}: accelerator must be 1 to {MAX_VERSION} small letters, digits or -"
                ));
            }
            check_version("alternatives.driver", &alternative.driver)?;
        }
        Ok(())
    }

    /// Whether at most one of the two components is ever installed.
    pub(crate) fn exclude_each_other(&self, one: &str, other: &str) -> bool {
        let base = |name: &'_ str| {
            let found = self.alternatives.iter().find(|a| a.component == name);
            found.map(|a| a.instead_of.as_str())
        };
        let (first, second) = (base(one), base(other));
        one != other
            && (first.is_some() || second.is_some())
            && first.unwrap_or(one) == second.unwrap_or(other)
    }
}

/// Numbers and points, or nothing.
fn check_version(what: &str, version: &str) -> Result<(), String> {
    let plain = version.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if version.len() > MAX_VERSION || !plain || version.split('.').any(|part| part.len() > 9) {
        return Err(format!("{what} {version:?} must be a version of digits and points"));
    }
    Ok(())
}
