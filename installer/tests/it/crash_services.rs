//! An upgrade of a running system, cut off at every single step, and settled at boot: which services may
//! start on what, and that nothing is started before its time.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use codegraph_install::facts::Gpu;
use codegraph_install::host::faulty::{Fault, FaultyHost};
use codegraph_install::host::{HostPaths, Outcome, SystemHost};
use codegraph_install::plan::Intent;
use codegraph_install::progress::Talk;
use codegraph_install::settle::{self, When};
use codegraph_install::units;

use crate::fixture::{Bundle, Recipe, bundle, scratch};
use crate::gpu;
use crate::services::bring_on;

/// What the stand-in for systemd and the programs were asked to run.
type Ran = Arc<Mutex<Vec<String>>>;

fn host(folder: &Path, step: u64, ran: &Ran) -> FaultyHost<SystemHost> {
    let ran = Arc::clone(ran);
    let installer = folder.join("installer");
    if !installer.exists() {
        fs::write(&installer, "the installer").unwrap();
    }
    FaultyHost::new(SystemHost, Fault::Death, step).as_installer(installer).answering(Box::new(
        move |program| {
            ran.lock().unwrap().push(program.line());
            let words: Vec<String> =
                program.arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
            if let ["db", "snapshot", "--to", file, ..] =
                words.iter().map(String::as_str).collect::<Vec<_>>()[..]
            {
                fs::create_dir_all(Path::new(file).parent().unwrap()).unwrap();
                fs::write(file, "snapshot").unwrap();
            }
            let (stdout, stderr) = ("sample: good\n".to_owned(), String::new());
            Ok(Outcome { code: Some(0), stdout, stderr, timed_out: false })
        },
    ))
}

#[test]
fn a_switch_of_running_services_that_is_cut_off_at_any_step_is_settled_at_boot() {
    let folder = scratch();
    let first = bundle(&folder.path().join("first"), &Recipe::default());
    let next = Recipe { version: "1.0.1", counter: 8, ..Recipe::default() };
    let second = bundle(&folder.path().join("second"), &next);
    at_every_step(folder.path(), [&first, &second], [&Gpu::default(), &Gpu::default()]);
}

#[test]
fn a_switch_from_a_gpu_to_the_processor_or_back_that_is_cut_off_leaves_the_devices_that_belong_to_it()
 {
    let folder = scratch();
    let [first, second] = gpu::releases(folder.path());
    let (none, good) = (Gpu::default(), gpu::gpu("535.183.01"));
    at_every_step(folder.path(), [&first, &second], [&good, &none]);
    at_every_step(folder.path(), [&first, &second], [&none, &good]);
}

/// An upgrade from one release to the next, on a host whose GPU comes or goes between them.
fn at_every_step(folder: &Path, [first, second]: [&Bundle; 2], [before, after]: [&Gpu; 2]) {
    for step in 1.. {
        let here = folder.join(step.to_string());
        fs::create_dir(&here).unwrap();
        let root = here.join("host");
        let quiet = Ran::default();
        bring_on(&host(&here, 0, &quiet), &here, first, Intent::Install, before).unwrap();
        let cut = host(&here, step, &Ran::default());
        let is_done = bring_on(&cut, &here, second, Intent::Upgrade, after).is_ok();
        let words = format!("step {step}");
        let paths = HostPaths::rehearsal(&root);
        let is_pending = paths.switch().exists();
        if is_pending {
            let unit = fs::read_to_string(paths.units().join("codegraph-recover.service")).unwrap();
            assert!(unit.contains("ConditionPathExists=/var/lib/codegraph-install/switch.json"));
            assert_eq!(fs::read(paths.recovery_program()).unwrap(), b"the installer", "{words}");
        }
        let ran = Ran::default();
        settle::settle(&host(&here, 0, &ran), &paths, When::Boot, Talk::Silent).unwrap();
        let ran = ran.lock().unwrap().clone();
        let early = ran.iter().find(|line| line.contains(" restart ") || line.contains(" stop "));
        assert_eq!(early, None, "{words}: a unit before the services must not wait for them");
        assert!(!paths.switch().exists() && !paths.closed_mark().exists(), "{words}");
        let current = fs::read_link(paths.current()).unwrap();
        assert!(
            current == Path::new("generations/1") || current == Path::new("generations/2"),
            "{words}"
        );
        for unit in ["codegraph.service", "codegraph-llm.service"] {
            let there = fs::read(paths.units().join(unit)).unwrap();
            assert_eq!(there, fs::read(paths.current().join("units").join(unit)).unwrap());
        }
        let belongs = |gpu: &Gpu| units::gpu_drop_in(&paths).exists() == gpu.driver.is_some();
        let used = if current == Path::new("generations/1") { before } else { after };
        assert!(belongs(used), "{words}");
        bring_on(&host(&here, 0, &Ran::default()), &here, second, Intent::Upgrade, after).unwrap();
        assert_eq!(fs::read_link(paths.current()).unwrap(), Path::new("generations/2"), "{words}");
        assert!(belongs(after), "{words}");
        fs::remove_dir_all(&here).unwrap();
        if is_done {
            assert!(step > 100, "only {step} steps were tried");
            return;
        }
    }
}
