//! `codegraph doctor`: what is missing or wrong on this host, in words.

use std::process::ExitCode;

use cg_store::Store;
use serde::Serialize;

use crate::context::Context;
use crate::settings::{Severity, review};
use crate::{exit, startup, worker};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Mark {
    Good,
    Note,
    Bad,
}

/// One check.
#[derive(Serialize)]
struct Check {
    name: String,
    mark: Mark,
    detail: String,
}

pub(crate) async fn run(context: &Context, _args: Args) -> anyhow::Result<ExitCode> {
    let mut checks = Vec::new();
    let mut say = |name: &str, mark, detail: String| {
        checks.push(Check { name: name.to_owned(), mark, detail });
    };
    processor(&mut say);
    for finding in review(&context.settings) {
        let mark = if finding.severity == Severity::Refused { Mark::Bad } else { Mark::Note };
        say("settings", mark, format!("{}: {}", finding.key, finding.message));
    }
    generation(context, &mut say);
    store(context, &mut say).await;
    match startup::launcher(context) {
        Err(error) => say("sandbox", Mark::Bad, format!("{error:#}")),
        Ok(launcher) => match worker::probe(&launcher, &[context.data.store()]).await {
            Err(error) => say("sandbox", Mark::Bad, error.to_string()),
            Ok(report) => {
                for check in report.checks {
                    let mark = if check.held { Mark::Good } else { Mark::Bad };
                    say(&format!("sandbox: {}", check.name), mark, check.detail);
                }
            }
        },
    }
    let bad = checks.iter().any(|check| check.mark == Mark::Bad);
    context.output.report(&serde_json::json!({ "good": !bad, "checks": checks }), |_| {
        let line = |check: &Check| {
            let mark = match check.mark {
                Mark::Good => "good",
                Mark::Note => "note",
                Mark::Bad => "BAD ",
            };
            format!("{mark}  {}: {}\n", check.name, check.detail)
        };
        checks.iter().map(line).collect()
    })?;
    Ok(ExitCode::from(if bad { exit::USER } else { 0 }))
}

type Say<'a> = &'a mut dyn FnMut(&str, Mark, String);

fn processor(say: Say<'_>) {
    #[cfg(target_arch = "x86_64")]
    {
        let has = std::arch::is_x86_feature_detected!("avx2");
        let (mark, detail) = match has {
            true => (Mark::Good, "has AVX2"),
            false => (Mark::Bad, "has no AVX2: the model server needs it"),
        };
        say("processor", mark, detail.to_owned());
    }
    #[cfg(not(target_arch = "x86_64"))]
    say("processor", Mark::Note, "is not x86-64: not tried".to_owned());
}

fn generation(context: &Context, say: Say<'_>) {
    let Some(generation) = &context.generation else {
        let detail = "none found: no models and no full-text search; install a bundle";
        return say("generation", Mark::Note, detail.to_owned());
    };
    say("generation", Mark::Good, generation.root().display().to_string());
    let parts = [("models", generation.models_lock()), ("extensions", generation.extensions())];
    for (name, found) in parts {
        match found {
            Some(path) => say(name, Mark::Good, path.display().to_string()),
            None => say(name, Mark::Note, "not part of this generation".to_owned()),
        }
    }
}

async fn store(context: &Context, say: Say<'_>) {
    let path = context.data.store();
    if !path.exists() {
        return say("store", Mark::Note, format!("{} is made at the first start", path.display()));
    }
    let state = match Store::open(&path).await {
        Ok(store) => store.migration_state().await,
        Err(error) => Err(error),
    };
    match state {
        Ok(state) if state.applied > state.known => {
            say("store", Mark::Bad, format!("schema {} is newer than this release", state.applied));
        }
        Ok(state) => {
            say("store", Mark::Good, format!("schema {} of {}", state.applied, state.known))
        }
        Err(error) => say("store", Mark::Bad, error.to_string()),
    }
}
