//! Cases of the attack table that no other file holds: names, labels, indexes, limits, odd files.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use cg_bundle_format::*;

use crate::fixture::*;

fn small_volume() -> (tempfile::TempDir, PathBuf, Fixture) {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    let path = fixture.write(folder.path(), None).remove(0);
    (folder, path, fixture)
}

/// Replaces the bytes of a volume.
fn bent(path: &Path, bend: impl Fn(Vec<u8>) -> Vec<u8>) {
    std::fs::write(path, bend(std::fs::read(path).unwrap())).unwrap();
}

fn find(bytes: &[u8], name: &str) -> (usize, usize) {
    let (_, at, size) = entries(bytes).into_iter().find(|entry| entry.0.starts_with(name)).unwrap();
    (at, size)
}

/// A header with any bytes as its name.
fn named(name: &[u8], size: u64) -> Vec<u8> {
    let mut block = plain_header("", size, b'0');
    block[..name.len()].copy_from_slice(name);
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block
}

#[test]
fn names_that_look_like_a_right_one_are_none() {
    let (_folder, path, fixture) = small_volume();
    let good = std::fs::read(&path).unwrap();
    let hex = fixture.manifest.blobs[1].digest.hex();
    let names: Vec<Vec<u8>> = vec![
        format!("blobs/sha256/{}/00000000", hex.to_uppercase()).into_bytes(),
        format!("BLOBS/sha256/{hex}/00000000").into_bytes(),
        format!("blobs/sha256/{hex}/0000000").into_bytes(),
        format!("blobs/sha256/{hex}/+0000000").into_bytes(),
        format!("blobs/sha256/{hex}/000000000").into_bytes(),
        format!("blobs/sha256/{hex}/00000000/").into_bytes(),
        format!("./blobs/sha256/{hex}/00000000").into_bytes(),
        format!("blobs/sha256/{}/../{hex}/00000000", "a".repeat(2)).into_bytes(),
        b"blobs/x\0/etc/passwd".to_vec(),
        vec![b'a'; 100],
        "release\u{2024}json".as_bytes().to_vec(),
        "r\u{435}lease.json".as_bytes().to_vec(),
        b"\x1b[2Jblobs".to_vec(),
        b"two words".to_vec(),
        b"index\xff".to_vec(),
        b"INDEX".to_vec(),
        b"Index".to_vec(),
    ];
    let (first, _) = find(&good, "blobs/");
    let (last, _) = find(&good, "index");
    for name in names {
        for at in [first, last] {
            let hostile = [&good[..at], &named(&name, 0), &good[at..]].concat();
            std::fs::write(&path, hostile).unwrap();
            let text = refusal(std::slice::from_ref(&path), &fixture.anchor());
            assert!(!text.contains('\x1b'), "{text}");
        }
    }
}

#[test]
fn an_index_that_says_something_else_is_refused() {
    let (_folder, path, fixture) = small_volume();
    let good = std::fs::read(&path).unwrap();
    let (at, size) = find(&good, "index");
    let text = String::from_utf8(good[at + 512..at + 512 + size].to_vec()).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| line.len() == 99).collect();
    assert_eq!(lines.len(), 2);
    let zeros = "0".repeat(16);
    // Overlapping ranges, a range that goes on beyond the end, an offset elsewhere, a doubled range, none, no trailer.
    let changes: Vec<(String, String)> = vec![
        (lines[1].to_owned(), lines[0].to_owned()),
        (lines[0].to_owned(), format!("{} ffffffff {}", &lines[0][..73], &lines[0][83..])),
        (lines[0].to_owned(), format!("{}{zeros}", &lines[0][..83])),
        (lines[0].to_owned(), format!("{} 00000001{}", &lines[0][..64], &lines[0][73..])),
        (format!("{}\n", lines[0]), String::new()),
        ("index entry at".to_owned(), "index entry is".to_owned()),
        ("bundle index 1".to_owned(), "bundle index 2".to_owned()),
    ];
    for (from, to) in changes {
        let mut content = text.replacen(&from, &to, 1).into_bytes();
        assert_ne!(content, text.as_bytes());
        content.resize(size, b'\n');
        let bad = [&good[..at + 512], &content, &good[at + 512 + size..]].concat();
        std::fs::write(&path, bad).unwrap();
        let text = refusal(std::slice::from_ref(&path), &fixture.anchor());
        assert!(text.contains("does not list"), "{from}: {text}");
    }
    // An index of another size is refused by its header alone.
    for size in [0, 1024, (1 << 33) - 1] {
        bent(&path, |_| {
            [&good[..at], &plain_header("index", size, b'0'), &good[at + 512..]].concat()
        });
        refusal(std::slice::from_ref(&path), &fixture.anchor());
    }
}

#[test]
fn labels_that_lie_are_refused_or_change_nothing() {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    let paths = fixture.write(folder.path(), fixture.several());
    let of = paths.len();
    let good = std::fs::read(&paths[0]).unwrap();
    let (at, size) = find(&good, "volume.json");
    let label = String::from_utf8(good[at + 512..at + 512 + size].to_vec()).unwrap();
    let other = Digest::of(b"another release").to_string();
    let own = fixture.envelope().release_digest().to_string();
    let write = |text: &str| {
        let mut entry = plain_header("volume.json", text.len() as u64, b'0');
        entry.extend(text.as_bytes());
        entry.resize(entry.len().next_multiple_of(512), 0);
        std::fs::write(&paths[0], [&good[..at], &entry, &good[at + 1024..]].concat()).unwrap();
    };
    for (from, to) in [
        ("\"number\": 1", "\"number\": 0".to_owned()),
        ("\"number\": 1", "\"number\": 2".to_owned()),
        ("\"number\": 1", format!("\"number\": {}", of + 1)),
        ("\"number\": 1", "\"number\": 4294967296".to_owned()),
        ("\"number\": 1", "\"number\":  1".to_owned()),
        ("\"number\": 1", "\"number\": 1, \"number\": 1".to_owned()),
        ("\"of\"", "\"count\"".to_owned()),
        ("\"format\": 1", "\"format\": 2".to_owned()),
        (own.as_str(), other),
    ] {
        assert!(label.contains(from));
        write(&label.replacen(from, &to, 1));
        refusal(&paths, &fixture.anchor());
    }
    for count in [1, of - 1, of + 1, 1000] {
        write(&label.replacen(&format!("\"of\": {of}"), &format!("\"of\": {count}"), 1));
        refusal(&paths, &fixture.anchor());
    }
    write(&label);
    read_all(&paths, &fixture.anchor()).unwrap();
}

#[test]
fn file_names_and_their_order_mean_nothing() {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    let paths = fixture.write(folder.path(), fixture.several());
    let count = paths.len();
    let renamed: Vec<PathBuf> = paths
        .iter()
        .enumerate()
        .map(|(number, path)| {
            let new = folder.path().join(format!("{}.v001-of-001 (copy).cgb", count - number));
            std::fs::rename(path, &new).unwrap();
            new
        })
        .collect();
    read_all(&renamed, &fixture.anchor()).unwrap();
    read_all(&[folder.path().to_owned()], &fixture.anchor()).unwrap();
}

#[test]
fn one_entry_more_than_the_limit_stops_a_reader() {
    let (_folder, path, fixture) = small_volume();
    let count = entries(&std::fs::read(&path).unwrap())
        .iter()
        .filter(|entry| entry.0.starts_with("blobs/") || entry.0 == "index")
        .count() as u64;
    let scan = |entries: u64| {
        let limits = Limits { entries, ..Limits::default() };
        BundleReader::open_with(std::slice::from_ref(&path), &limits)
            .unwrap()
            .verify_signature(&fixture.anchor())
            .unwrap()
            .scan()
            .map(|_| ())
    };
    scan(count).unwrap();
    let error = scan(count - 1).unwrap_err();
    assert!(error.to_string().contains("more than") && error.exit_code() == 3, "{error}");
}

#[test]
fn every_limit_on_what_is_read_before_trust_holds() {
    let (_folder, path, fixture) = small_volume();
    let good = std::fs::read(&path).unwrap();
    let size = |name: &str| find(&good, name).1 as u64;
    let tight = Limits::default();
    let open = |limits: &Limits| {
        BundleReader::open_with(std::slice::from_ref(&path), limits)
            .and_then(|bundle| bundle.verify_signature(&fixture.anchor()))
            .map(|_| ())
    };
    for limits in [
        Limits { note_bytes: size("FORMAT") - 1, ..tight.clone() },
        Limits { root_bytes: size("root/00001.json") - 1, ..tight.clone() },
        Limits { manifest_bytes: size("release.json") - 1, ..tight.clone() },
        Limits { chunk_list_bytes: size("chunks.sha256") - 1, ..tight.clone() },
        Limits { roots: 0, ..tight.clone() },
        Limits { keys: 0, ..tight.clone() },
        Limits { items: 2, ..tight.clone() },
        Limits { blob_bytes: 1000, ..tight.clone() },
        Limits { front_bytes: 1000, ..tight.clone() },
        Limits { json_depth: 2, ..tight.clone() },
    ] {
        assert_eq!(open(&limits).unwrap_err().exit_code(), 3, "{limits:?}");
    }
    open(&tight).unwrap();
}

#[test]
fn folders_full_of_files_are_not_walked_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..30 {
        std::fs::write(folder.path().join(format!("{number}.cgb")), b"").unwrap();
    }
    let open = |limits: Limits| {
        BundleReader::open_with(&[folder.path().to_owned()], &limits).unwrap_err().to_string()
    };
    let text = open(Limits { folder_entries: 29, ..Limits::default() });
    assert!(text.contains("more than 29 entries"), "{text}");
    let text = open(Limits { volumes: 29, ..Limits::default() });
    assert!(text.contains("at most 29"), "{text}");
}

#[test]
fn pipes_devices_and_loops_are_no_volumes() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.cgb");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let looped = folder.path().join("loop.cgb");
    std::os::unix::fs::symlink(&looped, &looped).unwrap();
    for (path, code) in [(pipe, 3), (PathBuf::from("/dev/zero"), 3), (looped, 2)] {
        let error = BundleReader::open(std::slice::from_ref(&path)).unwrap_err();
        assert_eq!(error.exit_code(), code, "{error}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn a_volume_that_shrinks_while_it_is_read_is_refused() {
    let (_folder, path, fixture) = small_volume();
    let payload = read_all(std::slice::from_ref(&path), &fixture.anchor()).unwrap();
    let bytes = std::fs::metadata(&path).unwrap().len();
    File::options().write(true).open(&path).unwrap().set_len(bytes / 2).unwrap();
    let error = payload.verify_all(2, &|_| ()).unwrap_err();
    assert!(error.to_string().contains("ends too early") && error.exit_code() == 3, "{error}");
}

#[test]
fn sizes_at_the_borders_of_numbers_are_refused_in_a_signed_manifest_too() {
    let borders = [
        1u64 << 31,
        (1 << 32) - 1,
        1 << 32,
        1 << 33,
        1 << 42,
        (1 << 42) + 1,
        i64::MAX as u64,
        1 << 63,
        u64::MAX,
    ];
    for size in borders {
        for part in 0..4 {
            let mut fixture = Fixture::small();
            let blob = &mut fixture.manifest.blobs[2];
            match part {
                0 => blob.stored_size = size,
                1 => (blob.size, blob.stored_size) = (size, size),
                2 => blob.chunk_size = size,
                _ => fixture.manifest.blobs.iter_mut().for_each(|blob| blob.size = size),
            }
            let folder = tempfile::tempdir().unwrap();
            // The writer's own checks are not asked: the bytes are spliced into a good volume.
            let mut spliced = Fixture::small();
            spliced.manifest_bytes = Some(fixture.manifest.to_bytes());
            refusal(&spliced.write(folder.path(), None), &spliced.anchor());
        }
    }
}

#[test]
fn nesting_of_millions_ends_without_a_stack_overflow() {
    for text in ["[".repeat(3_000_000), "{\"a\":".repeat(1_000_000)] {
        let mut fixture = Fixture::small();
        fixture.manifest_bytes = Some(text.into_bytes());
        let folder = tempfile::tempdir().unwrap();
        let text = refusal(&fixture.write(folder.path(), None), &fixture.anchor());
        assert!(text.len() < 1000, "{text}");
    }
}

#[test]
fn texts_that_steer_a_terminal_are_refused() {
    let bends: [fn(&mut Manifest); 5] = [
        |m| m.components[0].summary = "good\x1b[2K\rverified".into(),
        |m| m.blobs[0].origin.source = "a\nsigned by nobody".into(),
        |m| m.blobs[0].media_type = "text/\u{202e}nialp".into(),
        |m| m.replaces.versions.push("1.0\u{9b}31m".into()),
        |m| m.migrates_from.push("\u{7f}".into()),
    ];
    for bend in bends {
        let mut fixture = Fixture::small();
        bend(&mut fixture.manifest);
        let mut spliced = Fixture::small();
        spliced.manifest_bytes = Some(fixture.manifest.to_bytes());
        let folder = tempfile::tempdir().unwrap();
        let text = refusal(&spliced.write(folder.path(), None), &spliced.anchor());
        assert!(text.contains("not for reading") && !text.contains('\x1b'), "{text}");
    }
    let mut fine = Fixture::small();
    fine.manifest.components[0].summary = "Всё, что нужно — 全部".into();
    let folder = tempfile::tempdir().unwrap();
    read_all(&fine.write(folder.path(), None), &fine.anchor()).unwrap();
}

#[test]
fn bytes_beyond_four_gib_in_front_of_the_end_are_refused() {
    // The volume goes on for 4 GiB of zeros: "the archive ends here" must be the end of the file too.
    let (_folder, path, fixture) = small_volume();
    let file = File::options().write(true).open(&path).unwrap();
    let bytes = file.metadata().unwrap().len();
    for extra in [1u64 << 31, 1 << 32, 1 << 33] {
        file.set_len(bytes + extra).unwrap();
        refusal(std::slice::from_ref(&path), &fixture.anchor());
    }
    file.set_len(bytes).unwrap();
    file.write_at(&[0], bytes - 1).unwrap();
    read_all(std::slice::from_ref(&path), &fixture.anchor()).unwrap();
}
