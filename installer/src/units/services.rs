//! The services of the running system: started, proven ready, enabled, stopped.

use std::time::Duration;

use super::{REGISTRY, SERVICES, TARGET, must, run, tool};
use crate::components;
use crate::error::Error;
use crate::host::{Host, HostPaths, Program};

/// What the boot starts, and what starts each: the target everything, the services the target.
pub(super) const ENABLED: [(&str, &str); 4] = [
    ("multi-user.target", TARGET),
    (TARGET, REGISTRY),
    (TARGET, "codegraph-llm.service"),
    (TARGET, "codegraph.service"),
];
/// Longest wait for a service to be ready or stopped; the model server may take ten minutes.
const SERVICE_LIMIT: Duration = Duration::from_secs(660);

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
