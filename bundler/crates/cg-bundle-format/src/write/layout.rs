//! Which byte of a volume is what. Pure.

use crate::index;
use crate::plan::VolumePlan;
use crate::read::Label;
use crate::tar::{END, Header, padding};
use crate::write::WriteJob;
use crate::{Digest, Error, Manifest, Part, json, names};

/// Where a chunk's stored bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) blob: usize,
    pub(super) chunk: u64,
    pub(super) at: u64,
}

/// A volume's bytes: those that are known already, and places for chunks.
pub(super) struct Layout {
    pub(super) fixed: Vec<(u64, Vec<u8>)>,
    pub(super) places: Vec<Place>,
    at: u64,
}

impl Layout {
    pub(super) fn new(job: &WriteJob<'_>, plan: &VolumePlan, label: &Label) -> Result<Self, Error> {
        let mut layout = Self { fixed: Vec::new(), places: Vec::new(), at: 0 };
        for (number, (header, bytes)) in job.envelope.entries().into_iter().enumerate() {
            layout.entry(&header, bytes);
            if number == 0 {
                let label = json::write(label);
                layout.entry(&Header::plain(names::LABEL, label.len() as u64), &label);
            }
        }
        let manifest = job.manifest;
        for &front in &plan.front {
            let entry = &manifest.front[front];
            let (blob, count) = front_blob(manifest, front)?;
            let size = manifest.blobs[blob].size;
            layout.header(&Header { name: entry.path.to_string(), size, mode: entry.mode.bits() });
            for chunk in 0..count {
                layout.place(manifest, blob, chunk);
            }
            layout.zeros(padding(size));
        }
        let mut runs = Vec::new();
        for &(number, chunk) in &plan.chunks {
            let blob = &manifest.blobs[number];
            index::extend(&mut runs, blob.digest, chunk, layout.at);
            let size = blob.chunk_bytes(chunk);
            layout.header(&Header::plain(names::chunk(&blob.digest, chunk), size));
            layout.place(manifest, number, chunk);
            layout.zeros(padding(size));
        }
        let content = index::content(&runs, layout.at);
        layout.entry(&Header::plain(names::INDEX, content.len() as u64), &content);
        layout.zeros(END);
        Ok(layout)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        // What lies side by side is written at once.
        match self.fixed.last_mut() {
            Some((at, before)) if *at + before.len() as u64 == self.at => {
                before.extend_from_slice(bytes);
            }
            _ => self.fixed.push((self.at, bytes.to_vec())),
        }
        self.at += bytes.len() as u64;
    }

    fn header(&mut self, header: &Header) {
        self.bytes(&header.to_block());
    }

    fn zeros(&mut self, count: u64) {
        self.bytes(&vec![0; usize::try_from(count).expect("at most two blocks")]);
    }

    fn entry(&mut self, header: &Header, bytes: &[u8]) {
        self.header(header);
        self.bytes(bytes);
        self.zeros(padding(header.size));
    }

    fn place(&mut self, manifest: &Manifest, blob: usize, chunk: u64) {
        self.places.push(Place { blob, chunk, at: self.at });
        self.at += manifest.blobs[blob].chunk_bytes(chunk);
    }
}

/// Number of a front entry's blob, and of its chunks.
fn front_blob(manifest: &Manifest, front: usize) -> Result<(usize, u64), Error> {
    let digest: Digest = manifest.front[front].blob;
    let (number, blob) = manifest
        .blob(&digest)
        .ok_or_else(|| Error::refused(Part::Blob(digest), "it is not listed"))?;
    Ok((number, blob.chunk_count()))
}

/// Bytes of the chunks and front entries of a volume.
pub(super) fn payload_bytes(manifest: &Manifest, plan: &VolumePlan) -> u64 {
    let front = plan.front.iter().filter_map(|&front| manifest.blob(&manifest.front[front].blob));
    let front: u64 = front.map(|(_, blob)| blob.stored_size).sum();
    let chunk = |&(blob, chunk): &(usize, u64)| manifest.blobs[blob].chunk_bytes(chunk);
    front + plan.chunks.iter().map(chunk).sum::<u64>()
}
