//! A cargo `local-registry` from the source packages of the installed release.
//!
//! A generation holds `crates/NAME-VERSION.crate` and `crates/index.jsonl`, one line for each package as a
//! registry's index has it. Every package is hashed on the way and held against its line.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cg_bundle_format::Digest;
use serde::Deserialize;

use crate::error::{Context, Error};
use crate::files;
use crate::host::Host;

/// Largest index of all packages.
const MOST_INDEX: u64 = 64 << 20;
/// Largest package.
const MOST_PACKAGE: u64 = 256 << 20;
/// Longest name or version.
const MOST_NAME: usize = 64;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Packages.
    pub packages: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

/// The part of an index line that is looked at; the line itself goes on as it is.
#[derive(Deserialize)]
struct Line {
    name: String,
    vers: String,
    cksum: String,
}

/// Writes the registry and its `config.toml` into `folder`, which must be empty or absent.
pub fn export(host: &dyn Host, crates: &Path, folder: &Path) -> Result<Exported, Error> {
    let index = crates.join("index.jsonl");
    let bytes = files::read_bounded(&index, MOST_INDEX)?.ok_or_else(|| {
        Error::Usage(format!(
            "the installed release holds no source packages ({} is not there); install the component that carries them",
            index.display()
        ))
    })?;
    let damaged = |problem: String| Error::State { path: index.clone(), problem };
    let text = String::from_utf8(bytes).map_err(|_| damaged("it is not UTF-8".to_owned()))?;
    let folder = std::path::absolute(folder).at("cannot find", folder)?;
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::Usage(format!(
            "{} is not empty; choose another folder",
            folder.display()
        )));
    }
    files::make_dir(host, &folder, 0o755)?;
    let mut exported = Exported { packages: 0, bytes: 0 };
    let mut lists: BTreeMap<PathBuf, String> = BTreeMap::new();
    for text in text.lines() {
        let line: Line = serde_json::from_str(text).map_err(|e| damaged(e.to_string()))?;
        if !is_plain(&line.name) || !is_plain(&line.vers) {
            return Err(damaged(format!("{:?} {:?} is no package", line.name, line.vers)));
        }
        exported.bytes += package(host, crates, &folder, &line)?;
        exported.packages += 1;
        let list = lists.entry(place(&line.name)).or_default();
        list.push_str(text);
        list.push('\n');
    }
    for (below, list) in lists {
        let path = folder.join("index").join(below);
        files::make_dir(host, path.parent().unwrap_or(&folder), 0o755)?;
        files::replace(host, &path, list.as_bytes(), 0o644)?;
    }
    files::replace(host, &folder.join("config.toml"), config(&folder).as_bytes(), 0o644)?;
    Ok(exported)
}

/// Copies one package; returns its size.
fn package(host: &dyn Host, crates: &Path, folder: &Path, line: &Line) -> Result<u64, Error> {
    let file = format!("{}-{}.crate", line.name, line.vers);
    let from = crates.join(&file);
    let damaged = |problem: String| Error::State { path: from.clone(), problem };
    let bytes = files::read_bounded(&from, MOST_PACKAGE)?
        .ok_or_else(|| damaged("it is missing; install the release again".to_owned()))?;
    let found = Digest::of(&bytes).hex();
    if found != line.cksum {
        let wanted = &line.cksum;
        let problem = format!("its SHA-256 is {found}, not {wanted}; install the release again");
        return Err(damaged(problem));
    }
    files::replace(host, &folder.join(&file), &bytes, 0o644)?;
    Ok(bytes.len() as u64)
}

fn is_plain(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._+-".contains(&b);
    (1..=MOST_NAME).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('.')
}

/// Where an index keeps a package's list.
fn place(name: &str) -> PathBuf {
    let name = name.to_ascii_lowercase();
    match name.len() {
        1 | 2 => Path::new(&name.len().to_string()).join(&name),
        3 => Path::new("3").join(&name[..1]).join(&name),
        _ => Path::new(&name[..2]).join(&name[2..4]).join(&name),
    }
}

/// Tells cargo to take the packages of crates.io from the folder.
fn config(folder: &Path) -> String {
    let path = serde_json::Value::String(folder.display().to_string());
    format!(
        "# Use it with `cargo --config {0}/config.toml build --offline --locked`,\n\
         # or copy it to `.cargo/config.toml` beside the sources.\n\
         [source.crates-io]\n\
         replace-with = \"codegraph-bundle\"\n\n\
         [source.codegraph-bundle]\n\
         local-registry = {path}\n",
        folder.display()
    )
}
