//! `codegraph-install repair`.

use cg_bundle_format::{BundleReader, Payload};
use serde::Serialize;

use super::Session;
use crate::cli::RepairArgs;
use crate::error::{Error, explain_full_disk};
use crate::repair::{self, Damage};
use crate::settle::When;
use crate::trust_state::{self, Said};
use crate::{age, facts, lock, settle, units};

#[derive(Serialize)]
struct Report {
    whole: bool,
    repaired: bool,
    #[serde(flatten)]
    damage: Damage,
}

/// Runs the command.
pub(super) fn run(session: &Session<'_>, arguments: &RepairArgs) -> Result<(), Error> {
    let (host, paths, talk) = (session.host, &session.paths, session.talk());
    if facts::current(paths).is_none() {
        return Err(Error::Usage(
            "nothing is installed here; use `codegraph-install install`".to_owned(),
        ));
    }
    let media = media(session, arguments)?;
    let _lock = lock::take(host, paths, &|text| session.talk().say(text))?;
    settle::settle(host, paths, When::Now, talk)?;
    if let Some(generation) = facts::current(paths).map(|number| paths.generation(number))
        && paths.is_system()
        && !units::is_gpu_right(paths, &generation)
    {
        units::mend_gpu(host, paths, &generation)?;
        talk.say("the drop-in for the devices of the GPU is in order again: systemctl restart codegraph-llm");
    }
    talk.say("hashing what is installed");
    let damage = repair::look(paths, &media)?;
    if damage.is_none() {
        repair::sweep(host, paths)?;
        let text =
            format!("whole: {} blobs, {} generations\n", damage.blobs, damage.generations.len());
        session.print(&Report { whole: true, repaired: false, damage }, &text);
        return Ok(());
    }
    if media.is_empty() && !damage.damaged.is_empty() {
        let text = text("damaged", &damage);
        session.print(&Report { whole: false, repaired: false, damage }, &text);
        return Err(Error::Usage(
            "what is damaged is taken again from the media: give the volumes of the installed release"
                .to_owned(),
        ));
    }
    let size =
        |digest| media.iter().find_map(|payload| payload.blob(digest)).map_or(0, |blob| blob.size);
    let bytes = damage.damaged.iter().map(size).sum();
    let bar = talk.bar("repairing", 0);
    repair::repair(host, paths, &media, &damage, &|step| bar.inc(step))
        .map_err(|error| explain_full_disk(host, error, bytes))?;
    bar.finish_and_clear();
    let after = repair::look(paths, &media)?;
    if !after.is_none() {
        return Err(Error::State {
            path: paths.product(),
            problem: "it is still damaged after the repair; check the disk".to_owned(),
        });
    }
    let mut text = text("repaired", &damage);
    if paths.is_system() && !damage.damaged.is_empty() {
        text.push_str("restart the services so that they use the repaired files: systemctl restart codegraph-llm codegraph\n");
    }
    session.print(&Report { whole: true, repaired: true, damage }, &text);
    Ok(())
}

/// The media that were given, as one bundle: genuine by the root that this host trusts.
fn media(session: &Session<'_>, arguments: &RepairArgs) -> Result<Vec<Payload>, Error> {
    if arguments.volumes.is_empty() {
        return Ok(Vec::new());
    }
    let bundle = BundleReader::open(&arguments.volumes)?;
    let anchor = trust_state::anchor(&session.paths, Said::Nothing)?;
    // Not all volumes are needed, only those with what is damaged; each chunk is checked as it is read.
    let payload = bundle.verify_signature(&anchor.anchor)?.scan()?;
    let release = payload.release().digest();
    let is_of = |number: &u64| facts::release_of(&session.paths, *number) == Some(release);
    // What is here may be mended whatever its age; anything else is taken by the rule of the site.
    if !facts::generations(&session.paths)?.iter().any(is_of) {
        age::check(&session.paths, payload.manifest(), session.host.now())?;
    }
    Ok(vec![payload])
}

fn text(did: &str, damage: &Damage) -> String {
    let mut text = String::new();
    for digest in &damage.damaged {
        text.push_str(&format!("{did:<12}{digest}\n"));
    }
    for file in &damage.files {
        text.push_str(&format!("{did:<12}{}\n", file.display()));
    }
    text
}
