//! `codegraph-install status`: one page.

use std::collections::BTreeMap;
use std::fs;

use serde::Serialize;

use super::Session;
use crate::error::{Context, Error};
use crate::journal::{self, Phase};
use crate::receipt::{self, Receipt, ResultWord};
use crate::{
    age, certificates, clock, countersign, facts, generation, permit, sizes, trust_state, units,
};

#[derive(Serialize)]
struct Report {
    installed: bool,
    state: String,
    generation: Option<u64>,
    generations: Vec<u64>,
    version: Option<String>,
    release: Option<String>,
    installed_at: Option<String>,
    gate: Option<String>,
    services: Vec<Service>,
    store_blobs: usize,
    store_bytes: u64,
    free_bytes: u64,
    trusted_root: Option<String>,
    first_trust: Option<trust_state::FirstTrust>,
    newest_issued: Option<String>,
    /// The accelerator for which the model server in use was built; none where it runs on the processor.
    accelerator: Option<String>,
    /// When the release in use was issued, and how many days ago that is.
    issued: Option<String>,
    age_days: Option<u64>,
    /// How old a release may be that this host takes; none where the site has no such rule.
    max_age_days: Option<u64>,
    /// The name of this host, for downgrade permits and receipts.
    host: Option<String>,
    /// For each release line the counter below which nothing is taken.
    counters: BTreeMap<String, u64>,
    /// How many of how many keys of the site must countersign.
    countersigners: Option<(u64, usize)>,
    /// What the operator should see to.
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct Service {
    name: String,
    state: String,
}

/// Runs the command.
pub(super) fn run(session: &Session<'_>) -> Result<(), Error> {
    let paths = &session.paths;
    let journal = journal::read(&paths.journal())?;
    let current = facts::current(paths);
    let trust = trust_state::read(paths)?;
    let (store_blobs, store_bytes) = store(session)?;
    let services = if paths.is_system() && current.is_some() {
        units::states(session.host)?
    } else {
        Vec::new()
    };
    let of_current = match current {
        Some(number) => receipt::of_generation(paths, number)?,
        None => None,
    };
    let of_current = of_current.as_ref();
    let now = session.host.now();
    let manifest = current.and_then(|number| facts::manifest_of(paths, number));
    let issued = manifest.as_ref().map(|manifest| manifest.issued.clone());
    let mut warnings = certificates::warnings(paths, now)?;
    let max_age_days = age::limit(paths).unwrap_or_else(|error| {
        warnings.push(error.to_string());
        None
    });
    if let Some(manifest) = manifest.filter(|_| max_age_days.is_some())
        && let Some(words) = age::too_old(paths, trust.as_ref(), &manifest, now)?
    {
        warnings.push(format!("the release in use was issued {words}; bring a newer one"));
    }
    let report = Report {
        installed: current.is_some() && !journal.phase.is_unsettled(),
        state: state(current, &journal.phase),
        generation: current,
        generations: facts::generations(paths)?,
        version: of_current.map(|receipt| receipt.release.version.clone()),
        release: current
            .and_then(|number| facts::release_of(paths, number))
            .map(|digest| digest.to_string()),
        installed_at: of_current.map(|receipt| receipt.at.clone()),
        gate: of_current.map(|receipt| gate_word(receipt).to_owned()),
        services: services.into_iter().map(|(name, state)| Service { name, state }).collect(),
        store_blobs,
        store_bytes,
        free_bytes: session
            .host
            .free_bytes(&paths.product())
            .at("cannot measure the free space of", &paths.product())?,
        trusted_root: trust.as_ref().map(|trust| trust.root_fingerprint.hex()),
        first_trust: trust.as_ref().map(|trust| trust.first_trust),
        newest_issued: trust.as_ref().map(|trust| trust.newest_issued.clone()),
        accelerator: current
            .and_then(|number| generation::accelerator(paths, &paths.generation(number))),
        age_days: issued
            .as_deref()
            .and_then(clock::seconds)
            .map(|issued| now.saturating_sub(issued) / (24 * 60 * 60)),
        issued,
        max_age_days,
        host: permit::host_id(paths)?.map(|id| id.to_string()),
        counters: trust.map(|trust| trust.counters).unwrap_or_default(),
        countersigners: countersign::demand(paths)?
            .map(|demand| (demand.threshold, demand.keys.len())),
        warnings,
    };
    session.print(&report, &text(&report));
    Ok(())
}

fn state(current: Option<u64>, phase: &Phase) -> String {
    let cut_off = "run `codegraph-install recover`, or the same command again";
    match (current, phase) {
        (_, Phase::Pending { to, .. }) => {
            format!("a switch to generation {to} was cut off; {cut_off}")
        }
        (_, Phase::Proven { to, .. }) => {
            format!("generation {to} is in use, but its receipt is not written yet; {cut_off}")
        }
        (Some(number), Phase::Ingest | Phase::Ready) => format!(
            "generation {number} is in use; an upgrade was interrupted: run the same command again"
        ),
        (None, Phase::Ingest | Phase::Ready) => {
            "an installation was interrupted; run the same install command again".to_owned()
        }
        (Some(number), Phase::Reverted) => {
            format!("generation {number} is in use; the last switch was taken back")
        }
        (Some(number), _) => format!("generation {number} is in use"),
        (None, Phase::Reverted) => {
            "nothing is installed; the last release did not pass its health gate".to_owned()
        }
        (None, Phase::Idle | Phase::Committed) => "nothing is installed".to_owned(),
    }
}

fn gate_word(receipt: &Receipt) -> &'static str {
    match receipt.result {
        ResultWord::TakenBack => "failed",
        _ if receipt.gate.is_empty() => "skipped by the operator",
        _ => "passed",
    }
}

/// Whole blobs in the store and their bytes.
fn store(session: &Session<'_>) -> Result<(usize, u64), Error> {
    let folder = session.paths.blobs();
    let Ok(entries) = fs::read_dir(&folder) else { return Ok((0, 0)) };
    let mut count = 0;
    let mut bytes = 0;
    for entry in entries {
        let entry = entry.at("cannot list", &folder)?;
        let state = entry.metadata().at("cannot look at", &folder)?;
        if state.is_file() && entry.path().extension().is_none() {
            count += 1;
            bytes += state.len();
        }
    }
    Ok((count, bytes))
}

fn text(report: &Report) -> String {
    let mut text = format!("state       {}\n", report.state);
    let mut line = |name: &str, value: Option<&String>| {
        if let Some(value) = value {
            text.push_str(&format!("{name:<12}{value}\n"));
        }
    };
    line("version", report.version.as_ref());
    line("release", report.release.as_ref());
    if let (Some(issued), Some(days)) = (&report.issued, report.age_days) {
        let most = report.max_age_days.map_or_else(
            || "this site sets no limit".to_owned(),
            |most| format!("this site takes none older than {most}"),
        );
        line("issued", Some(&format!("{issued}, {days} days ago; {most}")));
    }
    line("installed", report.installed_at.as_ref());
    line("build for", report.accelerator.as_ref());
    line("gate", report.gate.as_ref());
    for service in &report.services {
        line("service", Some(&format!("{} {}", service.name, service.state)));
    }
    let store = format!("{} blobs, {}", report.store_blobs, sizes::text(report.store_bytes));
    line("store", Some(&store));
    line("free", Some(&sizes::text(report.free_bytes)));
    line("root", report.trusted_root.as_ref());
    line("host", report.host.as_ref());
    for (name, counter) in &report.counters {
        line("line", Some(&format!("{name}, counter {counter}")));
    }
    if let Some((threshold, keys)) = report.countersigners {
        line("site", Some(&format!("{threshold} of {keys} keys must countersign")));
    }
    if report.first_trust == Some(trust_state::FirstTrust::DangerousFirstUse) {
        line(
            "warning",
            Some(&"the root was believed on first use; nobody compared its fingerprint".to_owned()),
        );
    }
    for warning in &report.warnings {
        line("warning", Some(warning));
    }
    text
}
