//! What is wrong with a host and an installation, each line with its remedy. Reads only.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use cg_bundle_format::{Limits, Manifest};

use crate::error::Error;
use crate::facts::{self, Facts};
use crate::files;
use crate::host::{Host, HostPaths};
use crate::journal::Phase;
use crate::plan::Scope;
use crate::preflight::{self, Line, Question, Verdict};
use crate::{accelerator, certificates, clock, generation, secrets, sizes, trust_state, units};

/// Bytes of a `release.json`.
const MAX_RELEASE: u64 = 16 << 20;
/// Free bytes below which a file system is called nearly full.
const LITTLE_ROOM: u64 = 1 << 30;

/// Looks at everything.
pub fn examine(host: &dyn Host, paths: &HostPaths) -> Result<Vec<Line>, Error> {
    let facts = facts::gather_alone(host, paths)?;
    let scope = if paths.is_system() { Scope::System } else { Scope::Folder };
    let question =
        Question { facts: &facts, scope, profile: None, is_resumed: false, release: None };
    let mut lines = preflight::table(&question).lines;
    lines.retain(|line| line.check != preflight::RIGHTS);
    if facts.existing.is_hidden {
        lines.push(Line::good(preflight::RIGHTS, "an ordinary user", "root").but(
            Verdict::Warns,
            "an ordinary user sees the host and the files of the release only; for the installer's own state, trust and secrets give the command with sudo",
        ));
    }
    lines.push(installation(&facts));
    lines.extend(generation(paths, &facts));
    lines.extend(accelerator(paths, &facts));
    lines.extend(trust(paths, &facts));
    lines.extend(secret_files(paths, &facts));
    lines.extend(rooms(&facts));
    if paths.is_system() && facts.existing.current.is_some() {
        lines.extend(services(host)?);
        lines.extend(timers(host, paths)?);
    }
    Ok(lines)
}

/// Whether an installation stopped in the middle.
fn installation(facts: &Facts) -> Line {
    let existing = &facts.existing;
    let line = |found: &str| Line::good("installation", found, "");
    match (&existing.phase, existing.current) {
        (Phase::Pending { to, .. }, _) => line("interrupted").but(
            Verdict::Blocks,
            format!(
                "the switch to generation {to} was cut off; run `codegraph-install recover`, or restart the host: it is settled at boot"
            ),
        ),
        (Phase::Proven { to, .. }, _) => line("interrupted").but(
            Verdict::Blocks,
            format!(
                "generation {to} is in use, but its receipt is not written yet; run `codegraph-install recover`"
            ),
        ),
        (Phase::Ingest | Phase::Ready, _) => line("interrupted").but(
            Verdict::Warns,
            "an installation was interrupted; run the same command again: it goes on where it stopped",
        ),
        (_, Some(number)) => line(&format!("generation {number}")),
        (_, None) => line("none"),
    }
}

/// Whether the generation in use is whole: every file that its release places, with its size.
fn generation(paths: &HostPaths, facts: &Facts) -> Vec<Line> {
    let Some(number) = facts.existing.current else { return Vec::new() };
    let folder = paths.generation(number);
    let repair = "`codegraph-install repair` brings them back from the bundle";
    let bytes = files::read_bounded(&folder.join("release.json"), MAX_RELEASE).ok().flatten();
    let manifest = bytes.and_then(|bytes| Manifest::parse(&bytes, &Limits::default()).ok());
    let Some(manifest) = manifest else {
        let line = Line::good("generation", "damaged", "");
        let advice =
            format!("{} is missing or damaged; {repair}", folder.join("release.json").display());
        return vec![line.but(Verdict::Blocks, advice)];
    };
    let mut wrong = Vec::new();
    let mut absent = Vec::new();
    for placement in &manifest.placements {
        let file = folder.join(placement.path.as_str());
        // Builds for one place have one path: which of them is there is a matter of the choice.
        let of_path = manifest.placements.iter().filter(|other| other.path == placement.path);
        let sizes: Vec<u64> = of_path
            .filter_map(|other| manifest.blob(&other.blob).map(|(_, blob)| blob.size))
            .collect();
        match fs::symlink_metadata(&file) {
            Ok(state) if state.is_file() && sizes.contains(&state.len()) => {}
            Ok(_) => wrong.push(placement.path.as_str()),
            // A component that was left out has none of its files here.
            Err(_) => absent.push(placement),
        }
    }
    let has_some = |component: &str| {
        manifest.placements.iter().any(|placement| {
            placement.component == component && folder.join(placement.path.as_str()).exists()
        })
    };
    wrong.extend(
        absent.iter().filter(|p| has_some(&p.component)).map(|placement| placement.path.as_str()),
    );
    let files = manifest.placements.len() - absent.len();
    let line = Line::good("generation", format!("{files} files of {}", manifest.version), "");
    vec![match wrong.first() {
        None => line,
        Some(first) => line.but(
            Verdict::Blocks,
            format!("{} files of generation {number} are missing or have another size, the first is {first}; {repair}", wrong.len()),
        ),
    }]
}

/// Whether the build that is installed finds what it was chosen for.
fn accelerator(paths: &HostPaths, facts: &Facts) -> Option<Line> {
    let number = facts.existing.current?;
    let kind = generation::accelerator(paths, &paths.generation(number))?;
    let gpu = &facts.machine.gpu;
    let line = Line::good("build", format!("for {kind}"), accelerator::found(gpu));
    let drop_in = units::gpu_drop_in(paths);
    if let Some(words) = accelerator::obstacle(gpu) {
        return Some(line.but(
            Verdict::Blocks,
            format!("the model server is the build for {kind}, but {words}; or `codegraph-install upgrade --without-gpu` with the same bundle takes the build for the processor"),
        ));
    }
    if paths.is_system() && !units::is_gpu_right(paths, &paths.generation(number)) {
        return Some(line.but(
            Verdict::Blocks,
            format!("{} is missing or changed: the model server may not open the devices of the GPU; `codegraph-install repair` writes it again", drop_in.display()),
        ));
    }
    Some(line)
}

fn trust(paths: &HostPaths, facts: &Facts) -> Vec<Line> {
    if facts.existing.is_hidden {
        return Vec::new();
    }
    let Some(trust) = &facts.existing.trust else {
        if facts.existing.current.is_none() {
            return Vec::new();
        }
        let place = paths.trust();
        return vec![Line::good("trust", "none", "").but(
            Verdict::Warns,
            format!("{} is missing: nothing protects this host from an older release; restore it from a backup, or install the release again with --root-fingerprint", place.display()),
        )];
    };
    let mut lines = Vec::new();
    let line = Line::good("trust", trust.root_fingerprint.hex(), "");
    lines.push(if trust.first_trust == trust_state::FirstTrust::DangerousFirstUse {
        line.but(
            Verdict::Warns,
            "the root was believed on first use; compare its fingerprint with the one that came by another way",
        )
    } else {
        line
    });
    let now = facts.machine.clock;
    if clock::seconds(&trust.newest_issued).is_some_and(|newest| now < newest) {
        lines.push(Line::good("time", clock::text(now), trust.newest_issued.clone()).but(
            Verdict::Warns,
            format!(
                "the clock of this host is behind the newest release it has seen ({}); set it",
                trust.newest_issued
            ),
        ));
    }
    lines
}

/// Whether each secret is there and only root can read it.
fn secret_files(paths: &HostPaths, facts: &Facts) -> Vec<Line> {
    if facts.existing.current.is_none() {
        return Vec::new();
    }
    let folder = paths.credentials();
    let mut lines = Vec::new();
    let names = secrets::MADE.iter().chain([&certificates::SERVER_KEY]);
    let mut all: Vec<(PathBuf, u32)> = names.map(|name| (folder.join(name), 0o600)).collect();
    all.push((folder.clone(), 0o700));
    all.push((paths.host_key(), 0o600));
    all.push((paths.state(), 0o700));
    let mut wrong = Vec::new();
    for (path, most) in &all {
        match fs::symlink_metadata(path) {
            // Who may not look is not told.
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {}
            Err(_) => wrong.push(format!(
                "{} is missing; restore it from a backup, or install again to have a new one made",
                path.display()
            )),
            Ok(state) if state.mode() & 0o7777 & !most != 0 => wrong.push(format!(
                "{} is open to others (mode {:04o}); chmod {most:04o} it and change the secret",
                path.display(),
                state.mode() & 0o7777
            )),
            Ok(_) => {}
        }
    }
    if !paths.config().exists() {
        wrong.push(format!(
            "{} is missing; copy it from {}",
            paths.config().display(),
            paths.current().join("config/config.yaml").display()
        ));
    }
    if wrong.is_empty() {
        lines.push(Line::good("secrets", format!("{} in place", all.len()), ""));
    }
    lines.extend(
        wrong
            .into_iter()
            .map(|advice| Line::good("secrets", "not in order", "").but(Verdict::Blocks, advice)),
    );
    lines
}

fn rooms(facts: &Facts) -> Vec<Line> {
    let short = facts.disks.iter().filter(|disk| disk.free_bytes < LITTLE_ROOM);
    short
        .map(|disk| {
            let free = sizes::text(disk.free_bytes);
            let place = disk.path.display();
            Line::good("room", format!("{place}: {free} free"), sizes::text(LITTLE_ROOM)).but(
                Verdict::Warns,
                format!("the file system of {place} is nearly full ({free} free); make room before the services stop writing"),
            )
        })
        .collect()
}

fn timers(host: &dyn Host, paths: &HostPaths) -> Result<Vec<Line>, Error> {
    let states = units::timer_states(host, paths)?;
    let line = |(name, state): (String, String)| {
        let line = Line::good("timer", format!("{name} {state}"), "active");
        if state == "active" {
            return line;
        }
        let advice = format!("{name} is {state}; `systemctl enable --now {name}` starts it");
        line.but(Verdict::Warns, advice)
    };
    Ok(states.into_iter().map(line).collect())
}

fn services(host: &dyn Host) -> Result<Vec<Line>, Error> {
    let states = units::states(host)?;
    Ok(states
        .into_iter()
        .map(|(name, state)| {
            let line = Line::good("service", format!("{name} {state}"), "active");
            // A service whose condition is not met (no models, say) is inactive and not broken.
            match state.as_str() {
                "active" => line,
                "failed" => line.but(
                    Verdict::Blocks,
                    format!("{name} failed; `journalctl -u {name} -n 100` says why, `systemctl restart {name}` starts it"),
                ),
                _ => line.but(
                    Verdict::Warns,
                    format!("{name} is {state}; `systemctl start {name}` starts it, `systemctl status {name}` says why it does not run"),
                ),
            }
        })
        .collect())
}
