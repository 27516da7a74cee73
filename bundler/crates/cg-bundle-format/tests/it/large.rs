//! Sizes past 2, 4 and 8 GiB, in a sparse file that a writer of our own makes.

use std::fs::File;
use std::os::unix::fs::FileExt;

use cg_bundle_format::*;

use crate::fixture::*;

const SIZE: u64 = (9 << 30) + 12_345;
const CHUNK: u64 = 8 << 20;

/// A manifest with one blob of `size` bytes that holds zeros (its own digest is not looked at here).
fn fixture(size: u64) -> Fixture {
    let mut fixture = Fixture::of(&[Content {
        path: "m".into(),
        bytes: noise(1, 10),
        encoding: Encoding::Identity,
        front: false,
    }]);
    let (full, last) =
        (Digest::of(&vec![0; CHUNK as usize]), Digest::of(&vec![0; (size % CHUNK) as usize]));
    let count = size.div_ceil(CHUNK);
    let list: Vec<u8> = (0..count)
        .flat_map(|n| if n + 1 < count { *full.as_bytes() } else { *last.as_bytes() })
        .collect();
    let blob = &mut fixture.manifest.blobs[0];
    (blob.size, blob.stored_size, blob.chunk_size, blob.chunk_list) =
        (size, size, CHUNK, Digest::of(&list));
    fixture.lists = list;
    fixture
}

/// Writes the only volume as a sparse file; returns the offset of the first chunk's header, and of the index.
fn sparse(fixture: &Fixture, envelope: &Envelope, path: &std::path::Path) -> (u64, u64) {
    let file = File::create(path).unwrap();
    let size = fixture.manifest.blobs[0].size;
    let mut at = 0;
    let mut put = |name: &str, bytes: &[u8]| {
        file.write_all_at(&plain_header(name, bytes.len() as u64, b'0'), at).unwrap();
        file.write_all_at(bytes, at + 512).unwrap();
        at += 512 + (bytes.len() as u64).next_multiple_of(512);
    };
    put("FORMAT", &envelope.note);
    let label = format!(
        "{{\n  \"format\": 1,\n  \"number\": 1,\n  \"of\": 1,\n  \"release\": \"{}\"\n}}\n",
        envelope.release_digest()
    );
    put("volume.json", label.as_bytes());
    put("root/00001.json", &envelope.roots.roots[0].root);
    put("root/00001.sig.json", &envelope.roots.roots[0].signatures);
    put("release.json", &envelope.manifest);
    put("release.sig.json", &envelope.signatures);
    for check in &envelope.checks {
        put(&check.name, &check.bytes);
    }
    put("chunks.sha256", &envelope.chunk_lists);
    let blob = fixture.manifest.blobs[0].digest;
    let start = at;
    let count = size.div_ceil(CHUNK);
    for chunk in 0..count {
        let bytes = CHUNK.min(size - chunk * CHUNK);
        file.write_all_at(
            &plain_header(&format!("blobs/sha256/{}/{chunk:08}", blob.hex()), bytes, b'0'),
            at,
        )
        .unwrap();
        at += 512 + bytes.next_multiple_of(512);
    }
    let mut index =
        format!("codegraph bundle index 1\n{} {:08x} {count:08x} {start:016x}\n", blob.hex(), 0);
    index.push_str(&"\n".repeat(512 - 32 - index.len()));
    index.push_str(&format!("index entry at {at:016x}\n"));
    file.write_all_at(&plain_header("index", 512, b'0'), at).unwrap();
    file.write_all_at(index.as_bytes(), at + 512).unwrap();
    file.set_len(at + 1024 + 1024).unwrap();
    (start, at)
}

/// Bytes that this thread has read from files, as the kernel counts them.
fn bytes_read() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/io").unwrap();
    text.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
}

#[test]
fn a_look_at_forty_gib_reads_kilobytes_and_a_walk_reads_headers() {
    let fixture = fixture((40 << 30) + 1);
    let envelope = fixture.envelope();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.cgb");
    sparse(&fixture, &envelope, &path);
    let before = bytes_read();
    let release = BundleReader::open(&[path]).unwrap().verify_signature(&fixture.anchor()).unwrap();
    let hint = release.volumes()[0].hint().unwrap();
    let looked = bytes_read() - before;
    assert_eq!((hint.len(), hint[0].first, hint[0].count), (1, 0, 5121));
    // 32 bytes for each of 5,121 chunks, and the small entries beside them.
    assert!(looked < 400 << 10, "{looked} bytes");
    let before = bytes_read();
    release.scan().unwrap().require_complete().unwrap();
    // One header and at most one block of padding for each chunk.
    let walked = bytes_read() - before;
    assert!(walked < 5_200 * 1_024, "{walked} bytes");
}

#[test]
fn chunks_beyond_eight_gib_are_found_and_checked() {
    let fixture = fixture(SIZE);
    let envelope = fixture.envelope();
    let plan = plan_volumes(&fixture.manifest, &envelope, None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.cgb");
    let (start, at) = sparse(&fixture, &envelope, &path);
    assert_eq!(plan[0].bytes, at + 2048, "the planner counts as tar does");
    assert!(at > 9 << 30);
    let blob = fixture.manifest.blobs[0].digest;
    let count = SIZE.div_ceil(CHUNK);

    let payload = BundleReader::open(&[path])
        .unwrap()
        .verify_signature(&fixture.anchor())
        .unwrap()
        .scan()
        .unwrap();
    payload.require_complete().unwrap();
    for chunk in [
        0,
        (2 << 30) / CHUNK,
        (4 << 30) / CHUNK - 1,
        (4 << 30) / CHUNK,
        (8 << 30) / CHUNK,
        count - 1,
    ] {
        let read = payload.read_chunk(&blob, chunk, Vec::new()).unwrap();
        assert_eq!(read.offset(), chunk * CHUNK);
        assert!(read.bytes().iter().all(|b| *b == 0));
    }
    assert!(payload.read_small_blob(&blob).unwrap_err().to_string().contains("at most"));

    // One wrong byte beyond 8 GiB.
    let file = File::options().write(true).open(payload.release().volumes()[0].path()).unwrap();
    let wrong = (8 << 30) / CHUNK;
    file.write_all_at(b"x", start + wrong * (512 + CHUNK) + 512 + 77).unwrap();
    let error = payload.read_chunk(&blob, wrong, Vec::new()).unwrap_err();
    assert!(error.to_string().contains(&format!("chunk {wrong} of blob")), "{error}");
    // A volume that was cut at exactly 4 GiB, as on a file system that cannot hold more.
    file.set_len(1 << 32).unwrap();
    let cut = payload.release().volumes()[0].path().to_owned();
    let error = BundleReader::open(&[cut])
        .unwrap()
        .verify_signature(&fixture.anchor())
        .unwrap()
        .scan()
        .unwrap_err();
    assert_eq!(error.exit_code(), 3, "{error}");
}

#[test]
fn volume_sizes_are_kept_across_the_four_gib_border() {
    let fixture = fixture(SIZE);
    let envelope = fixture.envelope();
    for size in [(1u64 << 32) - 1, 4000 << 20, (1 << 33) - 1] {
        let plan = plan_volumes(&fixture.manifest, &envelope, Some(size)).unwrap();
        assert!(plan.iter().all(|volume| volume.bytes <= size));
        assert_eq!(
            plan.iter().map(|volume| volume.chunks.len() as u64).sum::<u64>(),
            SIZE.div_ceil(CHUNK)
        );
        // No volume but the last has room for one more chunk.
        assert!(plan.iter().rev().skip(1).all(|volume| volume.bytes + CHUNK + 512 > size));
    }
    assert!(
        plan_volumes(&fixture.manifest, &envelope, Some(1 << 20))
            .unwrap_err()
            .to_string()
            .contains("too small")
    );
}
