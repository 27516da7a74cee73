//! Attacks on the packager's own reading: large media with little memory, configurations that explode.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cg_bundle_format::*;

use crate::fixture::{Fixture, failure, stdout};
use crate::ustar::plain_header;

const CHUNK: u64 = 8 << 20;
/// Beyond the border of 32 bits, with a last chunk of one byte.
const SIZE: u64 = (1 << 32) + CHUNK + 1;
/// KiB of address space: the promise is 256 MiB whatever the size of the bundle.
const MOST_KIB: u64 = 256 << 10;

/// The program within the promised memory, for a minute at most.
fn bounded(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -v {MOST_KIB}; exec timeout 120 \"$@\""))
        .arg("sh")
        .arg(env!("CARGO_BIN_EXE_codegraph-bundle"))
        .args(arguments)
        // glibc reserves address space for each thread, which is not memory.
        .env("MALLOC_ARENA_MAX", "1")
        .env("CODEGRAPH_BUNDLE_CACHE", folder.join("cache"))
        .current_dir(folder)
        .output()
        .unwrap()
}

/// A volume with one model of zeros, written as the format demands by a hand of its own; a sparse file.
struct Large {
    path: PathBuf,
    fingerprint: String,
    model: Digest,
    /// Where the model's first header is.
    start: u64,
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

fn root() -> Root {
    let entry = |key: &SigningKey| RootKey {
        key_id: key.public().id(),
        algorithm: Algorithm::Ed25519,
        public_key: key.public(),
    };
    Root {
        format: 1,
        critical: vec![],
        product: "codegraph".into(),
        version: 1,
        previous: None,
        issued: "2026-11-23T00:00:00Z".into(),
        purpose: Purpose::Development,
        keys: vec![entry(&key(1)), entry(&key(2))],
        root: RoleKeys { threshold: 1, keys: vec![key(1).public().id()] },
        release: RoleKeys { threshold: 1, keys: vec![key(2).public().id()] },
        counter_floors: vec![],
    }
}

fn manifest(note: &str, list: &[u8]) -> Manifest {
    let model = Digest::of(b"stands for the digest of many zeros, which verify does not look at");
    let base = || "base".to_owned();
    let path = PlainPath::new("models/m").unwrap();
    Manifest {
        format: 1,
        critical: vec![],
        product: "codegraph".into(),
        line: "1.0".into(),
        version: "1.0.0".into(),
        arch: "x86_64".into(),
        release_counter: 1,
        replaces: Replaces::default(),
        issued: "2026-11-23T00:00:00Z".into(),
        advise_after: String::new(),
        minimum_installer: "0.1.0".into(),
        migrates_from: vec![],
        requires: Default::default(),
        alternatives: Vec::new(),
        format_note: Digest::of(note.as_bytes()),
        components: vec![Component { name: base(), need: Need::Required, summary: String::new() }],
        blobs: vec![Blob {
            digest: model,
            size: SIZE,
            encoding: Encoding::Identity,
            stored_digest: model,
            stored_size: SIZE,
            chunk_size: CHUNK,
            chunk_list: Digest::of(list),
            media_type: "application/vnd.codegraph.model.v1".into(),
            role: Role::Model,
            component: base(),
            need: Need::Required,
            carriage: Carriage::Carried,
            origin: Origin { source: "zeros".into(), checked: "none".into() },
        }],
        front: vec![],
        placements: vec![Placement { path, blob: model, mode: Mode::Plain, component: base() }],
        images: vec![],
        artifacts: vec![],
        models: vec![],
        sboms: vec![],
        disk: vec![],
    }
}

fn large(folder: &Path) -> Large {
    let root = root();
    let note = format_note(&NoteFacts {
        product: "codegraph",
        version: "1.0.0",
        arch: "x86_64",
        root: &root,
    });
    let (full, last) = (Digest::of(&vec![0; CHUNK as usize]), Digest::of(&[0]));
    let count = SIZE.div_ceil(CHUNK);
    let list: Vec<u8> = (1..=count)
        .flat_map(|n| if n < count { *full.as_bytes() } else { *last.as_bytes() })
        .collect();
    let manifest = manifest(&note, &list);
    let bytes = manifest.to_bytes();
    let signatures = Signatures::make(RELEASE_PREFIX, &bytes, &[&key(2)]);
    let root_bytes = root.to_bytes();
    let path = folder.join("large.cgb");
    let file = File::create(&path).unwrap();
    let mut at = 0;
    let mut put = |name: &str, bytes: &[u8]| {
        file.write_all_at(&plain_header(name, bytes.len() as u64, b'0'), at).unwrap();
        file.write_all_at(bytes, at + 512).unwrap();
        at += 512 + (bytes.len() as u64).next_multiple_of(512);
    };
    put("FORMAT", note.as_bytes());
    let release = Digest::of(&bytes);
    put("volume.json", format!("{{\n  \"format\": 1,\n  \"number\": 1,\n  \"of\": 1,\n  \"release\": \"{release}\"\n}}\n").as_bytes());
    put("root/00001.json", &root_bytes);
    put("root/00001.sig.json", &Signatures::make(ROOT_PREFIX, &root_bytes, &[&key(1)]).to_bytes());
    put("release.json", &bytes);
    put("release.sig.json", &signatures.to_bytes());
    for check in Check::all(&root, &signatures) {
        put(&check.name, &check.bytes);
    }
    put("chunks.sha256", &list);
    let model = manifest.blobs[0].digest;
    let start = at;
    for chunk in 0..count {
        let size = CHUNK.min(SIZE - chunk * CHUNK);
        file.write_all_at(
            &plain_header(&format!("blobs/sha256/{}/{chunk:08}", model.hex()), size, b'0'),
            at,
        )
        .unwrap();
        at += 512 + size.next_multiple_of(512);
    }
    let mut index =
        format!("codegraph bundle index 1\n{} {:08x} {count:08x} {start:016x}\n", model.hex(), 0);
    index.push_str(&"\n".repeat(512 - 32 - index.len()));
    index.push_str(&format!("index entry at {at:016x}\n"));
    file.write_all_at(&plain_header("index", 512, b'0'), at).unwrap();
    file.write_all_at(index.as_bytes(), at + 512).unwrap();
    file.set_len(at + 1024 + 1024).unwrap();
    Large { path, fingerprint: Digest::of(&root_bytes).hex(), model, start }
}

#[test]
fn more_than_four_gib_are_verified_in_256_mib_and_a_byte_beyond_the_border_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let large = large(folder.path());
    let volume = large.path.display().to_string();
    let verify = || {
        bounded(
            folder.path(),
            &["verify", &volume, "--root-fingerprint", &large.fingerprint, "--json"],
        )
    };
    let said: serde_json::Value = serde_json::from_str(&stdout(&verify())).unwrap();
    assert_eq!((said["result"].as_str(), said["bytes"].as_u64()), (Some("verified"), Some(SIZE)));
    let inspected = stdout(&bounded(folder.path(), &["inspect", &volume, "--json"]));
    assert!(inspected.contains(&large.model.to_string()));
    let file = File::options().write(true).open(&large.path).unwrap();
    let wrong = (1u64 << 32) / CHUNK;
    file.write_all_at(b"x", large.start + wrong * (512 + CHUNK) + 512 + 5).unwrap();
    let (code, text) = failure(&verify());
    assert!(
        code == 3 && text.contains(&format!("chunk {wrong} of blob {}", large.model)),
        "{code} {text}"
    );
    // Cut where a file system of 32 bits would have cut it.
    for size in [1u64 << 31, (1 << 32) - 1, 1 << 32] {
        file.set_len(size).unwrap();
        assert_eq!(failure(&verify()).0, 3, "{size}");
    }
}

#[test]
fn a_configuration_that_explodes_is_refused_within_the_memory() {
    let doubling: String =
        (1..40).map(|n| format!("a{n}: &a{n} [*a{m}, *a{m}]\n", m = n - 1)).collect();
    for text in [
        format!("a0: &a0 [x, x, x]\n{doubling}product: *a39\n"),
        "[".repeat(500_000),
        "{a: ".repeat(200_000),
        format!("product: {}\n", "x".repeat(2 << 20)),
        "product: &p *p\n".to_owned(),
        "format: 1\nformat: 1\n".to_owned(),
    ] {
        let fixture = Fixture::new();
        fixture.put("bundle.yaml", text.as_bytes());
        let arguments = ["build", "--config", "bundle.yaml", "--key", "keys", "--out", "out"];
        let (code, said) = failure(&bounded(&fixture.path(""), &arguments));
        assert!(code == 1 && said.contains("bundle.yaml") && said.len() < 5_000, "{code} {said}");
        assert!(!fixture.path("out").exists());
    }
}

#[test]
fn a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for() {
    let fixture = Fixture::new();
    let pipe = fixture.path("inputs/bin/codegraph-install");
    std::fs::remove_file(&pipe).unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let inputs = format!("inputs={}", fixture.path("inputs").display());
    let arguments =
        ["build", "--config", "bundle.yaml", "--set", &inputs, "--key", "keys", "--out", "out"];
    let (code, said) = failure(&bounded(&fixture.path(""), &arguments));
    assert!(code == 1 && said.contains("neither a file nor a folder"), "{code} {said}");
}
