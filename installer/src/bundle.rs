//! A bundle on its way to being believed: signature, host policy, every header, every chunk. Reads only.

use std::collections::BTreeSet;
use std::path::PathBuf;

use cg_bundle_format::{
    Blob, BundleReader, Carriage, Digest, Payload, Survey, VerifiedRelease, VerifyReport,
    VolumeFile,
};

use crate::error::Error;
use crate::host::HostPaths;
use crate::ingest::Lack;
use crate::media::Media;
use crate::progress::Talk;
use crate::trust_policy::{Accepted, Claims};
use crate::trust_state::{self, Said};

/// A release whose every byte was checked.
pub struct Checked {
    /// The release.
    pub release: VerifiedRelease,
    /// How it came to be accepted on this host.
    pub accepted: Accepted,
    /// What was checked.
    pub report: VerifyReport,
}

/// Signature and policy only: enough for `plan` and `inspect`, in a moment whatever the size.
pub fn open(
    paths: &HostPaths,
    volumes: &[PathBuf],
    claims: &Claims,
) -> Result<(Payload, Accepted), Error> {
    let (media, accepted) = Media::open(paths, volumes, claims)?;
    Ok((media.into_payload(), accepted))
}

/// Everything: no byte of the bundle is believed that was not held against the signed lists. Volumes that are
/// not there are asked for, one by one.
pub fn check(
    paths: &HostPaths,
    volumes: &[PathBuf],
    claims: &Claims,
    talk: Talk,
) -> Result<Checked, Error> {
    let (mut media, accepted) = Media::open(paths, volumes, claims)?;
    let release = media.payload().release().detached();
    let carried: Vec<&Blob> =
        release.manifest().blobs.iter().filter(|b| b.carriage == Carriage::Carried).collect();
    let mut seen: BTreeSet<(Digest, u64)> = BTreeSet::new();
    let mut good: BTreeSet<u32> = BTreeSet::new();
    let mut report = VerifyReport { volumes: 0, blobs: carried.len() as u64, chunks: 0, bytes: 0 };
    loop {
        let payload = media.payload();
        let wanted = |blob: &Digest, index: u64| !seen.contains(&(*blob, index));
        let (found, faults) = match survey(payload, &wanted, talk) {
            Ok(survey) => (survey.report, survey.unreadable),
            Err(error) if error.bad_volume().is_some() && talk.can_ask() => {
                let lack = Lack { faults: vec![error], ..Lack::default() };
                media = media.exchange(lack, &good, talk, FATE)?;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        report.chunks += found.chunks;
        report.bytes += found.bytes;
        let unread: BTreeSet<(Digest, u64)> = faults.iter().filter_map(chunk_of).collect();
        let bad: BTreeSet<u32> =
            faults.iter().filter_map(cg_bundle_format::Error::bad_volume).collect();
        let here = payload.release().volumes().iter().map(VolumeFile::number);
        good.extend(here.filter(|number| !bad.contains(number)));
        let chunks =
            carried.iter().flat_map(|b| (0..b.chunk_count()).map(|index| (b.digest, index)));
        let held = chunks.clone().filter(|chunk| payload.holds(&chunk.0, chunk.1));
        seen.extend(held.filter(|chunk| !unread.contains(chunk)));
        let absent =
            chunks.filter(|chunk| !seen.contains(chunk) && !unread.contains(chunk)).count();
        let lack = Lack { absent: absent as u64, faults, ..Lack::default() };
        if lack.is_none() {
            break;
        }
        media = media.exchange(lack, &good, talk, FATE)?;
    }
    // An empty set of chunks proves nothing of volumes that were never there.
    let missing = media.payload().release().missing_volumes();
    let missing: Vec<u32> = missing.into_iter().filter(|n| !good.contains(n)).collect();
    if !missing.is_empty() {
        return Err(cg_bundle_format::Error::MissingVolumes { missing }.into());
    }
    report.volumes = good.len() as u64;
    say(&report, talk);
    Ok(Checked { release, accepted, report })
}

/// What became of media that are only looked at.
const FATE: &str = "the media that were there are good, but for what is named here";

fn chunk_of(error: &cg_bundle_format::Error) -> Option<(Digest, u64)> {
    match error {
        cg_bundle_format::Error::Unreadable { blob, index, .. } => Some((*blob, *index)),
        _ => None,
    }
}

/// Holds the wanted chunks of the volumes that are there against the signed lists.
pub fn survey(
    payload: &Payload,
    wanted: &dyn Fn(&Digest, u64) -> bool,
    talk: Talk,
) -> Result<Survey, cg_bundle_format::Error> {
    let bar = talk.bar("verifying", 0);
    let survey = payload.survey(0, wanted, &|progress| {
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    });
    bar.finish_and_clear();
    survey
}

/// Tells what was checked.
pub fn say(report: &VerifyReport, talk: Talk) {
    talk.say(&format!(
        "verified: {} volumes, {} blobs, {} bytes",
        report.volumes, report.blobs, report.bytes
    ));
}

/// How much of a top-up is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Signature and headers.
    Headers,
    /// Every byte.
    Bytes,
}

/// Bundles that bring blobs which another one leaves out. They must be signed by keys that this host
/// trusts; which release they are does not matter, because blobs are taken by the digests of the other one.
pub fn top_ups(
    paths: &HostPaths,
    places: &[PathBuf],
    said: Said,
    depth: Depth,
    talk: Talk,
) -> Result<Vec<Payload>, Error> {
    let mut found = Vec::new();
    for place in places {
        let bundle = BundleReader::open(std::slice::from_ref(place))?;
        let payload = bundle.verify_signature(&trust_state::anchor(paths, said)?.anchor)?.scan()?;
        payload.require_complete()?;
        if depth == Depth::Bytes {
            let bar = talk.bar("verifying", 0);
            let report = payload.verify_all(0, &|progress| {
                bar.set_length(progress.total);
                bar.set_position(progress.done);
            })?;
            bar.finish_and_clear();
            say(&report, talk);
        }
        found.push(payload);
    }
    Ok(found)
}

/// The blobs that these bundles carry.
pub fn carried(top_ups: &[Payload]) -> BTreeSet<Digest> {
    let blobs = top_ups.iter().flat_map(|payload| &payload.manifest().blobs);
    let carried = blobs.filter(|blob| blob.carriage == Carriage::Carried);
    carried.map(|blob| blob.digest).collect()
}
