//! What of an installation is on a host: files, units, users, what listens, what podman holds. Taken before and after a
//! removal, it is the proof of the removal.

mod files;
mod running;

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use serde::{Serialize, Serializer};

use crate::components;
use crate::host::{Host, HostPaths};
use crate::uninstall::Extent;
use crate::units;

/// Something of ours on a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thing {
    /// What it is.
    pub kind: Kind,
    /// Its path or name.
    pub name: String,
}

/// What something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A file, a folder with what is in it, or a link.
    File,
    /// A unit that systemd has loaded.
    Unit,
    /// A timer that systemd has loaded.
    Timer,
    /// A user.
    User,
    /// A group.
    Group,
    /// A TCP port on which a process of ours listens.
    Port,
    /// A container of podman.
    Container,
    /// An image in podman's storage.
    Image,
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.kind {
            Kind::File => return f.write_str(&self.name),
            Kind::Unit => "unit",
            Kind::Timer => "timer",
            Kind::User => "user",
            Kind::Group => "group",
            Kind::Port => "port",
            Kind::Container => "container",
            Kind::Image => "image",
        };
        write!(f, "{word} {}", self.name)
    }
}

impl Serialize for Thing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Everything of ours that is there. `images` are those of components, by the names under which podman pulled them.
pub fn look(host: &dyn Host, paths: &HostPaths, images: &[String]) -> BTreeSet<Thing> {
    let mut found: BTreeSet<Thing> = files::there(paths)
        .into_iter()
        .map(|path| Thing { kind: Kind::File, name: path.display().to_string() })
        .collect();
    if paths.is_system() {
        for user in units::users() {
            if units::user_numbers(paths, &user).is_some() {
                found.insert(Thing { kind: Kind::User, name: user.clone() });
            }
            if units::has_group(paths, &user) {
                found.insert(Thing { kind: Kind::Group, name: user });
            }
        }
        found.extend(running::units(host));
        found.extend(running::ports(paths));
        found.extend(running::podman(host, images));
    }
    found
}

/// Whether a removal of this extent leaves something where it is.
pub fn stays(paths: &HostPaths, extent: Extent, thing: &Thing) -> bool {
    match (thing.kind, extent) {
        (Kind::File, _) => file_stays(paths, extent, Path::new(&thing.name)),
        (Kind::User | Kind::Group, Extent::Product) => true,
        _ => false,
    }
}

fn file_stays(paths: &HostPaths, extent: Extent, file: &Path) -> bool {
    match extent {
        Extent::EverythingAndTrust => false,
        Extent::Everything => file == paths.trust() || file == paths.state(),
        Extent::Product => {
            let ends = [
                paths.recovery_program(),
                paths.switch(),
                paths.closed_mark(),
                units::gpu_drop_in(paths),
            ];
            let kept = [paths.data(), paths.etc(), paths.state(), units::gpu_cache(paths)];
            let of_site = units::drop_ins(paths).into_iter().chain(components::data(paths));
            !ends.contains(&file.to_path_buf())
                && kept.into_iter().chain(of_site).any(|place| file.starts_with(place))
        }
    }
}

/// Every file that an installation may have written, there or not.
pub fn places(paths: &HostPaths) -> Vec<std::path::PathBuf> {
    files::known(paths)
}
