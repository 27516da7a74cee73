//! Volumes whose signers are elsewhere: set aside under another name until the signatures come back.

use std::path::{Path, PathBuf};

use cg_bundle_format::{Envelope, Limits, attach_signatures};

use crate::error::Error;
use crate::keys::request::{Kind, Request, Response};

/// What stands behind the name of a volume that is not signed.
const ENDING: &str = ".unsigned";

/// Renames the volumes and writes the request beside them. Returns the new names and the request.
pub(crate) fn set_aside(
    volumes: &[PathBuf],
    envelope: &Envelope,
) -> Result<(Vec<PathBuf>, PathBuf), Error> {
    let mut aside = Vec::new();
    for path in volumes {
        let mut name = path.clone().into_os_string();
        name.push(ENDING);
        let name = PathBuf::from(name);
        std::fs::rename(path, &name).map_err(Error::io("cannot rename", path))?;
        aside.push(name);
    }
    let first = volumes.first().map(PathBuf::as_path).unwrap_or(Path::new("bundle.v"));
    let name = first.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = name.rsplit_once(".v").map_or(name.as_str(), |(stem, _)| stem);
    let request = first.with_file_name(format!("{stem}.sign-request.json"));
    let root = envelope.roots.roots.last().map(|signed| &signed.root[..]);
    Request::new(Kind::Release, &envelope.manifest, root).write(&request)?;
    Ok((aside, request))
}

/// Puts the signatures into all volumes of a folder that were set aside, and gives them their names.
pub(crate) fn complete(folder: &Path, response: &Response) -> Result<Vec<PathBuf>, Error> {
    let mut waiting = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io("cannot read", folder))? {
        let path = entry.map_err(Error::io("cannot read", folder))?.path();
        if path.to_string_lossy().ends_with(&format!(".cgb{ENDING}")) {
            waiting.push(path);
        }
    }
    waiting.sort();
    if waiting.is_empty() {
        return Err(Error::Usage(format!(
            "{} holds no volume that waits for a signature (*.cgb{ENDING})",
            folder.display()
        )));
    }
    // All of them first: a volume with its final name is a signed one.
    for path in &waiting {
        attach_signatures(path, response.digest, &response.signatures(), &Limits::default())?;
    }
    let mut volumes = Vec::new();
    for path in waiting {
        let name = path.to_string_lossy().trim_end_matches(ENDING).to_owned();
        std::fs::rename(&path, &name).map_err(Error::io("cannot rename", &path))?;
        volumes.push(PathBuf::from(name));
    }
    Ok(volumes)
}
