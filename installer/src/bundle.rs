//! A bundle on its way to being believed: signature, host policy, every header, every chunk. Reads only.

use std::collections::BTreeSet;
use std::path::PathBuf;

use cg_bundle_format::{BundleReader, Carriage, Digest, Payload, VerifyReport};

use crate::error::Error;
use crate::host::HostPaths;
use crate::progress::Talk;
use crate::trust_policy::{self, Accepted, Claims};
use crate::trust_state::{self, Said};

/// A release whose every byte was checked.
pub struct Checked {
    /// The release and the places of its chunks.
    pub payload: Payload,
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
    let bundle = BundleReader::open(volumes)?;
    let anchor = trust_state::anchor(paths, claims.said)?;
    let release = bundle.verify_signature(&anchor.anchor)?;
    let accepted = trust_policy::accept(paths, claims, anchor.first_trust, &release)?;
    Ok((release.scan()?, accepted))
}

/// Everything: no byte of the bundle is believed that was not held against the signed lists.
pub fn check(
    paths: &HostPaths,
    volumes: &[PathBuf],
    claims: &Claims,
    talk: Talk,
) -> Result<Checked, Error> {
    let (payload, accepted) = open(paths, volumes, claims)?;
    payload.require_complete()?;
    let report = check_payload(&payload, talk)?;
    Ok(Checked { payload, accepted, report })
}

fn check_payload(payload: &Payload, talk: Talk) -> Result<VerifyReport, Error> {
    let carried = payload.manifest().blobs.iter().filter(|blob| blob.carriage == Carriage::Carried);
    let bar = talk.bar("verifying", carried.map(|blob| blob.stored_size).sum());
    let report = payload.verify_all(0, &|progress| bar.set_position(progress.done))?;
    bar.finish_and_clear();
    talk.say(&format!(
        "verified: {} volumes, {} blobs, {} bytes",
        report.volumes, report.blobs, report.bytes
    ));
    Ok(report)
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
            check_payload(&payload, talk)?;
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
