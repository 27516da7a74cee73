//! Auth files as podman, skopeo and docker write them. The base64 texts were made with `base64`.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

use std::fs;

use oci_client::secrets::RegistryAuth;

use super::Credentials;

fn of(files: &[&str], image: &str) -> Result<RegistryAuth, String> {
    let folder = tempfile::tempdir().unwrap();
    let paths = files.iter().enumerate().map(|(number, text)| {
        let path = folder.path().join(number.to_string());
        fs::write(&path, text).unwrap();
        path
    });
    let credentials = Credentials::read(paths.collect::<Vec<_>>()).map_err(|e| e.to_string())?;
    credentials.of(&image.parse().unwrap()).map_err(|e| e.to_string())
}

fn basic(user: &str, password: &str) -> Result<RegistryAuth, String> {
    Ok(RegistryAuth::Basic(user.to_owned(), password.to_owned()))
}

#[test]
fn the_longest_matching_name_wins() {
    let file = r#"{"auths": {
        "registry.example:5000": {"auth": "aG9zdDpvbmU="},
        "registry.example:5000/team": {"auth": "dGVhbTp0d286eA=="},
        "registry.example:5000/team/app": {"auth": "YXBwOnRocmVl"}}}"#;
    assert_eq!(of(&[file], "registry.example:5000/team/app:1"), basic("app", "three"));
    assert_eq!(of(&[file], "registry.example:5000/team/apple:1"), basic("team", "two:x"));
    assert_eq!(of(&[file], "registry.example:5000/teams/app:1"), basic("host", "one"));
    assert_eq!(of(&[file], "registry.example/team/app:1"), Ok(RegistryAuth::Anonymous));
}

#[test]
fn old_names_of_docker_hub_and_later_files_are_found() {
    let old = r#"{"auths": {"https://index.docker.io/v1/": {"auth": "aG9zdDpvbmU="}}}"#;
    assert_eq!(of(&["{}", old], "debian:12"), basic("host", "one"));
    let first = r#"{"auths": {"docker.io": {"auth": "YXBwOnRocmVl"}}}"#;
    assert_eq!(of(&[first, old], "debian:12"), basic("app", "three"));
}

#[test]
fn a_helper_is_named_only_where_it_has_the_credentials() {
    let store = r#"{"credsStore": "desktop", "auths": {"registry.example": {}}}"#;
    assert_eq!(of(&[store], "other.example/a:1"), Ok(RegistryAuth::Anonymous));
    let error = of(&[store], "registry.example/a:1").unwrap_err();
    assert!(error.contains("\"desktop\"") && error.contains("REGISTRY_AUTH_FILE"), "{error}");
    let helper = r#"{"credHelpers": {"registry.example": "cloud"}}"#;
    assert!(of(&[helper], "registry.example/a:1").unwrap_err().contains("\"cloud\""));
}

#[test]
fn what_is_wrong_in_a_file_is_told_without_its_secrets() {
    let cases = [
        r#"{"auths": {"registry.example": {"auth": "SECRET"}}}"#,
        r#"{"auths": {"registry.example": {"auth": ["SECRET"]}}}"#,
        r#"{"auths": {"registry.example": {"identitytoken": "SECRET"}}}"#,
        r#"{"auths": SECRET"#,
    ];
    for text in cases {
        let error = of(&[text], "registry.example/a:1").unwrap_err();
        assert!(!error.contains("SECRET") && error.contains("/0: "), "{error}");
    }
}
