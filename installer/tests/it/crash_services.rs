//! An upgrade of a running system, cut off at every single step, and settled at boot: which services may
//! start on what, and that nothing is started before its time.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use codegraph_install::host::faulty::{Fault, FaultyHost};
use codegraph_install::host::{HostPaths, Outcome, SystemHost};
use codegraph_install::plan::Intent;
use codegraph_install::progress::Talk;
use codegraph_install::settle::{self, When};

use crate::fixture::{Recipe, bundle, scratch};
use crate::services::bring;

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
    for step in 1.. {
        let here = folder.path().join(step.to_string());
        fs::create_dir(&here).unwrap();
        let root = here.join("host");
        let quiet = Ran::default();
        bring(&host(&here, 0, &quiet), &here, &first, Intent::Install).unwrap();
        let cut = host(&here, step, &Ran::default());
        let is_done = bring(&cut, &here, &second, Intent::Upgrade).is_ok();
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
        bring(&host(&here, 0, &Ran::default()), &here, &second, Intent::Upgrade).unwrap();
        assert_eq!(fs::read_link(paths.current()).unwrap(), Path::new("generations/2"), "{words}");
        fs::remove_dir_all(&here).unwrap();
        if is_done {
            assert!(step > 100, "only {step} steps were tried");
            return;
        }
    }
}
