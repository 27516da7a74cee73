//! Carries out a plan. Every step can be stopped at any point and done again by the next run.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cg_bundle_format::{Payload, SigningKey, VerifiedRelease, VolumeFile, VolumeName};
use serde_json::json;

use crate::draft::Draft;
use crate::error::{Context, Error};
use crate::facts::Facts;
use crate::host::{Host, HostPaths};
use crate::ingest::Ingest;
use crate::journal::{Journal, Kept, Phase, Record, State};
use crate::media::{self, Media};
use crate::plan::{Choices, GateChoice, Plan};
use crate::progress::Talk;
use crate::receipt::{self, HeldBlob, Receipt, ReleaseName, ResultWord};
use crate::trust_policy::{self, Accepted};
use crate::{audit, certificates, clock, files, generation, ingest, plan, secrets, switch};

/// The configuration of a bundle that brings none.
const FALLBACK_CONFIG: &str = "\
# Written by codegraph-install because the bundle brought no configuration.
deployment:
  mode: isolated
storage:
  data_dir: /var/lib/codegraph
llm:
  local:
    socket: /run/codegraph-llm/llm.sock
";
/// Bytes of a configuration file.
const MAX_CONFIG: u64 = 1 << 20;

/// Everything that carrying out a plan needs.
pub struct Job<'a> {
    /// The machine.
    pub host: &'a dyn Host,
    /// Where everything lies.
    pub paths: &'a HostPaths,
    /// The release.
    pub release: &'a VerifiedRelease,
    /// Bundles that bring what the release leaves out, all of them verified.
    pub top_ups: &'a [Payload],
    /// What the plan was made from.
    pub facts: &'a Facts,
    /// The operator's choices.
    pub choices: &'a Choices,
    /// The plan.
    pub plan: &'a Plan,
    /// How the release came to be accepted.
    pub accepted: &'a Accepted,
    /// How much is said.
    pub talk: Talk,
}

/// What an installation left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// File name of the receipt.
    pub receipt: String,
    /// What the gate said; empty where it was skipped.
    pub gate: Vec<String>,
    /// The time in which the blobs were brought into the store.
    pub ingest: Duration,
}

/// Carries out the plan. The caller holds the lock.
pub fn apply(job: &Job<'_>, media: Media) -> Result<Applied, Error> {
    let (host, paths) = (job.host, job.paths);
    let (mut journal, mut state) = Journal::open(host, &paths.journal())?;
    if matches!(state.phase, Phase::Committed | Phase::Reverted) {
        journal = journal.restart(host)?;
        state = State::default();
    }
    let facts = json!({
        "version": job.plan.version,
        "release": job.plan.release,
        "generation": job.plan.generation,
        "replaces": job.plan.replaces,
    });
    audit::note(host, paths, "release.accepted", facts)?;
    if state.release != Some(job.plan.release) {
        let begin = Record::Begin { release: job.plan.release, generation: job.plan.generation };
        journal.commit(host, &begin)?;
    }
    let start = Instant::now();
    let volumes = ingest_blobs(job, media, &mut journal, &mut state.kept)?;
    let ingest = start.elapsed();
    write_generation(job, &mut journal)?;
    let key = write_site_files(job)?;
    let draft = draft_of(job, &key, volumes)?;
    let done = switch::run(
        &switch::Move {
            host,
            paths,
            talk: job.talk,
            from: job.plan.replaces,
            to: job.plan.generation,
            gate: job.choices.gate,
            draft: &draft,
            discard: None,
        },
        &mut journal,
    )?;
    Ok(Applied { receipt: done.receipt, gate: done.gate, ingest })
}

/// What is written when the release has proven that it works.
fn draft_of(job: &Job<'_>, key: &SigningKey, volumes: Vec<String>) -> Result<Draft, Error> {
    let word = match job.choices.gate {
        GateChoice::Run => ResultWord::Installed,
        GateChoice::Skip => ResultWord::InstalledUngated,
    };
    let former = job.facts.existing.trust.as_ref();
    let root = job.release.root();
    Ok(Draft {
        number: receipt::next_number(job.paths)?,
        receipt: receipt_of(job, key, word, volumes),
        trust: trust_policy::after(former, job.accepted, root, job.release.manifest()),
    })
}

/// Brings in what the media hold that are there, asks for the next ones, until nothing is wanted any more.
/// Returns the names of the volumes from which it came.
fn ingest_blobs(
    job: &Job<'_>,
    mut media: Media,
    journal: &mut Journal,
    kept: &mut Kept,
) -> Result<Vec<String>, Error> {
    let (host, paths, manifest) = (job.host, job.paths, job.release.manifest());
    let selection = &job.choices.selection;
    let held = &job.facts.existing.held;
    let missing: Vec<_> = plan::needed(manifest, selection)
        .into_iter()
        .filter(|blob| !held.contains(&blob.digest))
        .collect();
    let bar = job.talk.bar("storing", job.plan.new_bytes);
    let tick = |bytes: u64| bar.inc(bytes);
    loop {
        bar.reset();
        let payload = media.payload();
        let ingest = Ingest { host, paths, payload, top_ups: job.top_ups, tick: &tick };
        let lack = ingest.run(journal, kept, &missing)?;
        if lack.is_none() {
            break;
        }
        bar.suspend(|| job.talk.say(&lack.text()));
        media = media.exchange(
            lack,
            &kept.volumes,
            job.talk,
            "what was wanted of the media that were there is in the store",
        )?;
    }
    bar.finish_and_clear();
    ingest::sweep(host, paths)?;
    generation::set_modes(host, paths, manifest, selection)?;
    let facts = json!({ "blobs": missing.len(), "bytes": job.plan.new_bytes });
    audit::note(host, paths, "store.filled", facts)?;
    job.talk.say(&format!("store: {} blobs, {} new", manifest.blobs.len(), missing.len()));
    Ok(volume_names(job, &media, kept))
}

/// The volumes that were there in this run, and those that an earlier one used up.
fn volume_names(job: &Job<'_>, media: &Media, kept: &Kept) -> Vec<String> {
    let of = media.payload().release().volumes().first().map_or(0, VolumeFile::of);
    let name = VolumeName::of(job.release.manifest());
    let here: BTreeSet<u32> = media.seen().clone();
    let earlier = kept.volumes.iter().filter(|number| !here.contains(number));
    let mut all: Vec<String> = media.used().iter().cloned().collect();
    all.extend(earlier.map(|number| name.file(*number, of)));
    let top_ups = job.top_ups.iter().flat_map(|payload| payload.release().volumes());
    all.extend(top_ups.map(|volume| media::file_name(volume.path())));
    all
}

fn write_generation(job: &Job<'_>, journal: &mut Journal) -> Result<(), Error> {
    let number = job.plan.generation;
    generation::build(
        job.host,
        job.paths,
        &generation::Recipe {
            manifest: job.release.manifest(),
            manifest_bytes: job.release.manifest_bytes(),
            selection: &job.choices.selection,
            number,
        },
    )?;
    journal.commit(job.host, &Record::Generation { number })?;
    audit::note(job.host, job.paths, "generation.written", json!({ "generation": number }))?;
    job.talk.say(&format!("generation {number} written"));
    Ok(())
}

/// Secrets and configuration: made where they are absent, never changed.
fn write_site_files(job: &Job<'_>) -> Result<SigningKey, Error> {
    let (host, paths) = (job.host, job.paths);
    files::make_dir(host, &paths.etc(), 0o755)?;
    secrets::ensure_credentials(host, paths)?;
    if let Some(brought) = &job.choices.tls.brought {
        certificates::bring(host, paths, brought)?;
    }
    let names = job.choices.tls.names.clone();
    certificates::ensure(host, paths, &certificates::Wish { names, is_forced: false })?;
    let key = secrets::ensure_host_key(host, paths)?;
    if !paths.config().exists() {
        let packaged = paths.generation(job.plan.generation).join("config/config.yaml");
        let bytes = files::read_bounded(&packaged, MAX_CONFIG)?;
        files::replace(
            host,
            &paths.config(),
            &bytes.unwrap_or_else(|| FALLBACK_CONFIG.into()),
            0o644,
        )?;
    }
    if !paths.data().is_dir() {
        files::make_dir(host, &paths.data(), 0o700)?;
        // On the running system systemd-tmpfiles gives it to the service.
        host.set_mode(&paths.data(), 0o700).at("cannot set the mode of", &paths.data())?;
    }
    Ok(key)
}

fn receipt_of(
    job: &Job<'_>,
    key: &SigningKey,
    result: ResultWord,
    volumes: Vec<String>,
) -> Receipt {
    let release = job.release;
    let manifest = job.release.manifest();
    Receipt {
        format: 1,
        host: key.public().id().to_string(),
        at: clock::text(job.host.now()),
        installer: env!("CARGO_PKG_VERSION").to_owned(),
        result,
        reason: String::new(),
        generation: job.plan.generation,
        replaced: job.plan.replaces,
        release: ReleaseName {
            product: manifest.product.clone(),
            line: manifest.line.clone(),
            version: manifest.version.clone(),
            arch: manifest.arch.clone(),
            counter: manifest.release_counter,
            digest: job.plan.release,
        },
        first_trust: job.accepted.first_trust,
        root_fingerprint: release.root().fingerprint(),
        signed_by: release.signers().iter().map(ToString::to_string).collect(),
        countersigned_by: job.accepted.countersigned_by.iter().map(ToString::to_string).collect(),
        downgrade_permit: job.accepted.permit.as_ref().map(|permit| permit.nonce),
        volumes,
        blobs: plan::needed(manifest, &job.choices.selection)
            .iter()
            .map(|blob| HeldBlob { digest: blob.digest, size: blob.size })
            .collect(),
        gate: Vec::new(),
    }
}
