//! Single files, and all files below a folder.

use std::path::{Path, PathBuf};

use cg_bundle_format::{Digest, Mode, Origin, PlainPath, Role};

use crate::config::{Config, Files, Loaded};
use crate::error::Error;
use crate::extension;
use crate::hashes::Facts;
use crate::item::{Bytes, Expected, Item, Packing};
use crate::lock::Kind;
use crate::source::Finding;

/// Most files below one folder.
const MOST_FILES: usize = 50_000;
/// Most folders one in another.
const MOST_DEPTH: usize = 16;

/// The items of all `files` entries.
pub(crate) fn items(finding: &mut Finding<'_>) -> Result<Vec<Item>, Error> {
    let config = finding.context.config;
    let mut items = Vec::new();
    for entry in &config.value.files {
        let from = finding.path(&entry.from)?;
        let meta = std::fs::metadata(&from).map_err(Error::io("cannot read", &from))?;
        let kind = if entry.role == "extension" { Kind::Extension } else { Kind::File };
        let mut files = Vec::new();
        if meta.is_dir() {
            if entry.sha256.is_some() {
                return Err(config.problem(format!("{}: `sha256` is for single files", entry.from)));
            }
            walk(&from, "", 0, &mut files)?;
            if files.is_empty() {
                return Err(config.problem(format!("{}: the folder holds no file", from.display())));
            }
            files.sort();
            for (below, _) in &mut files {
                below.insert(0, '/');
            }
        } else if meta.is_file() {
            files.push((String::new(), from));
        } else {
            let from = from.display();
            return Err(config.problem(format!("{from} is neither a file nor a folder")));
        }
        let named: Vec<_> = files
            .iter()
            .map(|(below, file)| (format!("{}{below}", entry.from), file.clone()))
            .collect();
        let found = finding.look_all(kind, &named)?;
        for (((below, file), (name, _)), facts) in files.into_iter().zip(named).zip(found) {
            if kind == Kind::Extension {
                let seen = extension::check(config, entry, &file)?;
                finding.remark(kind, &name, seen);
            }
            items.push(item(config, entry, file, &format!("{}{below}", entry.to), facts)?);
        }
    }
    Ok(items)
}

/// Collects (path below the start, file). Links are refused: their targets are not what was named.
fn walk(
    folder: &Path,
    below: &str,
    depth: usize,
    found: &mut Vec<(String, PathBuf)>,
) -> Result<(), Error> {
    let refused = |problem: String| Err(Error::Config { file: folder.to_owned(), problem });
    if depth > MOST_DEPTH {
        return refused(format!("folders lie more than {MOST_DEPTH} deep"));
    }
    for entry in std::fs::read_dir(folder).map_err(Error::io("cannot read", folder))? {
        let entry = entry.map_err(Error::io("cannot read", folder))?;
        let path = entry.path();
        let Ok(name) = entry.file_name().into_string() else {
            return refused(format!("{}: the name is not UTF-8", path.display()));
        };
        let below = if below.is_empty() { name } else { format!("{below}/{name}") };
        let kind = entry.file_type().map_err(Error::io("cannot read", &path))?;
        if kind.is_dir() {
            walk(&path, &below, depth + 1, found)?;
        } else if kind.is_file() {
            found.push((below, path));
        } else {
            return refused(format!(
                "{} is neither a file nor a folder; name its target instead",
                path.display()
            ));
        }
        if found.len() > MOST_FILES {
            return refused(format!("more than {MOST_FILES} files"));
        }
    }
    Ok(())
}

fn item(
    config: &Loaded<Config>,
    entry: &Files,
    file: PathBuf,
    to: &str,
    found: Facts,
) -> Result<Item, Error> {
    let role = Role::from(entry.role.clone());
    if matches!(role, Role::Other(_) | Role::Image | Role::Artifact) {
        return Err(config.problem(format!("{}: role {:?} is not one of program, library, extension, model, config, unit, doc, sbom, licence, crate, file", entry.from, entry.role)));
    }
    let default =
        if matches!(role, Role::Program | Role::Library) { Mode::Executable } else { Mode::Plain };
    let place = PlainPath::new(to)
        .map_err(|problem| config.problem(format!("{}: {problem}", entry.from)))?;
    let pinned = entry.sha256.as_deref().map(str::parse::<Digest>).transpose()?;
    let origin = origin(&entry.from, pinned.is_some(), &entry.to, to);
    Ok(Item {
        bytes: Bytes::File(file),
        media_type: Item::own_media_type(&role),
        component: entry.component.clone(),
        origin,
        expected: Some(match pinned {
            Some(digest) => Expected { digest, size: None },
            None => Expected { digest: found.digest, size: Some(found.size) },
        }),
        packing: if matches!(role, Role::Model | Role::Crate) {
            Packing::AsIs
        } else {
            Packing::IfItShrinks
        },
        role,
        place: Some((place, entry.mode.unwrap_or(default))),
        version: entry.version.clone(),
        licence: entry.licence.clone(),
    })
}

/// The source as the configuration wrote it, not as it was expanded: the bundle must not depend on
/// where a machine keeps its files.
fn origin(from: &str, pinned: bool, folder: &str, to: &str) -> Origin {
    let below = to.strip_prefix(folder).unwrap_or_default();
    Origin {
        source: format!("{from}{below}"),
        checked: if pinned { "sha256" } else { "none" }.to_owned(),
    }
}
