//! `codegraph-install inspect`: what the first kilobytes of a bundle say.

use cg_bundle_format::{
    BundleReader, Carriage, Component, FirstUse, Purpose, TrustAnchor, VerifiedRelease,
};
use serde::Serialize;

use super::Session;
use crate::cli::BundleArgs;
use crate::error::Error;
use crate::sizes;
use crate::trust_state::{self, Said};

#[derive(Serialize)]
struct Report {
    proven: bool,
    product: String,
    line: String,
    version: String,
    arch: String,
    counter: u64,
    issued: String,
    release: String,
    root_fingerprint: String,
    root_version: u64,
    volumes_there: usize,
    volumes_missing: Vec<u32>,
    blobs: usize,
    bytes: u64,
    stored_bytes: u64,
    components: Vec<Component>,
    models: Vec<String>,
    images: Vec<String>,
}

/// Runs the command.
pub(super) fn run(session: &Session<'_>, arguments: &BundleArgs) -> Result<(), Error> {
    let bundle = BundleReader::open(&arguments.volumes)?;
    // Looking is allowed without trust; the report then says that nothing is proven.
    let anchor = match trust_state::anchor(&session.paths, arguments.said()) {
        Ok(anchor) => anchor.anchor,
        Err(Error::Untrusted(_)) if arguments.said() == Said::Nothing => {
            TrustAnchor::DangerousFirstUse
        }
        // An ordinary user may not look at what this host trusts.
        Err(error) if error.is_refused() => match arguments.said() {
            Said::Fingerprint(fingerprint) => TrustAnchor::Fingerprint(fingerprint),
            Said::Nothing | Said::DangerousFirstUse => TrustAnchor::DangerousFirstUse,
        },
        Err(other) => return Err(other),
    };
    let release = bundle.verify_signature(&anchor)?;
    let manifest = release.manifest();
    let report = Report {
        proven: release.root().first_use() == FirstUse::Anchored,
        product: manifest.product.clone(),
        line: manifest.line.clone(),
        version: manifest.version.clone(),
        arch: manifest.arch.clone(),
        counter: manifest.release_counter,
        issued: manifest.issued.clone(),
        release: release.digest().to_string(),
        root_fingerprint: release.root().fingerprint().hex(),
        root_version: release.root().root().version,
        volumes_there: release.volumes().len(),
        volumes_missing: release.missing_volumes(),
        blobs: manifest.blobs.len(),
        bytes: manifest.blobs.iter().map(|blob| blob.size).sum(),
        stored_bytes: manifest
            .blobs
            .iter()
            .filter(|blob| blob.carriage == Carriage::Carried)
            .map(|blob| blob.stored_size)
            .sum(),
        components: manifest.components.clone(),
        models: manifest.models.iter().map(|model| model.id.clone()).collect(),
        images: manifest.images.iter().map(|image| image.reference.clone()).collect(),
    };
    session.print(&report, &(text(&report) + &warnings(&release)));
    Ok(())
}

fn text(report: &Report) -> String {
    let mut text = format!(
        "{} {} (line {}) for {}, counter {}, issued {}\nrelease     {}\nroot        {} (version {})\nvolumes     {} there",
        report.product,
        report.version,
        report.line,
        report.arch,
        report.counter,
        report.issued,
        report.release,
        report.root_fingerprint,
        report.root_version,
        report.volumes_there,
    );
    if !report.volumes_missing.is_empty() {
        let missing: Vec<String> = report.volumes_missing.iter().map(u32::to_string).collect();
        text.push_str(&format!(", missing: {}", missing.join(", ")));
    }
    text.push_str(&format!(
        "\nblobs       {} ({} installed, {} carried)\n",
        report.blobs,
        sizes::text(report.bytes),
        sizes::text(report.stored_bytes)
    ));
    for component in &report.components {
        let need = match component.need {
            cg_bundle_format::Need::Required => "required",
            cg_bundle_format::Need::Optional => "optional",
        };
        text.push_str(&format!("component   {} ({need}) {}\n", component.name, component.summary));
    }
    for model in &report.models {
        text.push_str(&format!("model       {model}\n"));
    }
    for image in &report.images {
        text.push_str(&format!("image       {image}\n"));
    }
    text
}

/// What a person must know before believing a report.
pub(super) fn warnings(release: &VerifiedRelease) -> String {
    let mut text = String::new();
    if release.root().first_use() == FirstUse::Unproven {
        text.push_str("warning     nothing here is proven: the root came on the same media; compare its fingerprint with the one you got by another way\n");
    }
    if release.root().purpose() == Purpose::Development {
        text.push_str("warning     signed with development keys: for trying out only\n");
    }
    text
}
