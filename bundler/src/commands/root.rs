//! `root create`, `root rotate`, `root show`, `root discard`.

use std::path::Path;

use cg_bundle_format::{CounterFloor, Digest, KeyId, Purpose, RoleKeys, Root, RootKey, SigningKey};
use serde::Serialize;

use crate::cli::{RootCommand, RootCreate, RootFolder, RootRotate, SignNow};
use crate::commands::keygen::now;
use crate::commands::{Form, report};
use crate::error::Error;
use crate::keys::pending::{self, Pending, State};
use crate::keys::{file, ring};

#[derive(Serialize)]
struct Report {
    /// Version of the newest root in the chain; 0 where there is none.
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    root_fingerprint: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    root: Option<Root>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<Waiting>,
}

#[derive(Serialize)]
struct Waiting {
    version: u64,
    fingerprint: Digest,
    request: String,
    missing: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(command: &RootCommand, form: Form) -> Result<(), Error> {
    match command {
        RootCommand::Create(args) => create(args, form),
        RootCommand::Rotate(args) => rotate(args, form),
        RootCommand::Show(args) => show(&args.folder, form),
        RootCommand::Discard(RootFolder { folder }) => {
            pending::discard(folder)?;
            show(folder, form)
        }
    }
}

fn create(args: &RootCreate, form: Form) -> Result<(), Error> {
    if !ring::read_chain(&args.folder)?.roots.is_empty() {
        return Err(Error::Usage(format!(
            "{} holds a root chain; use `root rotate` for its next version",
            args.folder.display()
        )));
    }
    let (mut keys, mut root_ids, mut release_ids) = (Vec::new(), Vec::new(), Vec::new());
    for path in &args.root_key {
        add(&mut keys, &mut root_ids, path)?;
    }
    for path in &args.release_key {
        add(&mut keys, &mut release_ids, path)?;
    }
    let root = Root {
        format: cg_bundle_format::FORMAT_VERSION,
        critical: Vec::new(),
        product: args.product.clone(),
        version: 1,
        previous: None,
        issued: args.issued.clone().map_or_else(now, Ok)?,
        purpose: Purpose::Production,
        keys,
        root: RoleKeys { threshold: args.root_threshold, keys: root_ids },
        release: RoleKeys { threshold: args.release_threshold, keys: release_ids },
        counter_floors: Vec::new(),
    };
    advise(&root);
    put_up(&args.folder, root, &args.sign, form)
}

fn rotate(args: &RootRotate, form: Form) -> Result<(), Error> {
    let chain = ring::read_chain(&args.folder)?;
    let old = ring::newest(&args.folder, &chain)?;
    let previous = chain.fingerprint();
    let mut root = Root {
        version: old.version + 1,
        previous,
        issued: args.issued.clone().map_or_else(now, Ok)?,
        counter_floors: args
            .counter_floor
            .iter()
            .map(|text| floor(text))
            .collect::<Result<_, _>>()?,
        ..old
    };
    for key in &args.remove_root_key {
        remove(&mut root.root.keys, key, "root")?;
    }
    for key in &args.remove_release_key {
        remove(&mut root.release.keys, key, "release")?;
    }
    for path in &args.add_root_key {
        add(&mut root.keys, &mut root.root.keys, path)?;
    }
    for path in &args.add_release_key {
        add(&mut root.keys, &mut root.release.keys, path)?;
    }
    root.root.threshold = args.root_threshold.unwrap_or(root.root.threshold);
    root.release.threshold = args.release_threshold.unwrap_or(root.release.threshold);
    let (of_root, of_release) = (root.root.keys.clone(), root.release.keys.clone());
    root.keys.retain(|key| of_root.contains(&key.key_id) || of_release.contains(&key.key_id));
    advise(&root);
    put_up(&args.folder, root, &args.sign, form)
}

/// Says what is allowed and still unwise.
fn advise(root: &Root) {
    if root.purpose == Purpose::Production && root.root.threshold < 2 {
        eprintln!(
            "warning: one stolen root key is enough to replace this root; 2 of 3 root keys are usual"
        );
    }
    if root.root.keys.len() as u64 == root.root.threshold && root.root.threshold > 1 {
        eprintln!("warning: one lost root key ends this chain; have more root keys than must sign");
    }
    if root.root.keys.iter().any(|id| root.release.keys.contains(id)) {
        eprintln!("warning: a key signs both roots and releases; keep the roles apart");
    }
}

fn put_up(folder: &Path, root: Root, sign: &SignNow, form: Form) -> Result<(), Error> {
    let keys: Vec<SigningKey> = sign
        .sign_with
        .iter()
        .enumerate()
        .map(|(number, path)| file::read(path, &sign.passphrases, number))
        .collect::<Result<_, _>>()?;
    let mut pending = Pending::create(folder, root)?;
    if !keys.is_empty() && pending.sign(&keys)? == State::Complete {
        eprintln!("the root is signed by all who must and is part of the chain now");
    }
    show(folder, form)
}

fn add(keys: &mut Vec<RootKey>, role: &mut Vec<KeyId>, path: &Path) -> Result<(), Error> {
    let key = ring::root_key(&file::read_public(path)?);
    if role.contains(&key.key_id) {
        return Err(Error::Usage(format!("{} is listed already in this role", path.display())));
    }
    role.push(key.key_id);
    if !keys.iter().any(|known| known.key_id == key.key_id) {
        keys.push(key);
    }
    Ok(())
}

fn remove(role: &mut Vec<KeyId>, key: &str, word: &str) -> Result<(), Error> {
    let id = if Path::new(key).exists() {
        file::read_public(Path::new(key))?.id()
    } else {
        key.parse::<KeyId>()?
    };
    let before = role.len();
    role.retain(|known| *known != id);
    if role.len() == before {
        return Err(Error::Usage(format!("{id} is no {word} key of the root")));
    }
    Ok(())
}

fn floor(text: &str) -> Result<CounterFloor, Error> {
    let (line, counter) = line_and_counter("--counter-floor", text)?;
    Ok(CounterFloor { line, counter })
}

/// Reads `1.9=40`.
pub(crate) fn line_and_counter(option: &str, text: &str) -> Result<(String, u64), Error> {
    text.split_once('=')
        .filter(|(line, _)| !line.is_empty())
        .and_then(|(line, counter)| Some((line.to_owned(), counter.parse().ok()?)))
        .ok_or_else(|| Error::Usage(format!("{option} {text:?}: give LINE=COUNTER, as 1.9=40")))
}

/// Prints where the chain and the waiting root stand.
pub(crate) fn show(folder: &Path, form: Form) -> Result<(), Error> {
    let chain = ring::read_chain(folder)?;
    let root = chain.roots.last().map(|_| ring::newest(folder, &chain)).transpose()?;
    let waiting = if pending::is_there(folder) {
        let pending = Pending::read(folder)?;
        Some(Waiting {
            version: pending.root.version,
            fingerprint: pending.digest(),
            request: pending.request_file().display().to_string(),
            missing: pending.missing(),
        })
    } else {
        None
    };
    let value = Report {
        version: root.as_ref().map_or(0, |root| root.version),
        root_fingerprint: chain.fingerprint(),
        root,
        pending: waiting,
    };
    report(form, &value, &text(&value))
}

fn text(value: &Report) -> String {
    let mut out = String::new();
    match (&value.root, &value.root_fingerprint) {
        (Some(root), Some(fingerprint)) => {
            out.push_str(&format!(
                "root version {}, fingerprint {}\n",
                root.version,
                fingerprint.hex()
            ));
            for (word, role) in [("root", &root.root), ("release", &root.release)] {
                out.push_str(&format!("{word} keys, {} must sign:\n", role.threshold));
                role.keys.iter().for_each(|id| out.push_str(&format!("  {id}\n")));
            }
        }
        _ => out.push_str("no root is complete yet\n"),
    }
    if let Some(waiting) = &value.pending {
        out.push_str(&format!(
            "version {} waits for signatures (fingerprint {}); request: {}\n",
            waiting.version,
            waiting.fingerprint.hex(),
            waiting.request
        ));
        waiting.missing.iter().for_each(|line| out.push_str(&format!("  {line}\n")));
    }
    out
}
