//! Everything that is not to be had, and how that is said.

use std::fs;
use std::net::TcpListener;

use cg_registry::{Digest, Error, Layout, Options, Registry};

use crate::fixture::{Running, Store};

#[test]
fn every_error_has_the_code_of_the_specification() {
    let (store, plain, _) = Store::filled();
    let running = Running::over(&store);
    let unknown = Digest::of(b"unknown");
    let layer = plain.layer_digest;
    for (path, status, code) in [
        ("/v2/no/such/manifests/1".to_owned(), 404, "NAME_UNKNOWN"),
        ("/v2/no/such/tags/list".to_owned(), 404, "NAME_UNKNOWN"),
        ("/v2/codegraph/appliance/manifests/2".to_owned(), 404, "MANIFEST_UNKNOWN"),
        (format!("/v2/codegraph/appliance/manifests/{unknown}"), 404, "MANIFEST_UNKNOWN"),
        // A blob is no manifest.
        (format!("/v2/codegraph/appliance/manifests/{layer}"), 404, "MANIFEST_UNKNOWN"),
        (format!("/v2/codegraph/appliance/blobs/{unknown}"), 404, "BLOB_UNKNOWN"),
        // Of another repository.
        (format!("/v2/library/postgres/blobs/{layer}"), 404, "BLOB_UNKNOWN"),
        ("/v2/codegraph/appliance/blobs/sha256:12".to_owned(), 400, "DIGEST_INVALID"),
        ("/v2/Codegraph/manifests/1".to_owned(), 400, "NAME_INVALID"),
        ("/v2/../blobs/manifests/1".to_owned(), 400, "NAME_INVALID"),
        ("/etc/passwd".to_owned(), 404, "UNKNOWN"),
    ] {
        let answer = running.get(&path);
        assert_eq!((answer.status(), answer.code().as_str()), (status, code), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[test]
fn nothing_can_be_written() {
    let (store, plain, _) = Store::filled();
    let running = Running::over(&store);
    let digest = plain.digest;
    for (method, path) in [
        ("POST", "/v2/codegraph/appliance/blobs/uploads/".to_owned()),
        ("POST", format!("/v2/a/blobs/uploads/?mount={digest}&from=codegraph/appliance")),
        ("PATCH", "/v2/codegraph/appliance/blobs/uploads/1".to_owned()),
        ("PUT", "/v2/codegraph/appliance/manifests/0.1.0".to_owned()),
        ("DELETE", format!("/v2/codegraph/appliance/manifests/{digest}")),
        ("DELETE", format!("/v2/codegraph/appliance/blobs/{digest}")),
        ("OPTIONS", "/v2/".to_owned()),
    ] {
        let answer = running.send(method, &path, &[]);
        assert_eq!(
            (answer.status(), answer.code().as_str()),
            (405, "UNSUPPORTED"),
            "{method} {path}"
        );
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    }
}

/// The store holds more than images: models, programs, files of former releases.
#[test]
fn only_what_the_index_leads_to_is_served() {
    let (store, ..) = Store::filled();
    let loose = store.blob(b"in the store, but in no image");
    let outside = store.path().join("outside");
    fs::write(&outside, "outside").unwrap();
    let running = Running::over(&store);
    assert_eq!(running.get(&format!("/v2/codegraph/appliance/blobs/{loose}")).status(), 404);
}

#[test]
fn a_link_in_place_of_a_blob_is_not_followed() {
    let (store, plain, _) = Store::filled();
    let outside = tempfile::NamedTempFile::new().unwrap();
    fs::write(outside.path(), &plain.layer).unwrap();
    fs::remove_file(store.file(plain.layer_digest)).unwrap();
    std::os::unix::fs::symlink(outside.path(), store.file(plain.layer_digest)).unwrap();
    let running = Running::over(&store);
    let path = format!("/v2/codegraph/appliance/blobs/{}", plain.layer_digest);
    assert_eq!(running.get(&path).status(), 500);
}

#[test]
fn a_name_that_two_registries_use_must_be_said_in_full() {
    let mut store = Store::new();
    let one = store.image("one", "docker.io/library/x:1");
    let two = store.image("two", "quay.io/library/x:1");
    let running = Running::over(&store);
    let answer = running.get("/v2/library/x/manifests/1");
    assert_eq!((answer.status(), answer.code().as_str()), (404, "MANIFEST_UNKNOWN"));
    for (path, image) in [
        ("/v2/docker.io/library/x/manifests/1".to_owned(), &one),
        ("/v2/quay.io/library/x/manifests/1".to_owned(), &two),
        (format!("/v2/library/x/manifests/{}", two.digest), &two),
    ] {
        assert_eq!(running.get(&path).body, image.manifest, "{path}");
    }
}

#[test]
fn without_tls_it_listens_on_loopback_only() {
    let store = Store::new();
    let refused = |listen: &str| {
        let listen = listen.split(',').filter(|a| !a.is_empty());
        let listen = listen.map(|address| address.parse().unwrap()).collect();
        Running::start(&store, Options { listen, tls: None }).err().unwrap()
    };
    for open in ["0.0.0.0:0", "127.0.0.1:0,[::]:0", "192.0.2.1:5000"] {
        assert!(matches!(refused(open), Error::Exposed(_)), "{open}");
    }
    assert!(matches!(refused(""), Error::NoAddress));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = refused(&address).to_string();
    assert!(error.contains(&address) && error.contains("choose another"), "{error}");
}

#[test]
fn a_layout_that_is_none_is_named() {
    let store = Store::new();
    store.replace_index(b"{\"manifests\": 3}");
    let error = Registry::open(Layout::new(store.path())).err().unwrap().to_string();
    assert!(error.contains("index.json") && error.contains("damaged"), "{error}");
    let nowhere = store.path().join("nowhere");
    let error = Registry::open(Layout::new(&nowhere)).err().unwrap().to_string();
    assert!(error.contains("nowhere/index.json"), "{error}");
}
