//! The store changes while the registry runs: a new release, a damaged disk.

use std::fs;

use crate::fixture::{Running, Store};

#[test]
fn a_new_release_is_served_without_a_restart() {
    let mut store = Store::new();
    let running = Running::over(&store);
    assert_eq!(running.get("/v2/team/app/manifests/1").status(), 404);
    let image = store.image("one", "team/app:1");
    assert_eq!(running.get("/v2/team/app/manifests/1").body, image.manifest);
    // A tag that moves.
    let next = store.image("two", "team/other:1");
    assert_eq!(running.get("/v2/team/other/manifests/1").body, next.manifest);
}

#[test]
fn a_damaged_index_leaves_the_former_one_in_use() {
    let (store, plain, _) = Store::filled();
    let running = Running::over(&store);
    let get = || running.get("/v2/codegraph/appliance/manifests/0.1.0");
    for bad in [&b"{"[..], b"", b"[]", b"{\"manifests\":[{\"digest\":1}]}"] {
        store.replace_index(bad);
        assert_eq!(get().body, plain.manifest);
    }
    fs::remove_file(store.path().join("index.json")).unwrap();
    assert_eq!(get().body, plain.manifest);
}

#[test]
fn damage_in_the_store_is_said_and_never_sent_as_if_it_were_whole() {
    let (store, plain, _) = Store::filled();
    let running = Running::over(&store);
    let manifest = "/v2/codegraph/appliance/manifests/0.1.0";
    let layer = format!("/v2/codegraph/appliance/blobs/{}", plain.layer_digest);
    let mut changed = plain.manifest.clone();
    changed[20] ^= 1;
    fs::write(store.file(plain.digest), &changed).unwrap();
    fs::write(store.file(plain.layer_digest), &plain.layer[1..]).unwrap();
    for path in [manifest, &layer] {
        let answer = running.get(path);
        assert_eq!(answer.status(), 500, "{path}");
        let text = String::from_utf8(answer.body).unwrap();
        assert!(text.contains("codegraph-install repair"), "{text}");
        assert!(!text.contains("sha256/"), "a path of the host: {text}");
    }
    fs::remove_file(store.file(plain.layer_digest)).unwrap();
    assert_eq!(running.get(&layer).status(), 404);
}

#[test]
fn damaged_manifests_are_left_out_and_the_others_served() {
    let (store, plain, platform) = Store::filled();
    fs::write(store.file(plain.digest), "{}").unwrap();
    let running = Running::over(&store);
    assert_eq!(running.get("/v2/codegraph/appliance/manifests/0.1.0").status(), 404);
    let path = format!("/v2/library/postgres/manifests/{}", platform.digest);
    assert_eq!(running.get(&path).body, platform.manifest);
}
