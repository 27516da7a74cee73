//! From facts to a plan: pure. What is printed by `plan` is what `install` does, byte for byte.

use std::collections::BTreeSet;
use std::fmt;

use cg_bundle_format::{Blob, Carriage, Digest, Manifest, Selection};
use serde::Serialize;

use crate::accelerator::Chosen;
use crate::certificates::Brought;
use crate::error::Error;
use crate::facts::{Existing, Facts};
use crate::preflight::{self, Profile, Question, Release, Table, Verdict};
use crate::sizes;

/// Generations that stay on the host.
pub const KEEP: usize = 2;

/// What the operator chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// The components to install.
    pub selection: Selection,
    /// Whether the health gate decides about the switch.
    pub gate: GateChoice,
    /// Whether units and users of the running system are part of it.
    pub scope: Scope,
    /// Blobs that the top-up bundles carry which the operator named.
    pub topped_up: BTreeSet<Digest>,
    /// Which builds were chosen by what the host has.
    pub chosen: Vec<Chosen>,
    /// The row of the hardware table that the host must reach.
    pub profile: Option<Profile>,
    /// Certificates that the site brings, or names for the one that is made.
    pub tls: Tls,
    /// What the operator wants to happen with what is there.
    pub intent: Intent,
}

/// What the operator said about certificates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// Files of the site.
    pub brought: Option<Brought>,
    /// Further names for the certificate that is made where the site brings none.
    pub names: Vec<String>,
}

/// Whether a release is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// `install`: the host has none.
    Install,
    /// `upgrade`: the one in use is replaced.
    Upgrade,
}

/// Whether the health gate is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateChoice {
    /// The candidate must prove that it works.
    Run,
    /// The operator said `--skip-gate`.
    Skip,
}

/// How much of the machine belongs to the installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The running system.
    System,
    /// A folder: files only.
    Folder,
}

/// A release, ready to be installed on this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The release's version.
    pub version: String,
    /// SHA-256 of `release.json`.
    pub release: Digest,
    /// The generation that it becomes.
    pub generation: u64,
    /// The generation in use before.
    pub replaces: Option<u64>,
    /// What is done, in this order; empty where the release is installed already.
    pub steps: Vec<Step>,
    /// Bytes that the store grows by.
    pub new_bytes: u64,
    /// Bytes of unfinished blobs that an interrupted run has left and that are used.
    pub resumed_bytes: u64,
    /// Which builds were chosen by what the host has, and why.
    pub chosen: Vec<Chosen>,
    /// What the operator should know.
    pub warnings: Vec<String>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// Bring blobs into the store.
    Ingest {
        /// Blobs that are not in the store yet.
        blobs: usize,
        /// Their bytes in the store.
        bytes: u64,
        /// Blobs that are in the store already.
        held: usize,
    },
    /// Write the generation's folder.
    Generation {
        /// Its number.
        number: u64,
        /// Files, all links into the store.
        files: usize,
    },
    /// Make the secrets that are not there.
    Secrets,
    /// Write the default configuration.
    Config,
    /// Write units, users and folders of the services.
    Units,
    /// Let the services end what they are doing, and stop them.
    Stop {
        /// The generation in use.
        from: u64,
    },
    /// Keep the service's state as it is before the migration.
    Snapshot,
    /// Bring the service's data to the candidate's version.
    Migrate,
    /// Make the candidate the generation in use.
    Switch {
        /// From.
        from: Option<u64>,
        /// To.
        to: u64,
    },
    /// Start the services.
    Start,
    /// Let the candidate prove that it works; take it back if it does not.
    Gate,
    /// Let the services write again.
    Open,
    /// Write the signed receipt and then the trust state.
    Record,
    /// Remove generations beyond those that are kept, and what only they need.
    Collect {
        /// How many are kept.
        keep: usize,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ingest { blobs, bytes, held } => {
                write!(
                    f,
                    "bring {blobs} blobs ({}) into the store, {held} are there already",
                    sizes::text(*bytes)
                )
            }
            Self::Generation { number, files } => {
                write!(f, "write generation {number}: {files} files, linked from the store")
            }
            Self::Secrets => f.write_str("make the secrets and certificates that are missing"),
            Self::Config => f.write_str("write the default configuration"),
            Self::Units => f.write_str("write units, make the users codegraph and codegraph-llm"),
            Self::Stop { from } => {
                write!(f, "close generation {from} for writing, let it end its work, stop it")
            }
            Self::Snapshot => f.write_str("keep a snapshot of the service's state"),
            Self::Migrate => {
                f.write_str("migrate the service's data with the candidate's own program")
            }
            Self::Switch { from: None, to } => write!(f, "make generation {to} the current one"),
            Self::Switch { from: Some(from), to } => {
                write!(f, "switch from generation {from} to {to}")
            }
            Self::Start => f.write_str("start the services, closed for writing"),
            Self::Gate => f.write_str(
                "health gate: index and query a sample, ask the model; take all back if it fails",
            ),
            Self::Open => f.write_str("open for writing"),
            Self::Collect { keep } => {
                write!(f, "keep the newest {keep} generations, remove what only older ones need")
            }
            Self::Record => f.write_str("write the signed receipt, then the trust state"),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "release     {} ({})", self.version, self.release)?;
        writeln!(f, "generation  {}", self.generation)?;
        if self.steps.is_empty() {
            writeln!(f, "nothing to do: this release is installed")?;
        }
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(f, "{:>3}. {step}", number + 1)?;
        }
        writeln!(f, "new bytes   {} ({})", self.new_bytes, sizes::text(self.new_bytes))?;
        if self.resumed_bytes > 0 {
            let text = sizes::text(self.resumed_bytes);
            writeln!(
                f,
                "resumed     {} ({text}) were written by an interrupted run",
                self.resumed_bytes
            )?;
        }
        for chosen in &self.chosen {
            writeln!(f, "chosen      {}: {}", chosen.component, chosen.reason)?;
        }
        for warning in &self.warnings {
            writeln!(f, "warning     {warning}")?;
        }
        Ok(())
    }
}

/// Makes the plan, or says everything that stands in its way.
pub fn plan(
    manifest: &Manifest,
    release: Digest,
    choices: &Choices,
    facts: &Facts,
) -> Result<Plan, Error> {
    let existing = &facts.existing;
    if existing.phase.is_unsettled() {
        return Err(Error::Usage(
            "a switch of generations was cut off; run `codegraph-install recover`, or give the install or upgrade command again"
                .to_owned(),
        ));
    }
    let is_installed = existing.current_release == Some(release)
        && (choices.intent == Intent::Install || is_same_build(manifest, choices, existing));
    let generation = match existing.current.filter(|_| is_installed) {
        Some(current) => current,
        None => generation(release, existing),
    };
    let mut plan = Plan {
        version: manifest.version.clone(),
        release,
        generation,
        replaces: None,
        steps: Vec::new(),
        new_bytes: 0,
        resumed_bytes: 0,
        chosen: choices.chosen.clone(),
        warnings: Vec::new(),
    };
    if is_installed {
        return Ok(plan);
    }
    plan.replaces = replaced(choices.intent, existing.current)?;

    let needed: Vec<&Blob> = needed(manifest, &choices.selection);
    let missing: Vec<&Blob> =
        needed.iter().copied().filter(|blob| !existing.held.contains(&blob.digest)).collect();
    plan.new_bytes = missing.iter().map(|blob| blob.size).sum();
    plan.resumed_bytes =
        missing.iter().filter_map(|blob| existing.partial_bytes.get(&blob.digest)).sum();

    let table = preflight(manifest, release, choices, facts);
    let blocking = table.advice(Verdict::Blocks);
    if !blocking.is_empty() {
        return Err(Error::Preflight(blocking));
    }
    plan.warnings = table.advice(Verdict::Warns);

    let files = manifest.placements.iter().filter(|p| choices.selection.has(&p.component)).count();
    plan.steps.push(Step::Ingest {
        blobs: missing.len(),
        bytes: plan.new_bytes,
        held: needed.len() - missing.len(),
    });
    plan.steps.push(Step::Generation { number: generation, files });
    plan.steps.extend(switch_steps(choices, existing, plan.replaces, generation));
    Ok(plan)
}

/// The host held against the release, line by line.
pub fn preflight(manifest: &Manifest, release: Digest, choices: &Choices, facts: &Facts) -> Table {
    let existing = &facts.existing;
    let needed = needed(manifest, &choices.selection);
    let missing = needed.iter().filter(|blob| !existing.held.contains(&blob.digest));
    let store_bytes = missing
        .map(|blob| {
            let there = existing.partial_bytes.get(&blob.digest).copied().unwrap_or(0);
            blob.size.saturating_sub(there)
        })
        .fold(0, u64::saturating_add);
    preflight::table(&Question {
        facts,
        scope: choices.scope,
        profile: choices.profile,
        is_resumed: existing.current_release == Some(release),
        release: Some(Release {
            manifest,
            selection: &choices.selection,
            store_bytes,
            absent: absent(manifest, choices, facts),
        }),
    })
}

/// The generation that is replaced.
fn replaced(intent: Intent, current: Option<u64>) -> Result<Option<u64>, Error> {
    match (intent, current) {
        (Intent::Install, None) => Ok(None),
        (Intent::Upgrade, Some(current)) => Ok(Some(current)),
        (Intent::Install, Some(current)) => Err(Error::Usage(format!(
            "generation {current} is installed; replace it by `codegraph-install upgrade` with the same bundle (data and configuration stay)"
        ))),
        (Intent::Upgrade, None) => Err(Error::Usage(
            "nothing is installed here that could be replaced; use `codegraph-install install`"
                .to_owned(),
        )),
    }
}

/// What follows once the generation is written.
fn switch_steps(
    choices: &Choices,
    existing: &Existing,
    replaces: Option<u64>,
    generation: u64,
) -> Vec<Step> {
    let is_system = choices.scope == Scope::System;
    let mut steps = vec![Step::Secrets];
    if !existing.has_config {
        steps.push(Step::Config);
    }
    if let Some(from) = replaces {
        steps.extend(is_system.then_some(Step::Stop { from }));
        steps.push(Step::Snapshot);
    }
    steps.extend(is_system.then_some(Step::Units));
    steps.push(Step::Migrate);
    steps.push(Step::Switch { from: replaces, to: generation });
    steps.extend(is_system.then_some(Step::Start));
    steps.extend((choices.gate == GateChoice::Run).then_some(Step::Gate));
    steps.extend(is_system.then_some(Step::Open));
    steps.push(Step::Record);
    steps.extend(replaces.map(|_| Step::Collect { keep: KEEP }));
    steps
}

/// Whether the generation in use has the builds that this host would get now: a GPU or its driver may have come or
/// gone since.
fn is_same_build(manifest: &Manifest, choices: &Choices, existing: &Existing) -> bool {
    let mut alternatives = manifest.alternatives.iter();
    let chosen = alternatives.find(|alternative| choices.selection.has(&alternative.component));
    chosen.map(|alternative| &alternative.accelerator) == existing.current_accelerator.as_ref()
}

/// The number of the new generation: that of the interrupted run of the same release, or the next free one.
fn generation(release: Digest, existing: &Existing) -> u64 {
    let is_unfinished = existing.journal_release == Some(release)
        && existing.journal_generation != existing.current;
    if let Some(number) = existing.journal_generation.filter(|_| is_unfinished) {
        return number;
    }
    let newest = existing.generations.last().copied().unwrap_or(0);
    newest.max(existing.journal_generation.unwrap_or(0)) + 1
}

/// Needed blobs that the store does not hold and that neither the bundle nor a top-up carries.
pub fn absent<'a>(manifest: &'a Manifest, choices: &Choices, facts: &Facts) -> Vec<&'a Blob> {
    let is_absent = |blob: &&Blob| {
        blob.carriage == Carriage::Expected
            && !facts.existing.held.contains(&blob.digest)
            && !choices.topped_up.contains(&blob.digest)
    };
    needed(manifest, &choices.selection).into_iter().filter(is_absent).collect()
}

/// The blobs that the chosen components need: what is placed, and what belongs to them without a place (image layers).
pub fn needed<'a>(manifest: &'a Manifest, selection: &Selection) -> Vec<&'a Blob> {
    let placed: BTreeSet<Digest> = manifest
        .placements
        .iter()
        .filter(|p| selection.has(&p.component))
        .map(|p| p.blob)
        .collect();
    manifest
        .blobs
        .iter()
        .filter(|blob| selection.has(&blob.component) || placed.contains(&blob.digest))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests;
