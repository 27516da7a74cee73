//! Signed manifests that must be refused all the same: a signature is no excuse for nonsense.

use cg_bundle_format::*;

use crate::fixture::*;

fn refused_text(bytes: Vec<u8>) -> String {
    let mut fixture = Fixture::small();
    fixture.manifest_bytes = Some(bytes);
    let folder = tempfile::tempdir().unwrap();
    refusal(&fixture.write(folder.path(), None), &fixture.anchor())
}

fn bent(bend: impl Fn(&mut Manifest)) -> String {
    let mut manifest = Fixture::small().manifest;
    bend(&mut manifest);
    refused_text(manifest.to_bytes())
}

#[test]
fn unknown_fields_are_ignored_unless_they_are_critical() {
    let fixture = Fixture::small();
    let with = |text: &str| {
        String::from_utf8(fixture.manifest_bytes()).unwrap().replacen(
            "{\n",
            &format!("{{\n  {text},\n"),
            1,
        )
    };
    let mut later = Fixture::small();
    later.manifest_bytes = Some(with("\"repair\": {\"volumes\": 2}").into_bytes());
    let folder = tempfile::tempdir().unwrap();
    read_all(&later.write(folder.path(), None), &later.anchor()).unwrap();
    let critical = with("\"repair\": {\"volumes\": 2}").replacen(
        "\"critical\": []",
        "\"critical\": [\"repair\"]",
        1,
    );
    assert!(refused_text(critical.into_bytes()).contains("critical field \"repair\" is unknown"));
}

#[test]
fn only_whole_numbers_and_texts_once_each_and_not_too_deep() {
    let good = String::from_utf8(Fixture::small().manifest_bytes()).unwrap();
    let deep = format!("\"x\": {}{},\n  \"product\"", "[".repeat(100), "]".repeat(100));
    for (from, to) in [
        ("\"release_counter\": 7", "\"release_counter\": 7.0"),
        ("\"release_counter\": 7", "\"release_counter\": -7"),
        ("\"release_counter\": 7", "\"release_counter\": 18446744073709551616"),
        ("\"release_counter\": 7", "\"release_counter\": \"7\""),
        ("\"release_counter\": 7", "\"release_counter\": 7, \"release_counter\": 9"),
        ("\"release_counter\": 7", "\"release_counter\": 7, \"x\": {\"a\": 1, \"a\": 2}"),
        ("\"release_counter\": 7", "\"release_counter\": 7, \"x\": null"),
        ("\"release_counter\": 7", "\"release_counter\": 7, \"x\": 1e3"),
        ("\"product\"", deep.as_str()),
        ("\"format\": 1", "\"format\": 2"),
        ("\"encoding\": \"identity\"", "\"encoding\": \"lzma\""),
    ] {
        assert!(good.contains(from));
        refused_text(good.replacen(from, to, 1).into_bytes());
    }
    refused_text(good.as_bytes()[..good.len() / 2].to_vec());
    refused_text([good.as_bytes(), b"{}"].concat());
    refused_text(vec![]);
}

#[test]
fn a_list_that_grows_in_memory_is_not_read() {
    let good = String::from_utf8(Fixture::small().manifest_bytes()).unwrap();
    let texts = format!("\"migrates_from\": [{}\"\"]", "\"\",".repeat(3_000_000));
    let bent = good.replacen("\"migrates_from\": []", &texts, 1);
    assert!(bent.len() > good.len());
    let said = refused_text(bent.into_bytes());
    assert!(said.contains("more than 2000000 values"), "{said}");
}

#[test]
fn a_manifest_for_another_product_than_its_root_is_refused() {
    assert!(bent(|m| m.product = "other".into()).contains("its root for"));
}

#[test]
fn placements_stay_inside_the_generation() {
    for path in ["../x", "/x", "a//b", "a/./b", "", "a\\b", "a b", "é", &"x".repeat(101)] {
        assert!(PlainPath::new(path).is_err(), "{path}");
        let good = String::from_utf8(Fixture::small().manifest_bytes()).unwrap();
        let escaped = path.replace('\\', "\\\\");
        refused_text(
            good.replacen("\"path\": \"docs/text\"", &format!("\"path\": \"{escaped}\""), 1)
                .into_bytes(),
        );
    }
    let path = |m: &mut Manifest, text: &str| m.placements[2].path = PlainPath::new(text).unwrap();
    assert!(bent(|m| path(m, "MODELS/M")).contains("listed twice"));
    assert!(bent(|m| path(m, "models/m/below")).contains("lies below"));
    assert!(bent(|m| path(m, "models.lock")).contains("written by the installer"));
}

#[test]
fn blobs_must_be_consistent() {
    assert!(bent(|m| m.blobs.push(m.blobs[0].clone())).contains("listed twice"));
    assert!(bent(|m| m.blobs[1].size += 1).contains("sizes or digests differ"));
    assert!(bent(|m| m.blobs[1].chunk_size = 0).contains("chunk size"));
    assert!(bent(|m| m.blobs[1].chunk_size = 1 << 40).contains("chunk size"));
    assert!(bent(|m| m.blobs[2].size = u64::MAX).contains("larger than"));
    assert!(bent(|m| m.blobs[2].stored_size = u64::MAX).contains("larger than"));
    assert!(bent(|m| m.blobs[2].component = "none".into()).contains("not listed"));
    assert!(bent(|m| m.placements[0].blob = Digest::of(b"x")).contains("not listed"));
    assert!(
        bent(|m| m.front[0].path = PlainPath::new("Release.JSON").unwrap()).contains("uses itself")
    );
    assert!(
        bent(|m| m.front[0].path = PlainPath::new("blobs/sha256/x").unwrap())
            .contains("uses itself")
    );
    assert!(bent(|m| m.front[0].blob = m.blobs[2].digest).contains("stored as it is"));
    assert!(bent(|m| m.issued = "yesterday".into()).contains("must look like"));
    assert!(bent(|m| m.version = "../1".into()).contains("must be 1 to 64"));
    // More chunks than their lists: the list ends too early.
    assert!(bent(|m| m.blobs[2].stored_size += 1 << 20).contains("chunk list of blob"));
    assert!(bent(|m| m.blobs[2].stored_size = 1 << 41).contains("chunks"));
}

#[test]
fn a_blob_that_decodes_to_something_else_is_refused() {
    let text = b"words ".repeat(50_000);
    for (bend, what) in
        [(0usize, "more than the signed"), (1, "signed are"), (2, "another SHA-256")]
    {
        let mut fixture = Fixture::small();
        let blob = &mut fixture.manifest.blobs[2];
        match bend {
            0 => blob.size -= 1,
            1 => blob.size += 1,
            _ => {
                let other = Digest::of(b"other");
                blob.digest = other;
                fixture.manifest.placements[2].blob = other;
            }
        }
        let digest = blob_digest(&fixture);
        let folder = tempfile::tempdir().unwrap();
        let payload = read_all(&fixture.write(folder.path(), None), &fixture.anchor()).unwrap();
        let error = payload.read_small_blob(&digest).unwrap_err();
        assert!(error.to_string().contains(what) && error.exit_code() == 3, "{error}");
    }
    assert_eq!(text.len(), 300_000);
}

fn blob_digest(fixture: &Fixture) -> Digest {
    fixture.manifest.blobs[2].digest
}

#[test]
fn a_bomb_stops_at_the_declared_size() {
    // 64 MiB of zeros in a few KiB, declared as 1000 bytes.
    let mut packed = Vec::new();
    compress(&mut std::io::Read::take(std::io::repeat(0), 64 << 20), &mut packed).unwrap();
    let mut fixture = Fixture::small();
    let mut list = ListBuilder::new(MIN_CHUNK_SIZE);
    list.push(&packed);
    let (stored_digest, stored_size, entries) = list.finish();
    let before: usize =
        fixture.manifest.blobs[..2].iter().map(|b| b.chunk_count() as usize * 32).sum();
    fixture.lists.truncate(before);
    fixture.lists.extend(&entries);
    let blob = &mut fixture.manifest.blobs[2];
    (blob.size, blob.stored_digest, blob.stored_size, blob.chunk_list) =
        (1000, stored_digest, stored_size, Digest::of(&entries));
    fixture.stored[2] = packed;
    let folder = tempfile::tempdir().unwrap();
    let payload = read_all(&fixture.write(folder.path(), None), &fixture.anchor()).unwrap();
    let mut out = Vec::new();
    let blob = &payload.manifest().blobs[2];
    let mut decoder = BlobDecoder::new(blob, &Limits::default()).unwrap();
    let result = payload
        .open_blob(&blob.digest, 0)
        .unwrap()
        .try_for_each(|chunk| decoder.push(&chunk?, &mut out));
    assert!(result.unwrap_err().to_string().contains("more than the signed 1000 bytes"));
    assert!(out.len() <= 1000);
}

#[test]
fn locks_list_what_was_chosen() {
    let mut manifest = Fixture::small().manifest;
    manifest.components.push(Component {
        name: "chat".into(),
        need: Need::Optional,
        summary: String::new(),
    });
    manifest.placements[1].component = "chat".into();
    manifest.models.push(Model {
        id: "m".into(),
        kind: "chat".into(),
        format: "gguf".into(),
        path: PlainPath::new("models/m").unwrap(),
        licence: "MIT".into(),
        context: 8192,
        dimensions: 0,
        languages: vec![],
        template: "gguf".into(),
        memory_bytes: 5,
        component: "chat".into(),
    });
    manifest.check(&Limits::default()).unwrap();
    let lock = |selection: &Selection| {
        serde_json::from_slice::<serde_json::Value>(&manifest.models_lock(selection)).unwrap()
    };
    let all = lock(&Selection::all(&manifest));
    let expected = serde_json::json!({"models": [{"id": "m", "kind": "chat", "format": "gguf", "path": "models/m", "context": 8192, "memory_bytes": 5}]});
    assert_eq!(all, expected);
    let none = lock(&Selection::required_and(&manifest, &[]).unwrap());
    assert_eq!(none, serde_json::json!({"models": []}));
    assert_eq!(
        Selection::required_and(&manifest, &["nonsense".into()]),
        Err("nonsense".to_owned())
    );
}

/// Two builds of one program, the second for hosts with an accelerator.
fn with_builds(manifest: &mut Manifest) {
    for name in ["llm", "llm-cuda"] {
        manifest.components.push(Component {
            name: name.into(),
            need: Need::Optional,
            summary: String::new(),
        });
        let mut placement = manifest.placements[0].clone();
        placement.path = PlainPath::new("bin/llm").unwrap();
        placement.component = name.into();
        manifest.placements.push(placement);
    }
    manifest.alternatives.push(Alternative {
        component: "llm-cuda".into(),
        instead_of: "llm".into(),
        accelerator: "cuda".into(),
        driver: "525.60.13".into(),
        memory_bytes: 1,
    });
}

#[test]
fn only_builds_that_exclude_each_other_share_a_path() {
    let mut good = Fixture::small().manifest;
    with_builds(&mut good);
    good.check(&Limits::default()).unwrap();
    let refused = |bend: &dyn Fn(&mut Manifest)| {
        let mut manifest = good.clone();
        bend(&mut manifest);
        manifest.check(&Limits::default()).unwrap_err()
    };
    let last = good.placements.len() - 1;
    assert!(refused(&|m| m.alternatives.clear()).contains("listed twice"));
    assert!(refused(&|m| m.placements[last].component = "llm".into()).contains("listed twice"));
    assert!(
        refused(&|m| m.placements[last].component = m.placements[0].component.clone())
            .contains("listed twice")
    );
    assert!(refused(&|m| m.placements.push(m.placements[last].clone())).contains("listed twice"));
    let of = |m: &mut Manifest, text: &str| m.alternatives[0].instead_of = text.into();
    assert!(refused(&|m| of(m, "none")).contains("not listed"));
    assert!(refused(&|m| of(m, "llm-cuda")).contains("stands in for itself"));
    assert!(refused(&|m| m.alternatives.push(m.alternatives[0].clone())).contains("twice"));
    let base = good.components[0].name.clone();
    assert!(refused(&|m| of(m, &base)).contains("must be optional"));
    assert!(refused(&|m| m.alternatives[0].accelerator = "CUDA 12".into()).contains("accelerator"));
    assert!(refused(&|m| m.alternatives[0].driver = "new".into()).contains("version"));
    assert!(refused(&|m| m.requires.glibc = "2.36\n".into()).contains("version"));
    // What asks for nothing is not written: older readers see what they know.
    let text = String::from_utf8(Fixture::small().manifest.to_bytes()).unwrap();
    assert!(!text.contains("requires") && !text.contains("alternatives"));
}
