//! What an ingest could not bring in from the media that are there.

use std::collections::BTreeSet;

use cg_bundle_format::{Error as BundleError, Payload};

/// What is still wanted after everything that is there was brought in.
#[derive(Debug, Default)]
pub struct Lack {
    /// Wanted chunks that lie on no volume that is there.
    pub absent: u64,
    /// Chunks that a volume does not give out, or gives out wrong.
    pub faults: Vec<BundleError>,
    /// Volumes that are there and on which nothing lies any more that is wanted.
    pub used_up: BTreeSet<u32>,
}

impl Lack {
    /// Whether everything is in the store.
    pub fn is_none(&self) -> bool {
        self.absent == 0 && self.faults.is_empty()
    }

    /// Volumes of which a fresh copy is needed, each with the first thing that is wrong with it.
    pub fn bad_volumes(&self) -> Vec<(u32, String)> {
        let mut found: Vec<(u32, String)> = Vec::new();
        for fault in &self.faults {
            if let Some(volume) = fault.bad_volume()
                && found.iter().all(|(other, _)| *other != volume)
            {
                found.push((volume, fault.to_string()));
            }
        }
        found.sort();
        found
    }

    /// How far it came, for a person.
    pub fn text(&self) -> String {
        match (self.absent, self.faults.len()) {
            (absent, 0) => format!("{absent} chunks lie on volumes that are not there"),
            (0, bad) => format!("{bad} chunks cannot be had from the media that are there"),
            (absent, bad) => format!(
                "{bad} chunks cannot be had from the media that are there, {absent} lie on others"
            ),
        }
    }

    /// The error of a command that cannot ask for other media.
    pub fn into_error(mut self, payload: &Payload) -> Option<BundleError> {
        if !self.faults.is_empty() {
            return Some(self.faults.swap_remove(0));
        }
        if self.absent == 0 {
            return None;
        }
        let missing = payload.release().missing_volumes();
        match payload.require_complete() {
            Err(error) if missing.is_empty() => Some(error),
            _ => Some(BundleError::MissingVolumes { missing }),
        }
    }
}
