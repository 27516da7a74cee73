//! `inspect VOLUMES…`: what a bundle holds. Reads the opening entries and the index of each volume, nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use cg_bundle_format::{
    Blob, BundleReader, Digest, HintRun, Manifest, Need, VerifiedRelease, VolumeFile,
};
use serde::Serialize;

use crate::cli::Inspect;
use crate::commands::{Form, report, verify};
use crate::error::Error;
use crate::{opened, size, table};

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
    /// What the volume's own index says that it holds; a hint.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<Index>,
    /// Why the index says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

#[derive(Serialize)]
struct Index {
    blobs: usize,
    chunks: u64,
    payload_bytes: u64,
}

/// Reads the opening entries and the index of a volume: kilobytes, whatever its size.
fn one_volume(volume: &VolumeFile, manifest: &Manifest) -> Volume {
    let (index, problem) = match volume.hint() {
        Ok(runs) => (Some(summary(&runs, manifest)), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let path = volume.path().display().to_string();
    Volume { number: volume.number(), path, bytes: volume.bytes(), index, problem }
}

fn summary(runs: &[HintRun], manifest: &Manifest) -> Index {
    let sizes: BTreeMap<Digest, &Blob> =
        manifest.blobs.iter().map(|blob| (blob.digest, blob)).collect();
    let bytes = |run: &HintRun| {
        let Some(blob) = sizes.get(&run.blob) else { return 0 };
        let end = run.first.saturating_add(run.count).saturating_mul(blob.chunk_size);
        let start = run.first.saturating_mul(blob.chunk_size).min(blob.stored_size);
        end.min(blob.stored_size) - start
    };
    let blobs: BTreeSet<Digest> = runs.iter().map(|run| run.blob).collect();
    Index {
        blobs: blobs.len(),
        chunks: runs.iter().map(|run| run.count).fold(0, u64::saturating_add),
        payload_bytes: runs.iter().map(bytes).fold(0, u64::saturating_add),
    }
}

/// Shows the bundle.
pub(crate) fn run(args: &Inspect, form: Form) -> Result<(), Error> {
    let anchor = opened::anchor(args.root_fingerprint.as_deref())?;
    let release = BundleReader::open(&args.volumes)?.verify_signature(&anchor)?;
    verify::warn_about(release.root());
    let manifest = release.manifest();
    let value = Report {
        trust: verify::trust_word(release.root()),
        root_fingerprint: release.root().fingerprint(),
        release: release.digest(),
        signed_by: release.signers().iter().map(ToString::to_string).collect(),
        volumes: release.volumes().iter().map(|volume| one_volume(volume, manifest)).collect(),
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
        let _ = writeln!(out, "{}", table::plain(&text));
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
        let held = match (&volume.index, &volume.problem) {
            (Some(index), _) => format!(
                " ({} of {} blobs by its index)",
                size::show(index.payload_bytes),
                index.blobs
            ),
            (None, problem) => format!(" WARNING: {}", problem.as_deref().unwrap_or_default()),
        };
        line(format!(
            "volume {:<6} {} {}{held}",
            volume.number,
            size::show(volume.bytes),
            volume.path
        ));
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
