//! Permits and countersignatures that this program makes, held by the real installer on a host of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::fixture::*;
use crate::house::{build, fingerprint, house, key, run};

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A house, and releases 1.0.0 (counter 1) and 1.1.0 (counter 2) in `old` and `new`.
fn two_releases() -> Fixture {
    let fixture = Fixture::new();
    fixture.put("inputs/codegraph", GOOD_PROGRAM.as_bytes());
    fixture.put("inputs/config.yaml", b"# nothing\n");
    fixture.edit(
        "bundle.yaml",
        "files:\n",
        "files:\n  - {from: \"${inputs}/codegraph\", to: bin/codegraph, role: program, component: base}\n  - {from: \"${inputs}/config.yaml\", to: config/config.yaml, role: config, component: base}\n",
    );
    house(&fixture);
    let keys = "--chain house --key r.key --passphrase-file words";
    stdout(&build(&fixture, "old", keys));
    fixture.edit("bundle.yaml", "version: 1.0.0", "version: 1.1.0");
    fixture.edit("bundle.yaml", "release_counter: 1", "release_counter: 2");
    stdout(&build(&fixture, "new", keys));
    fs::create_dir(fixture.path("host")).unwrap();
    fixture
}

/// The installer on the host `host`.
fn install(fixture: &Fixture, line: &str) -> std::process::Output {
    let (root, trust) = (fixture.path("host").display().to_string(), fingerprint(fixture));
    let line = line.replace("TRUST", &format!("--root-fingerprint {trust}"));
    let below = |word: &str| match fixture.path(word).exists() {
        true => fixture.path(word).display().to_string(),
        false => word.to_owned(),
    };
    let words: Vec<String> = line.split_whitespace().map(below).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    installer(&[&["--json", "--root", &root], &words[..]].concat())
}

/// It refuses with exit code 3 and these words, and writes nothing.
fn refuses(fixture: &Fixture, line: &str, words: &str) {
    let before = tree(&fixture.path("host"));
    for command in ["plan", "install"] {
        let (code, text) = failure(&install(fixture, &format!("{command} {line}")));
        assert!(code == 3 && text.contains(words), "{command} {line}: {code} {text}");
    }
    assert_eq!(tree(&fixture.path("host")), before, "{line}");
}

fn status(fixture: &Fixture) -> Value {
    parse(&stdout(&install(fixture, "status")))
}

#[test]
fn a_host_goes_back_by_a_permit_made_for_it_once() {
    let fixture = two_releases();
    stdout(&install(&fixture, "install new TRUST"));
    // The product goes, what the host remembers stays.
    stdout(&install(&fixture, "uninstall"));
    let host = status(&fixture)["host"].as_str().unwrap().to_owned();
    refuses(&fixture, "old TRUST", "counter 2");

    let trust = format!("--root-fingerprint {}", fingerprint(&fixture));
    let volume = volumes(&fixture.path("old"))[0].display().to_string();
    let permit = |host: &str, from: &str, out: &str| {
        let sign = format!("--key r.key --passphrase-file words --out {out}");
        let line = format!(
            "permit --host {host} --from {from} --to {volume} {trust} --reason fault {sign}"
        );
        stdout(&run(&fixture, &line));
    };
    let other = key(&fixture, "other", "countersign");
    permit(&other, "1.0=2", "foreign.json");
    refuses(&fixture, "old TRUST --downgrade-permit foreign.json", "is for host");
    permit(&host, "1.0=3", "elsewhere.json");
    refuses(&fixture, "old TRUST --downgrade-permit elsewhere.json", "leads away from");
    permit(&host, "1.0=2", "permit.json");
    let bent = fs::read_to_string(fixture.path("permit.json")).unwrap().replace("fault", "fraud");
    fixture.put("bent.json", bent.as_bytes());
    refuses(&fixture, "old TRUST --downgrade-permit bent.json", "is wrong");

    stdout(&install(&fixture, "plan old TRUST --downgrade-permit permit.json"));
    stdout(&install(&fixture, "install old TRUST --downgrade-permit permit.json"));
    let now = status(&fixture);
    assert_eq!((&now["version"], &now["counters"]["1.0"]), (&json!("1.0.0"), &json!(1)));
    let signed = parse(&fs::read_to_string(fixture.path("permit.json")).unwrap());
    let nonce = parse(signed["permit"].as_str().unwrap())["nonce"].as_str().unwrap().to_owned();
    let receipt = stdout(&install(&fixture, "receipt export"));
    assert!(receipt.contains(&nonce), "the receipt names the permit: {receipt}");

    // Forward again; what was used once does not serve twice.
    stdout(&install(&fixture, "uninstall"));
    stdout(&install(&fixture, "install new TRUST"));
    stdout(&install(&fixture, "uninstall"));
    refuses(&fixture, "old TRUST --downgrade-permit permit.json", "was used");
}

#[test]
fn a_host_that_pins_two_officers_waits_for_both() {
    let fixture = two_releases();
    let pins = fixture.path("host/etc/codegraph/trust/countersign");
    fs::create_dir_all(&pins).unwrap();
    let ids = ["anna", "bert"].map(|name| {
        let id = key(&fixture, name, "countersign");
        fs::copy(fixture.path(&format!("{name}.pub")), pins.join(format!("{name}.pem"))).unwrap();
        id
    });
    refuses(&fixture, "new TRUST", &ids[0]);
    refuses(&fixture, "new TRUST", &ids[1]);
    let trust = format!("--root-fingerprint {}", fingerprint(&fixture));
    let signed = |name: &str, folder: &str, out: &str| {
        let line = format!(
            "countersign {folder} {trust} --key {name}.key --passphrase-file words --out {out}"
        );
        stdout(&run(&fixture, &line));
    };
    // One beside the volumes, on media that are only read; the other is still missing.
    signed("anna", "new", "new/anna.countersig.json");
    fs::set_permissions(fixture.path("new"), fs::Permissions::from_mode(0o555)).unwrap();
    refuses(&fixture, "new TRUST", &ids[1]);
    // What bert signed of another release does not count.
    signed("bert", "old", "wrong.json");
    refuses(&fixture, "new TRUST --countersignature wrong.json", "is wrong");
    // He signs in another room, and the answer comes back.
    stdout(&run(&fixture, &format!("countersign new {trust} --request-out request.json")));
    stdout(&run(
        &fixture,
        "sign --request request.json --key bert.key --passphrase-file words --out answer.json",
    ));
    stdout(&run(&fixture, "sign --response answer.json --to bert.json"));
    let line = "new TRUST --countersignature bert.json";
    stdout(&install(&fixture, &format!("plan {line}")));
    stdout(&install(&fixture, &format!("install {line}")));
    fs::set_permissions(fixture.path("new"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(status(&fixture)["countersigners"], json!([2, 2]));
    let receipt = stdout(&install(&fixture, "receipt export"));
    assert!(ids.iter().all(|id| receipt.contains(id)), "{receipt}");
}
