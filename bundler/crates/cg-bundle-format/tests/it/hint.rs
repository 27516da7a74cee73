//! The index at the end of a volume: a hint that is right for good volumes and refused for others.

use cg_bundle_format::*;

use crate::fixture::*;

fn volume(path: &std::path::Path) -> Vec<HintRun> {
    BundleReader::open(&[path.to_owned()]).unwrap().volumes()[0].hint().unwrap()
}

#[test]
fn the_hint_names_the_chunks_that_tar_finds() {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    for path in fixture.write(folder.path(), fixture.several()) {
        let found: Vec<String> = entries(&std::fs::read(&path).unwrap())
            .into_iter()
            .map(|(name, ..)| name)
            .filter(|name| name.starts_with("blobs/"))
            .collect();
        let named: Vec<String> = volume(&path)
            .iter()
            .flat_map(|run| {
                (run.first..run.first + run.count)
                    .map(|chunk| format!("blobs/sha256/{}/{chunk:08}", run.blob.hex()))
            })
            .collect();
        assert_eq!(named, found);
    }
}

#[test]
fn an_index_that_is_cut_off_bent_or_points_elsewhere_is_refused() {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    let path = fixture.write(folder.path(), None).remove(0);
    let good = std::fs::read(&path).unwrap();
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let bundle = BundleReader::open(std::slice::from_ref(&path)).unwrap();
        let error = bundle.volumes()[0].hint().expect_err("a bent index is no hint");
        assert_eq!(error.exit_code(), 3, "{error}");
    };
    for cut in [1, 512, 1_024, 1_056, 1_600] {
        refused(&good[..good.len() - cut]);
    }
    let (_, header, size) = entries(&good).pop().unwrap();
    let trailer = header + 512 + size - 32;
    // Its header, its title and the end of the archive have one right form; the lines between may say anything.
    let fixed =
        (header..header + 512 + 24).chain(trailer..trailer + 14).chain(trailer + 32..good.len());
    for position in fixed.step_by(3) {
        let mut bent = good.clone();
        bent[position] ^= 1;
        refused(&bent);
    }
    for offset in [u64::MAX, u64::MAX - 511, 0, good.len() as u64, (good.len() - 1_024 - 32) as u64]
    {
        let mut bent = good.clone();
        bent[trailer..trailer + 32]
            .copy_from_slice(format!("index entry at {offset:016x}\n").as_bytes());
        refused(&bent);
    }
    refused(&[&good[..], &[0; 512]].concat());
}

#[test]
fn a_request_comes_back_and_a_wrong_one_is_refused() {
    let manifest = Fixture::small().manifest;
    let wanted = [manifest.blobs[0].digest, manifest.blobs[2].digest].into();
    let request = Request::new(&manifest, Digest::of(b"r"), &wanted);
    let limits = Limits::default();
    assert_eq!(request.blobs.len(), 2);
    assert_eq!(Request::parse(&request.to_bytes(), &limits), Ok(request.clone()));
    let text = String::from_utf8(request.to_bytes()).unwrap();
    for (from, to) in [
        ("\"format\": 1", "\"format\": 2"),
        ("\"product\"", "\"line\""),
        ("\"size\": 9000", "\"size\": -1"),
        ("sha256:", "sha512:"),
    ] {
        assert!(Request::parse(text.replacen(from, to, 1).as_bytes(), &limits).is_err(), "{from}");
    }
    let none = Request { blobs: vec![], ..request.clone() };
    assert!(Request::parse(&none.to_bytes(), &limits).is_err());
    let few = Limits { items: 1, ..limits.clone() };
    assert!(Request::parse(&request.to_bytes(), &few).is_err());
    let small = Limits { manifest_bytes: 100, ..limits };
    assert!(Request::parse(&request.to_bytes(), &small).is_err());
}
