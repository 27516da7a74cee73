//! `verify VOLUMES…`: signatures, every header, every chunk.

use std::time::Instant;

use cg_bundle_format::{BundleReader, Digest, FirstUse, Purpose, TrustAnchor, TrustedRoot};
use serde::Serialize;

use crate::cli::{Trust, Verify};
use crate::commands::{Form, report};
use crate::error::Error;
use crate::{delta, progress, size};

#[derive(Serialize)]
struct Report {
    result: &'static str,
    product: String,
    version: String,
    arch: String,
    release_counter: u64,
    release: Digest,
    root_fingerprint: Digest,
    root_version: u64,
    purpose: Purpose,
    trust: &'static str,
    signed_by: Vec<String>,
    volumes: u64,
    blobs: u64,
    chunks: u64,
    bytes: u64,
    milliseconds: u128,
}

/// What the person chose to trust.
pub(crate) fn anchor(trust: &Trust) -> Result<TrustAnchor, Error> {
    match (&trust.root_fingerprint, trust.dangerous_trust_first_use) {
        (Some(text), _) => Ok(TrustAnchor::Fingerprint(Digest::from_paper(text)?)),
        (None, true) => {
            eprintln!("warning: the root on the media is believed as it is; this proves nothing about who made the bundle");
            Ok(TrustAnchor::DangerousFirstUse)
        }
        (None, false) => Err(Error::Usage(
            "give --root-fingerprint (from paper, phone or contract; never from the same media), or say --dangerous-trust-first-use".to_owned(),
        )),
    }
}

/// Says loudly that the keys are for trying out only.
pub(crate) fn warn_about(root: &TrustedRoot) {
    if root.purpose() == Purpose::Development {
        eprintln!("warning: DEVELOPMENT KEYS signed this bundle; it is for trying out only");
    }
}

/// How trust was reached, in a word.
pub(crate) fn trust_word(root: &TrustedRoot) -> &'static str {
    match root.first_use() {
        FirstUse::Anchored => "root-fingerprint",
        FirstUse::Unproven => "unproven",
    }
}

/// Checks everything.
pub(crate) fn run(args: &Verify, form: Form) -> Result<(), Error> {
    let start = Instant::now();
    let anchor = anchor(&args.trust)?;
    let release = BundleReader::open(&args.volumes)?.verify_signature(&anchor)?;
    warn_about(release.root());
    let payload = release.scan()?;
    let bar = progress::bar("verify", delta::carried_bytes(payload.manifest()));
    let checked = payload.verify_all(args.threads, &|progress| bar.set_position(progress.done));
    bar.finish_and_clear();
    let checked = checked?;
    let (release, manifest) = (payload.release(), payload.manifest());
    let report_value = Report {
        result: "verified",
        product: manifest.product.clone(),
        version: manifest.version.clone(),
        arch: manifest.arch.clone(),
        release_counter: manifest.release_counter,
        release: release.digest(),
        root_fingerprint: release.root().fingerprint(),
        root_version: release.root().root().version,
        purpose: release.root().purpose(),
        trust: trust_word(release.root()),
        signed_by: release.signers().iter().map(ToString::to_string).collect(),
        volumes: checked.volumes,
        blobs: checked.blobs,
        chunks: checked.chunks,
        bytes: checked.bytes,
        milliseconds: start.elapsed().as_millis(),
    };
    let text = format!(
        "verified: {} {} for {}, {} volumes, {} blobs, {} chunks, {}\n",
        manifest.product,
        manifest.version,
        manifest.arch,
        checked.volumes,
        checked.blobs,
        checked.chunks,
        size::show(checked.bytes)
    );
    report(form, &report_value, &text)
}
