//! A bundle with images from a registry: lock, build without it, and what its users see.

use std::fs;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::fixture::*;
use crate::registry::{
    Answer, Auth, Layout, Proxy, Server, Signing, Web, keys, openssl, sign, skopeo,
};

const MIB: usize = 1 << 20;

/// Entries for two images that share a layer; one is there for two processors.
fn with_images(auth: &Auth) -> (Fixture, Server, Proxy) {
    let (fixture, server) = (Fixture::new(), Server::start(auth));
    let mut layout = Layout::new(&server.path("layout"));
    let shared = layout.layer(1, MIB);
    let one = layout.image("amd64", &[shared.clone(), layout.layer(2, MIB)]);
    let arm = layout.image("arm64", &[layout.layer(3, 1000)]);
    let many = layout.index(&[arm, layout.image("amd64", &[shared])]);
    for (entry, name) in [(one, "one"), (many, "many")] {
        layout.name(entry, name);
        server.push(&layout.folder, name, &format!("team/{name}:1"));
    }
    let proxy = Proxy::before(server.port);
    let host = format!("127.0.0.1:{}", proxy.port);
    let text = fs::read_to_string(server.path("auth.json")).unwrap();
    fixture.put(
        "auth.json",
        text.replace(&server.port.to_string(), &proxy.port.to_string()).as_bytes(),
    );
    let entries = format!(
        "images:\n  - {{registry: \"{host}/team/one:1\", component: base}}\n  - {{registry: \"{host}/team/many:1\", reference: \"many:1\", component: base}}\n"
    );
    fixture.edit("bundle.yaml", "images:\n", &entries);
    (fixture, server, proxy)
}

fn run(fixture: &Fixture, server: &Server, command: &[&str]) -> Output {
    fixture.run_with(&arguments(fixture, server, command), &[("REGISTRY_AUTH_FILE", "auth.json")])
}

/// The same command, not waited for.
fn start(fixture: &Fixture, server: &Server, command: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_codegraph-bundle"))
        .args(arguments(fixture, server, command))
        .env("REGISTRY_AUTH_FILE", "auth.json")
        .current_dir(fixture.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn arguments(fixture: &Fixture, server: &Server, command: &[&str]) -> Vec<String> {
    let inputs = format!("inputs={}", fixture.path("inputs").display());
    let ca = server.ca().display().to_string();
    let base = ["--config", "bundle.yaml", "--set", &inputs, "--cache", "cache", "--ca", &ca];
    [command, &base].concat().into_iter().map(str::to_owned).collect()
}

fn images(fixture: &Fixture) -> Vec<Value> {
    let text = stdout(&fixture.run(&["inspect", "out", "--json"]));
    let report: Value = serde_json::from_str(&text).unwrap();
    let all = report["manifest"]["images"].as_array().unwrap().clone();
    all.into_iter().filter(|image| image["reference"] != "codegraph/test:1").collect()
}

#[test]
fn images_of_a_registry_are_locked_once_and_built_without_it() {
    let (fixture, server, proxy) = with_images(&Auth::Basic);
    stdout(&run(&fixture, &server, &["lock"]));
    let received = proxy.received();
    server.killer()();
    let build = ["build", "--locked", "--key", "keys", "--out", "out", "--volume-size", "none"];
    stdout(&run(&fixture, &server, &build));
    // The lock and the cache say all that is needed, also where the network may be used.
    stdout(&run(&fixture, &server, &["lock"]));
    assert_eq!(proxy.received(), received);
    stdout(&fixture.verify("out"));
    let images = images(&fixture);
    assert_eq!(images.len(), 2);
    assert!(images.iter().all(|image| image["platform"] == "linux/amd64"));

    // The blobs of the volume, put together by plain tar reading, are what skopeo takes.
    let folder = fixture.path("again");
    fs::create_dir_all(folder.join("blobs/sha256")).unwrap();
    fs::write(folder.join("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}").unwrap();
    for (digest, bytes) in crate::image::blobs(&fixture) {
        fs::write(folder.join("blobs/sha256").join(&digest[7..]), bytes).unwrap();
    }
    for (number, image) in images.iter().enumerate() {
        let mut entry = json!({"mediaType": image["mediaType"], "digest": image["digest"], "size": image["size"]});
        entry["mediaType"] = image["media_type"].clone();
        entry["annotations"] = json!({"org.opencontainers.image.ref.name": "x"});
        let index = json!({"schemaVersion": 2, "manifests": [entry]});
        fs::write(folder.join("index.json"), index.to_string()).unwrap();
        let out = fixture.path(&format!("dir-{number}"));
        skopeo(&[
            "copy",
            &format!("oci:{}:x", folder.display()),
            &format!("dir:{}", out.display()),
        ]);
        let digest = skopeo(&["manifest-digest", out.join("manifest.json").to_str().unwrap()]);
        assert_eq!(String::from_utf8(digest).unwrap().trim(), image["digest"]);
    }
}

#[test]
fn a_tag_that_moved_is_shown_by_update_and_stays_where_it_is_locked() {
    let (fixture, server, _proxy) = with_images(&Auth::None);
    stdout(&run(&fixture, &server, &["lock"]));
    let before = fs::read(fixture.path("bundle.lock")).unwrap();
    let mut layout = Layout::new(&server.path("layout-2"));
    let moved = layout.image("amd64", &[layout.layer(9, 1000)]);
    let digest = moved["digest"].as_str().unwrap().to_owned();
    layout.name(moved, "one");
    server.push(&layout.folder, "one", "team/one:1");
    stdout(&run(&fixture, &server, &["lock"]));
    assert_eq!(fs::read(fixture.path("bundle.lock")).unwrap(), before);
    let shown = stdout(&run(&fixture, &server, &["update", "--dry-run"]));
    assert!(shown.contains("team/one:1") && shown.contains(&digest), "{shown}");
    assert_eq!(fs::read(fixture.path("bundle.lock")).unwrap(), before);
    stdout(&run(&fixture, &server, &["update"]));
    assert!(
        String::from_utf8(fs::read(fixture.path("bundle.lock")).unwrap())
            .unwrap()
            .contains(&digest)
    );
}

#[test]
fn a_registry_that_is_killed_in_the_middle_ends_the_run_and_the_next_one_goes_on() {
    let (fixture, server, proxy) = with_images(&Auth::Basic);
    let killer = server.killer();
    proxy.after(MIB as u64, killer);
    let (code, text) = failure(&run(&fixture, &server, &["lock"]));
    assert!(
        code == 2 && text.contains("team/") && text.contains("run the same command again"),
        "{text}"
    );
    assert!(!fixture.path("bundle.lock").exists());
    server.run();
    stdout(&run(&fixture, &server, &["lock"]));
    assert!(proxy.received() < MOST, "{} bytes", proxy.received());
}

#[test]
fn progress_as_json_counts_each_blob_once_and_says_the_total_of_all_sources_first() {
    let (fixture, server, _proxy) = with_images(&Auth::Basic);
    let web = Web::serve(|_| Answer {
        status: "200 OK",
        headers: Vec::new(),
        body: b"abcd".to_vec(),
        length: None,
    });
    let address = format!("https: \"http://127.0.0.1:{}\"", web.port);
    fixture.edit("bundle.yaml", "from: \"${inputs}/model\"", &address);
    let output = run(&fixture, &server, &["--json", "lock"]);
    stdout(&output);
    let events: Vec<Value> = String::from_utf8(output.stderr)
        .unwrap()
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let of = |kind: &str| events.iter().filter(|event| event["event"] == kind).collect::<Vec<_>>();
    let planned: std::collections::BTreeMap<String, u64> = of("plan")
        .iter()
        .map(|event| (event["item"].as_str().unwrap().to_owned(), event["bytes"].as_u64().unwrap()))
        .collect();
    assert_eq!(of("plan").len(), planned.len(), "nothing is planned twice");
    assert_eq!(planned["m/weights"], 4);
    assert!(planned.len() > 4, "{planned:?}");
    // What comes in all is said before the first byte of it does, and nothing is added later.
    let kinds: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    let total = kinds.iter().position(|kind| *kind == "total").unwrap();
    assert!(
        !kinds[..total].contains(&"progress") && !kinds[total..].contains(&"plan"),
        "{kinds:?}"
    );
    let foretold = &events[total];
    assert_eq!(foretold["total_bytes"], planned.values().sum::<u64>());
    assert_eq!(
        (&foretold["items"], &foretold["unsized_items"]),
        (&planned.len().into(), &0.into())
    );
    let done = of("done");
    let last = done.last().unwrap();
    assert_eq!(last["total_bytes"].as_u64().unwrap(), planned.values().sum::<u64>());
    assert_eq!((last["remaining_bytes"].as_u64(), last["open_items"].as_u64()), (Some(0), Some(0)));
    let blobs = fs::read_dir(fixture.path("cache/blobs/sha256")).unwrap();
    let sizes = blobs.map(|blob| blob.unwrap().metadata().unwrap().len());
    assert!(sizes.sum::<u64>() >= last["total_bytes"].as_u64().unwrap());
}

#[test]
fn an_image_that_was_signed_upstream_is_taken_with_the_key_and_the_check_is_recorded() {
    let (fixture, server, _proxy) = with_images(&Auth::Basic);
    keys(&server);
    let public = |key: &str| {
        let text = fs::read(server.path(&format!("{key}.pub"))).unwrap();
        fixture.put("upstream.pub", &text);
    };
    public("ec");
    fixture.edit("bundle.yaml", "team/one:1\"", "team/one:1\", cosign_key: upstream.pub");
    let (code, text) = failure(&run(&fixture, &server, &["lock"]));
    assert!(code == 3 && text.contains("no signature"), "{text}");

    let index: Value =
        serde_json::from_slice(&fs::read(server.path("layout/index.json")).unwrap()).unwrap();
    let image = index["manifests"][0]["digest"].as_str().unwrap();
    let mut layout = Layout::new(&server.path("signatures"));
    let signing = Signing { covers: image, names: image, key: "ec", change: |payload| payload };
    sign(&server, &mut layout, &signing);
    stdout(&run(&fixture, &server, &["lock"]));
    let build = ["build", "--locked", "--key", "keys", "--out", "out"];
    stdout(&run(&fixture, &server, &build));
    let der =
        openssl(&fixture.path(""), &["pkey", "-pubin", "-in", "upstream.pub", "-outform", "DER"]);
    let expected = format!("sha256; cosign signature by key {}", crate::image::sha256(&der));
    let text = stdout(&fixture.run(&["inspect", "out", "--json"]));
    let report: Value = serde_json::from_str(&text).unwrap();
    let blobs = report["manifest"]["blobs"].as_array().unwrap();
    let checked: Vec<&str> = blobs
        .iter()
        .filter(|blob| blob["origin"]["source"].as_str().unwrap().contains("team/one"))
        .map(|blob| blob["origin"]["checked"].as_str().unwrap())
        .collect();
    assert!(!checked.is_empty() && checked.iter().all(|t| t.starts_with(&expected)), "{checked:?}");

    public("ed");
    let (code, text) = failure(&run(&fixture, &server, &["lock"]));
    assert!(code == 3 && text.contains("none of its 1 signatures"), "{text}");
}

/// What the layers of both images have, each once; names, tokens and TLS of two runs come on top.
const MOST: u64 = 2 * MIB as u64 + 300 * 1024;

#[test]
fn a_run_that_is_killed_is_taken_up_by_the_next_one() {
    let (fixture, server, proxy) = with_images(&Auth::Basic);
    let child: Arc<Mutex<Option<Child>>> = Arc::default();
    let victim = Arc::clone(&child);
    proxy.after(MIB as u64, move || victim.lock().unwrap().as_mut().unwrap().kill().unwrap());
    let mut held = child.lock().unwrap();
    *held = Some(start(&fixture, &server, &["lock"]));
    drop(held);
    let status = loop {
        if let Some(status) = child.lock().unwrap().as_mut().unwrap().try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    };
    assert!(!status.success(), "it was killed");
    // What the dead run had not read yet is lost; what it wrote is not asked for again.
    let folders = ["cache/partial", "cache/blobs/sha256"].map(|folder| fixture.path(folder));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let there: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    let before = proxy.received();
    stdout(&run(&fixture, &server, &["lock"]));
    let received = proxy.received() - before;
    assert!(received + there < MOST, "{received} bytes beside {there}");
}

#[test]
fn two_runs_that_share_a_cache_get_each_blob_once() {
    let (fixture, server, proxy) = with_images(&Auth::Basic);
    let mut first = start(&fixture, &server, &["lock", "--lock", "first.lock"]);
    let mut second = start(&fixture, &server, &["lock", "--lock", "second.lock"]);
    assert!(first.wait().unwrap().success() && second.wait().unwrap().success());
    let read = |name: &str| fs::read(fixture.path(name)).unwrap();
    assert_eq!(read("first.lock"), read("second.lock"));
    assert!(proxy.received() < MOST, "{} bytes", proxy.received());
}
