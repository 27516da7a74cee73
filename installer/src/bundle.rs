//! A bundle on its way to being believed: signature, host policy, every header, every chunk. Reads only.

use std::path::PathBuf;

use cg_bundle_format::{BundleReader, Payload, VerifyReport};

use crate::error::Error;
use crate::host::HostPaths;
use crate::progress::Talk;
use crate::trust_state::{self, FirstTrust, Said};

/// A release whose every byte was checked.
pub struct Checked {
    /// The release and the places of its chunks.
    pub payload: Payload,
    /// How the root came to be trusted.
    pub first_trust: FirstTrust,
    /// What was checked.
    pub report: VerifyReport,
}

/// Signature and policy only: enough for `plan` and `inspect`, in a moment whatever the size.
pub fn open(
    paths: &HostPaths,
    volumes: &[PathBuf],
    said: Said,
) -> Result<(Payload, FirstTrust), Error> {
    let bundle = BundleReader::open(volumes)?;
    let anchor = trust_state::anchor(paths, said)?;
    let release = bundle.verify_signature(&anchor.anchor)?;
    trust_state::check_release(
        trust_state::read(paths)?.as_ref(),
        release.root(),
        release.manifest(),
    )?;
    Ok((release.scan()?, anchor.first_trust))
}

/// Everything: no byte of the bundle is believed that was not held against the signed lists.
pub fn check(
    paths: &HostPaths,
    volumes: &[PathBuf],
    said: Said,
    talk: Talk,
) -> Result<Checked, Error> {
    let (payload, first_trust) = open(paths, volumes, said)?;
    payload.require_complete()?;
    let manifest = payload.manifest();
    let total = manifest.blobs.iter().map(|blob| blob.stored_size).sum();
    let bar = talk.bar("verifying", total);
    let report = payload.verify_all(0, &|progress| bar.set_position(progress.done))?;
    bar.finish_and_clear();
    talk.say(&format!(
        "verified: {} volumes, {} blobs, {} bytes",
        report.volumes, report.blobs, report.bytes
    ));
    Ok(Checked { payload, first_trust, report })
}
