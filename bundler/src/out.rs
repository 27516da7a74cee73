//! The folder that volumes are written to: nothing of the same release may be mixed, and there must be room.

use std::path::{Path, PathBuf};

use cg_bundle_format::{Manifest, VolumeName};

use crate::error::Error;

/// Refuses a folder that holds volumes of the same release, or removes them. An old part beside new ones
/// is a broken set.
pub(crate) fn clear_way(folder: &Path, manifest: &Manifest, replace: bool) -> Result<(), Error> {
    for path in in_the_way(folder, manifest)? {
        if !replace {
            return Err(Error::Usage(format!(
                "{} is in the way; use --replace or another --out",
                path.display()
            )));
        }
        std::fs::remove_file(&path).map_err(Error::io("cannot remove", &path))?;
    }
    Ok(())
}

fn in_the_way(folder: &Path, manifest: &Manifest) -> Result<Vec<PathBuf>, Error> {
    let own = VolumeName::of(manifest).file(1, 1);
    let stem = own.split(".v001").next().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io("cannot read", folder))? {
        let path = entry.map_err(Error::io("cannot read", folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let rest = name.strip_prefix(&stem).unwrap_or_default();
        let is_volume = [".cgb", ".cgb.partial", ".cgb.unsigned"].iter().any(|e| rest.ends_with(e));
        if rest.starts_with(".v") && is_volume {
            found.push(path);
        }
    }
    Ok(found)
}

/// Refuses a file system without `needed` free bytes.
pub(crate) fn check_room(folder: &Path, needed: u64) -> Result<(), Error> {
    let stat =
        rustix::fs::statvfs(folder).map_err(|e| Error::io("cannot look at", folder)(e.into()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    if free < needed {
        Err(Error::NoRoom { folder: folder.to_owned(), needed, free })
    } else {
        Ok(())
    }
}
