//! Build, verify, inspect; and everything that must be refused, with its exit code.

use std::fs;

use serde_json::Value;

use crate::fixture::*;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn what_is_built_is_verified_and_inspected() {
    let fixture = Fixture::new();
    let built = json(&stdout(&fixture.build("out", &["--json", "--volume-size", "48KiB"])));
    let count = built["volumes"].as_array().unwrap().len();
    assert!(count > 1);
    assert_eq!(
        volumes(&fixture.path("out")).len(),
        count,
        "nothing but volumes is left in the folder"
    );
    assert_eq!(built["root_fingerprint"], format!("sha256:{}", fixture.fingerprint()));
    let verified = json(&stdout(&fixture.verify("out")));
    assert_eq!(verified["result"], "verified");
    assert_eq!(verified["volumes"], count);
    assert_eq!(verified["bytes"], built["stored_bytes"]);

    let first = volumes(&fixture.path("out"))[0].display().to_string();
    let inspected = json(&stdout(&fixture.run(&["inspect", &first, "--json"])));
    assert_eq!(inspected["trust"], "unproven");
    assert_eq!(inspected["missing_volumes"].as_array().unwrap().len(), count - 1);
    let manifest = &inspected["manifest"];
    let placed: Vec<&str> = manifest["placements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        placed,
        [
            "bin/codegraph-install",
            "docs/a.md",
            "docs/deep/b.md",
            "models/m/weights",
            "sbom.cdx.json"
        ]
    );
    assert_eq!(manifest["placements"][0]["mode"], "0755");
    let text =
        manifest["blobs"].as_array().unwrap().iter().find(|b| b["size"] == 16_000_000).unwrap();
    assert_eq!(text["encoding"], "zstd");
    assert!(text["stored_size"].as_u64().unwrap() < 100_000);
    assert_eq!(manifest["models"][0]["path"], "models/m");
    assert_eq!(manifest["images"][0]["reference"], "codegraph/test:1");
    // Paths of this machine stand nowhere in what is signed.
    assert!(!manifest.to_string().contains(fixture.path("").to_str().unwrap()));
}

#[test]
fn the_same_inputs_give_the_same_volumes_wherever_they_lie() {
    let fixture = Fixture::new();
    stdout(&fixture.build("one", &["--volume-size", "48KiB"]));
    fs::rename(fixture.path("inputs"), fixture.path("elsewhere")).unwrap();
    let inputs = format!("inputs={}", fixture.path("elsewhere").display());
    let arguments = [
        "build",
        "--config",
        "bundle.yaml",
        "--set",
        &inputs,
        "--key",
        "keys/release.key",
        "--out",
        "two",
        "--volume-size",
        "49152",
    ];
    stdout(&fixture.run(&arguments));
    let (one, two) = (volumes(&fixture.path("one")), volumes(&fixture.path("two")));
    assert_eq!(one.len(), two.len());
    for (a, b) in one.iter().zip(&two) {
        assert_eq!(a.file_name(), b.file_name());
        assert_eq!(fs::read(a).unwrap(), fs::read(b).unwrap());
    }
}

#[test]
fn the_bill_of_materials_names_crates_models_programs_and_images() {
    let fixture = Fixture::new();
    stdout(&fixture.build("out", &[]));
    let sbom =
        json(&stdout(&fixture.run(&["sbom", "out", "--root-fingerprint", &fixture.fingerprint()])));
    assert_eq!(
        (sbom["bomFormat"].as_str(), sbom["specVersion"].as_str()),
        (Some("CycloneDX"), Some("1.6"))
    );
    let kinds: Vec<(&str, &str)> = sbom["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["type"].as_str().unwrap(), c["name"].as_str().unwrap()))
        .collect();
    let expected = [
        ("library", "serde"),
        ("application", "bin/codegraph-install"),
        ("machine-learning-model", "models/m/weights"),
        ("container", "codegraph/test:1"),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(sbom["components"][0]["purl"], "pkg:cargo/serde@1.0.0");
    assert!(sbom["serialNumber"].as_str().unwrap().starts_with("urn:uuid:"));
}

#[test]
fn damage_a_missing_volume_and_a_wrong_fingerprint_end_with_three() {
    let fixture = Fixture::new();
    stdout(&fixture.build("out", &["--volume-size", "48KiB"]));
    let wrong = "00".repeat(32);
    let (code, text) = failure(&fixture.run(&["verify", "out", "--root-fingerprint", &wrong]));
    assert!(code == 3 && text.contains(&fixture.fingerprint()), "{text}");

    let second = volumes(&fixture.path("out"))[1].clone();
    let good = fs::read(&second).unwrap();
    let mut bad = good.clone();
    let last = bad.len() - 4_000;
    bad[last] ^= 1;
    fs::write(&second, bad).unwrap();
    let (code, text) = failure(&fixture.verify("out"));
    assert!(code == 3 && (text.contains("volume 2, chunk") || text.contains("v002")), "{text}");

    fs::remove_file(&second).unwrap();
    let (code, text) = failure(&fixture.verify("out"));
    assert!(code == 3 && text.contains("missing volume 2"), "{text}");
}

#[test]
fn trust_must_be_chosen_and_blind_trust_is_called_dangerous() {
    let fixture = Fixture::new();
    stdout(&fixture.build("out", &[]));
    let (code, text) = failure(&fixture.run(&["verify", "out"]));
    assert!(code == 1 && text.contains("--root-fingerprint"), "{text}");
    let blind = fixture.run(&["verify", "out", "--dangerous-trust-first-use", "--json"]);
    assert_eq!(json(&stdout(&blind))["trust"], "unproven");
    assert!(String::from_utf8(blind.stderr).unwrap().contains("proves nothing"));
}

#[test]
fn unknown_keys_are_refused_with_their_line() {
    let fixture = Fixture::new();
    fixture.edit("bundle.yaml", "arch: x86_64\n", "arch: x86_64\ncolour: red\n");
    let (code, text) = failure(&fixture.build("out", &[]));
    assert!(code == 1 && text.contains("colour") && text.contains("line 6"), "{text}");
    assert!(!fixture.path("out").exists(), "nothing is written");
}

#[test]
fn wrong_inputs_are_the_users_error_and_are_named() {
    type Bend = fn(&Fixture);
    let cases: [(Bend, &str); 10] = [
        (|f| f.edit("bundle.yaml", "${inputs}/docs", "${nothing}/docs"), "${nothing}"),
        (|f| f.edit("bundle.yaml", "role: doc", "role: song"), "song"),
        (|f| f.edit("bundle.yaml", "to: docs,", "to: ../docs,"), "must be relative"),
        (|f| f.edit("bundle.yaml", "component: model}", "component: none}"), "none"),
        (|f| f.edit("bundle.yaml", "product: codegraph", "product: other"), "the root is for"),
        (|f| f.edit("bundle.yaml", "placement: sbom.cdx.json", "placement: absent"), "absent"),
        (|f| f.put("inputs/model/weights", b"abce"), "was asked for"),
        (|f| f.put("inputs/model/weights", b"abcde"), "5 bytes"),
        (|f| f.edit("image.yaml", "to: bin/program", "to: bin/../program"), "plain characters"),
        (
            |f| std::os::unix::fs::symlink("/etc/passwd", f.path("inputs/docs/link")).unwrap(),
            "neither a file nor a folder",
        ),
    ];
    for (bend, word) in cases {
        let fixture = Fixture::new();
        bend(&fixture);
        let (code, text) = failure(&fixture.build("out", &[]));
        assert!(code == 1 && text.contains(word), "{word}: {code} {text}");
        assert!(volumes(&fixture.path("out")).is_empty(), "{word}: nothing is left behind");
    }
    let fixture = Fixture::new();
    assert_eq!(failure(&fixture.build("out", &["--volume-size", "1KiB"])).0, 1);
    assert_eq!(failure(&fixture.build("out", &["--volume-size", "huge"])).0, 1);
    assert_eq!(failure(&fixture.run(&["nonsense"])).0, 1);
    assert_eq!(failure(&fixture.run(&["inspect", "absent.cgb"])).0, 2);
}

#[test]
fn a_key_that_the_root_does_not_name_signs_nothing() {
    let fixture = Fixture::new();
    stdout(&fixture.run(&["keygen", "--development", "others"]));
    fs::copy(fixture.path("others/release.key"), fixture.path("keys/release.key")).unwrap();
    let (code, text) = failure(&fixture.build("out", &[]));
    assert!(code == 1 && text.contains("not among the release keys"), "{text}");
}

#[test]
fn keys_are_private_and_never_overwritten() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new();
    for name in ["keys/root.key", "keys/release.key"] {
        assert_eq!(fs::metadata(fixture.path(name)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let before = fixture.fingerprint();
    assert_eq!(failure(&fixture.run(&["keygen", "--development", "keys"])).0, 1);
    assert_eq!(fixture.fingerprint(), before);
    let copy = stdout(&fixture.run(&["fingerprint", "keys/root.json"]));
    assert_eq!(copy.trim(), before);
}

#[test]
fn old_volumes_in_the_way_are_refused_or_replaced_never_mixed() {
    let fixture = Fixture::new();
    stdout(&fixture.build("out", &["--volume-size", "48KiB"]));
    let before = volumes(&fixture.path("out"));
    let (code, text) = failure(&fixture.build("out", &[]));
    assert!(code == 1 && text.contains("--replace"), "{text}");
    assert_eq!(volumes(&fixture.path("out")), before);
    stdout(&fixture.build("out", &["--replace"]));
    assert_eq!(volumes(&fixture.path("out")).len(), 1);
    stdout(&fixture.verify("out"));
}
