//! Who may sign: fingerprints, thresholds, chains of roots.

use cg_bundle_format::*;

use crate::fixture::*;

fn outcome(fixture: &Fixture, anchor: &TrustAnchor) -> Result<Payload, Error> {
    let folder = tempfile::tempdir().unwrap();
    let paths = fixture.write(folder.path(), None);
    read_all(&paths, anchor)
}

fn refused(fixture: &Fixture, anchor: &TrustAnchor) -> String {
    let error = outcome(fixture, anchor).map(|_| ()).expect_err("must be refused");
    assert_eq!(error.exit_code(), 3, "{error}");
    error.to_string()
}

/// A chain of roots, each signed by these keys.
fn with_chain(roots: &[(Root, &[u8])]) -> Fixture {
    let mut fixture = Fixture::small();
    fixture.chain =
        RootChain { roots: roots.iter().map(|(root, signers)| sign_root(root, signers)).collect() };
    fixture.newest = roots.last().unwrap().0.clone();
    fixture
}

fn fingerprint(root: &Root) -> TrustAnchor {
    TrustAnchor::Fingerprint(Digest::of(&root.to_bytes()))
}

#[test]
fn another_fingerprint_is_refused_and_both_are_shown() {
    let fixture = Fixture::small();
    let other = Digest::of(b"another root");
    let text = refused(&fixture, &TrustAnchor::Fingerprint(other));
    assert!(
        text.contains(&other.to_string())
            && text.contains(&fixture.chain.fingerprint().unwrap().to_string()),
        "{text}"
    );
}

#[test]
fn a_release_signed_by_a_key_that_the_root_does_not_name_is_refused() {
    let mut fixture = Fixture::small();
    fixture.signers = vec![3];
    assert!(refused(&fixture, &fixture.anchor()).contains("0 of 1 needed signatures"));
    // A root key is no release key.
    fixture.signers = vec![1];
    assert!(refused(&fixture, &fixture.anchor()).contains("0 of 1 needed signatures"));
    // An attacker who brings a root of his own is stopped by the fingerprint, and only by it.
    let honest = Fixture::small().anchor();
    let forged = root(1, None, (&[8], 1), (&[9], 1));
    let mut forgery = with_chain(&[(forged, &[8])]);
    forgery.signers = vec![9];
    assert!(refused(&forgery, &honest).contains("fingerprint"));
    let believed = outcome(&forgery, &TrustAnchor::DangerousFirstUse).unwrap();
    assert_eq!(believed.release().root().first_use(), FirstUse::Unproven);
}

#[test]
fn a_threshold_needs_that_many_different_keys() {
    let two_of_three = root(1, None, (&[1], 1), (&[2, 3, 4], 2));
    for (signers, fine) in [
        (vec![2], false),
        (vec![2, 2], false),
        (vec![2, 9], false),
        (vec![2, 4], true),
        (vec![2, 3, 4], true),
        (vec![2, 3, 9], true),
    ] {
        let mut fixture = with_chain(&[(two_of_three.clone(), &[1])]);
        fixture.signers = signers.clone();
        assert_eq!(outcome(&fixture, &fixture.anchor()).is_ok(), fine, "{signers:?}");
    }
}

#[test]
fn threshold_zero_doubled_keys_and_unknown_algorithms_are_refused() {
    let good = root(1, None, (&[1], 1), (&[2], 1));
    let mut bad = vec![];
    let mut bend = |what: &'static str, f: &dyn Fn(&mut Root)| {
        let mut root = good.clone();
        f(&mut root);
        bad.push((root, what));
    };
    bend("threshold 0", &|r| r.release.threshold = 0);
    bend("threshold 0", &|r| r.root.threshold = 0);
    bend("needs 2 signatures of only 1", &|r| r.release.threshold = 2);
    bend("lists key", &|r| r.release.keys.push(r.release.keys[0]));
    bend("is listed twice", &|r| r.keys.push(r.keys[0].clone()));
    bend("does not belong to its public key", &|r| r.keys[1].key_id = r.keys[0].key_id);
    bend("not in `keys`", &|r| r.release.keys = vec![key(7).public().id()]);
    bend("critical field", &|r| r.critical.push("expires".into()));
    bend("format 2", &|r| r.format = 2);
    bend("version must be at least 1", &|r| r.version = 0);
    bend("previous", &|r| r.previous = Some(Digest::of(b"x")));
    for (root, what) in bad {
        let fixture = with_chain(&[(root.clone(), &[1])]);
        let text = refused(&fixture, &fingerprint(&root));
        assert!(text.contains(what), "{what}: {text}");
    }
    let text = String::from_utf8(good.to_bytes()).unwrap();
    let parse = |text: String| Root::parse(text.as_bytes(), &Limits::default());
    assert!(parse(text.clone()).is_ok());
    for (from, to) in [
        ("\"ed25519\"", "\"rsa\""),
        ("\"threshold\": 1", "\"threshold\": 1.0"),
        ("\"threshold\": 1", "\"threshold\": -1"),
        ("\"version\": 1", "\"version\": 1, \"version\": 1"),
        ("\"version\": 1", "\"version\": true"),
        ("\"version\": 1", "\"version\": null"),
    ] {
        assert!(parse(text.replacen(from, to, 1)).is_err(), "{to}");
    }
}

#[test]
fn a_weak_public_key_is_refused() {
    // The neutral element: a signature that anybody can make verifies under it in lenient verifiers.
    let der = [
        &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..],
        &[1],
        &[0; 31],
    ]
    .concat();
    let text = format!("\"{}\"", base64(&der));
    let error = serde_json::from_str::<PublicKey>(&text).unwrap_err().to_string();
    assert!(error.contains("weak"), "{error}");
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let word = group.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - group.len()));
        for digit in 0..=group.len() {
            out.push(char::from(DIGITS[(word >> (18 - 6 * digit)) as usize & 63]));
        }
        out.extend(std::iter::repeat_n('=', 3 - group.len()));
    }
    out
}

#[test]
fn keys_rotate_by_old_and_new_threshold_and_an_old_fingerprint_still_leads_to_the_newest_root() {
    let first = root(1, None, (&[1], 1), (&[2], 1));
    let second = root(2, Some(Digest::of(&first.to_bytes())), (&[5], 1), (&[6], 1));
    let mut fixture = with_chain(&[(first.clone(), &[1]), (second.clone(), &[1, 5])]);
    fixture.signers = vec![6];
    for anchor in [
        fingerprint(&first),
        fingerprint(&second),
        TrustAnchor::Pinned(first.to_bytes()),
        TrustAnchor::Pinned(second.to_bytes()),
    ] {
        let payload = outcome(&fixture, &anchor).unwrap();
        assert_eq!(payload.release().root().root().version, 2);
    }
    // The retired release key signs nothing any more.
    fixture.signers = vec![2];
    refused(&fixture, &fingerprint(&first));
}

#[test]
fn a_root_that_the_old_keys_or_the_new_keys_did_not_sign_is_refused() {
    let first = root(1, None, (&[1, 11, 12], 2), (&[2], 1));
    let next = root(2, Some(Digest::of(&first.to_bytes())), (&[5, 15], 2), (&[6], 1));
    let all: &[u8] = &[1, 11, 5, 15];
    for (signers, fine) in [
        (all, true),
        (&[1, 5, 15], false),
        (&[1, 11, 5], false),
        (&[5, 15], false),
        (&[1, 11], false),
    ] {
        let mut fixture = with_chain(&[(first.clone(), &[1, 11]), (next.clone(), signers)]);
        fixture.signers = vec![6];
        for anchor in [fingerprint(&first), fingerprint(&next)] {
            assert_eq!(outcome(&fixture, &anchor).is_ok(), fine, "{signers:?}");
        }
    }
}

#[test]
fn roots_go_up_by_one_and_are_bound_to_the_root_before() {
    let first = root(1, None, (&[1], 1), (&[2], 1));
    let bound = Some(Digest::of(&first.to_bytes()));
    let jump = root(3, bound, (&[1], 1), (&[2], 1));
    let loose = root(2, Some(Digest::of(b"another")), (&[1], 1), (&[2], 1));
    for next in [jump, loose] {
        let fixture = with_chain(&[(first.clone(), &[1]), (next.clone(), &[1])]);
        refused(&fixture, &fingerprint(&first));
        refused(&fixture, &fingerprint(&next));
    }
}

#[test]
fn a_bundle_older_than_the_pinned_root_is_refused() {
    let first = root(1, None, (&[1], 1), (&[2], 1));
    let second = root(2, Some(Digest::of(&first.to_bytes())), (&[1], 1), (&[2], 1));
    let fixture = with_chain(&[(first, &[1])]);
    refused(&fixture, &TrustAnchor::Pinned(second.to_bytes()));
}

#[test]
fn a_signature_of_one_document_does_not_serve_another() {
    let fixture = Fixture::small();
    let bytes = fixture.manifest_bytes();
    let as_root = key(2).sign(ROOT_PREFIX, &bytes);
    assert!(!key(2).public().verifies(RELEASE_PREFIX, &bytes, &as_root));
    assert!(key(2).public().verifies(ROOT_PREFIX, &bytes, &as_root));
}

#[test]
fn private_keys_survive_their_pem_file_and_are_not_shown() {
    let key = key(2);
    let pem = key.to_pem();
    assert_eq!(SigningKey::from_pem(&pem, "x").unwrap().public(), key.public());
    assert!(!format!("{key:?}").contains("0202"));
    assert!(
        SigningKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "x")
            .is_err()
    );
}
