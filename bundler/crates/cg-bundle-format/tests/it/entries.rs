//! Hostile tar entries: only plain files of the one form that the writer writes are read.

use std::path::PathBuf;

use crate::fixture::*;

/// Replaces the part of a volume from the entry `before` on by what `make` makes of it.
fn splice(before: &str, make: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let fixture = Fixture::small();
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = fixture.write(folder.path(), None);
    let bytes = std::fs::read(&paths[0]).unwrap();
    let at = entries(&bytes).into_iter().find(|e| e.0.starts_with(before)).unwrap().1;
    std::fs::write(&paths[0], [&bytes[..at], &make(&bytes[at..])].concat()).unwrap();
    refusal(&paths, &fixture.anchor())
}

fn entry(header: Vec<u8>, content: &[u8]) -> Vec<u8> {
    let mut bytes = header;
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

#[test]
fn pax_and_gnu_entries_are_refused_wherever_they_stand() {
    for before in
        ["FORMAT", "release.json", "chunks.sha256", "codegraph-install", "blobs/", "index"]
    {
        for (kind, word) in
            [(b'x', "PAX"), (b'g', "PAX"), (b'L', "GNU"), (b'K', "GNU"), (b'S', "GNU")]
        {
            let record = b"30 size=99999999999999999999\n\n";
            let hostile = entry(plain_header("x", record.len() as u64, kind), record);
            let text = splice(before, |rest| [hostile.clone(), rest.to_vec()].concat());
            assert!(text.contains(word), "{before}: {text}");
        }
    }
}

#[test]
fn links_devices_and_folders_are_refused() {
    for kind in [b'1', b'2', b'3', b'4', b'5', b'6', b'7', 0, b'z'] {
        let text =
            splice("blobs/", |rest| [plain_header("blobs/x", 0, kind), rest.to_vec()].concat());
        assert!(text.contains("allowed"), "{text}");
    }
}

#[test]
fn names_that_would_leave_a_folder_are_only_names_that_do_not_belong() {
    for name in [
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\windows",
        "blobs/sha256/../../x",
        "FORMAT",
        "extra",
    ] {
        let text = splice("blobs/", |rest| {
            [entry(plain_header(name, 3, b'0'), b"evil"[..3].as_ref()), rest.to_vec()].concat()
        });
        assert!(text.contains("does not belong"), "{name}: {text}");
    }
}

#[test]
fn a_chunk_that_is_there_twice_is_refused() {
    let text = splice("blobs/", |rest| [&rest[..512 + 4096], rest].concat());
    assert!(text.contains("twice"), "{text}");
}

#[test]
fn chunks_of_unlisted_blobs_and_chunks_beyond_the_end_are_refused() {
    let unlisted = format!("blobs/sha256/{}/00000000", "ab".repeat(32));
    let text = splice("blobs/", |rest| {
        [entry(plain_header(&unlisted, 4, b'0'), b"evil"), rest.to_vec()].concat()
    });
    assert!(text.contains("lists no such blob"), "{text}");
    let known = Fixture::small().manifest.blobs[1].digest.hex();
    let beyond = format!("blobs/sha256/{known}/00000008");
    let text = splice("blobs/", |rest| {
        [entry(plain_header(&beyond, 4, b'0'), b"evil"), rest.to_vec()].concat()
    });
    assert!(text.contains("no such chunk"), "{text}");
}

#[test]
fn a_volume_without_its_index_is_refused() {
    let text = splice("index", |_| vec![0; 1024]);
    assert!(text.contains("ends here"), "{text}");
}

#[test]
fn opening_entries_come_in_their_one_order() {
    let text = splice("FORMAT", |rest| rest[entries(rest)[1].1..].to_vec());
    assert!(text.contains("\"FORMAT\" is expected here"), "{text}");
}

#[test]
fn sizes_near_two_four_and_eight_gib_are_refused_before_memory_is_taken() {
    let sizes: Vec<[u8; 12]> = [1u64 << 31, (1 << 32) - 1, 1 << 32, (1 << 32) + 1, (1 << 33) - 1]
        .iter()
        .map(|size| format!("{size:011o}\0").into_bytes().try_into().unwrap())
        // Base 256 (GNU), negative, twelve digits, and no digits at all.
        .chain([
            *b"\x80\0\0\0\0\0\0\0\0\0\0\x10",
            *b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            *b"777777777777",
            *b"0000000000 \0",
        ])
        .collect();
    for before in [
        "FORMAT",
        "root/00001.json",
        "release.json",
        "chunks.sha256",
        "codegraph-install",
        "blobs/",
    ] {
        for size in &sizes {
            splice(before, |rest| {
                let name = entries(rest)[0].0.clone();
                [header(&name, size, b'0'), rest[512..].to_vec()].concat()
            });
        }
    }
}

#[test]
fn owner_time_and_padding_carry_nothing() {
    for (at, text) in [(109, b"7"), (137, b"7"), (265, b"r"), (345, b"p"), (500, b"x")] {
        splice("blobs/", |rest| {
            let mut bytes = rest.to_vec();
            bytes[at] = text[0];
            bytes[148..156].fill(b' ');
            let sum: u32 = bytes[..512].iter().map(|b| u32::from(*b)).sum();
            bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            bytes
        });
    }
}
