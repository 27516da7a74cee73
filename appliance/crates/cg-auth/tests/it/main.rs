//! What login and tokens promise, tried from outside.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use cg_auth::{
    AUDIENCE, AccessKey, AuthError, ISSUER, NewAccess, Password, PasswordHash, Permission,
    RefreshToken, Role, hash_token, random_password, wait_after,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const NOW: i64 = 1_800_000_000;

fn key() -> AccessKey {
    AccessKey::new(SECRET).unwrap()
}

fn access() -> NewAccess {
    NewAccess {
        user: "u1".into(),
        name: "anna".into(),
        role: Role::Viewer,
        session: "s1".into(),
        must_change: false,
        now: NOW,
        life: 900,
    }
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "name": "anna", "role": "viewer",
           "sid": "s1", "iat": NOW, "nbf": NOW, "exp": NOW + 900})
}

fn forged(header: &Header, claims: &Value, secret: &[u8]) -> String {
    encode(header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

fn typed(algorithm: Algorithm) -> Header {
    Header { typ: Some("at+jwt".into()), ..Header::new(algorithm) }
}

#[test]
fn a_token_lives_until_its_end_and_no_longer() {
    let token = key().issue(access()).unwrap();
    assert_eq!(key().check(&token, NOW).unwrap().sub, "u1");
    assert!(key().check(&token, NOW + 899).is_ok());
    assert_eq!(key().check(&token, NOW + 900), Err(AuthError::Expired));
    assert!(key().check(&token, NOW - 60).is_err());
}

#[test]
fn forged_tokens_are_refused() {
    let good = typed(Algorithm::HS256);
    assert!(key().check(&forged(&good, &claims(), SECRET), NOW).is_ok(), "the control passes");
    let other_secret = forged(&good, &claims(), b"ffffffffffffffffffffffffffffffff");
    let other_algorithm = forged(&typed(Algorithm::HS512), &claims(), SECRET);
    let other_type = forged(&Header::new(Algorithm::HS256), &claims(), SECRET);
    for token in [other_secret, other_algorithm, other_type] {
        assert!(key().check(&token, NOW).is_err(), "{token}");
    }
    // "alg": "none" in three spellings, unsigned.
    let body = forged(&good, &claims(), SECRET);
    let body = body.split('.').nth(1).unwrap();
    for header in [
        "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0",
        "eyJhbGciOiJOb25lIiwidHlwIjoiYXQrand0In0",
        "eyJhbGciOiJuT25FIiwidHlwIjoiYXQrand0In0",
    ] {
        assert!(key().check(&format!("{header}.{body}."), NOW).is_err(), "{header}");
    }
}

#[test]
fn claims_of_a_wrong_kind_are_refused() {
    let header = typed(Algorithm::HS256);
    for (name, value) in [
        ("exp", json!("1900000000")),
        ("exp", json!(1.9e9)),
        ("exp", json!(-1)),
        ("exp", Value::Null),
        ("nbf", json!("0")),
        ("nbf", json!(NOW + 3600)),
        ("aud", json!("other")),
        ("iss", json!("other")),
        ("role", json!("root")),
        ("sid", json!(5)),
    ] {
        let mut forged_claims = claims();
        forged_claims[name] = value.clone();
        let token = forged(&header, &forged_claims, SECRET);
        assert!(key().check(&token, NOW).is_err(), "{name}: {value}");
    }
    for name in ["exp", "nbf", "aud", "iss", "sub", "sid", "role"] {
        let mut forged_claims = claims();
        forged_claims.as_object_mut().unwrap().remove(name);
        let token = forged(&header, &forged_claims, SECRET);
        assert!(key().check(&token, NOW).is_err(), "without {name}");
    }
}

#[test]
fn one_changed_letter_spoils_a_token() {
    let token = key().issue(access()).unwrap();
    for at in (0..token.len() - 1).step_by(7) {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(changed == token || key().check(&changed, NOW).is_err(), "at {at}");
    }
    assert!(key().check(&"a".repeat(100_000), NOW).is_err());
    assert!(key().check("", NOW).is_err());
}

#[test]
fn short_keys_are_refused() {
    assert!(matches!(AccessKey::new(&SECRET[..31]), Err(AuthError::KeyLength(31))));
}

#[test]
fn a_password_fits_its_own_hash_only() {
    let hash = Password::new("correct horse battery".into()).hash();
    assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
    assert_eq!(hash.fits(&Password::new("correct horse battery".into())), Ok(true));
    assert_eq!(hash.fits(&Password::new("correct horse battery ".into())), Ok(false));
    assert_eq!(hash.fits(&Password::new(String::new())), Ok(false));
    assert_ne!(hash, Password::new("correct horse battery".into()).hash(), "salted");
}

#[test]
fn a_hash_made_by_the_reference_program_is_understood() {
    // echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 (from the test file of phc-winner-argon2)
    let hash =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let hash = PasswordHash::stored(hash.into());
    assert_eq!(hash.fits(&Password::new("password".into())), Ok(true));
    assert_eq!(hash.fits(&Password::new("passwore".into())), Ok(false));
}

#[test]
fn nobody_can_log_in_as_nobody() {
    for text in ["", "nobody", "\0"] {
        assert_eq!(PasswordHash::of_nobody().fits(&Password::new(text.into())), Ok(false));
    }
}

#[test]
fn chosen_passwords_have_a_decent_length() {
    assert!(Password::chosen("short".into()).is_err());
    assert!(Password::chosen("ж".repeat(12)).is_ok(), "characters count, not bytes");
    assert!(Password::chosen("x".repeat(257)).is_err());
}

#[test]
fn random_secrets_differ() {
    assert_ne!(random_password().expose(), random_password().expose());
    assert_eq!(random_password().expose().len(), 24);
    let (one, two) = (RefreshToken::random(), RefreshToken::random());
    assert_ne!(one.expose(), two.expose());
    assert_eq!(one.hash(), hash_token(one.expose()));
    // sha256("abc"), FIPS 180-2 appendix B.1
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(hash_token("abc"), abc);
}

#[test]
fn the_wait_grows_with_the_failures() {
    let waits: Vec<u64> =
        [0, 2, 3, 8, 9, 24, 25, 99, 100, i64::MAX].map(|n| wait_after(n).as_secs()).to_vec();
    assert_eq!(waits, [0, 0, 3, 3, 5, 5, 10, 10, 600, 600]);
}

#[test]
fn roles_keep_to_their_trade() {
    assert!(!Role::Viewer.may(Permission::AskRun));
    assert!(!Role::Viewer.may(Permission::ProjectManage));
    assert!(Role::Analyst.may(Permission::AskRun));
    assert!(!Role::Analyst.may(Permission::UserManage));
    assert!(!Role::Reviewer.may(Permission::AuditRead));
    assert!(Role::Auditor.may(Permission::AuditRead));
    assert!(!Role::Auditor.may(Permission::GraphRead), "auditors read no code");
    assert!(!Role::Auditor.may(Permission::UserManage));
    for role in Role::ALL {
        assert!(role.may(Permission::OwnAccount));
        assert_eq!(Role::parse(role.name()), Some(role));
    }
    assert_eq!(Role::parse("root"), None);
}
