//! `build`: inputs → hashes → manifest → signature → volumes.

use std::path::{Path, PathBuf};

use cg_bundle_format::{
    Carriage, Digest, Manifest, VolumeName, WriteJob, plan_volumes, write_volumes,
};
use serde::Serialize;

use crate::cli::Build;
use crate::commands::{Form, report};
use crate::error::Error;
use crate::intake::Intake;
use crate::keyring::Keyring;
use crate::pack::pack;
use crate::release::{Carry, sign};
use crate::{progress, size};

#[derive(Serialize)]
struct Report {
    release: Digest,
    root_fingerprint: Digest,
    volumes: Vec<Volume>,
    blobs: usize,
    stored_bytes: u64,
    decoded_bytes: u64,
}

#[derive(Serialize)]
struct Volume {
    path: PathBuf,
    bytes: u64,
}

/// Builds a bundle that holds all of its blobs.
pub(crate) fn run(args: &Build, form: Form) -> Result<(), Error> {
    run_with(args, form, &|_| Carriage::Carried)
}

/// Builds the bundle; `carriage` says which blobs the volumes hold. What stands in front of the
/// payload is always carried.
pub(crate) fn run_with(args: &Build, form: Form, carriage: Carry<'_>) -> Result<(), Error> {
    let volume_size = size::parse(&args.volume_size)?;
    let mut intake = Intake::open(&args.inputs, form)?;
    let keyring = Keyring::read(&args.key)?;
    std::fs::create_dir_all(&args.out).map_err(Error::io("cannot create", &args.out))?;
    let settled = if args.locked { intake.locked()? } else { intake.current()? };
    let ready = pack(&intake, settled)?;
    intake.memo.save();
    let release = sign(&intake.config, &keyring, ready, carriage)?;
    let plan = plan_volumes(&release.manifest, &release.envelope, volume_size)?;
    clear_way(args, &release.manifest)?;
    check_room(&args.out, plan.iter().map(|volume| volume.bytes).sum())?;
    let total = release.manifest.blobs.iter().map(|blob| blob.stored_size).sum();
    let bar = progress::bar("write", total);
    let job = WriteJob {
        manifest: &release.manifest,
        envelope: &release.envelope,
        plan: &plan,
        folder: &args.out,
    };
    let paths = write_volumes(&job, &release, &|progress| bar.set_position(progress.done));
    bar.finish_and_clear();
    if paths.is_err() {
        // A source may have changed without a sign; the next run looks at all of them again.
        intake.memo.forget();
    }
    let volumes =
        paths?.into_iter().zip(&plan).map(|(path, plan)| Volume { path, bytes: plan.bytes });
    let value = Report {
        release: release.envelope.release_digest(),
        root_fingerprint: Digest::of(&release.newest_root),
        volumes: volumes.collect(),
        blobs: release.manifest.blobs.len(),
        stored_bytes: total,
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
        "{} blobs, {} stored, {} decoded\n",
        value.blobs,
        size::show(value.stored_bytes),
        size::show(value.decoded_bytes)
    ));
    text.push_str(&format!("root fingerprint {}\n", value.root_fingerprint.hex()));
    report(form, &value, &text)
}

/// Volumes of the same release in the way: an old part beside new ones is a broken set.
fn clear_way(args: &Build, manifest: &Manifest) -> Result<(), Error> {
    let own = VolumeName::of(manifest).file(1, 1);
    let stem = own.split(".v001").next().unwrap_or_default().to_owned();
    for entry in std::fs::read_dir(&args.out).map_err(Error::io("cannot read", &args.out))? {
        let path = entry.map_err(Error::io("cannot read", &args.out))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let rest = name.strip_prefix(&stem).unwrap_or_default();
        if !rest.starts_with(".v") || !(rest.ends_with(".cgb") || rest.ends_with(".cgb.partial")) {
            continue;
        }
        if !args.replace {
            return Err(Error::Usage(format!(
                "{} is in the way; use --replace or another --out",
                path.display()
            )));
        }
        std::fs::remove_file(&path).map_err(Error::io("cannot remove", &path))?;
    }
    Ok(())
}

fn check_room(out: &Path, needed: u64) -> Result<(), Error> {
    let stat = rustix::fs::statvfs(out).map_err(|e| Error::io("cannot look at", out)(e.into()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    if free < needed { Err(Error::NoRoom { folder: out.to_owned(), needed, free }) } else { Ok(()) }
}
