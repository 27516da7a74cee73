//! What moved between a lock and what was found.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Input, Kind};

/// One input that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// Absent: it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    /// Absent: it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = self.kind.word();
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => write!(f, "{word} {}: {from} -> {to}", self.name),
            (None, Some(to)) => write!(f, "{word} {}: new, {to}", self.name),
            (Some(from), None) => write!(f, "{word} {}: gone, was {from}", self.name),
            (None, None) => write!(f, "{word} {}", self.name),
        }
    }
}

/// All differences, sorted by kind and name.
pub(crate) fn changes(from: &[Input], to: &[Input]) -> Vec<Change> {
    let by_name = |inputs: &[Input]| -> BTreeMap<(Kind, String), Input> {
        inputs.iter().map(|input| ((input.kind, input.name.clone()), input.clone())).collect()
    };
    let (from, to) = (by_name(from), by_name(to));
    let names: BTreeSet<_> = from.keys().chain(to.keys()).collect();
    let mut changes = Vec::new();
    for key in names {
        let (before, after) = (from.get(key), to.get(key));
        if before == after {
            continue;
        }
        let text = |input: &Input| format!("{} ({} bytes)", input.digest, input.size);
        changes.push(Change {
            kind: key.0,
            name: key.1.clone(),
            from: before.map(text),
            to: after.map(text),
        });
    }
    changes
}
