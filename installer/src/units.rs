//! The services of the running system: their unit files, users and folders, starting and stopping.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::components;
use crate::error::{Context, Error};
use crate::files;
use crate::host::{Host, HostPaths, Outcome, Program};

/// The services, in the order in which they start.
pub const SERVICES: [&str; 3] = [REGISTRY, "codegraph-llm.service", "codegraph.service"];
/// Gives podman the images of the components, so it starts before them.
const REGISTRY: &str = "codegraph-registry.service";
/// All of the product on this host.
const TARGET: &str = "codegraph.target";
/// What the boot starts, and what starts each: the target everything, the services the target.
const ENABLED: [(&str, &str); 4] = [
    ("multi-user.target", TARGET),
    (TARGET, REGISTRY),
    (TARGET, "codegraph-llm.service"),
    (TARGET, "codegraph.service"),
];
/// Timers that look after the installation, and the services that they start.
pub const TIMERS: [(&str, &str); 1] =
    [("codegraph-certificates.timer", "codegraph-certificates.service")];
/// The users that the services run as.
pub const USERS: [&str; 2] = ["codegraph", "codegraph-llm"];
/// Settles at boot, before the services, what a power loss cut off.
pub const RECOVERY: &str = "codegraph-recover.service";
/// That unit: it belongs to the installer, not to a release.
const RECOVERY_UNIT: &str = include_str!("../../systemd/codegraph-recover.service");
/// Longest wait for a service to be ready or stopped; the model server may take ten minutes.
const SERVICE_LIMIT: Duration = Duration::from_secs(660);
/// Longest wait for a small tool.
const TOOL_LIMIT: Duration = Duration::from_secs(60);
/// Bytes of a unit file.
const MAX_UNIT_BYTES: u64 = 64 << 10;

/// Where a file of a generation's `units` folder belongs on the system; none for a file of another kind.
pub fn place(paths: &HostPaths, name: &str) -> Option<PathBuf> {
    let name = name.strip_suffix(".conf").unwrap_or(name);
    let (stem, kind) = name.rsplit_once('.')?;
    match kind {
        "service" | "timer" | "socket" | "target" | "path" => Some(paths.units().join(name)),
        "sysusers" => Some(paths.at("/etc/sysusers.d").join(format!("{stem}.conf"))),
        "tmpfiles" => Some(paths.at("/etc/tmpfiles.d").join(format!("{stem}.conf"))),
        _ => None,
    }
}

/// Writes the unit files of a generation, makes the users and folders.
pub fn install(host: &dyn Host, paths: &HostPaths, generation: &Path) -> Result<(), Error> {
    let written = write_files(host, paths, generation)?;
    let of = |folder: &str| {
        let folder = paths.at(folder);
        written.iter().filter(move |file| file.parent() == Some(folder.as_path()))
    };
    for file in of("/etc/sysusers.d") {
        must(host, &tool("systemd-sysusers").with([file.as_os_str()]))?;
    }
    for file in of("/etc/tmpfiles.d") {
        let program = tool("systemd-tmpfiles").with(["--create".as_ref(), file.as_os_str()]);
        must(host, &program)?;
    }
    // Last: they run as users that were made just now.
    components::install(host, paths, generation)?;
    reload(host)?;
    start_timers(host, paths)
}

/// Brings back the unit files of a generation that was in use: its users and folders are there.
pub fn reinstall(host: &dyn Host, paths: &HostPaths, generation: &Path) -> Result<(), Error> {
    write_files(host, paths, generation)?;
    components::install(host, paths, generation)?;
    reload(host)?;
    // They are enabled, except for one that the other release does not have.
    let _ = enable(host, paths);
    Ok(())
}

/// Writes the unit files of a generation and removes those of another one; returns what was written.
fn write_files(
    host: &dyn Host,
    paths: &HostPaths,
    generation: &Path,
) -> Result<Vec<PathBuf>, Error> {
    let folder = generation.join("units");
    let mut written = Vec::new();
    for entry in fs::read_dir(&folder).at("cannot list", &folder)? {
        let entry = entry.at("cannot list", &folder)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(target) = place(paths, &name) else { continue };
        let bytes = files::read_bounded(&entry.path(), MAX_UNIT_BYTES)?.unwrap_or_default();
        if let Some(parent) = target.parent() {
            files::make_dir(host, parent, 0o755)?;
        }
        files::replace(host, &target, &bytes, 0o644)?;
        written.push(target);
    }
    written.sort();
    // What the former release brought and this one does not.
    let in_folder = |file: &PathBuf, folder: PathBuf| file.parent() == Some(folder.as_path());
    for file in files_of_ours(paths) {
        let is_unit = in_folder(&file, paths.units());
        let is_kept = file.ends_with(RECOVERY) || written.contains(&file);
        let is_link = !is_unit && file.starts_with(paths.units());
        if !is_kept && !is_link && !components::is_unit(paths, &file) && file.exists() {
            if let Some(name) = file.file_name().filter(|_| is_unit) {
                run(host, &tool("systemctl").with(["disable".as_ref(), name]))?;
            }
            files::remove(host, &file)?;
        }
    }
    Ok(written)
}

/// Timers do not wait for the health gate: what they start looks after the host, whichever release is in use.
fn start_timers(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    for (timer, _) in TIMERS {
        if paths.units().join(timer).exists() {
            must(host, &tool("systemctl").with(["enable", "--now", timer]))?;
        }
    }
    Ok(())
}

fn stop_timers(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    for (timer, service) in TIMERS {
        if paths.units().join(timer).exists() {
            run(host, &tool("systemctl").with(["disable", "--now", timer]))?;
            run(host, &tool("systemctl").with(["stop", service]))?;
        }
    }
    Ok(())
}

/// Starts all services and waits until each says that it is ready.
pub fn start(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    for service in present(paths) {
        start_one(host, service)?;
        if service == REGISTRY {
            components::start(host, paths)?;
        }
    }
    Ok(())
}

/// Starts one service anew.
pub fn start_one(host: &dyn Host, service: &str) -> Result<(), Error> {
    // After earlier failures systemd would refuse to try again.
    run(host, &tool("systemctl").with(["reset-failed", service]))?;
    let mut program = tool("systemctl").with(["restart", service]);
    program.limit = SERVICE_LIMIT;
    must(host, &program).map(|_| ())
}

/// Lets services that run read their files anew; the others stay as they are.
pub fn restart_if_active(
    host: &dyn Host,
    paths: &HostPaths,
    services: &[&str],
) -> Result<(), Error> {
    for service in services {
        if paths.units().join(service).exists() {
            let mut program = tool("systemctl").with(["try-restart", *service]);
            program.limit = SERVICE_LIMIT;
            must(host, &program)?;
        }
    }
    Ok(())
}

/// Makes the services start at each boot. Only after the gate: what was never proven must not start by itself.
pub fn enable(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    let is_there = |unit: &&str| paths.units().join(unit).exists();
    let names: Vec<&str> = ENABLED.iter().map(|(_, unit)| *unit).filter(is_there).collect();
    let has_target = names.contains(&TARGET);
    let program = tool("systemctl").with(["enable"]).with(names);
    must(host, &program.with(components::to_enable(paths)))?;
    if has_target {
        // All of it runs; from now on the target stands for it.
        must(host, &tool("systemctl").with(["start", TARGET]))?;
    }
    Ok(())
}

/// The services that the release in use brought: a former one may lack one of them.
fn present(paths: &HostPaths) -> impl DoubleEndedIterator<Item = &'static str> {
    SERVICES.into_iter().filter(|service| paths.units().join(service).exists())
}

/// Stops the services and waits until they have ended what they were doing.
pub fn pause(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    for service in present(paths).rev() {
        must(host, &stop_of(service))?;
    }
    Ok(())
}

/// Stops the services; those that are not there are no error. Unless they `stay`, they are taken out of the boot.
pub fn stop(host: &dyn Host, paths: &HostPaths, stay: bool) -> Result<(), Error> {
    let ours = SERVICES.iter().rev().map(|name| (*name).to_owned());
    // The registry is the last of ours; what it served goes before it.
    for service in components::installed(paths).into_iter().chain(ours) {
        run(host, &stop_of(&service))?;
        if !stay {
            run(host, &tool("systemctl").with(["disable", &service]))?;
        }
    }
    if !stay {
        run(host, &tool("systemctl").with(["disable", TARGET]))?;
        // Nothing runs any more; without this systemd would still call the target active.
        run(host, &tool("systemctl").with(["stop", TARGET]))?;
    }
    Ok(())
}

fn stop_of(service: &str) -> Program {
    let mut program = tool("systemctl").with(["stop", service]);
    program.limit = SERVICE_LIMIT;
    program
}

/// Lays down a copy of the installer that runs, and the unit that runs it at boot while a switch is under way.
pub fn install_recovery(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    let program = paths.recovery_program();
    if let Some(folder) = program.parent() {
        files::make_dir(host, folder, 0o700)?;
    }
    let installer = host.installer().at("cannot find the installer's own file", &program)?;
    files::copy(host, &installer, &program, 0o700)?;
    files::make_dir(host, &paths.units(), 0o755)?;
    files::replace(host, &paths.units().join(RECOVERY), RECOVERY_UNIT.as_bytes(), 0o644)?;
    reload(host)?;
    must(host, &tool("systemctl").with(["enable", RECOVERY])).map(|_| ())
}

/// Whether each service is active, by `systemctl is-active`.
pub fn states(host: &dyn Host) -> Result<Vec<(String, String)>, Error> {
    SERVICES
        .iter()
        .map(|service| {
            let outcome = run(host, &tool("systemctl").with(["is-active", *service]))?;
            Ok(((*service).to_owned(), outcome.stdout.trim().to_owned()))
        })
        .collect()
}

/// Removes the unit files that an installation writes.
pub fn remove(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    stop_timers(host, paths)?;
    if paths.units().join(RECOVERY).exists() {
        run(host, &tool("systemctl").with(["disable", RECOVERY]))?;
    }
    if !components::installed(paths).is_empty() {
        components::remove_images(host, paths)?;
    }
    for file in files_of_ours(paths).into_iter().chain(components::running(paths)) {
        files::remove(host, &file)?;
    }
    reload(host)?;
    for service in SERVICES {
        run(host, &tool("systemctl").with(["reset-failed", service]))?;
    }
    Ok(())
}

/// Removes the users. systemd makes users but never removes them.
pub fn remove_users(host: &dyn Host, paths: &HostPaths) -> Result<(), Error> {
    for user in users() {
        if user_numbers(paths, &user).is_some() {
            must(host, &tool("userdel").with([&user]))?;
        }
        // `userdel` takes the group of the same name along where the system is set up so.
        if has_group(paths, &user) {
            must(host, &tool("groupdel").with([&user]))?;
        }
    }
    Ok(())
}

/// Every user that an installation may have made.
pub fn users() -> impl Iterator<Item = String> {
    USERS.iter().map(|name| (*name).to_owned()).chain(components::users())
}

/// Every unit, sysusers and tmpfiles file that an installation may have written, there or not.
pub fn files_of_ours(paths: &HostPaths) -> Vec<PathBuf> {
    let units = ENABLED.iter().map(|(_, unit)| paths.units().join(unit));
    let mut all: Vec<PathBuf> = units.collect();
    all.extend(
        TIMERS
            .iter()
            .flat_map(|(timer, service)| [*timer, *service])
            .map(|name| paths.units().join(name)),
    );
    all.extend(
        TIMERS.iter().map(|(timer, _)| paths.units().join("timers.target.wants").join(timer)),
    );
    all.push(paths.units().join(RECOVERY));
    all.push(paths.at("/etc/sysusers.d/codegraph.conf"));
    all.push(paths.at("/etc/tmpfiles.d/codegraph.conf"));
    all.extend(components::files_of_ours(paths));
    all
}

/// The links that `systemctl enable` makes, and the folder that holds those of the target.
pub fn boot_links(paths: &HostPaths) -> Vec<PathBuf> {
    let wants = |by: &str| paths.units().join(format!("{by}.wants"));
    let links = ENABLED.iter().map(|(by, unit)| wants(by).join(unit));
    let components = components::COMPONENTS.iter().map(|name| format!("codegraph-{name}.service"));
    links
        .chain(components.map(|unit| wants(TARGET).join(unit)))
        .chain([wants(TARGET), wants("multi-user.target").join(RECOVERY)])
        .collect()
}

/// User and group number of a user of this system.
pub fn user_numbers(paths: &HostPaths, name: &str) -> Option<(u32, u32)> {
    let text = fs::read_to_string(paths.at("/etc/passwd")).ok()?;
    numbers_in(&text, name)
}

/// Whether the system has a group of this name.
pub fn has_group(paths: &HostPaths, name: &str) -> bool {
    let text = fs::read_to_string(paths.at("/etc/group")).unwrap_or_default();
    text.lines().any(|line| line.split(':').next() == Some(name))
}

fn numbers_in(passwd: &str, name: &str) -> Option<(u32, u32)> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// A small tool of the system.
pub fn tool(name: &str) -> Program {
    Program::new(name, TOOL_LIMIT)
}

fn reload(host: &dyn Host) -> Result<(), Error> {
    must(host, &tool("systemctl").with(["daemon-reload"])).map(|_| ())
}

/// Runs a program; that it could not be run at all is an error, how it ended is not.
pub fn run(host: &dyn Host, program: &Program) -> Result<Outcome, Error> {
    host.run(program).map_err(|error: io::Error| Error::Program {
        line: program.line(),
        end: format!("could not be run: {error}"),
    })
}

/// Runs a program that must end well.
pub fn must(host: &dyn Host, program: &Program) -> Result<Outcome, Error> {
    let outcome = run(host, program)?;
    if outcome.is_good() {
        return Ok(outcome);
    }
    Err(Error::Program { line: program.line(), end: outcome.words() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_where_systemd_looks_for_them() {
        let paths = HostPaths::new(None);
        let of = |name: &str| place(&paths, name).map(|path| path.display().to_string());
        assert_eq!(
            of("codegraph.service").as_deref(),
            Some("/etc/systemd/system/codegraph.service")
        );
        assert_eq!(of("codegraph.sysusers").as_deref(), Some("/etc/sysusers.d/codegraph.conf"));
        assert_eq!(
            of("codegraph.tmpfiles.conf").as_deref(),
            Some("/etc/tmpfiles.d/codegraph.conf")
        );
        assert_eq!(of("README"), None);
        assert_eq!(of("evil.sh"), None);
    }

    #[test]
    fn numbers_of_a_user_are_found_by_the_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\ncodegraph-llm:x:990:989::/:/x\ncodegraph:x:991:988::/:/x\n";
        assert_eq!(numbers_in(passwd, "codegraph"), Some((991, 988)));
        assert_eq!(numbers_in(passwd, "code"), None);
    }
}
