//! What goes in comes out, however it is cut; and the same input gives the same bytes.

use cg_bundle_format::*;
use proptest::prelude::*;

use crate::fixture::*;

#[test]
fn three_files_come_back_from_several_volumes_in_any_order() {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    let mut paths = fixture.write(folder.path(), fixture.several());
    assert!(paths.len() >= 3, "{}", paths.len());
    paths.reverse();
    for place in [paths.clone(), vec![folder.path().to_owned()]] {
        let payload = read_all(&place, &fixture.anchor()).unwrap();
        assert_eq!(payload.manifest(), &fixture.manifest);
        assert!(payload.release().missing_volumes().is_empty());
        let read = |path: &str| {
            let place =
                payload.manifest().placements.iter().find(|p| p.path.as_str() == path).unwrap();
            payload.read_small_blob(&place.blob).unwrap()
        };
        assert_eq!(read("codegraph-install"), noise(1, 9_000));
        assert_eq!(read("models/m"), noise(2, 30_001));
        assert_eq!(read("docs/text"), b"words ".repeat(50_000));
    }
}

#[test]
fn volumes_are_never_larger_than_asked_and_names_count_them() {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    let most = fixture.several();
    let paths = fixture.write(folder.path(), most);
    for (index, path) in paths.iter().enumerate() {
        assert!(path.metadata().unwrap().len() <= most.unwrap());
        let name = format!("codegraph-1.2.3-x86_64.v{:03}-of-{:03}.cgb", index + 1, paths.len());
        assert_eq!(path.file_name().unwrap().to_str().unwrap(), name);
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = Fixture::small().write(one.path(), Fixture::small().several());
    let second = Fixture::small().write(two.path(), Fixture::small().several());
    assert_eq!(first.len(), second.len());
    for (a, b) in first.iter().zip(&second) {
        assert_eq!(std::fs::read(a).unwrap(), std::fs::read(b).unwrap());
    }
}

#[test]
fn a_signed_bundle_is_cut_anew_without_a_key() {
    let fixture = Fixture::small();
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let whole = read_all(&fixture.write(one.path(), None), &fixture.anchor()).unwrap();
    let envelope = whole.release().envelope();
    let plan = plan_volumes(whole.manifest(), &envelope, fixture.several()).unwrap();
    let job = WriteJob {
        manifest: whole.manifest(),
        envelope: &envelope,
        plan: &plan,
        folder: two.path(),
    };
    let cut = write_volumes(&job, &whole, &|_| ()).unwrap();
    let third = tempfile::tempdir().unwrap();
    let direct = fixture.write(third.path(), fixture.several());
    assert_eq!(cut.len(), direct.len());
    for (a, b) in cut.iter().zip(&direct) {
        assert_eq!(std::fs::read(a).unwrap(), std::fs::read(b).unwrap());
    }
}

#[test]
fn a_source_that_changes_while_it_is_written_is_noticed() {
    let mut fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    fixture.stored[1][5_000] ^= 1;
    let envelope = fixture.envelope();
    let plan = plan_volumes(&fixture.manifest, &envelope, None).unwrap();
    let job = WriteJob {
        manifest: &fixture.manifest,
        envelope: &envelope,
        plan: &plan,
        folder: folder.path(),
    };
    let error = write_volumes(&job, &fixture, &|_| ()).unwrap_err().to_string();
    assert!(error.contains("chunk 1 changed while the bundle was built"), "{error}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn gnu_tar_reads_a_volume() {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    let paths = fixture.write(folder.path(), None);
    let out = std::process::Command::new("tar")
        .arg("-xvf")
        .arg(&paths[0])
        .arg("-C")
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(out.status.success() && out.stderr.is_empty(), "{out:?}");
    assert_eq!(std::fs::read(folder.path().join("codegraph-install")).unwrap(), noise(1, 9_000));
    assert_eq!(
        std::fs::read(folder.path().join("release.json")).unwrap(),
        fixture.manifest_bytes()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_contents_and_any_cut_round_trip(
        files in prop::collection::vec((0usize..40_000, any::<u64>(), any::<bool>(), any::<bool>()), 1..7),
        room in 6_500u64..90_000,
    ) {
        let contents: Vec<Content> = files.iter().enumerate().map(|(number, (size, seed, zstd, front))| Content {
            path: format!("f{number}"),
            bytes: noise(*seed, *size),
            encoding: if *zstd && !*front && *size > 0 { Encoding::Zstd } else { Encoding::Identity },
            front: *front && number == 0,
        }).collect();
        let fixture = Fixture::of(&contents);
        let front = if contents[0].front { contents[0].bytes.len() as u64 + 1024 } else { 0 };
        let folder = tempfile::tempdir().unwrap();
        let mut paths = fixture.write(folder.path(), Some(fixture.envelope_bytes() + front + room));
        let count = paths.len();
        paths.rotate_left(room as usize % count);
        let payload = read_all(&paths, &fixture.anchor()).unwrap();
        for (content, place) in contents.iter().zip(&payload.manifest().placements) {
            prop_assert_eq!(&payload.read_small_blob(&place.blob).unwrap(), &content.bytes);
        }
    }
}
