//! Signatures made elsewhere, by others and with other programs.

use std::fs;
use std::process::Command;

use crate::fixture::*;
use crate::house::*;

#[test]
fn a_release_is_signed_in_another_room() {
    let fixture = Fixture::new();
    house(&fixture);
    let small = "--chain house --volume-size 48KiB";
    stdout(&build(&fixture, "direct", &format!("{small} --key r.key --passphrase-file words")));
    stdout(&build(&fixture, "out", &format!("{small} --unsigned")));
    let waiting = volumes(&fixture.path("out"));
    assert!(waiting.len() > 2, "several volumes and the request: {waiting:?}");
    assert!(waiting.iter().all(|path| !path.display().to_string().ends_with(".cgb")));
    let trust = format!("--root-fingerprint {}", fingerprint(&fixture));
    let (code, _) = failure(&run(&fixture, &format!("verify out {trust}")));
    assert_eq!(code, 1, "no volume is there");
    let first = &waiting[1].display().to_string();
    let (code, text) = failure(&run(&fixture, &format!("verify {first} {trust}")));
    assert!(code == 3 && text.contains("has not signed yet"), "{text}");

    let request = "out/codegraph-1.0.0-x86_64.sign-request.json";
    let sign = format!("sign --request {request} --out answer --passphrase-file words");
    let (code, text) = failure(&run(&fixture, &format!("{sign} --key a.key")));
    assert!(code == 1 && text.contains("not among the release keys"), "{text}");
    let talk = run(&fixture, &format!("{sign} --key r.key"));
    let text = String::from_utf8(talk.stderr).unwrap();
    assert!(text.contains("counter 1") && text.contains("release codegraph 1.0.0"), "{text}");

    // An answer to something else, or changed on its way, signs nothing.
    let good = fs::read_to_string(fixture.path("answer")).unwrap();
    let digits = json(&good)["signatures"][0]["signature"].as_str().unwrap().to_owned();
    let turned: String = digits.chars().rev().collect();
    fixture.put("bent", good.replace(&digits, &turned).as_bytes());
    let (code, text) = failure(&run(&fixture, "sign --response bent --to out"));
    assert!(code == 3 && text.contains("is wrong"), "{text}");
    assert_eq!(volumes(&fixture.path("out")), waiting);

    stdout(&run(&fixture, "sign --response answer --to out"));
    stdout(&run(&fixture, &format!("verify out {trust}")));
    // Byte for byte what the key would have made here: Ed25519 is deterministic.
    let signed: Vec<_> = volumes(&fixture.path("out"))
        .into_iter()
        .filter(|p| p.extension().unwrap() == "cgb")
        .collect();
    for (a, b) in signed.iter().zip(&volumes(&fixture.path("direct"))) {
        assert_eq!(fs::read(a).unwrap(), fs::read(b).unwrap());
    }
    assert_eq!(signed.len(), volumes(&fixture.path("direct")).len());
}

#[test]
fn two_release_keys_in_two_rooms() {
    let fixture = Fixture::new();
    key(&fixture, "a", "root");
    for name in ["r", "s", "t"] {
        key(&fixture, name, "release");
    }
    let line = "root create house --root-key a.pub --root-threshold 1 --release-key r.pub \
                --release-key s.pub --release-key t.pub --release-threshold 2 --sign-with a.key \
                --passphrase-file words";
    stdout(&run(&fixture, line));
    let (code, text) =
        failure(&build(&fixture, "out", "--key r.key --chain house --passphrase-file words"));
    assert!(code == 1 && text.contains("demands 2 signatures"), "{text}");
    stdout(&build(
        &fixture,
        "here",
        "--key r.key --key t.key --chain house --passphrase-file words",
    ));
    stdout(&build(&fixture, "out", "--chain house --unsigned"));
    let request = "out/codegraph-1.0.0-x86_64.sign-request.json";
    for (name, answer) in [("s", "one"), ("t", "two")] {
        let line = format!(
            "sign --request {request} --key {name}.key --out {answer} --passphrase-file words"
        );
        stdout(&run(&fixture, &line));
    }
    let (code, text) = failure(&run(&fixture, "sign --response one --to out"));
    assert!(code == 3 && text.contains("1 of 2"), "{text}");
    stdout(&run(&fixture, "sign --response one --response two --to out"));
    for folder in ["out", "here"] {
        stdout(&run(
            &fixture,
            &format!("verify {folder} --root-fingerprint {}", fingerprint(&fixture)),
        ));
    }
}

#[test]
fn minisign_checks_the_release_with_its_own_key() {
    let fixture = Fixture::new();
    house(&fixture);
    stdout(&build(&fixture, "out", "--key r.key --chain house --passphrase-file words"));
    key(&fixture, "m", "minisign");
    let trust = format!("--root-fingerprint {}", fingerprint(&fixture));
    stdout(&run(
        &fixture,
        &format!("minisign out {trust} --key m.key --out extra --passphrase-file words"),
    ));
    let check = |message: &str| {
        let line = ["-V", "-p", "m.pub", "-m", message, "-x", "extra/release.json.minisig"];
        Command::new("minisign").args(line).current_dir(fixture.path("")).output().unwrap()
    };
    let good = check("extra/release.json");
    let text = String::from_utf8_lossy(&good.stdout).into_owned();
    assert!(good.status.success() && text.contains("counter 1"), "{good:?}");
    // The same file lies in every volume.
    let tar = Command::new("tar")
        .args(["-xOf"])
        .arg(&volumes(&fixture.path("out"))[0])
        .arg("release.json")
        .output()
        .unwrap();
    assert_eq!(tar.stdout, fs::read(fixture.path("extra/release.json")).unwrap());
    let mut bent = tar.stdout;
    bent[20] ^= 1;
    fixture.put("bent.json", &bent);
    assert!(!check("bent.json").status.success());
}

#[test]
fn a_key_that_minisign_made_without_a_passphrase_signs_too() {
    let fixture = Fixture::new();
    house(&fixture);
    stdout(&build(&fixture, "out", "--key r.key --chain house --passphrase-file words"));
    let minisign = |line: &str| {
        let line: Vec<&str> = line.split(' ').collect();
        Command::new("minisign").args(line).current_dir(fixture.path("")).output().unwrap()
    };
    assert!(minisign("-G -W -p theirs.pub -s theirs.key").status.success());
    let trust = format!("--root-fingerprint {}", fingerprint(&fixture));
    let sign = |key: &str| run(&fixture, &format!("minisign out {trust} --key {key} --out extra"));
    stdout(&sign("theirs.key"));
    let check = "-V -p theirs.pub -m extra/release.json -x extra/release.json.minisig";
    assert!(minisign(check).status.success());
    // Without a checksum the halves of the key must fit.
    use base64::Engine;
    let base64 = base64::engine::general_purpose::STANDARD;
    let text = fs::read_to_string(fixture.path("theirs.key")).unwrap();
    let (comment, key) = text.trim_end().split_once('\n').unwrap();
    let key = base64.decode(key).unwrap();
    for place in [70, 110, 140, 157] {
        let mut bent = key.clone();
        bent[place] ^= 1;
        fixture.put("bent.key", format!("{comment}\n{}\n", base64.encode(bent)).as_bytes());
        let (code, text) = failure(&sign("bent.key"));
        assert!(code == 1 && text.contains("bent.key") && text.contains("damaged"), "{text}");
    }
    fixture.put("short.key", format!("{comment}\n{}\n", base64.encode(&key[..100])).as_bytes());
    let (code, text) = failure(&sign("short.key"));
    assert!(code == 1 && text.contains("short.key"), "{text}");
}

#[test]
fn a_countersignature_is_one_that_openssl_checks() {
    let fixture = Fixture::new();
    house(&fixture);
    stdout(&build(&fixture, "out", "--key r.key --chain house --passphrase-file words"));
    let id = key(&fixture, "site", "countersign");
    let trust = format!("--root-fingerprint {}", fingerprint(&fixture));
    stdout(&run(
        &fixture,
        &format!("countersign out {trust} --key site.key --passphrase-file words --out direct"),
    ));
    // By way of another room it is the same file.
    stdout(&run(&fixture, &format!("countersign out {trust} --request-out request")));
    stdout(&run(
        &fixture,
        "sign --request request --key site.key --passphrase-file words --out answer",
    ));
    stdout(&run(&fixture, "sign --response answer --to brought"));
    assert_eq!(
        fs::read(fixture.path("direct")).unwrap(),
        fs::read(fixture.path("brought")).unwrap()
    );
    let file = json(&fs::read_to_string(fixture.path("direct")).unwrap());
    assert_eq!(file["signatures"][0]["key_id"], id);
    let signature = hex::decode(file["signatures"][0]["signature"].as_str().unwrap()).unwrap();
    fixture.put("signature", &signature);
    let release = Command::new("tar")
        .arg("-xOf")
        .arg(&volumes(&fixture.path("out"))[0])
        .arg("release.json")
        .output()
        .unwrap()
        .stdout;
    fixture.put("signed", &[b"codegraph bundle format 1: release.json\n", &release[..]].concat());
    let line = [
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "site.pub",
        "-rawin",
        "-in",
        "signed",
        "-sigfile",
        "signature",
    ];
    assert!(openssl(&fixture, &line).status.success());
}

#[test]
fn a_downgrade_permit_names_host_and_release_and_openssl_checks_it() {
    let fixture = Fixture::new();
    house(&fixture);
    stdout(&build(&fixture, "out", "--key r.key --chain house --passphrase-file words"));
    let host = key(&fixture, "host", "countersign");
    let first = volumes(&fixture.path("out"))[0].display().to_string();
    let trust = format!("--root-fingerprint {}", fingerprint(&fixture));
    let base = format!("permit --host {host} --from 1.1=7 --to {first} {trust} --reason fault");
    let (code, text) =
        failure(&run(&fixture, &format!("{base} --key a.key --passphrase-file words --out no")));
    assert!(code == 1 && text.contains("not among the release keys"), "{text}");
    stdout(&run(&fixture, &format!("{base} --key r.key --passphrase-file words --out direct")));
    stdout(&run(&fixture, &format!("{base} --request-out request")));
    let sign = "sign --request request --key r.key --passphrase-file words --out answer";
    let shown = String::from_utf8(run(&fixture, sign).stderr).unwrap();
    assert!(shown.contains("line 1.1, counter 7") && shown.contains(&host), "{shown}");
    stdout(&run(&fixture, "sign --response answer --to brought"));
    let release = Command::new("tar").args(["-xOf", &first, "release.json"]).output().unwrap();
    fixture.put("release.json", &release.stdout);
    let sum = Command::new("sha256sum").arg(fixture.path("release.json")).output().unwrap();
    let sum = format!("sha256:{}", String::from_utf8_lossy(&sum.stdout[..64]));
    let mut nonces = Vec::new();
    for name in ["direct", "brought"] {
        let file = json(&fs::read_to_string(fixture.path(name)).unwrap());
        let text = file["permit"].as_str().unwrap();
        let permit = json(text);
        assert_eq!(
            (&permit["host"], &permit["to"]["release"]),
            (&host.clone().into(), &sum.clone().into())
        );
        assert_eq!(permit["from"], serde_json::json!({"line": "1.1", "counter": 7}));
        nonces.push(permit["nonce"].clone());
        let prefix = "codegraph bundle format 1: downgrade permit\n";
        fixture.put("signed", format!("{prefix}{text}").as_bytes());
        let digits = file["signatures"][0]["signature"].as_str().unwrap();
        fixture.put("signature", &hex::decode(digits).unwrap());
        let check = "pkeyutl -verify -pubin -inkey r.pub -rawin -in signed -sigfile signature";
        let check: Vec<&str> = check.split(' ').collect();
        assert!(openssl(&fixture, &check).status.success());
    }
    assert_ne!(nonces[0], nonces[1], "each serves once");
}
