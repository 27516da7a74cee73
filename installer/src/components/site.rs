//! What a component finds of its own on a host: its configuration, written once, and its secret.

use std::fs;
use std::path::Path;

use crate::error::{Context, Error};
use crate::files;
use crate::host::{Host, HostPaths};
use crate::secrets;

/// Bytes of a configuration file of a component.
const MAX_CONFIG: u64 = 1 << 20;
/// Folders below a component's configuration, at most.
const MAX_DEPTH: u32 = 8;
/// Components that need a password which the installer makes, and its name among the credentials.
const PASSWORDS: [(&str, &str); 1] = [("grafana", "grafana.password")];

/// Writes what is not there yet; what is there is the site's and stays.
pub(super) fn prepare(
    host: &dyn Host,
    paths: &HostPaths,
    generation: &Path,
    component: &str,
) -> Result<(), Error> {
    for (_, name) in PASSWORDS.iter().filter(|(of, _)| *of == component) {
        secrets::ensure(host, paths, name)?;
    }
    let packaged = generation.join("config").join(component);
    if packaged.is_dir() {
        copy_missing(host, &packaged, &paths.etc().join(component), MAX_DEPTH)?;
    }
    Ok(())
}

fn copy_missing(host: &dyn Host, from: &Path, to: &Path, depth: u32) -> Result<(), Error> {
    if depth == 0 {
        let problem = "its folders lie too deep within each other".to_owned();
        return Err(Error::State { path: from.to_owned(), problem });
    }
    files::make_dir(host, to, 0o755)?;
    let mut entries = fs::read_dir(from)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .at("cannot list", from)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        // Files of a generation are links into the store: what they lead to counts.
        if source.is_dir() {
            copy_missing(host, &source, &target, depth - 1)?;
        } else if fs::symlink_metadata(&target).is_err() {
            let bytes = files::read_bounded(&source, MAX_CONFIG)?.unwrap_or_default();
            files::replace(host, &target, &bytes, 0o644)?;
        }
    }
    Ok(())
}
