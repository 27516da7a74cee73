//! `codegraph-install install`.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::time::Instant;

use cg_bundle_format::{Blob, Digest, Manifest};
use serde::Serialize;

use super::request::Ask;
use super::{Session, plan};
use crate::apply::{self, Job};
use crate::bundle::Depth;
use crate::cli::InstallArgs;
use crate::error::Error;
use crate::ingest::Lack;
use crate::journal::{self, Kept, Phase};
use crate::media::Media;
use crate::plan::{Intent, KEEP, Plan};
use crate::settle::When;
use crate::{bundle, collect, lock, settle, sizes};

#[derive(Serialize)]
struct Report<'a> {
    installed: bool,
    changed: bool,
    plan: &'a Plan,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
    gate: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    milliseconds: Option<Milliseconds>,
}

/// How long the parts took that grow with the size of the bundle.
#[derive(Serialize)]
struct Milliseconds {
    verify: u128,
    ingest: u128,
}

/// Runs the command.
pub(super) fn run(
    session: &Session<'_>,
    arguments: &InstallArgs,
    intent: Intent,
) -> Result<(), Error> {
    let talk = session.talk();
    let claims = arguments.bundle.claims();
    let (media, accepted) = Media::open(&session.paths, &arguments.bundle.volumes, &claims)?;
    let release = media.payload().release().detached();
    let start = Instant::now();
    let media = verify(session, media)?;
    let verify = start.elapsed();
    talk.say(super::inspect::warnings(&release).trim_end());
    let top_ups = plan::top_ups(session, arguments, Depth::Bytes)?;
    let manifest = release.manifest();
    let choices = plan::choices(session, arguments, manifest, &top_ups, intent)?;
    if !arguments.dry_run && settle::is_needed(&session.paths)? {
        let _lock = lock::take(session.host, &session.paths, &|text| session.talk().say(text))?;
        settle::settle(session.host, &session.paths, When::Now, talk)?;
    }
    let ask = Ask { file: request_file(arguments, manifest) };
    let nothing = BTreeSet::new();
    let (first_plan, facts) = plan::make(session, &release, &choices, &nothing, &ask)?;
    if arguments.dry_run {
        session.print(&first_plan, &first_plan.to_string());
        return Ok(());
    }
    if first_plan.steps.is_empty() {
        let report = Report {
            installed: true,
            changed: false,
            plan: &first_plan,
            receipt: None,
            gate: Vec::new(),
            milliseconds: None,
        };
        if intent == Intent::Upgrade {
            let _lock = lock::take(session.host, &session.paths, &|text| session.talk().say(text))?;
            tidy_up(session)?;
        }
        session.print(&report, &format!("release {} is installed already\n", first_plan.version));
        return Ok(());
    }
    let _lock = lock::take(session.host, &session.paths, &|text| session.talk().say(text))?;
    // Another installer may have been at work until the lock was ours.
    let proven = &facts.existing.held;
    let (plan, facts) = plan::make(session, &release, &choices, proven, &ask)?;
    talk.say(plan.to_string().trim_end());
    let job = Job {
        host: session.host,
        paths: &session.paths,
        release: &release,
        top_ups: &top_ups,
        facts: &facts,
        choices: &choices,
        plan: &plan,
        accepted: &accepted,
        talk,
    };
    let applied = apply::apply(&job, media)?;
    if intent == Intent::Upgrade {
        tidy_up(session)?;
    }
    let text = format!(
        "installed: {} as generation {}\nreceipt    {}\n",
        plan.version,
        plan.generation,
        session.paths.receipts().join(&applied.receipt).display()
    );
    let report = Report {
        installed: true,
        changed: true,
        plan: &plan,
        receipt: Some(applied.receipt),
        gate: applied.gate,
        milliseconds: Some(Milliseconds {
            verify: verify.as_millis(),
            ingest: applied.ingest.as_millis(),
        }),
    };
    session.print(&report, &text);
    Ok(())
}

/// Holds what is there against the signed lists before anything is written: all of it but what this host has
/// already. What cannot be read is told, and asked for when the rest is in the store.
fn verify(session: &Session<'_>, mut media: Media) -> Result<Media, Error> {
    let (paths, talk) = (&session.paths, session.talk());
    let state = journal::read(&paths.journal())?;
    let is_over = matches!(state.phase, Phase::Committed | Phase::Reverted);
    let kept = if is_over { Kept::default() } else { state.kept };
    let manifest = media.payload().release().detached();
    let manifest = manifest.manifest();
    let blobs: HashMap<Digest, &Blob> =
        manifest.blobs.iter().map(|blob| (blob.digest, blob)).collect();
    // Whether they are whole is looked at later; each chunk that is taken is checked once more.
    let there: HashSet<Digest> = manifest
        .blobs
        .iter()
        .filter(|blob| {
            let state = std::fs::symlink_metadata(paths.blob(&blob.digest.hex()));
            state.is_ok_and(|state| state.len() == blob.size)
        })
        .map(|blob| blob.digest)
        .collect();
    let wanted = |digest: &Digest, index: u64| {
        !there.contains(digest) && blobs.get(digest).is_none_or(|blob| !kept.has(blob, index))
    };
    loop {
        match bundle::survey(media.payload(), &wanted, talk) {
            Ok(survey) => {
                bundle::say(&survey.report, talk);
                for error in &survey.unreadable {
                    talk.say(&format!("warning: {error}"));
                }
                return Ok(media);
            }
            Err(error) if error.bad_volume().is_some() && talk.can_ask() => {
                let lack = Lack { faults: vec![error], ..Lack::default() };
                media = media.exchange(lack, &kept.volumes, talk, "nothing was written")?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Removes what no generation that is kept needs: after success only.
fn tidy_up(session: &Session<'_>) -> Result<(), Error> {
    let found = collect::look(&session.paths, KEEP)?;
    collect::remove(session.host, &session.paths, &found)?;
    if !found.is_empty() {
        session.talk().say(&format!(
            "collected: {} generations, {} blobs, {}",
            found.generations.len(),
            found.blobs,
            sizes::text(found.bytes)
        ));
    }
    Ok(())
}

/// A rehearsal writes a request only where the operator asks for one.
fn request_file(arguments: &InstallArgs, manifest: &Manifest) -> Option<PathBuf> {
    let usual = || PathBuf::from(format!("codegraph-request-{}.json", manifest.version));
    match (&arguments.request, arguments.dry_run) {
        (Some(file), _) => Some(file.clone()),
        (None, false) => Some(usual()),
        (None, true) => None,
    }
}
