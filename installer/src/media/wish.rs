//! Which volumes are asked for, in words.

use std::collections::BTreeSet;

use cg_bundle_format::{Payload, VolumeFile, VolumeName};

use crate::error::Error;
use crate::ingest::Lack;

/// Volumes that must come.
pub(super) struct Wish {
    of: u32,
    name: VolumeName,
    /// Volumes that are not there.
    missing: Vec<u32>,
    /// Volumes of which a fresh copy is needed, and why.
    bad: Vec<(u32, String)>,
}

impl Wish {
    pub(super) fn new(payload: &Payload, lack: &Lack, finished: &BTreeSet<u32>) -> Self {
        let all = payload.release().missing_volumes();
        let mut missing = Vec::new();
        if lack.absent > 0 {
            missing = all.iter().copied().filter(|number| !finished.contains(number)).collect();
            // What was finished for another choice of components may hold what is wanted now.
            if missing.is_empty() {
                missing = all;
            }
        }
        Self {
            of: payload.release().volumes().first().map_or(0, VolumeFile::of),
            name: VolumeName::of(payload.manifest()),
            missing,
            bad: lack.bad_volumes(),
        }
    }

    pub(super) fn is_none(&self) -> bool {
        self.missing.is_empty() && self.bad.is_empty()
    }

    /// Whether one of the volumes that are there is among those that were asked for.
    pub(super) fn is_met_by(&self, payload: &Payload) -> bool {
        let numbers: BTreeSet<u32> = self.bad.iter().map(|(number, _)| *number).collect();
        let wanted = |number: u32| numbers.contains(&number) || self.missing.contains(&number);
        payload.release().volumes().iter().any(|volume| wanted(volume.number()))
    }

    /// `volume 3 of 7 (NAME)`.
    fn one(&self, number: u32) -> String {
        format!("volume {number} of {} ({})", self.of, self.name.file(number, self.of))
    }

    /// What a person at the terminal is told.
    pub(super) fn question(&self) -> String {
        let mut lines: Vec<String> = self.bad.iter().map(|(_, why)| why.clone()).collect();
        let fresh =
            self.bad.iter().map(|(number, _)| format!("a fresh copy of {}", self.one(*number)));
        let mut wanted = fresh.chain(self.missing.iter().map(|number| self.one(*number)));
        let first = wanted.next().unwrap_or_default();
        let others: Vec<String> = wanted.collect();
        if !others.is_empty() {
            lines.push(format!("after it, or before it, in any order: {}", others.join(", ")));
        }
        lines.push(format!("insert {first}, then press Enter"));
        lines.join("\n")
    }

    /// What a program, or a person who is not at a terminal, is told.
    pub(super) fn error(&self, fate: &str) -> Error {
        let fresh = self
            .bad
            .iter()
            .map(|(number, why)| format!("a fresh copy of {}: {why}", self.one(*number)));
        let missing = self.missing.iter().map(|number| self.one(*number));
        Error::MoreMedia { wanted: fresh.chain(missing).collect(), fate: fate.to_owned() }
    }
}
