//! Opens the devices of NVIDIA, and no other ones, to the model server where its build for them is installed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::accelerator;
use crate::error::{Context, Error};
use crate::files;
use crate::generation;
use crate::host::{Host, HostPaths};

/// The drop-in: it belongs to the installer, which alone knows which build it has chosen.
const DROP_IN: &str = include_str!("../../../systemd/codegraph-llm.gpu.conf");

/// Where it lies.
pub fn drop_in(paths: &HostPaths) -> PathBuf {
    paths.units().join("codegraph-llm.service.d/gpu.conf")
}

/// Where the driver keeps what it has compiled.
pub fn cache(paths: &HostPaths) -> PathBuf {
    paths.at("/var/cache/codegraph-llm")
}

/// Lays it down where the generation has the build for NVIDIA processors, takes it away where it has not.
pub(super) fn install(host: &dyn Host, paths: &HostPaths, generation: &Path) -> Result<(), Error> {
    if generation::accelerator(paths, generation).as_deref() != Some(accelerator::CUDA) {
        return remove(host, paths);
    }
    let place = drop_in(paths);
    if let Some(folder) = place.parent() {
        files::make_dir(host, folder, 0o755)?;
    }
    files::replace(host, &place, DROP_IN.as_bytes(), 0o644)
}

/// Whether it lies where the generation needs it, as it must be, and only there.
pub fn is_right(paths: &HostPaths, generation: &Path) -> bool {
    let there = fs::read(drop_in(paths)).ok();
    let is_needed =
        generation::accelerator(paths, generation).as_deref() == Some(accelerator::CUDA);
    there.as_deref() == is_needed.then_some(DROP_IN.as_bytes())
}

/// Takes it away; what the site has laid beside it stays.
pub(super) fn remove(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    let place = drop_in(paths);
    files::remove(host, &files::partial_of(&place))?;
    files::remove(host, &place)?;
    let Some(folder) = place.parent() else { return Ok(()) };
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none()) {
        host.remove_dir(folder).at("cannot remove folder", folder)?;
    }
    Ok(())
}
