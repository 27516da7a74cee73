//! The host held against a release, line by line: what was found, what is needed, what follows. Pure.

mod device;
mod machine;
mod profile;
mod release;
mod room;
mod system;

use std::fmt;

use cg_bundle_format::{Blob, Manifest, Selection};
use serde::Serialize;

use crate::certificates;
use crate::facts::Facts;
use crate::plan::Scope;

pub use profile::Profile;
pub use system::RIGHTS;

/// What is asked about a host.
pub struct Question<'a> {
    /// The host.
    pub facts: &'a Facts,
    /// Whether units and services of the running system are part of it.
    pub scope: Scope,
    /// The row of the hardware table that the operator wants to reach.
    pub profile: Option<Profile>,
    /// Whether an interrupted run of the same release may hold our ports.
    pub is_resumed: bool,
    /// The release; without one only the host is looked at.
    pub release: Option<Release<'a>>,
}

/// The release that a host is to take.
pub struct Release<'a> {
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// The chosen components.
    pub selection: &'a Selection,
    /// Bytes that the store still has to take.
    pub store_bytes: u64,
    /// Needed blobs that neither the media nor the store have.
    pub absent: Vec<&'a Blob>,
}

/// Every line, in a fixed order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// The lines.
    pub lines: Vec<Line>,
}

/// One fact, what is needed of it, and what follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What is looked at.
    pub check: &'static str,
    /// What the host has.
    pub found: String,
    /// What is needed.
    pub need: String,
    /// What follows.
    pub verdict: Verdict,
    /// What is wrong and what to do; empty where all is well.
    pub advice: String,
}

/// What follows from a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All is well.
    Good,
    /// Worth knowing; nothing follows.
    Note,
    /// The operator is warned.
    Warns,
    /// The release is not installed.
    Blocks,
}

impl Line {
    /// A line that is well.
    pub fn good(check: &'static str, found: impl Into<String>, need: impl Into<String>) -> Self {
        Self {
            check,
            found: found.into(),
            need: need.into(),
            verdict: Verdict::Good,
            advice: String::new(),
        }
    }

    /// The same line with another verdict and the sentence that goes with it.
    #[must_use]
    pub fn but(self, verdict: Verdict, advice: impl Into<String>) -> Self {
        Self { verdict, advice: advice.into(), ..self }
    }
}

/// Holds the host against everything that is needed.
pub fn table(question: &Question<'_>) -> Table {
    let mut lines = machine::lines(question);
    lines.extend(profile::lines(question));
    lines.extend(device::lines(question));
    lines.extend(system::lines(question));
    lines.extend(release::lines(question));
    lines.extend(room::lines(question));
    lines.extend(certificates::lines(&question.facts.certificates));
    Table { lines }
}

impl Table {
    /// The sentences of this verdict.
    pub fn advice(&self, verdict: Verdict) -> Vec<String> {
        let lines = self.lines.iter().filter(|line| line.verdict == verdict);
        lines.map(|line| line.advice.clone()).collect()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Warns => "WARNING",
            Self::Blocks => "NO",
        })
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |of: fn(&Line) -> &str| {
            self.lines.iter().map(|line| of(line).chars().count()).max().unwrap_or(0).min(48)
        };
        let (check, found) = (width(|line| line.check), width(|line| &line.found));
        for line in &self.lines {
            let verdict = line.verdict.to_string();
            let need =
                if line.need.is_empty() { String::new() } else { format!("needs {}", line.need) };
            let text =
                format!("{verdict:<8}{:<check$}  {:<found$}  {need}", line.check, line.found);
            writeln!(f, "{}", text.trim_end())?;
            if !line.advice.is_empty() {
                writeln!(f, "{:8}{}", "", line.advice)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
