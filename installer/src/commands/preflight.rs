//! `codegraph-install preflight`: the host, line by line, before anything else is asked of it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Session;
use crate::accelerator::{self, Chosen, Wish};
use crate::cli::PreflightArgs;
use crate::error::Error;
use crate::plan::{Choices, GateChoice, Intent, Scope, Tls};
use crate::preflight::{self, Line, Profile, Question, Table, Verdict};
use crate::{age, bundle, facts, plan};

#[derive(Serialize)]
struct Report<'a> {
    fits: bool,
    profile: Option<Profile>,
    release: Option<&'a str>,
    chosen: &'a [Chosen],
    lines: &'a [Line],
}

/// Runs the command.
pub(super) fn run(session: &Session<'_>, arguments: &PreflightArgs) -> Result<(), Error> {
    let Seen { table, release, chosen, age } = look(session, arguments)?;
    let blocking = table.advice(Verdict::Blocks);
    let report = Report {
        fits: blocking.is_empty(),
        profile: arguments.profile,
        release: release.as_deref(),
        chosen: &chosen,
        lines: &table.lines,
    };
    let mut text = table.to_string();
    for chosen in &chosen {
        text.push_str(&format!("{:8}{}: {}\n", "chosen", chosen.component, chosen.reason));
    }
    session.print(&report, &text);
    if blocking.is_empty() {
        return age;
    }
    Err(Error::Preflight(blocking))
}

struct Seen {
    table: Table,
    release: Option<String>,
    chosen: Vec<Chosen>,
    /// Whether the release is young enough for this host.
    age: Result<(), Error>,
}

fn look(session: &Session<'_>, arguments: &PreflightArgs) -> Result<Seen, Error> {
    let scope = if session.paths.is_system() { Scope::System } else { Scope::Folder };
    let profile = arguments.profile;
    if arguments.volumes.is_empty() {
        let facts = facts::gather_alone(session.host, &session.paths)?;
        let question = Question { facts: &facts, scope, profile, is_resumed: false, release: None };
        let table = preflight::table(&question);
        return Ok(Seen { table, release: None, chosen: Vec::new(), age: Ok(()) });
    }
    let claims = arguments.trust.claims();
    let (payload, _) = bundle::open(&session.paths, &arguments.volumes, &claims)?;
    let manifest = payload.manifest();
    let gpu = facts::gpu(session.host, &session.paths);
    let wish = if arguments.without_gpu { Wish::None } else { Wish::ByHost };
    let (selection, chosen) = accelerator::select(manifest, &arguments.without, &gpu, wish)?;
    let choices = Choices {
        selection,
        gate: GateChoice::Run,
        scope,
        topped_up: BTreeSet::new(),
        chosen: chosen.clone(),
        // The table does not depend on it.
        intent: Intent::Install,
        profile,
        tls: Tls::default(),
    };
    let facts = facts::gather(session.host, &session.paths, manifest)?;
    let table = plan::preflight(manifest, payload.release().digest(), &choices, &facts);
    let age = age::check(&session.paths, manifest, session.host.now());
    Ok(Seen { table, release: Some(manifest.version.clone()), chosen, age })
}
