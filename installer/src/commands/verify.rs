//! `codegraph-install verify`.

use serde::Serialize;

use super::Session;
use crate::cli::BundleArgs;
use crate::error::Error;
use crate::trust_state::FirstTrust;
use crate::{age, bundle, sizes};

#[derive(Serialize)]
struct Report {
    verified: bool,
    product: String,
    version: String,
    arch: String,
    counter: u64,
    release: String,
    root_fingerprint: String,
    root_version: u64,
    purpose: cg_bundle_format::Purpose,
    first_trust: FirstTrust,
    signed_by: Vec<String>,
    countersigned_by: Vec<String>,
    volumes: u64,
    blobs: u64,
    bytes: u64,
}

/// Runs the command.
pub(super) fn run(session: &Session<'_>, arguments: &BundleArgs) -> Result<(), Error> {
    let checked =
        bundle::check(&session.paths, &arguments.volumes, &arguments.claims(), session.talk())?;
    let release = &checked.release;
    let manifest = release.manifest();
    age::check(&session.paths, manifest, session.host.now())?;
    let report = Report {
        verified: true,
        product: manifest.product.clone(),
        version: manifest.version.clone(),
        arch: manifest.arch.clone(),
        counter: manifest.release_counter,
        release: release.digest().to_string(),
        root_fingerprint: release.root().fingerprint().hex(),
        root_version: release.root().root().version,
        purpose: release.root().purpose(),
        first_trust: checked.accepted.first_trust,
        signed_by: release.signers().iter().map(ToString::to_string).collect(),
        countersigned_by: checked
            .accepted
            .countersigned_by
            .iter()
            .map(ToString::to_string)
            .collect(),
        volumes: checked.report.volumes,
        blobs: checked.report.blobs,
        bytes: checked.report.bytes,
    };
    let mut text = format!(
        "genuine: {} {} for {}, counter {}\nrelease  {}\nroot     {} (version {})\nkeys     {}\nchecked  {} volumes, {} blobs, {} bytes ({})\n",
        report.product,
        report.version,
        report.arch,
        report.counter,
        report.release,
        report.root_fingerprint,
        report.root_version,
        report.signed_by.join(", "),
        report.volumes,
        report.blobs,
        report.bytes,
        sizes::text(report.bytes),
    );
    if !report.countersigned_by.is_empty() {
        text.push_str(&format!("site     {}\n", report.countersigned_by.join(", ")));
    }
    text.push_str(&super::inspect::warnings(release));
    session.print(&report, &text);
    Ok(())
}
