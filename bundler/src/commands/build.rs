//! `build`: inputs → hashes → manifest → signature → volumes.

use std::path::PathBuf;

use cg_bundle_format::{Digest, WriteJob, plan_volumes, write_volumes};
use serde::Serialize;

use crate::cli::Build;
use crate::commands::{Form, report};
use crate::delta::{self, Travel};
use crate::error::Error;
use crate::intake::Intake;
use crate::keys::ring::Keyring;
use crate::keys::unsigned;
use crate::pack::pack;
use crate::release::sign;
use crate::{out, progress, size};

#[derive(Serialize)]
struct Report {
    release: Digest,
    root_fingerprint: Digest,
    volumes: Vec<Volume>,
    blobs: usize,
    stored_bytes: u64,
    /// What the volumes hold of it.
    carried_bytes: u64,
    /// Blobs that the target must have.
    expected_blobs: usize,
    decoded_bytes: u64,
}

#[derive(Serialize)]
struct Volume {
    path: PathBuf,
    bytes: u64,
}

/// Builds the bundle.
pub(crate) fn run(args: &Build, form: Form) -> Result<(), Error> {
    let travel = Travel::read(&args.delta)?;
    let volume_size = size::parse(&args.volume_size)?;
    let mut intake = Intake::open(&args.inputs, form)?;
    let keyring = if args.unsigned {
        Keyring::read_unsigned(&args.keys)?
    } else {
        Keyring::read(&args.keys)?
    };
    let settled = if args.locked { intake.locked()? } else { intake.current()? };
    let ready = pack(&intake, settled)?;
    intake.memo.save();
    let release = sign(&intake.config, &keyring, ready, &|digest| travel.carriage(digest))?;
    travel.check(&release.manifest)?;
    let plan = plan_volumes(&release.manifest, &release.envelope, volume_size)?;
    if args.dry_run {
        return super::plan::show(&release.manifest, &plan, form);
    }
    std::fs::create_dir_all(&args.out).map_err(Error::io("cannot create", &args.out))?;
    out::clear_way(&args.out, &release.manifest, args.replace)?;
    out::check_room(&args.out, plan.iter().map(|volume| volume.bytes).sum())?;
    let total = delta::carried_bytes(&release.manifest);
    let bar = progress::bar("write", total);
    let job = WriteJob {
        manifest: &release.manifest,
        envelope: &release.envelope,
        plan: &plan,
        folder: &args.out,
    };
    let paths = write_volumes(&job, &release, &|progress| bar.set_position(progress.done));
    bar.finish_and_clear();
    if matches!(&paths, Err(cg_bundle_format::Error::Refused { .. })) {
        // A source changed without a sign, or the cache was damaged: the next run works all of it out again.
        intake.memo.forget();
    }
    let mut paths = paths?;
    if args.unsigned {
        let (aside, request) = unsigned::set_aside(&paths, &release.envelope)?;
        eprintln!("not signed yet; take {} to the keys (`sign --request`)", request.display());
        paths = aside;
    }
    let volumes =
        paths.into_iter().zip(&plan).map(|(path, plan)| Volume { path, bytes: plan.bytes });
    let value = Report {
        release: release.envelope.release_digest(),
        root_fingerprint: Digest::of(&release.newest_root),
        volumes: volumes.collect(),
        blobs: release.manifest.blobs.len(),
        stored_bytes: release.manifest.blobs.iter().map(|blob| blob.stored_size).sum(),
        carried_bytes: total,
        expected_blobs: delta::expected(&release.manifest).len(),
        decoded_bytes: release.manifest.blobs.iter().map(|blob| blob.size).sum(),
    };
    if keyring.root.purpose == cg_bundle_format::Purpose::Development {
        eprintln!("warning: signed with DEVELOPMENT KEYS; for trying out only");
    }
    let mut text = String::new();
    for volume in &value.volumes {
        text.push_str(&format!("{} {}\n", size::show(volume.bytes), volume.path.display()));
    }
    text.push_str(&format!(
        "{} blobs, {} carried, {} decoded\n",
        value.blobs,
        size::show(value.carried_bytes),
        size::show(value.decoded_bytes)
    ));
    text.push_str(&format!("root fingerprint {}\n", value.root_fingerprint.hex()));
    report(form, &value, &text)
}
