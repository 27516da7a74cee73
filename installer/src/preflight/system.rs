//! System software: rights, systemd, control groups, containers, security modules, ports.

use super::{Line, Question, Release, Verdict};
use crate::plan::Scope;
use crate::versions;

/// The line about who gives the command.
pub const RIGHTS: &str = "rights";
/// Oldest systemd.
const OLDEST_SYSTEMD: u32 = 247;
/// Oldest podman whose units systemd makes from quadlets.
const PODMAN_WITH_QUADLETS: &str = "4.4";
/// Ports of ours: the port, the unit that listens on it.
const PORTS: [(u16, &str); 2] = [(8000, "codegraph.service"), (5000, "codegraph-registry.service")];
/// Ports of the optional components: the component, its port.
const COMPONENT_PORTS: [(&str, u16); 5] = [
    ("postgresql", 5432),
    ("openbao", 8200),
    ("prometheus", 9090),
    ("alertmanager", 9093),
    ("grafana", 3000),
];
/// The service that every release has.
const SERVER: &str = "codegraph.service";

pub(super) fn lines(question: &Question<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    if question.scope == Scope::System {
        lines.push(rights(question));
        lines.push(systemd(question));
        lines.extend(ports(question));
    }
    lines.push(control_groups(question));
    lines.push(podman(question));
    lines.push(landlock(question));
    lines.push(selinux(question));
    lines
}

fn rights(question: &Question<'_>) -> Line {
    if question.facts.machine.is_superuser {
        return Line::good(RIGHTS, "root", "root");
    }
    Line::good(RIGHTS, "an ordinary user", "root").but(
        Verdict::Blocks,
        "installing into the running system needs root; use sudo, or --root DIR for a folder",
    )
}

fn systemd(question: &Question<'_>) -> Line {
    let asked = question.release.as_ref().map_or("", |release| &release.manifest.requires.systemd);
    let need = OLDEST_SYSTEMD.max(asked.parse().unwrap_or(0));
    match question.facts.machine.systemd {
        None => Line::good("systemd", "not running", need.to_string()).but(
            Verdict::Blocks,
            "this system was not started by systemd, so the services could not be started; use --root DIR to install files only",
        ),
        Some(version) if version < need => {
            Line::good("systemd", version.to_string(), need.to_string()).but(
                Verdict::Blocks,
                format!("systemd {version} is too old; {need} or newer is needed"),
            )
        }
        Some(version) => Line::good("systemd", version.to_string(), need.to_string()),
    }
}

fn ports(question: &Question<'_>) -> Vec<Line> {
    let is_placed = |release: &Release<'_>, path: &str| {
        let mut placed = release.manifest.placements.iter();
        placed.any(|p| p.path.as_str() == path && release.selection.has(&p.component))
    };
    let release = question.release.as_ref();
    let ours = PORTS
        .iter()
        .filter(|(_, unit)| {
            *unit == SERVER || release.is_some_and(|r| is_placed(r, &format!("units/{unit}")))
        })
        .map(|(port, unit)| port_line(question, *port, unit, "or move it to another port"));
    let of_components = COMPONENT_PORTS
        .iter()
        .filter(|(name, _)| {
            release.is_some_and(|r| is_placed(r, &format!("quadlets/{name}.container")))
        })
        .map(|(name, port)| {
            let way_out = format!("or leave the component out with --without {name}");
            port_line(question, *port, &format!("codegraph-{name}.service"), &way_out)
        });
    ours.chain(of_components).collect()
}

fn port_line(question: &Question<'_>, port: u16, unit: &str, way_out: &str) -> Line {
    // An installed release listens on its own ports.
    let may_be_ours = question.is_resumed || question.facts.existing.current.is_some();
    let in_use = question.facts.machine.ports_in_use.contains(&port);
    let found = format!("{port} {}", if in_use { "in use" } else { "free" });
    let line = Line::good("port", found, format!("{port} for {unit}"));
    if !in_use || may_be_ours {
        return line;
    }
    line.but(
        Verdict::Blocks,
        format!("somebody listens on TCP port {port}; stop that service (`ss -ltnp` names it), {way_out}"),
    )
}

fn control_groups(question: &Question<'_>) -> Line {
    if question.facts.machine.has_cgroup2 {
        return Line::good("cgroup", "version 2", "version 2");
    }
    Line::good("cgroup", "version 1", "version 2").but(
        Verdict::Warns,
        "control groups are not version 2 alone: limits of containers and services are weaker; boot with systemd.unified_cgroup_hierarchy=1",
    )
}

fn podman(question: &Question<'_>) -> Line {
    let images = question.release.as_ref().map_or(0, |release| {
        let all = release.manifest.images.iter();
        all.filter(|image| release.selection.has(&image.component)).count()
    });
    let need = match images {
        0 => String::new(),
        _ => format!("{PODMAN_WITH_QUADLETS}, only to run the {images} images here"),
    };
    let Some(version) = &question.facts.machine.podman else {
        let line = Line::good("podman", "none", need);
        if images == 0 {
            return line;
        }
        if let Some(component) = question.release.as_ref().and_then(with_quadlet) {
            return line.but(
                Verdict::Blocks,
                format!(
                    "the component {component} runs as a container: install podman, or leave it out with --without {component}"
                ),
            );
        }
        return line.but(
            Verdict::Note,
            "without podman the images of the release stay in the store, from where other nodes can pull them",
        );
    };
    let line = Line::good("podman", version, need);
    if images == 0 || versions::is_enough(version, PODMAN_WITH_QUADLETS) {
        return line;
    }
    line.but(
        Verdict::Note,
        format!("podman {version} knows no quadlets; plain units are used for the images"),
    )
}

/// A chosen component that podman runs.
fn with_quadlet<'a>(release: &Release<'a>) -> Option<&'a str> {
    let placements = release.manifest.placements.iter();
    let mut run = placements.filter(|one| one.path.as_str().starts_with("quadlets/"));
    run.find(|one| release.selection.has(&one.component)).map(|one| one.component.as_str())
}

fn landlock(question: &Question<'_>) -> Line {
    let need = "landlock";
    match &question.facts.machine.security_modules {
        Some(modules) if modules.contains("landlock") => {
            let found = modules.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            Line::good("sandbox", found, need)
        }
        Some(_) => Line::good("sandbox", "no Landlock", need).but(
            Verdict::Warns,
            "the kernel runs without Landlock and the server will start no worker; boot with lsm=landlock,… (kernel 5.13 or newer), or accept weaker workers with workers.dangerous_without_landlock",
        ),
        None => Line::good("sandbox", "cannot be told", need).but(
            Verdict::Note,
            "/sys/kernel/security/lsm cannot be read, so nobody knows whether the kernel has Landlock",
        ),
    }
}

fn selinux(question: &Question<'_>) -> Line {
    let machine = &question.facts.machine;
    let has_apparmor =
        machine.security_modules.as_ref().is_some_and(|modules| modules.contains("apparmor"));
    if machine.selinux_enforces {
        return Line::good("policy", "SELinux enforces", "").but(
            Verdict::Warns,
            "SELinux enforces its policy: if a service is denied something (`ausearch -m avc -ts recent`), label the programs with `semanage fcontext -a -t bin_t '/opt/codegraph/(store|generations)/.*'` and `restorecon -R /opt/codegraph`",
        );
    }
    Line::good("policy", if has_apparmor { "AppArmor" } else { "none that enforces" }, "")
}
