//! `split VOLUMES…` and `join VOLUMES…`: the same signed bytes in volumes of another size. No key is needed,
//! because nothing that is signed says where a volume ends.

use std::path::{Path, PathBuf};

use cg_bundle_format::{BundleReader, Digest, Payload, WriteJob, plan_volumes, write_volumes};
use serde::Serialize;

use crate::cli::{Join, Recut, Split};
use crate::commands::{Form, report, verify};
use crate::error::Error;
use crate::{delta, opened, out, progress, size};

#[derive(Serialize)]
struct Report {
    release: Digest,
    trust: &'static str,
    volumes: Vec<Volume>,
}

#[derive(Serialize)]
struct Volume {
    path: PathBuf,
    bytes: u64,
}

/// Cuts the bundle into volumes of the given size.
pub(crate) fn split(args: &Split, form: Form) -> Result<(), Error> {
    recut(&args.recut, size::parse(&args.volume_size)?, form)
}

/// Puts the bundle into one volume.
pub(crate) fn join(args: &Join, form: Form) -> Result<(), Error> {
    recut(&args.recut, None, form)
}

fn recut(args: &Recut, volume_size: Option<u64>, form: Form) -> Result<(), Error> {
    let anchor = opened::anchor(args.root_fingerprint.as_deref())?;
    let release = BundleReader::open(&args.volumes)?.verify_signature(&anchor)?;
    verify::warn_about(release.root());
    let trust = verify::trust_word(release.root());
    let payload = release.scan()?;
    payload.require_complete()?;
    let manifest = payload.manifest();
    let envelope = payload.release().envelope();
    let plan = plan_volumes(manifest, &envelope, volume_size)?;
    std::fs::create_dir_all(&args.out).map_err(Error::io("cannot create", &args.out))?;
    refuse_own_folder(&payload, &args.out)?;
    out::clear_way(&args.out, manifest, args.replace)?;
    out::check_room(&args.out, plan.iter().map(|volume| volume.bytes).sum())?;
    let bar = progress::bar("write", delta::carried_bytes(manifest));
    let job = WriteJob { manifest, envelope: &envelope, plan: &plan, folder: &args.out };
    let paths = write_volumes(&job, &payload, &|progress| bar.set_position(progress.done));
    bar.finish_and_clear();
    let volumes: Vec<Volume> = paths?
        .into_iter()
        .zip(&plan)
        .map(|(path, plan)| Volume { path, bytes: plan.bytes })
        .collect();
    let text: String = volumes
        .iter()
        .map(|volume| format!("{} {}\n", size::show(volume.bytes), volume.path.display()))
        .collect();
    report(form, &Report { release: payload.release().digest(), trust, volumes }, &text)
}

/// The volumes that are read must not be in the way of those that are written.
fn refuse_own_folder(payload: &Payload, folder: &Path) -> Result<(), Error> {
    let real = |path: &Path| std::fs::canonicalize(path).map_err(Error::io("cannot look at", path));
    let folder = real(folder)?;
    for volume in payload.release().volumes() {
        if real(volume.path())?.parent() == Some(folder.as_path()) {
            return Err(Error::Usage(format!(
                "{} lies in the folder that the new volumes go to; two sets in one folder are a broken set, choose another --out",
                volume.path().display()
            )));
        }
    }
    Ok(())
}
