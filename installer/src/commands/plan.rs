//! `codegraph-install plan`, and the way from arguments to a plan that `install` shares.

use std::collections::BTreeSet;

use cg_bundle_format::{Digest, Manifest, Payload, VerifiedRelease};

use super::{Session, request};
use crate::accelerator::{self, Wish};
use crate::age;
use crate::bundle::{self, Depth};
use crate::certificates::{self, Brought};
use crate::cli::{InstallArgs, TlsArgs};
use crate::error::Error;
use crate::facts::{self, Facts};
use crate::plan::{self, Choices, GateChoice, Intent, Plan, Scope, Tls};

/// Runs the command.
pub(super) fn run(session: &Session<'_>, arguments: &InstallArgs) -> Result<(), Error> {
    let (payload, _) =
        bundle::open(&session.paths, &arguments.bundle.volumes, &arguments.bundle.claims())?;
    let top_ups = top_ups(session, arguments, Depth::Headers)?;
    // A host that has a release can only upgrade it.
    let intent = match facts::current(&session.paths) {
        Some(_) => Intent::Upgrade,
        None => Intent::Install,
    };
    let choices = choices(session, arguments, payload.manifest(), &top_ups, intent)?;
    let ask = request::Ask { file: arguments.request.clone() };
    let (plan, _) = make(session, payload.release(), &choices, &BTreeSet::new(), &ask)?;
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
    intent: Intent,
) -> Result<Choices, Error> {
    let gpu = facts::gpu(session.host, &session.paths);
    let wish = if arguments.without_gpu { Wish::None } else { Wish::ByHost };
    let (selection, chosen) = accelerator::select(manifest, &arguments.without, &gpu, wish)?;
    Ok(Choices {
        selection,
        chosen,
        profile: arguments.profile,
        tls: tls(session, &arguments.tls)?,
        gate: if arguments.skip_gate { GateChoice::Skip } else { GateChoice::Run },
        scope: if session.paths.is_system() { Scope::System } else { Scope::Folder },
        topped_up: bundle::carried(top_ups),
        intent,
    })
}

/// What the site brings for TLS, checked before anything is written.
fn tls(session: &Session<'_>, arguments: &TlsArgs) -> Result<Tls, Error> {
    let pair = arguments.tls_cert.clone().zip(arguments.tls_key.clone());
    let brought = pair.map(|(certificate, key)| Brought {
        certificate,
        key,
        authority: arguments.tls_ca.clone(),
    });
    if let Some(brought) = &brought {
        certificates::check_brought(session.host, brought)?;
    }
    certificates::check_names(&arguments.tls_name)?;
    Ok(Tls { brought, names: arguments.tls_name.clone() })
}

/// Looks at the host and makes the plan. What was `proven` moments ago is not hashed again.
pub(super) fn make(
    session: &Session<'_>,
    release: &VerifiedRelease,
    choices: &Choices,
    proven: &BTreeSet<Digest>,
    ask: &request::Ask,
) -> Result<(Plan, Facts), Error> {
    let (manifest, digest) = (release.manifest(), release.digest());
    age::check(&session.paths, manifest, session.host.now())?;
    let facts = facts::gather_again(session.host, &session.paths, manifest, proven)?;
    let plan = plan::plan(manifest, digest, choices, &facts).map_err(|error| {
        ask.explain(session, error, release, &plan::absent(manifest, choices, &facts))
    })?;
    Ok((plan, facts))
}
