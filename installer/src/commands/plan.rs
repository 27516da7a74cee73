//! `codegraph-install plan`, and the way from arguments to a plan that `install` shares.

use cg_bundle_format::{Manifest, Need, Payload, Selection};

use super::Session;
use crate::bundle;
use crate::cli::InstallArgs;
use crate::error::Error;
use crate::facts::{self, Facts};
use crate::plan::{self, Choices, GateChoice, Plan, Scope};

/// Runs the command.
pub(super) fn run(session: &Session<'_>, arguments: &InstallArgs) -> Result<(), Error> {
    let (payload, _) =
        bundle::open(&session.paths, &arguments.bundle.volumes, arguments.bundle.said())?;
    payload.require_complete()?;
    let choices = choices(session, arguments, payload.manifest())?;
    let (plan, _) = make(session, &payload, &choices)?;
    session.print(&plan, &plan.to_string());
    Ok(())
}

/// What the operator chose.
pub(super) fn choices(
    session: &Session<'_>,
    arguments: &InstallArgs,
    manifest: &Manifest,
) -> Result<Choices, Error> {
    Ok(Choices {
        selection: selection(manifest, &arguments.without)?,
        gate: if arguments.skip_gate { GateChoice::Skip } else { GateChoice::Run },
        scope: if session.paths.is_system() { Scope::System } else { Scope::Folder },
    })
}

/// Looks at the host and makes the plan.
pub(super) fn make(
    session: &Session<'_>,
    payload: &Payload,
    choices: &Choices,
) -> Result<(Plan, Facts), Error> {
    let facts = facts::gather(session.host, &session.paths, payload.manifest())?;
    let plan = plan::plan(payload.manifest(), payload.release().digest(), choices, &facts)?;
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
