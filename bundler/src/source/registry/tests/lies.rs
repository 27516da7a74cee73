//! Registries that say what is not so.

use serde_json::{Value, json};

use super::*;
use crate::test_servers::{Answer, Web};

#[test]
fn an_image_that_is_not_what_it_says_is_refused_and_nothing_of_it_is_kept() {
    type Bend = fn(&mut Value);
    let cases: [(Bend, &str); 7] = [
        (|m| m["layers"][0]["size"] = json!(u64::MAX), "18446744073709551615 bytes"),
        (|m| m["layers"][0]["digest"] = json!("sha512:00"), "SHA-256"),
        (|m| m["layers"][0]["urls"] = json!(["https://elsewhere.example/"]), "lies elsewhere"),
        (|m| m["layers"][0]["mediaType"] = json!("application/x-sh"), "cannot be taken"),
        (
            |m| m["config"]["mediaType"] = json!("application/vnd.cncf.helm.config.v1+json"),
            "no container image",
        ),
        (|m| m["mediaType"] = json!("application/vnd.oci.image.index.v1+json"), "calls itself"),
        (|m| m["schemaVersion"] = json!(1), "schema version"),
    ];
    for (bend, word) in cases {
        let hex = "1".repeat(64);
        let mut manifest = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": format!("sha256:{hex}"), "size": 2},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": format!("sha256:{hex}"), "size": 2}]});
        bend(&mut manifest);
        let error = lying(manifest.to_string().into_bytes()).unwrap_err();
        assert_eq!(error.exit_code(), 3, "{word}: {error}");
        assert!(error.to_string().contains(word), "{word}: {error}");
    }
    let error = lying(vec![b' '; 5 << 20]).unwrap_err();
    assert!(
        error.exit_code() == 3 && error.to_string().contains("more than 4194304 bytes"),
        "{error}"
    );
    let error = lying(b"<html>".to_vec()).unwrap_err();
    assert_eq!(error.exit_code(), 3, "{error}");
}

/// What a registry without TLS that serves this as manifest leads to.
fn lying(manifest: Vec<u8>) -> Result<ResolvedImage, Error> {
    let web = Web::serve(move |request| {
        let headers = vec!["Content-Type: application/vnd.oci.image.manifest.v1+json".to_owned()];
        let body = if request.path.contains("/manifests/") { manifest.clone() } else { Vec::new() };
        Answer { status: "200 OK", headers, body, length: None }
    });
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(Some(folder.path())).unwrap();
    let net = Net::open(None).unwrap();
    let registry = Registry::with(&net, Credentials::read([]).unwrap()).unwrap();
    let request = ImageRequest {
        reference: format!("127.0.0.1:{}/a/b:1", web.port),
        platform: "linux/amd64".to_owned(),
        cosign_key: None,
        insecure_http_loopback: true,
    };
    resolve(&registry, &request, &cache)
}

#[test]
fn a_registry_that_wants_passwords_sent_without_tls_gets_none() {
    let server = Server::start(&Auth::Bearer("http://tokens.example/token".to_owned()));
    let cache = Cache::open(Some(&server.path("cache"))).unwrap();
    let net = Net::open(Some(&server.ca())).unwrap();
    for files in [vec![server.path("auth.json")], Vec::new()] {
        let registry = Registry::with(&net, Credentials::read(files).unwrap()).unwrap();
        let request = ImageRequest {
            reference: format!("127.0.0.1:{}/team/one:1", server.port),
            platform: "linux/amd64".to_owned(),
            cosign_key: None,
            insecure_http_loopback: false,
        };
        let error = resolve(&registry, &request, &cache).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        assert!(error.to_string().contains("without TLS"), "{error}");
    }
}
