//! Uninstall keeps what is the site's; purge leaves nothing but the memory of whom to trust.

use std::fs;

use codegraph_install::host::faulty::Fault;

use crate::fixture::{Recipe, bundle, scratch, tree};
use crate::run::{at, faulty, install_line, json, line, on, program};

#[test]
fn uninstall_keeps_data_configuration_secrets_and_receipts() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    assert_eq!(program(&install_line(&root, &bundle)).status.code(), Some(0));
    fs::write(at(&root, "/var/lib/codegraph/control.db"), "users").unwrap();
    let before = tree(&root);
    let report = json(&program(&line(&root, &["uninstall"])));
    let after = tree(&root);
    for (name, value) in &before {
        if name.starts_with("opt/codegraph") {
            assert!(!after.contains_key(name), "{name} is still there");
        } else if !name.ends_with("audit.jsonl") {
            assert_eq!(after.get(name), Some(value), "{name} must stay");
        }
    }
    assert!(report["there"].as_array().unwrap().iter().all(|item| item["verdict"] == "kept"));
    let again = program(&install_line(&root, &bundle));
    assert_eq!(again.status.code(), Some(0));
    assert_eq!(fs::read_to_string(at(&root, "/var/lib/codegraph/control.db")).unwrap(), "users");
}

#[test]
fn purge_leaves_only_the_trust_state_and_forgetting_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    fs::create_dir_all(at(&root, "/var/lib/other")).unwrap();
    fs::create_dir_all(at(&root, "/opt/other")).unwrap();
    fs::create_dir_all(at(&root, "/etc")).unwrap();
    let before = tree(&root);
    assert_eq!(program(&install_line(&root, &bundle)).status.code(), Some(0));
    let trust = fs::read(at(&root, "/var/lib/codegraph-install/trust.json")).unwrap();
    assert_eq!(program(&line(&root, &["uninstall", "--purge"])).status.code(), Some(0));
    let mut after = tree(&root);
    assert!(after.remove("var/lib/codegraph-install/trust.json").is_some());
    assert!(after.remove("var/lib/codegraph-install").is_some());
    assert_eq!(after, before);
    assert_eq!(fs::read(at(&root, "/var/lib/codegraph-install/trust.json")).unwrap(), trust);
    assert_eq!(
        program(&line(&root, &["uninstall", "--purge", "--forget-trust"])).status.code(),
        Some(0)
    );
    assert_eq!(tree(&root), before);
}

#[test]
fn forgetting_trust_needs_a_purge() {
    let folder = tempfile::tempdir().unwrap();
    let output = program(&line(folder.path(), &["uninstall", "--forget-trust"]));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_removal_does_not_follow_links_out_of_the_product() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    assert_eq!(program(&install_line(&root, &bundle)).status.code(), Some(0));
    let precious = folder.path().join("precious");
    fs::create_dir(&precious).unwrap();
    fs::write(precious.join("file"), "kept").unwrap();
    std::os::unix::fs::symlink(&precious, at(&root, "/opt/codegraph/store/way-out")).unwrap();
    std::os::unix::fs::symlink(&precious, at(&root, "/var/lib/codegraph/way-out")).unwrap();
    assert_eq!(program(&line(&root, &["uninstall", "--purge"])).status.code(), Some(0));
    assert_eq!(fs::read_to_string(precious.join("file")).unwrap(), "kept");
}

#[test]
fn an_uninstall_that_dies_at_any_step_is_completed_by_the_next() {
    let folder = scratch();
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    for step in 1.. {
        let root = folder.path().join(step.to_string());
        on(&faulty(Fault::Death, 0), &install_line(&root, &bundle)).unwrap();
        let line = line(&root, &["uninstall", "--purge", "--forget-trust"]);
        let done = on(&faulty(Fault::Death, step), &line).is_ok();
        on(&faulty(Fault::Death, 0), &line).unwrap();
        let left: Vec<String> = tree(&root)
            .into_iter()
            .filter(|(_, value)| value != "folder")
            .map(|(n, _)| n)
            .collect();
        assert_eq!(left, Vec::<String>::new(), "after a death at step {step}");
        fs::remove_dir_all(&root).unwrap();
        if done {
            assert!(step > 20);
            return;
        }
    }
}
