//! Key files: encrypted at rest, read by `openssl`, never overwritten.

use std::fs;

use crate::fixture::*;
use crate::house::*;

#[test]
fn keys_are_encrypted_at_rest_and_openssl_reads_them() {
    let fixture = Fixture::new();
    let id = key(&fixture, "a", "root");
    let pem = fs::read_to_string(fixture.path("a.key")).unwrap();
    assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"), "{pem}");
    let read = openssl(&fixture, &["pkey", "-in", "a.key", "-passin", "file:words", "-pubout"]);
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    assert_eq!(read.stdout, fs::read(fixture.path("a.pub")).unwrap());
    // The id is the SHA-256 of the DER form, as openssl writes it.
    let der = openssl(&fixture, &["pkey", "-pubin", "-in", "a.pub", "-outform", "DER"]).stdout;
    assert_eq!(hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&der)), id);
    let wrong = openssl(&fixture, &["pkey", "-in", "a.key", "-passin", "pass:wrong", "-noout"]);
    assert!(!wrong.status.success());
    fixture.put("other", b"another passphrase\n");
    let (code, text) = failure(&run(&fixture, "key show a.key --passphrase-file other"));
    assert!(code == 1 && text.contains("passphrase is wrong"), "{text}");
    // Nobody to ask, nothing given: told what to give.
    let (code, text) = failure(&run(&fixture, "key show a.key"));
    assert!(code == 1 && text.contains("--passphrase-file"), "{text}");
}

#[test]
fn a_weak_passphrase_and_an_existing_file_are_refused() {
    let fixture = Fixture::new();
    fixture.put("short", b"12345678901\n");
    let line = "key generate --role root --out x.key --passphrase-file short";
    let (code, text) = failure(&run(&fixture, line));
    assert!(code == 1 && text.contains("12 or more"), "{text}");
    assert!(!fixture.path("x.key").exists());
    key(&fixture, "x", "root");
    let before = fs::read(fixture.path("x.key")).unwrap();
    let (code, text) =
        failure(&run(&fixture, "key generate --role root --out x.key --passphrase-file words"));
    assert!(code == 1 && text.contains("never overwritten"), "{text}");
    assert_eq!(fs::read(fixture.path("x.key")).unwrap(), before);
}

#[test]
fn keys_made_by_openssl_are_taken_over_plain_or_encrypted() {
    let fixture = Fixture::new();
    fixture.put("words", format!("{WORDS}\n").as_bytes());
    fixture.put("theirs", b"the passphrase of openssl\n");
    let plain = ["genpkey", "-algorithm", "ed25519", "-out", "plain.pem"];
    assert!(openssl(&fixture, &plain).status.success());
    let locked =
        ["genpkey", "-algorithm", "ed25519", "-out", "locked.pem", "-aes-256-cbc", "-pass"];
    assert!(openssl(&fixture, &[&locked[..], &["file:theirs"]].concat()).status.success());
    for (from, more) in [("plain", ""), ("locked", "--from-passphrase-file theirs")] {
        let line = format!("key import {from}.pem --out {from}.key --passphrase-file words {more}");
        stdout(&run(&fixture, &line));
        let input = format!("{from}.pem");
        let expected =
            openssl(&fixture, &["pkey", "-in", &input, "-passin", "file:theirs", "-pubout"]).stdout;
        assert_eq!(fs::read(fixture.path(&format!("{from}.pub"))).unwrap(), expected);
        let text = fs::read_to_string(fixture.path(&format!("{from}.key"))).unwrap();
        assert!(text.contains("ENCRYPTED"));
    }
    let rsa =
        ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "rsa.pem"];
    assert!(openssl(&fixture, &rsa).status.success());
    let (code, text) =
        failure(&run(&fixture, "key import rsa.pem --out rsa.key --passphrase-file words"));
    assert!(code == 1 && text.contains("no Ed25519"), "{text}");
}
