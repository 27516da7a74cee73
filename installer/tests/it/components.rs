//! Optional components from container images: which units they get on which podman, and that nothing of
//! them stays.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use codegraph_install::error::Error;
use codegraph_install::host::faulty::{Fault, FaultyHost};
use codegraph_install::host::{HostPaths, Outcome, SystemHost};
use codegraph_install::uninstall::{self, Extent, Verdict};
use codegraph_install::{components, units};

use crate::fixture::{scratch, tree};

const IMAGE: &str = "127.0.0.1:5000/library/postgres@sha256:00ff";
const QUADLET: &str = "etc/containers/systemd/codegraph-postgresql.container";
const UNIT: &str = "etc/systemd/system/codegraph-postgresql.service";
const REGISTRIES: &str = "etc/containers/registries.conf.d/codegraph.conf";

/// A host with this podman, on which programs only seem to run.
fn host(podman: &'static str, at: u64) -> FaultyHost<SystemHost> {
    let is_removed = AtomicBool::new(false);
    FaultyHost::new(SystemHost, Fault::Death, at).answering(Box::new(move |program| {
        if program.line().starts_with("podman image rm") {
            is_removed.store(true, Ordering::SeqCst);
        }
        let is_asked = program.line().starts_with("podman image exists");
        let code = i32::from(is_asked && is_removed.load(Ordering::SeqCst));
        let asks = program.line() == "podman --version";
        if asks && podman.is_empty() {
            return Err(std::io::ErrorKind::NotFound.into());
        }
        let stdout = match program.line().as_str() {
            "podman --version" => format!("podman version {podman}\n"),
            line if line.ends_with(IMAGE) => "779b1d\n".to_owned(),
            _ => String::new(),
        };
        Ok(Outcome { code: Some(code), stdout, stderr: String::new(), timed_out: false })
    }))
}

/// A host folder with a generation that has PostgreSQL, and the user that sysusers would have made.
fn site(root: &Path) -> (HostPaths, PathBuf) {
    let generation = root.join("opt/codegraph/generations/1");
    fs::create_dir_all(generation.join("units")).unwrap();
    fs::create_dir_all(generation.join("quadlets")).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../images/postgresql");
    for kind in ["sysusers", "tmpfiles"] {
        let name = format!("codegraph-postgresql.{kind}");
        fs::copy(source.join(&name), generation.join("units").join(name)).unwrap();
    }
    for name in ["codegraph-registry.service", "codegraph.target"] {
        fs::copy(source.join("../../systemd").join(name), generation.join("units").join(name))
            .unwrap();
    }
    let quadlet = "postgresql.container";
    fs::copy(source.join(quadlet), generation.join("quadlets").join(quadlet)).unwrap();
    fs::write(
        generation.join("images.lock"),
        r#"{"images":[{"reference":"docker.io/library/postgres:15","digest":"sha256:00ff","component":"postgresql"}]}"#,
    )
    .unwrap();
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::write(root.join("etc/passwd"), "codegraph-postgresql:x:977:976::/:/x\n").unwrap();
    fs::create_dir_all(root.join("var/lib")).unwrap();
    (HostPaths::rehearsal(root), generation)
}

fn ran(host: &FaultyHost<SystemHost>, words: &str) -> Vec<String> {
    let log = host.log();
    let lines = log.iter().filter_map(|step| step.strip_prefix("run "));
    lines.filter(|line| line.contains(words)).map(str::to_owned).collect()
}

#[test]
fn a_podman_that_knows_quadlets_gets_one_with_digest_and_user() {
    let folder = scratch();
    let (paths, generation) = site(folder.path());
    let host = host("4.4.0", 0);
    units::install(&host, &paths, &generation).unwrap();
    let quadlet = fs::read_to_string(folder.path().join(QUADLET)).unwrap();
    for line in [&format!("Image={IMAGE}"), "User=977", "Group=976"] {
        assert!(quadlet.lines().any(|found| found == line), "{line}: {quadlet}");
    }
    assert!(
        !quadlet.contains("@IMAGE@") && !quadlet.contains("@UID@") && !quadlet.contains("@GID@")
    );
    assert!(!folder.path().join(UNIT).exists());
    assert!(fs::read_to_string(folder.path().join(REGISTRIES)).unwrap().contains("127.0.0.1:5000"));
    // systemd reads the quadlet when it is told to, so that comes last.
    assert_eq!(host.log().last().unwrap(), "run systemctl daemon-reload");

    units::start(&host, &paths).unwrap();
    units::enable(&host, &paths).unwrap();
    let order = ran(&host, "systemctl restart");
    assert_eq!(
        order[..2],
        [
            "systemctl restart codegraph-registry.service",
            "systemctl restart codegraph-postgresql.service"
        ]
    );
    // The generator enables what it makes; systemctl refuses to.
    assert_eq!(ran(&host, "enable codegraph-postgresql"), Vec::<String>::new());
}

#[test]
fn an_older_podman_gets_a_unit_that_systemd_understands() {
    let folder = scratch();
    let (paths, generation) = site(folder.path());
    let host = host("4.3.1", 0);
    units::install(&host, &paths, &generation).unwrap();
    let path = folder.path().join(UNIT);
    let unit = fs::read_to_string(&path).unwrap();
    assert!(unit.contains("--user=977:976") && unit.contains(IMAGE), "{unit}");
    assert!(!folder.path().join(QUADLET).exists());
    units::enable(&host, &paths).unwrap();
    assert!(ran(&host, "systemctl enable")[0].ends_with(" codegraph-postgresql.service"));
    if let Ok(output) = Command::new("systemd-analyze").arg("verify").arg(&path).output() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let about_it =
            |line: &&str| line.contains("postgresql") && !line.contains("not executable");
        assert_eq!(said.lines().filter(about_it).collect::<Vec<_>>(), Vec::<&str>::new());
    }
}

#[test]
fn what_a_component_lacks_is_named() {
    let folder = scratch();
    let (paths, generation) = site(folder.path());
    let refused = |podman| units::install(&host(podman, 0), &paths, &generation).unwrap_err();
    let error = refused("");
    assert!(
        matches!(error, Error::Program { .. }) && error.to_string().contains("podman"),
        "{error}"
    );
    assert!(refused("nonsense").to_string().contains("nonsense"));
    fs::write(folder.path().join("etc/passwd"), "").unwrap();
    assert!(refused("5.4.2").to_string().contains("the user codegraph-postgresql"));
    site(folder.path());
    fs::write(generation.join("images.lock"), "{\"images\":[]}").unwrap();
    assert!(refused("5.4.2").to_string().contains("--without postgresql"));
}

#[test]
fn a_release_without_components_asks_for_no_podman() {
    let folder = scratch();
    let (paths, generation) = site(folder.path());
    fs::remove_dir_all(generation.join("quadlets")).unwrap();
    let host = host("", 0);
    units::install(&host, &paths, &generation).unwrap();
    assert_eq!(ran(&host, "podman"), Vec::<String>::new());
    assert!(!folder.path().join(REGISTRIES).exists());
}

#[test]
fn a_purge_leaves_no_file_folder_or_image_of_a_component() {
    for podman in ["5.4.2", "4.3.1"] {
        let folder = scratch();
        let (paths, generation) = site(folder.path());
        let host = host(podman, 0);
        units::install(&host, &paths, &generation).unwrap();
        for data in ["var/lib/codegraph-postgresql/data", "run/codegraph-postgresql"] {
            fs::create_dir_all(folder.path().join(data)).unwrap();
        }
        let found = uninstall::uninstall(&host, &paths, Extent::EverythingAndTrust).unwrap();
        assert_eq!(ran(&host, "systemctl stop codegraph-postgresql").len(), 1);
        assert_eq!(ran(&host, "image rm"), ["podman image rm --force 779b1d"]);
        let left = found.there.iter().filter(|item| item.verdict == Verdict::LeftBehind);
        let left: Vec<&str> = left.map(|item| item.name.as_str()).collect();
        // The stand-in removes no users.
        assert_eq!(left, ["user codegraph-postgresql"], "{podman}");
        assert_eq!(ran(&host, "userdel"), ["userdel codegraph-postgresql"]);
        for path in
            [QUADLET, UNIT, REGISTRIES, "var/lib/codegraph-postgresql", "run/codegraph-postgresql"]
        {
            assert!(!folder.path().join(path).exists(), "{podman}: {path}");
        }
    }
}

#[test]
fn uninstalling_without_a_purge_keeps_the_database() {
    let folder = scratch();
    let (paths, generation) = site(folder.path());
    let host = host("5.4.2", 0);
    units::install(&host, &paths, &generation).unwrap();
    let data = folder.path().join("var/lib/codegraph-postgresql/data");
    fs::create_dir_all(&data).unwrap();
    uninstall::uninstall(&host, &paths, Extent::Product).unwrap();
    assert!(data.is_dir() && !folder.path().join(QUADLET).exists());
}

/// Wherever the machine stops, the next run brings the same files as an undisturbed one.
#[test]
fn stopped_at_any_step_the_next_run_completes() {
    for podman in ["5.4.2", "4.3.1"] {
        let whole = scratch();
        let (paths, generation) = site(whole.path());
        let counted = host(podman, 0);
        units::install(&counted, &paths, &generation).unwrap();
        let expected = tree(whole.path());
        for step in 1..=counted.steps() {
            let folder = scratch();
            let (paths, generation) = site(folder.path());
            assert!(units::install(&host(podman, step), &paths, &generation).is_err(), "{step}");
            units::install(&host(podman, 0), &paths, &generation).unwrap();
            let found = tree(folder.path());
            assert_eq!(found, expected, "stopped at step {step}");
        }
    }
}

#[test]
fn every_component_of_the_list_has_files_that_an_uninstall_knows() {
    let paths = HostPaths::rehearsal(Path::new("/r"));
    let files = components::files_of_ours(&paths);
    for name in components::COMPONENTS {
        let named = files.iter().filter(|path| path.display().to_string().contains(name)).count();
        assert_eq!(named, 4, "{name}");
    }
}
