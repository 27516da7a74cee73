//! Optional components that run from container images: their quadlets, or plain units where podman is too
//! old for quadlets, with the image's digest written in. Images come from this host's own registry endpoint.

mod image;
mod quadlet;
mod site;

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::files;
use crate::host::{Host, HostPaths};
use crate::units::{self, must, run, tool};

/// Components that may come as an image; each is named as its component in the bundle.
pub const COMPONENTS: [&str; 5] =
    ["postgresql", "openbao", "prometheus", "alertmanager", "grafana"];
/// Oldest podman whose generator turns quadlets into units.
const FIRST_WITH_QUADLETS: (u32, u32) = (4, 4);
/// Bytes of a quadlet.
const MAX_QUADLET: u64 = 64 << 10;
/// Tells podman that this host's registry, on loopback, speaks without TLS.
const REGISTRIES: &str = "\
# Written by codegraph-install: the read-only registry of this host's own store.
[[registry]]
location = \"127.0.0.1:5000\"
insecure = true
";

/// A component of a generation, ready to be written.
struct Component {
    name: &'static str,
    quadlet: String,
}

/// Writes the units of the generation's components. Users and folders of theirs are there already.
pub fn install(host: &dyn Host, paths: &HostPaths, generation: &Path) -> Result<(), Error> {
    let wanted = wanted(paths, generation)?;
    remove_others(host, paths, &wanted)?;
    if wanted.is_empty() {
        return files::remove(host, &registries(paths));
    }
    put(host, &registries(paths), REGISTRIES)?;
    let has_quadlets = podman_version(host)? >= FIRST_WITH_QUADLETS;
    for Component { name, quadlet } in &wanted {
        site::prepare(host, paths, generation, name)?;
        let (quadlet_path, unit_path) = (quadlet_path(paths, name), unit_path(paths, name));
        // One of them only: podman may be another one than at the last release.
        if has_quadlets {
            files::remove(host, &unit_path)?;
            put(host, &quadlet_path, quadlet)?;
        } else {
            files::remove(host, &quadlet_path)?;
            put(host, &unit_path, &quadlet::plain_unit(quadlet)?)?;
        }
    }
    Ok(())
}

/// Stops and removes what a former release brought and this one does not. Its data stay.
fn remove_others(host: &dyn Host, paths: &HostPaths, wanted: &[Component]) -> Result<(), Error> {
    for name in COMPONENTS {
        let is_wanted = wanted.iter().any(|one| one.name == name);
        for file in [quadlet_path(paths, name), unit_path(paths, name)] {
            if !is_wanted && file.exists() {
                let service = service(name);
                run(host, &tool("systemctl").with(["stop", &service]))?;
                run(host, &tool("systemctl").with(["disable", &service]))?;
                files::remove(host, &file)?;
            }
        }
    }
    Ok(())
}

fn put(host: &dyn Host, path: &Path, text: &str) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        files::make_dir(host, folder, 0o755)?;
    }
    files::replace(host, path, text.as_bytes(), 0o644)
}

/// The components of a generation with image and user written in.
fn wanted(paths: &HostPaths, generation: &Path) -> Result<Vec<Component>, Error> {
    let mut wanted = Vec::new();
    for name in COMPONENTS {
        let file = generation.join(format!("quadlets/{name}.container"));
        let Some(bytes) = files::read_bounded(&file, MAX_QUADLET)? else { continue };
        let image = image::of_component(generation, name)?;
        let user = format!("codegraph-{name}");
        let Some((uid, gid)) = units::user_numbers(paths, &user) else {
            let problem = format!("the user {user} that it runs as is not on this system");
            return Err(Error::State { path: file, problem });
        };
        let quadlet = String::from_utf8_lossy(&bytes)
            .replace("@IMAGE@", &image)
            .replace("@UID@", &uid.to_string())
            .replace("@GID@", &gid.to_string());
        wanted.push(Component { name, quadlet });
    }
    Ok(wanted)
}

/// `podman version 4.3.1` → (4, 3).
fn podman_version(host: &dyn Host) -> Result<(u32, u32), Error> {
    let outcome = must(host, &tool("podman").with(["--version"]))?;
    let number = outcome.stdout.split_whitespace().last().unwrap_or_default();
    let mut parts = number.split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
        _ => Err(Error::Program {
            line: "podman --version".to_owned(),
            end: format!("told no version but `{}`", outcome.stdout.trim()),
        }),
    }
}

/// Starts every component that is installed; each says itself when it is ready.
pub fn start(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    for service in installed(paths) {
        units::start_one(host, &service)?;
    }
    Ok(())
}

/// The services of the components that are installed.
pub fn installed(paths: &HostPaths) -> Vec<String> {
    let is_there =
        |name: &str| quadlet_path(paths, name).exists() || unit_path(paths, name).exists();
    services_where(is_there)
}

/// Those of them that the boot starts only if they are enabled: quadlets enable themselves.
pub fn to_enable(paths: &HostPaths) -> Vec<String> {
    services_where(|name| unit_path(paths, name).exists())
}

fn services_where(is_one: impl Fn(&str) -> bool) -> Vec<String> {
    COMPONENTS.into_iter().filter(|name| is_one(name)).map(service).collect()
}

/// The images of every generation's components, by the names under which podman pulls them.
pub fn images(paths: &HostPaths) -> Vec<String> {
    let generations = fs::read_dir(paths.generations()).into_iter().flatten();
    let mut images: Vec<String> = generations
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .flat_map(|generation| {
            let has = |name: &&str| generation.join(format!("quadlets/{name}.container")).exists();
            let of_one = |name| image::of_component(&generation, name).ok();
            COMPONENTS.into_iter().filter(has).filter_map(of_one).collect::<Vec<_>>()
        })
        .collect();
    images.sort();
    images.dedup();
    images
}

/// Takes the images of every generation's components out of podman's storage. The containers are gone.
pub fn remove_images(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    images(paths).iter().try_for_each(|image| remove_image(host, image))
}

/// Removes an image under all its names: the operator may have pulled it by its tag as well.
fn remove_image(host: &dyn Host, image: &str) -> Result<(), Error> {
    let inspect = ["image", "inspect", "--format", "{{.Id}}", image];
    let found = run(host, &tool("podman").with(inspect))?;
    if found.is_good() {
        let id = found.stdout.trim();
        run(host, &tool("podman").with(["image", "rm", "--force", id]))?;
    }
    Ok(())
}

/// Whether `file` is the quadlet or unit of a component, or what tells podman of the registry:
/// these are written anew for each release and are not among its files.
pub fn is_unit(paths: &HostPaths, file: &Path) -> bool {
    let is_of = |name: &str| file == quadlet_path(paths, name) || file == unit_path(paths, name);
    file == registries(paths) || COMPONENTS.into_iter().any(is_of)
}

/// Every file of a component that an installation may have written, there or not.
pub fn files_of_ours(paths: &HostPaths) -> Vec<PathBuf> {
    let of_one = |name: &str| {
        [
            quadlet_path(paths, name),
            unit_path(paths, name),
            paths.at(&format!("/etc/sysusers.d/codegraph-{name}.conf")),
            paths.at(&format!("/etc/tmpfiles.d/codegraph-{name}.conf")),
        ]
    };
    COMPONENTS.into_iter().flat_map(of_one).chain([registries(paths)]).collect()
}

/// The folders in which components keep their data.
pub fn data(paths: &HostPaths) -> Vec<PathBuf> {
    COMPONENTS.iter().map(|name| paths.at(&format!("/var/lib/codegraph-{name}"))).collect()
}

/// The folders of their sockets and of copies of secrets, gone after a reboot by themselves.
pub fn running(paths: &HostPaths) -> Vec<PathBuf> {
    COMPONENTS.iter().map(|name| paths.at(&format!("/run/codegraph-{name}"))).collect()
}

/// The users that components run as.
pub fn users() -> impl Iterator<Item = String> {
    COMPONENTS.iter().map(|name| format!("codegraph-{name}"))
}

fn service(name: &str) -> String {
    format!("codegraph-{name}.service")
}

fn unit_path(paths: &HostPaths, name: &str) -> PathBuf {
    paths.units().join(service(name))
}

fn quadlet_path(paths: &HostPaths, name: &str) -> PathBuf {
    paths.at(&format!("/etc/containers/systemd/codegraph-{name}.container"))
}

fn registries(paths: &HostPaths) -> PathBuf {
    paths.at("/etc/containers/registries.conf.d/codegraph.conf")
}
