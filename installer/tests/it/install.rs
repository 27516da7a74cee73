//! The main path: a bundle goes in, a generation that works comes out, nothing else is touched.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use cg_bundle_format::{Digest, PublicKey, Signature};

use crate::fixture::{BAD_PROGRAM, Recipe, bundle, tree};
use crate::run::{at, install_line, json, line, program, talk};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn an_installed_generation_holds_every_file_of_the_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    let done = program(&install_line(&root, &bundle));
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    let report = json(&done);
    assert_eq!(report["installed"], true);
    assert_eq!(report["gate"][0], "sample: good");

    let generation = at(&root, "/opt/codegraph/current");
    assert_eq!(fs::read_link(&generation).unwrap().to_str(), Some("generations/1"));
    for (path, bytes) in &bundle.contents {
        let file = generation.join(path);
        assert_eq!(&fs::read(&file).unwrap(), bytes, "{path}");
        let in_store = at(&root, "/opt/codegraph/store/blobs/sha256").join(Digest::of(bytes).hex());
        assert_eq!(
            fs::metadata(&file).unwrap().ino(),
            fs::metadata(&in_store).unwrap().ino(),
            "{path} is one file"
        );
    }
    assert_eq!(mode(&generation.join("bin/codegraph")), 0o755);
    assert_eq!(mode(&generation.join("lib/libduckdb.so")), 0o644);
    assert_eq!(fs::read(generation.join("release.json")).unwrap(), bundle.manifest.to_bytes());
    let models: serde_json::Value =
        serde_json::from_slice(&fs::read(generation.join("models.lock")).unwrap()).unwrap();
    assert_eq!(models["models"][0]["path"], "models/tiny/model.gguf");
    assert_eq!(
        fs::read(at(&root, "/etc/codegraph/config.yaml")).unwrap(),
        bundle.contents["config/config.yaml"]
    );
    assert_eq!(mode(&at(&root, "/etc/codegraph/credentials/api.jwt_secret")), 0o600);
    assert_eq!(mode(&at(&root, "/etc/codegraph/credentials")), 0o700);
    assert_eq!(mode(&at(&root, "/var/lib/codegraph-install")), 0o700);
    assert_eq!(mode(&at(&root, "/var/lib/codegraph-install/host-key")), 0o600);
    assert!(at(&root, "/opt/codegraph/store/oci-layout").is_file());
    assert!(!tree(&root).keys().any(|name| name.ends_with(".partial")));
    assert!(!at(&root, "/etc/systemd").exists(), "--root touches no services");
}

#[test]
fn a_second_run_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    assert_eq!(program(&install_line(&root, &bundle)).status.code(), Some(0));
    let before = tree(&root);
    let again = program(&install_line(&root, &bundle));
    assert_eq!(json(&again)["changed"], false);
    assert_eq!(tree(&root), before);
}

#[test]
fn volumes_may_come_in_any_order_from_read_only_media() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    for volume in &bundle.volumes {
        fs::set_permissions(volume, std::os::unix::fs::PermissionsExt::from_mode(0o444)).unwrap();
    }
    let mut line = install_line(&root, &bundle);
    let first = line.len() - bundle.volumes.len();
    line[first..].reverse();
    let done = program(&line);
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
}

#[test]
fn secrets_and_configuration_of_the_site_are_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    let config = at(&root, "/etc/codegraph/config.yaml");
    let secret = at(&root, "/etc/codegraph/credentials/api.jwt_secret");
    fs::create_dir_all(secret.parent().unwrap()).unwrap();
    fs::write(&config, "api:\n  port: 9000\n").unwrap();
    fs::write(&secret, "ours").unwrap();
    assert_eq!(program(&install_line(&root, &bundle)).status.code(), Some(0));
    assert_eq!(fs::read_to_string(&config).unwrap(), "api:\n  port: 9000\n");
    assert_eq!(fs::read_to_string(&secret).unwrap(), "ours");
}

#[test]
fn two_hosts_get_different_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    let secrets: Vec<_> = ["a", "b"]
        .iter()
        .map(|name| {
            let root = folder.path().join(name);
            assert_eq!(program(&install_line(&root, &bundle)).status.code(), Some(0));
            let key = fs::read(at(&root, "/var/lib/codegraph-install/host-key")).unwrap();
            (fs::read(at(&root, "/etc/codegraph/credentials/api.jwt_secret")).unwrap(), key)
        })
        .collect();
    assert!(secrets[0].0.len() >= 64);
    assert_ne!(secrets[0].0, secrets[1].0);
    assert_ne!(secrets[0].1, secrets[1].1);
}

#[test]
fn the_receipt_is_signed_by_the_host_and_tells_what_arrived() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    assert_eq!(program(&install_line(&root, &bundle)).status.code(), Some(0));
    let state = at(&root, "/var/lib/codegraph-install");
    let name = "receipts/000001-1.0.0-installed.json";
    let bytes = fs::read(state.join(name)).unwrap();
    let raw = fs::read(state.join(format!("{name}.sig"))).unwrap();
    let signature: Signature = serde_json::from_value(hex::encode(raw).into()).unwrap();
    let pem = fs::read_to_string(state.join("host-key.pub")).unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let key: PublicKey = serde_json::from_value(base64.into()).unwrap();
    assert!(key.verifies("codegraph receipt format 1\n", &bytes, &signature));
    assert!(!key.verifies("codegraph receipt format 1\n", &bytes[1..], &signature));

    let receipt: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(receipt["result"], "installed");
    assert_eq!(receipt["first_trust"], "fingerprint");
    assert_eq!(receipt["volumes"].as_array().unwrap().len(), bundle.volumes.len());
    let held: Vec<&str> =
        receipt["blobs"].as_array().unwrap().iter().filter_map(|b| b["digest"].as_str()).collect();
    for blob in &bundle.manifest.blobs {
        assert!(held.contains(&blob.digest.to_string().as_str()));
    }
    let trust: serde_json::Value =
        serde_json::from_slice(&fs::read(state.join("trust.json")).unwrap()).unwrap();
    assert_eq!(trust["counters"]["1.0"], 7);
    assert_eq!(trust["root_fingerprint"], bundle.fingerprint.to_string());
}

#[test]
fn an_optional_component_can_be_left_out_and_a_required_one_cannot() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    let mut line = install_line(&root, &bundle);
    line.extend(["--without".to_owned(), "server".to_owned()]);
    let refused = program(&line);
    assert_eq!(refused.status.code(), Some(1));
    assert!(talk(&refused).contains("\"server\" is required"), "{}", talk(&refused));
    *line.last_mut().unwrap() = "chat-model".to_owned();
    assert_eq!(program(&line).status.code(), Some(0));
    assert!(!at(&root, "/opt/codegraph/current/models").exists());
    let model = Digest::of(&bundle.contents["models/tiny/model.gguf"]).hex();
    assert!(!at(&root, "/opt/codegraph/store/blobs/sha256").join(model).exists());
}

#[test]
fn a_release_that_fails_its_gate_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let bad =
        bundle(&folder.path().join("bad"), &Recipe { program: BAD_PROGRAM, ..Recipe::default() });
    let failed = program(&install_line(&root, &bad));
    assert_eq!(failed.status.code(), Some(1));
    assert!(talk(&failed).contains("BAD   query: no rows"), "{}", talk(&failed));
    assert!(fs::symlink_metadata(at(&root, "/opt/codegraph/current")).is_err());
    assert!(
        !at(&root, "/var/lib/codegraph-install/trust.json").exists(),
        "trust is not moved by a failed release"
    );
    assert!(
        at(&root, "/var/lib/codegraph-install/receipts/000001-1.0.0-taken-back.json").is_file()
    );
    let status = json(&program(&line(&root, &["status"])));
    assert_eq!(status["installed"], false);

    let said = fs::read_to_string(at(
        &root,
        "/var/lib/codegraph-install/receipts/000001-1.0.0-taken-back.json",
    ));
    assert!(said.unwrap().contains("found: BAD   query: no rows"));

    let good = bundle_after(&folder.path().join("good"));
    let done = program(&install_line(&root, &good));
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    let current = fs::read_link(at(&root, "/opt/codegraph/current")).unwrap();
    assert_eq!(current.to_str(), Some("generations/2"));
}

fn bundle_after(folder: &std::path::Path) -> crate::fixture::Bundle {
    bundle(folder, &Recipe { version: "1.0.1", counter: 8, ..Recipe::default() })
}

#[test]
fn a_skipped_gate_stands_in_the_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let bad =
        bundle(&folder.path().join("bad"), &Recipe { program: BAD_PROGRAM, ..Recipe::default() });
    let mut line = install_line(&root, &bad);
    line.push("--skip-gate".to_owned());
    assert_eq!(program(&line).status.code(), Some(0));
    let receipt = fs::read_to_string(at(
        &root,
        "/var/lib/codegraph-install/receipts/000001-1.0.0-installed.json",
    ));
    assert!(receipt.unwrap().contains("\"installed-ungated\""));
}

#[test]
fn a_dry_run_and_a_plan_say_the_same_and_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    fs::create_dir(&root).unwrap();
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    let mut dry = install_line(&root, &bundle);
    dry.push("--dry-run".to_owned());
    let mut plan = install_line(&root, &bundle);
    plan.iter_mut().filter(|word| *word == "install").for_each(|word| *word = "plan".to_owned());
    let (dry, plan) = (program(&dry), program(&plan));
    assert_eq!(dry.status.code(), Some(0), "{}", talk(&dry));
    assert_eq!(dry.stdout, plan.stdout);
    let bytes: u64 = bundle.manifest.blobs.iter().map(|blob| blob.size).sum();
    assert_eq!(json(&dry)["new_bytes"], bytes);
    assert!(tree(&root).is_empty());
}

#[test]
fn the_planned_bytes_are_the_bytes_written() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    let report = json(&program(&install_line(&root, &bundle)));
    let store = at(&root, "/opt/codegraph/store/blobs/sha256");
    let written: u64 =
        fs::read_dir(store).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    assert_eq!(report["plan"]["new_bytes"], written);
}

#[test]
fn status_tells_version_gate_and_room() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let nothing = json(&program(&line(&root, &["status"])));
    assert_eq!(nothing["state"], "nothing is installed");
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    assert_eq!(program(&install_line(&root, &bundle)).status.code(), Some(0));
    let status = json(&program(&line(&root, &["status"])));
    assert_eq!(status["version"], "1.0.0");
    assert_eq!(status["gate"], "passed");
    assert_eq!(status["generation"], 1);
    assert_eq!(status["store_blobs"], bundle.manifest.blobs.len());
}

#[test]
fn a_relative_root_means_the_folder_below_the_current_one() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle(&folder.path().join("media"), &Recipe::default());
    let line = install_line(std::path::Path::new("host"), &bundle);
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_codegraph-install"))
        .args(&line[1..])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", talk(&done));
    assert!(folder.path().join("host/opt/codegraph/current/bin/codegraph").is_file());
}
