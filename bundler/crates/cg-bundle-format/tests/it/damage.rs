//! Media: flipped, cut short, lost, doubled and mixed volumes are refused, and the refusal names the part.

use std::path::PathBuf;

use crate::fixture::*;

#[test]
fn a_flipped_bit_anywhere_is_refused() {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    let paths = fixture.write(folder.path(), fixture.several());
    let anchor = fixture.anchor();
    for path in &paths {
        let good = std::fs::read(path).unwrap();
        // Every byte of the opening entries' headers would take long; a prime step visits all kinds of bytes.
        for at in (0..good.len()).step_by(61) {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            std::fs::write(path, &bad).unwrap();
            let error = read_all(&paths, &anchor)
                .map(|_| ())
                .expect_err(&format!("byte {at} of {}", path.display()));
            assert_eq!(error.exit_code(), 3, "byte {at}: {error}");
        }
        std::fs::write(path, &good).unwrap();
    }
    read_all(&paths, &anchor).unwrap();
}

#[test]
fn a_damaged_chunk_is_named_by_volume_chunk_and_blob() {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    let paths = fixture.write(folder.path(), fixture.several());
    let blob = fixture.manifest.blobs[1].digest;
    let entry = format!("blobs/sha256/{}/00000006", blob.hex());
    let (number, at) = paths
        .iter()
        .enumerate()
        .find_map(|(n, path)| {
            entries(&std::fs::read(path).unwrap())
                .into_iter()
                .find(|e| e.0 == entry)
                .map(|e| (n, e.1))
        })
        .unwrap();
    let mut bytes = std::fs::read(&paths[number]).unwrap();
    bytes[at + 512 + 100] ^= 0x80;
    std::fs::write(&paths[number], bytes).unwrap();
    let text = refusal(&paths, &fixture.anchor());
    assert!(text.contains(&format!("volume {}, chunk 6 of blob {blob}", number + 1)), "{text}");
}

#[test]
fn a_chunk_is_checked_before_it_is_handed_out() {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    let paths = fixture.write(folder.path(), None);
    let blob = fixture.manifest.blobs[1].digest;
    let payload = read_all(&paths, &fixture.anchor()).unwrap();
    // The medium changes after everything was verified.
    let mut bytes = std::fs::read(&paths[0]).unwrap();
    let (_, at, _) = entries(&bytes)
        .into_iter()
        .find(|e| e.0.ends_with("/00000002") && e.0.contains(&blob.hex()))
        .unwrap();
    bytes[at + 512] ^= 1;
    std::fs::write(&paths[0], bytes).unwrap();
    let results: Vec<_> = payload
        .open_blob(&blob, 0)
        .unwrap()
        .map(|chunk| chunk.map(|c| c.bytes().to_vec()))
        .collect();
    assert_eq!(results[1].as_ref().unwrap(), &noise(2, 30_001)[4096..8192]);
    assert_eq!(results[2].as_ref().unwrap_err().exit_code(), 3);
}

#[test]
fn a_volume_cut_short_anywhere_is_refused() {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    let paths = fixture.write(folder.path(), None);
    let good = std::fs::read(&paths[0]).unwrap();
    for part in 0..50 {
        std::fs::write(&paths[0], &good[..good.len() * part / 50]).unwrap();
        refusal(&paths, &fixture.anchor());
    }
    std::fs::write(&paths[0], &good[..good.len() - 1]).unwrap();
    refusal(&paths, &fixture.anchor());
}

#[test]
fn bytes_after_the_end_are_refused() {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    let paths = fixture.write(folder.path(), None);
    let good = std::fs::read(&paths[0]).unwrap();
    for tail in [vec![0; 1], vec![0; 512], good.clone()] {
        std::fs::write(&paths[0], [good.clone(), tail].concat()).unwrap();
        refusal(&paths, &fixture.anchor());
    }
}

#[test]
fn missing_volumes_are_named_by_number() {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    let mut paths = fixture.write(folder.path(), Some(fixture.several().unwrap() - 8_000));
    assert!(paths.len() >= 4);
    paths.remove(2);
    paths.remove(1);
    let text = refusal(&paths, &fixture.anchor());
    assert!(text.contains("missing volume 2, 3"), "{text}");
}

#[test]
fn a_volume_given_twice_is_refused() {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    let mut paths = fixture.write(folder.path(), fixture.several());
    let copy = folder.path().join("copy.cgb");
    std::fs::copy(&paths[1], &copy).unwrap();
    paths.push(copy);
    assert!(refusal(&paths, &fixture.anchor()).contains("it is volume 2 again"));
}

#[test]
fn volumes_of_two_releases_do_not_mix() {
    let one = Fixture::small();
    let mut two = Fixture::small();
    two.manifest.release_counter = 8;
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut paths = one.write(a.path(), one.several());
    paths[1] = two.write(b.path(), two.several())[1].clone();
    assert!(refusal(&paths, &one.anchor()).contains("another release"));
}

#[test]
fn the_payload_of_one_release_does_not_fit_the_manifest_of_another() {
    let fixture = Fixture::small();
    let mut other = Fixture::of(&[Content {
        path: "codegraph-install".into(),
        bytes: noise(9, 9_000),
        encoding: cg_bundle_format::Encoding::Identity,
        front: true,
    }]);
    other.manifest.version = "1.2.4".into();
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mine = fixture.write(a.path(), None);
    let theirs = std::fs::read(&other.write(b.path(), None)[0]).unwrap();
    let bytes = std::fs::read(&mine[0]).unwrap();
    let start =
        |volume: &[u8]| entries(volume).into_iter().find(|e| e.0 == "codegraph-install").unwrap().1;
    std::fs::write(&mine[0], [&bytes[..start(&bytes)], &theirs[start(&theirs)..]].concat())
        .unwrap();
    refusal(&mine, &fixture.anchor());
}

#[test]
fn nothing_to_read_is_said_plainly() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Fixture::small();
    let open = |paths: &[PathBuf]| read_all(paths, &fixture.anchor()).map(|_| ()).unwrap_err();
    assert_eq!(open(&[folder.path().to_owned()]).exit_code(), 1);
    assert_eq!(open(&[folder.path().join("absent.cgb")]).exit_code(), 2);
    let text = folder.path().join("letter.cgb");
    std::fs::write(&text, "dear sir").unwrap();
    assert_eq!(open(&[text]).exit_code(), 3);
    let socket = folder.path().join("socket.cgb");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert!(open(&[socket]).to_string().contains("no regular file"));
}
