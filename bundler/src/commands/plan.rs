//! `plan VOLUMES…`: bytes by kind, component and volume, and the room that they need, before anything moves.

use std::collections::BTreeMap;

use cg_bundle_format::{
    Blob, Carriage, Digest, Envelope, Manifest, VolumeName, VolumePlan, plan_volumes,
};
use serde::Serialize;

use crate::cli::Plan;
use crate::commands::{Form, report};
use crate::error::Error;
use crate::holdings::Holdings;
use crate::opened::Opened;
use crate::{compare, delta, size, table};

/// The plan of a release.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    product: String,
    version: String,
    release: Digest,
    trust: &'static str,
    kinds: Vec<Row>,
    components: Vec<Row>,
    total: Row,
    volumes: Vec<Volume>,
    room: Room,
}

/// Blobs of a kind or component.
#[derive(Debug, Default, Serialize)]
struct Row {
    name: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    need: &'static str,
    blobs: usize,
    /// In a store.
    bytes: u64,
    /// As they are stored in volumes, carried or not.
    stored_bytes: u64,
    /// What is in the volumes.
    carried_bytes: u64,
}

impl Row {
    fn add(&mut self, blob: &Blob) {
        self.blobs += 1;
        self.bytes += blob.size;
        self.stored_bytes += blob.stored_size;
        if blob.carriage == Carriage::Carried {
            self.carried_bytes += blob.stored_size;
        }
    }

    fn cells(&self) -> Vec<String> {
        let name = match self.need {
            "" => self.name.clone(),
            need => format!("{} ({need})", self.name),
        };
        vec![
            name,
            self.blobs.to_string(),
            size::show(self.bytes),
            size::show(self.stored_bytes),
            size::show(self.carried_bytes),
            self.carried_bytes.to_string(),
        ]
    }
}

#[derive(Debug, Serialize)]
struct Volume {
    number: u32,
    name: String,
    bytes: u64,
}

/// Free bytes that are needed where.
#[derive(Debug, Serialize)]
struct Room {
    /// On the medium, all volumes together.
    medium: u64,
    /// The largest volume: the file system must take a file of this size.
    largest_volume: u64,
    /// In the target's store: blobs that travel, unpacked; the installer keeps no second copy.
    store: u64,
    /// In the target's generation folder.
    generation: u64,
    /// Where the target's container engine unpacks images.
    images: u64,
}

/// Plans.
pub(crate) fn run(args: &Plan, form: Form) -> Result<(), Error> {
    let opened = Opened::open(&args.volumes, args.root_fingerprint.as_deref())?;
    let mut manifest = opened.manifest.clone();
    let holdings = Holdings::read(&args.base)?;
    holdings.check(&manifest.product)?;
    if !args.base.is_empty() {
        // What the bundle does not carry is expected of the target anyway.
        let expected = delta::expected(&manifest);
        delta::apply(&mut manifest, &|digest| {
            let held = expected.contains(digest) || holdings.has(digest);
            if held { Carriage::Expected } else { Carriage::Carried }
        });
    }
    let volumes = match &opened.payload {
        Some(payload) if args.base.is_empty() && args.volume_size.is_none() => {
            let name = VolumeName::of(&manifest);
            let there = payload.release().volumes().iter();
            there
                .map(|volume| Volume {
                    number: volume.number(),
                    name: name.file(volume.number(), volume.of()),
                    bytes: volume.bytes(),
                })
                .collect()
        }
        Some(payload) => {
            let size = size::parse(args.volume_size.as_deref().unwrap_or("fat32"))?;
            let envelope =
                Envelope { manifest: manifest.to_bytes(), ..payload.release().envelope() };
            planned(&manifest, &envelope, size)?
        }
        None => Vec::new(),
    };
    let value = make(&manifest, opened.release, opened.trust, volumes);
    let missing = opened.payload.as_ref().map(|p| p.release().missing_volumes());
    if let Some(missing) = missing.filter(|missing| !missing.is_empty()) {
        eprintln!("note: volumes {missing:?} are not there; the sums of volumes leave them out");
    }
    report(form, &value, &text(&value))
}

/// Volumes as they would be cut.
fn planned(
    manifest: &Manifest,
    envelope: &Envelope,
    size: Option<u64>,
) -> Result<Vec<Volume>, Error> {
    volumes(manifest, &plan_volumes(manifest, envelope, size)?)
}

/// Shows what a build would write.
pub(crate) fn show(manifest: &Manifest, plan: &[VolumePlan], form: Form) -> Result<(), Error> {
    let release = Digest::of(&manifest.to_bytes());
    let value = make(manifest, release, "not written", volumes(manifest, plan)?);
    report(form, &value, &text(&value))
}

fn volumes(manifest: &Manifest, plan: &[VolumePlan]) -> Result<Vec<Volume>, Error> {
    let of = u32::try_from(plan.len()).map_err(|e| Error::Unexpected(e.to_string()))?;
    let name = VolumeName::of(manifest);
    let volume =
        |(number, bytes): (u32, u64)| Volume { number, name: name.file(number, of), bytes };
    Ok((1..).zip(plan.iter().map(|volume| volume.bytes)).map(volume).collect())
}

fn make(manifest: &Manifest, release: Digest, trust: &'static str, volumes: Vec<Volume>) -> Report {
    let mut kinds: BTreeMap<&str, Row> = BTreeMap::new();
    let mut components: BTreeMap<&str, Row> = BTreeMap::new();
    let mut total = Row { name: "all".to_owned(), ..Row::default() };
    for blob in &manifest.blobs {
        kinds.entry(blob.role.as_str()).or_default().add(blob);
        components.entry(&blob.component).or_default().add(blob);
        total.add(blob);
    }
    let named = |rows: BTreeMap<&str, Row>| -> Vec<Row> {
        rows.into_iter().map(|(name, row)| Row { name: name.to_owned(), ..row }).collect()
    };
    let mut components = named(components);
    for row in &mut components {
        let component = manifest.components.iter().find(|c| c.name == row.name);
        row.need = component.map_or("", |component| compare::need(component.need));
    }
    let phase = |phase: &str| {
        let of_phase = manifest.disk.iter().filter(|need| need.phase == phase);
        of_phase.map(|need| need.bytes).fold(0, u64::saturating_add)
    };
    let travelling = manifest.blobs.iter().filter(|blob| blob.carriage == Carriage::Carried);
    let room = Room {
        medium: volumes.iter().map(|volume| volume.bytes).sum(),
        largest_volume: volumes.iter().map(|volume| volume.bytes).max().unwrap_or(0),
        store: travelling.map(|blob| blob.size).sum(),
        generation: phase("generation"),
        images: phase("images"),
    };
    Report {
        product: manifest.product.clone(),
        version: manifest.version.clone(),
        release,
        trust,
        kinds: named(kinds),
        components,
        total,
        volumes,
        room,
    }
}

fn text(report: &Report) -> String {
    let titles =
        |first: &'static str| [first, "blobs#", "in store#", "stored#", "carried#", "bytes#"];
    let rows = |rows: &[Row]| rows.iter().map(Row::cells).collect::<Vec<_>>();
    let mut out = format!(
        "{} {} ({}, {})\n\n",
        table::plain(&report.product),
        table::plain(&report.version),
        report.release,
        report.trust
    );
    let mut kinds = rows(&report.kinds);
    kinds.push(report.total.cells());
    out.push_str(&table::render(&titles("kind"), &kinds));
    out.push('\n');
    out.push_str(&table::render(&titles("component"), &rows(&report.components)));
    if !report.volumes.is_empty() {
        let volumes: Vec<Vec<String>> = report
            .volumes
            .iter()
            .map(|v| {
                vec![v.number.to_string(), size::show(v.bytes), v.bytes.to_string(), v.name.clone()]
            })
            .collect();
        out.push('\n');
        out.push_str(&table::render(&["volume#", "size#", "bytes#", "file"], &volumes));
    }
    let room = &report.room;
    let mut rooms = vec![
        ("medium, all volumes", room.medium),
        ("medium, largest file", room.largest_volume),
        ("target, store", room.store),
        ("target, generation", room.generation),
        ("target, images unpacked by podman", room.images),
    ];
    if report.volumes.is_empty() {
        rooms.drain(..2);
    }
    let rooms: Vec<Vec<String>> = rooms
        .into_iter()
        .map(|(name, bytes)| vec![name.to_owned(), size::show(bytes), bytes.to_string()])
        .collect();
    out.push('\n');
    out.push_str(&table::render(&["free space needed", "size#", "bytes#"], &rooms));
    out
}
