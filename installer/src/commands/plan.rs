//! `codegraph-install plan`, and the way from arguments to a plan that `install` shares.

use std::collections::BTreeSet;

use cg_bundle_format::{Digest, Manifest, Need, Payload, Selection};

use super::{Session, request};
use crate::bundle::{self, Depth};
use crate::cli::InstallArgs;
use crate::error::Error;
use crate::facts::{self, Facts};
use crate::plan::{self, Choices, GateChoice, Plan, Scope};

/// Runs the command.
pub(super) fn run(session: &Session<'_>, arguments: &InstallArgs) -> Result<(), Error> {
    let (payload, _) =
        bundle::open(&session.paths, &arguments.bundle.volumes, &arguments.bundle.claims())?;
    payload.require_complete()?;
    let top_ups = top_ups(session, arguments, Depth::Headers)?;
    let choices = choices(session, arguments, payload.manifest(), &top_ups)?;
    let ask = request::Ask { file: arguments.request.clone() };
    let (plan, _) = make(session, &payload, &choices, &BTreeSet::new(), &ask)?;
    session.print(&plan, &plan.to_string());
    Ok(())
}

/// The bundles that the operator named beside the first one.
pub(super) fn top_ups(
    session: &Session<'_>,
    arguments: &InstallArgs,
    depth: Depth,
) -> Result<Vec<Payload>, Error> {
    let said = arguments.bundle.said();
    bundle::top_ups(&session.paths, &arguments.top_up, said, depth, session.talk())
}

/// What the operator chose.
pub(super) fn choices(
    session: &Session<'_>,
    arguments: &InstallArgs,
    manifest: &Manifest,
    top_ups: &[Payload],
) -> Result<Choices, Error> {
    Ok(Choices {
        selection: selection(manifest, &arguments.without)?,
        gate: if arguments.skip_gate { GateChoice::Skip } else { GateChoice::Run },
        scope: if session.paths.is_system() { Scope::System } else { Scope::Folder },
        topped_up: bundle::carried(top_ups),
    })
}

/// Looks at the host and makes the plan. What was `proven` moments ago is not hashed again.
pub(super) fn make(
    session: &Session<'_>,
    payload: &Payload,
    choices: &Choices,
    proven: &BTreeSet<Digest>,
    ask: &request::Ask,
) -> Result<(Plan, Facts), Error> {
    let (manifest, release) = (payload.manifest(), payload.release().digest());
    let facts = facts::gather_again(session.host, &session.paths, manifest, proven)?;
    let plan = plan::plan(manifest, release, choices, &facts).map_err(|error| {
        ask.explain(session, error, payload, &plan::absent(manifest, choices, &facts))
    })?;
    Ok((plan, facts))
}

fn selection(manifest: &Manifest, without: &[String]) -> Result<Selection, Error> {
    for name in without {
        let known = manifest.components.iter().find(|component| component.name == *name);
        match known.map(|component| component.need) {
            Some(Need::Optional) => {}
            Some(Need::Required) => {
                return Err(Error::Usage(format!(
                    "component {name:?} is required and cannot be left out"
                )));
            }
            None => {
                let names: Vec<&str> =
                    manifest.components.iter().map(|component| component.name.as_str()).collect();
                return Err(Error::Usage(format!(
                    "no component {name:?} in this release; it has {}",
                    names.join(", ")
                )));
            }
        }
    }
    let optional: Vec<String> = manifest
        .components
        .iter()
        .filter(|component| component.need == Need::Optional && !without.contains(&component.name))
        .map(|component| component.name.clone())
        .collect();
    Selection::required_and(manifest, &optional)
        .map_err(|name| Error::Usage(format!("no component {name:?}")))
}
