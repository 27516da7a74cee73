//! The commands that `FORMAT` prints, run as they stand there by a shell with stock tools.

use std::process::Command;

use cg_bundle_format::{Digest, SigningKey};

use crate::fixture::*;

fn commands(note: &[u8]) -> String {
    let note = String::from_utf8(note.to_vec()).unwrap();
    note.lines()
        .filter_map(|line| line.strip_prefix("    "))
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn the_commands_in_format_check_the_signature_with_stock_openssl() {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    let volume = &fixture.write(folder.path(), None)[0];
    let run = |name: &str| {
        let place = folder.path().join(name);
        std::fs::create_dir(&place).unwrap();
        let script = commands(&fixture.note);
        let out = Command::new("sh")
            .arg("-ec")
            .arg(&script)
            .env("V", volume)
            .current_dir(&place)
            .output()
            .unwrap();
        (out.status.success(), String::from_utf8(out.stdout).unwrap())
    };
    let (fine, text) = run("good");
    assert!(fine, "{text}");
    let fingerprint = fixture.chain.fingerprint().unwrap().hex();
    assert!(text.contains(&format!("{fingerprint}  root/00001.json")), "{text}");
    assert!(text.contains("Signature Verified Successfully"), "{text}");
    let installer = Digest::of(&noise(1, 9_000));
    assert!(text.contains(&format!("{}  codegraph-install", installer.hex())), "{text}");
    assert!(text.contains(&format!("\"blob\": \"{installer}\"")), "{text}");

    let mut bytes = std::fs::read(volume).unwrap();
    let (_, at, size) = entries(&bytes).into_iter().find(|e| e.0 == "release.json").unwrap();
    bytes[at + 512 + size / 2] ^= 1;
    std::fs::write(volume, bytes).unwrap();
    let (fine, text) = run("bad");
    assert!(!fine && !text.contains("Verified Successfully"), "{text}");
}

#[test]
fn a_key_made_by_openssl_signs_and_openssl_reads_ours() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let openssl = |arguments: &[&str]| {
        let out =
            Command::new("openssl").args(arguments).current_dir(folder.path()).output().unwrap();
        assert!(out.status.success(), "{out:?}");
        out.stdout
    };
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", "theirs.key"]);
    let theirs =
        SigningKey::from_pem(&std::fs::read_to_string(file("theirs.key")).unwrap(), "theirs")
            .unwrap();
    let public = openssl(&["pkey", "-in", "theirs.key", "-pubout"]);
    assert_eq!(String::from_utf8(public).unwrap(), theirs.public().pem());
    std::fs::write(file("ours.key"), key(2).to_pem().as_bytes()).unwrap();
    let public = openssl(&["pkey", "-in", "ours.key", "-pubout"]);
    assert_eq!(String::from_utf8(public).unwrap(), key(2).public().pem());
    // RFC 8032 section 7.1, test 1: this seed has this public key (DER prefix of RFC 8410 in front).
    let seed: [u8; 32] =
        hex::decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
            .unwrap()
            .try_into()
            .unwrap();
    let der = hex::decode(
        "302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    )
    .unwrap();
    assert_eq!(SigningKey::from_seed(&seed).public().id().to_string(), Digest::of(&der).hex());
}
