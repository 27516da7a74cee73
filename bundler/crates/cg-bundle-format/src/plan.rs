//! Which chunk goes into which volume. Pure.

use std::collections::BTreeSet;

use crate::envelope::Envelope;
use crate::tar::{BLOCK, END, entry_bytes};
use crate::{Carriage, Error, Limits, Manifest, index};

/// What one volume holds after its opening entries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VolumePlan {
    /// Front entries, as numbers in `Manifest::front` (volume 1 only).
    pub front: Vec<usize>,
    /// Chunks: number of the blob in the manifest, number of the chunk.
    pub chunks: Vec<(usize, u64)>,
    /// Bytes of the volume's file.
    pub bytes: u64,
}

/// Fills volumes of at most `volume_size` bytes (`None`: one volume without bound) in the manifest's order.
///
/// # Errors
/// [`Error::Unwritable`] when the size is too small or too many volumes would be needed.
pub fn plan_volumes(
    manifest: &Manifest,
    envelope: &Envelope,
    volume_size: Option<u64>,
) -> Result<Vec<VolumePlan>, Error> {
    let limit = volume_size.unwrap_or(u64::MAX / 2);
    let front: BTreeSet<_> = manifest.front.iter().map(|front| front.blob).collect();
    let mut filling = Filling {
        volumes: Vec::new(),
        opening: envelope.volume_bytes(),
        limit,
        used: 0,
        runs: 0,
        last: None,
    };
    filling.begin();
    for (number, entry) in manifest.front.iter().enumerate() {
        let size = manifest.blob(&entry.blob).map_or(0, |(_, blob)| blob.size);
        filling.used += entry_bytes(size);
        filling.current().front.push(number);
    }
    if filling.used + closing(1) > limit {
        return Err(too_small(limit, filling.used + closing(1)));
    }
    for (number, blob) in manifest.blobs.iter().enumerate() {
        if blob.carriage == Carriage::Expected || front.contains(&blob.digest) {
            continue;
        }
        for chunk in 0..blob.chunk_count() {
            filling.add(number, chunk, entry_bytes(blob.chunk_bytes(chunk)))?;
        }
    }
    filling.end();
    let most = Limits::default().volumes;
    if filling.volumes.len() > most as usize {
        let problem = format!(
            "{} volumes would be needed, at most {most} are allowed; choose a larger volume size",
            filling.volumes.len()
        );
        return Err(Error::Unwritable { problem });
    }
    Ok(filling.volumes)
}

struct Filling {
    volumes: Vec<VolumePlan>,
    opening: u64,
    limit: u64,
    used: u64,
    runs: u64,
    last: Option<(usize, u64)>,
}

impl Filling {
    fn begin(&mut self) {
        self.volumes.push(VolumePlan::default());
        self.used = self.opening;
        self.runs = 0;
        self.last = None;
    }

    fn current(&mut self) -> &mut VolumePlan {
        self.volumes.last_mut().expect("`begin` came first")
    }

    fn end(&mut self) {
        let bytes = self.used + closing(self.runs);
        self.current().bytes = bytes;
    }

    fn add(&mut self, number: usize, chunk: u64, bytes: u64) -> Result<(), Error> {
        let joined = chunk > 0 && self.last == Some((number, chunk - 1));
        let runs = if joined { self.runs } else { self.runs + 1 };
        if self.used + bytes + closing(runs) > self.limit {
            self.end();
            self.begin();
            self.runs = 1;
            if self.used + bytes + closing(1) > self.limit {
                return Err(too_small(self.limit, self.used + bytes + closing(1)));
            }
        } else {
            self.runs = runs;
        }
        self.used += bytes;
        self.last = Some((number, chunk));
        self.current().chunks.push((number, chunk));
        Ok(())
    }
}

/// Bytes of the index entry and the end of the archive.
const fn closing(runs: u64) -> u64 {
    BLOCK + index::content_bytes(runs) + END
}

fn too_small(limit: u64, needed: u64) -> Error {
    Error::Unwritable {
        problem: format!("volumes of {limit} bytes are too small; at least {needed} are needed"),
    }
}
