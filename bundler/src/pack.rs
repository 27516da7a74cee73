//! From items to everything that the manifest will name: hashed, compressed, with the bill of materials.

use cg_bundle_format::{Digest, Origin, PlainPath, Role};

use crate::collect::Collected;
use crate::error::Error;
use crate::intake::{Intake, Settled};
use crate::item::{Bytes, Item, Packing};
use crate::lock::Lock;
use crate::memo::Memo;
use crate::prepare::{self, Prepared};
use crate::source::ImageRef;
use crate::{assemble, glibc, progress, sbom};

/// Everything that the manifest will name, hashed.
pub(crate) struct Ready {
    pub(crate) items: Vec<Item>,
    pub(crate) prepared: Vec<Prepared>,
    pub(crate) models: Vec<cg_bundle_format::Model>,
    pub(crate) images: Vec<ImageRef>,
    pub(crate) artifacts: Vec<cg_bundle_format::Artifact>,
    /// The C library that a host must have.
    pub(crate) glibc: String,
}

/// Kind of note: the bill of materials of a lock.
pub(crate) const BILL: &str = "sbom-4";

/// Names everything that goes into the bundle together with the program that makes it.
pub(crate) fn bill_key(lock: &Lock, program: &Digest) -> Result<Digest, Error> {
    let mut bytes = lock.to_bytes()?;
    bytes.extend_from_slice(program.as_bytes());
    Ok(Digest::of(&bytes))
}

/// This program.
pub(crate) fn program(memo: &Memo) -> Result<Digest, Error> {
    let program = std::env::current_exe().map_err(|e| Error::Unexpected(e.to_string()))?;
    Ok(memo.look(&program)?.digest)
}

/// Compresses what shrinks, and adds what the packager makes itself.
pub(crate) fn pack(intake: &Intake, settled: Settled) -> Result<Ready, Error> {
    let (config, memo) = (&intake.config, &intake.memo);
    let key = bill_key(&settled.lock, &program(memo)?)?;
    let licences = settled.lock.licences;
    let mut collected = settled.collected;
    collected.assemble(&config.value.issued, memo)?;
    let Collected { mut items, models, images, .. } = collected;
    let glibc = glibc::required(config, &items)?;
    let bar = progress::bar("prepare", prepare::total(&items)?);
    let prepared = prepare::prepare(&items, memo, &bar);
    bar.finish_and_clear();
    let mut prepared = prepared?;
    if let (Some(entry), Some(lock)) = (&config.value.sbom, sbom::lock_path(config, &intake.vars)?)
    {
        let document = match memo.get::<String>(BILL, &key) {
            Some(document) => document.into_bytes(),
            None => {
                let contents = sbom::Contents {
                    config: &config.value,
                    cargo_lock: &lock,
                    items: &items,
                    prepared: &prepared,
                    images: &images,
                    licences: licences.as_ref(),
                    memo,
                };
                let document = sbom::document(&contents)?;
                memo.put(BILL, &key, &String::from_utf8_lossy(&document))?;
                document
            }
        };
        let item = made(document, Role::Sbom, &entry.component, Some(&entry.to))
            .map_err(|problem| config.problem(problem))?;
        add(vec![item], memo, &mut items, &mut prepared)?;
    }
    let (made, artifacts) = assemble::artifacts(&config.value, &items, &prepared);
    add(made, memo, &mut items, &mut prepared)?;
    Ok(Ready { items, prepared, models, images, artifacts, glibc })
}

fn made(bytes: Vec<u8>, role: Role, component: &str, to: Option<&str>) -> Result<Item, String> {
    let place = to.map(PlainPath::new).transpose()?.map(|path| (path, assemble::MADE_MODE));
    Ok(Item {
        bytes: Bytes::Memory(bytes),
        media_type: "application/vnd.cyclonedx+json".to_owned(),
        role,
        component: component.to_owned(),
        origin: Origin { source: "made by the packager".to_owned(), checked: "none".to_owned() },
        expected: None,
        packing: Packing::AsIs,
        place,
        version: None,
        licence: None,
    })
}

fn add(
    new: Vec<Item>,
    memo: &Memo,
    items: &mut Vec<Item>,
    prepared: &mut Vec<Prepared>,
) -> Result<(), Error> {
    prepared.extend(prepare::prepare(&new, memo, &indicatif::ProgressBar::hidden())?);
    items.extend(new);
    Ok(())
}
