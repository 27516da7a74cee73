//! `inspect VOLUMES…`: what a bundle holds. Reads the opening entries only.

use std::fmt::Write;

use cg_bundle_format::{BundleReader, Digest, Manifest, Need, TrustAnchor, VerifiedRelease};
use serde::Serialize;

use crate::cli::Inspect;
use crate::commands::{Form, report, verify};
use crate::error::Error;
use crate::size;

#[derive(Serialize)]
struct Report<'a> {
    trust: &'static str,
    root_fingerprint: Digest,
    release: Digest,
    signed_by: Vec<String>,
    volumes: Vec<Volume>,
    missing_volumes: Vec<u32>,
    stored_bytes: u64,
    decoded_bytes: u64,
    manifest: &'a Manifest,
}

#[derive(Serialize)]
struct Volume {
    number: u32,
    path: String,
    bytes: u64,
}

/// Shows the bundle.
pub(crate) fn run(args: &Inspect, form: Form) -> Result<(), Error> {
    let anchor = match &args.root_fingerprint {
        Some(text) => TrustAnchor::Fingerprint(text.trim().parse()?),
        None => {
            eprintln!(
                "note: nothing below is proven; compare the fingerprint with the one that came another way, then use --root-fingerprint"
            );
            TrustAnchor::DangerousFirstUse
        }
    };
    let release = BundleReader::open(&args.volumes)?.verify_signature(&anchor)?;
    verify::warn_about(release.root());
    let manifest = release.manifest();
    let value = Report {
        trust: verify::trust_word(release.root()),
        root_fingerprint: release.root().fingerprint(),
        release: release.digest(),
        signed_by: release.signers().iter().map(ToString::to_string).collect(),
        volumes: release
            .volumes()
            .iter()
            .map(|v| Volume {
                number: v.number(),
                path: v.path().display().to_string(),
                bytes: v.bytes(),
            })
            .collect(),
        missing_volumes: release.missing_volumes(),
        stored_bytes: manifest.blobs.iter().map(|blob| blob.stored_size).sum(),
        decoded_bytes: manifest.blobs.iter().map(|blob| blob.size).sum(),
        manifest,
    };
    report(form, &value, &text(&release, &value, args))
}

fn text(release: &VerifiedRelease, value: &Report<'_>, args: &Inspect) -> String {
    let manifest = release.manifest();
    let mut out = String::new();
    let mut line = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    line(format!(
        "{} {} for {}, line {}, counter {}",
        manifest.product, manifest.version, manifest.arch, manifest.line, manifest.release_counter
    ));
    line(format!("issued        {}", manifest.issued));
    line(format!(
        "root          {} (version {})",
        value.root_fingerprint.hex(),
        release.root().root().version
    ));
    line(format!("signed by     {}", value.signed_by.join(" ")));
    line(format!("trust         {}", value.trust));
    line(format!(
        "payload       {} stored, {} decoded, {} blobs",
        size::show(value.stored_bytes),
        size::show(value.decoded_bytes),
        manifest.blobs.len()
    ));
    for volume in &value.volumes {
        line(format!("volume {:<6} {} {}", volume.number, size::show(volume.bytes), volume.path));
    }
    for number in &value.missing_volumes {
        line(format!("volume {number:<6} MISSING"));
    }
    for component in &manifest.components {
        let need = match component.need {
            Need::Required => "required",
            Need::Optional => "optional",
        };
        let bytes = manifest
            .blobs
            .iter()
            .filter(|blob| blob.component == component.name)
            .map(|blob| blob.size)
            .sum();
        line(format!(
            "component     {} ({need}, {}) {}",
            component.name,
            size::show(bytes),
            component.summary
        ));
    }
    for model in &manifest.models {
        line(format!(
            "model         {} ({}, {}, {})",
            model.id, model.kind, model.format, model.licence
        ));
    }
    for image in &manifest.images {
        line(format!("image         {} {}", image.reference, image.digest));
    }
    if args.files {
        for placement in &manifest.placements {
            line(format!(
                "file          {:04o} {} {}",
                placement.mode.bits(),
                placement.blob,
                placement.path
            ));
        }
    }
    out
}
