//! Layers made to hurt: each ends in an error or a note, with little memory.

use std::io::{Read, Write};

use cg_inventory::*;

use crate::fixture::*;

const STATUS: &[u8] = b"Package: a\nVersion: 1\n";

fn small() -> Limits {
    Limits {
        layer_bytes: 1 << 20,
        entries: 1000,
        database_bytes: 4096,
        list_bytes: 4096,
        held_bytes: 6000,
        text_bytes: 4096,
        packages: 10,
    }
}

fn refused(layer: impl Read) -> String {
    let mut rootfs = Rootfs::new(small());
    let error = rootfs.apply(layer).unwrap_err().to_string();
    let notes = rootfs.inventory().notes;
    assert!(notes.iter().any(|note| note.contains("layer 1 cannot be read")), "{notes:?}");
    error
}

#[test]
fn a_bomb_stops_at_the_limit() {
    let zeros = std::io::repeat(0).take(64 << 20);
    let mut header = tar::Header::new_gnu();
    header.set_size(64 << 20);
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_data(&mut header, "zeros", zeros).unwrap();
    let plain = builder.into_inner().unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&plain).unwrap();
    let zstd = zstd::encode_all(plain.as_slice(), 19).unwrap();
    for packed in [gzip.finish().unwrap(), zstd] {
        assert!(packed.len() < 100_000);
        assert!(refused(packed.as_slice()).contains("more than the limit"));
    }
}

#[test]
fn a_window_that_would_take_gigabytes_is_refused() {
    // RFC 8878: magic, descriptor without single segment, window descriptor 0xa8: exponent 21, 2 GiB.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00];
    refused(&frame[..]);
}

#[test]
fn endless_entries_stop_at_the_limit() {
    let one = layer(&[Part::File("x", b"")]);
    let block = one[..512].to_vec();
    struct Endless(Vec<u8>, usize);
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let part = &self.0[self.1 % 512..];
            let count = part.len().min(buffer.len());
            buffer[..count].copy_from_slice(&part[..count]);
            self.1 += count;
            Ok(count)
        }
    }
    assert!(refused(Endless(block, 0)).contains("more than 1000 entries"));
}

/// A header whose size field says this, with a right checksum.
fn with_size(kind: u8, size: &[u8]) -> Vec<u8> {
    let mut block = layer(&[Part::File("var/lib/dpkg/status", b"")])[..512].to_vec();
    block[124..124 + size.len()].copy_from_slice(size);
    block[156] = kind;
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

#[test]
fn lying_sizes_end_in_an_error() {
    let huge = [0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let over = [0xff; 12];
    for size in [&huge[..], &over, b"77777777777\0", b"not a number"] {
        for kind in [b'0', b'x', b'L', b'K', b'g', b'S'] {
            let _ = refused(with_size(kind, size).as_slice());
        }
    }
}

#[test]
fn a_layer_that_is_no_tar_or_ends_early_is_refused() {
    let good = layer(&[Part::File("var/lib/dpkg/status", STATUS)]);
    for cut in [100, 512, 520] {
        let _ = refused(&good[..cut]);
    }
    let _ = refused(&b"layer ".repeat(1000)[..]);
    let mut bad = good;
    bad[3] ^= 1;
    assert!(refused(bad.as_slice()).contains("no tar archive"));
}

#[test]
fn what_is_too_large_is_said_and_not_read() {
    for place in ["var/lib/dpkg/status", "var/lib/rpm/Packages", "lib/apk/db/installed"] {
        let mut rootfs = Rootfs::new(small());
        rootfs.apply(layer(&[Part::File(place, &[b'x'; 5000])]).as_slice()).unwrap();
        let found = rootfs.inventory();
        assert!(found.notes[0].contains("beyond the limit"), "{place}: {:?}", found.notes);
    }
    // Many that are small each are too large together.
    let names: Vec<String> = (0..40).map(|n| format!("var/lib/dpkg/status.d/{n}")).collect();
    let parts: Vec<Part<'_>> = names.iter().map(|name| Part::File(name, &[b'x'; 400])).collect();
    let mut rootfs = Rootfs::new(small());
    rootfs.apply(layer(&parts).as_slice()).unwrap();
    assert!(rootfs.inventory().notes.iter().any(|note| note.contains("beyond the limit")));
    let many: String = (0..50).map(|n| format!("Package: p{n}\n\n")).collect();
    let mut rootfs = Rootfs::new(small());
    rootfs.apply(layer(&[Part::File("var/lib/dpkg/status", many.as_bytes())]).as_slice()).unwrap();
    let found = rootfs.inventory();
    assert_eq!(found.packages.len(), 10);
    assert!(found.notes[0].contains("only the first 10"));
}

#[test]
fn links_devices_and_climbing_names_bring_nothing_in() {
    let outside = tempfile::tempdir().unwrap();
    let real = outside.path().join("status");
    std::fs::write(&real, STATUS).unwrap();
    let target = real.display().to_string();
    for part in [
        Part::Symlink("var/lib/dpkg/status", &target),
        Part::HardLink("var/lib/dpkg/status", &target),
        Part::Device("var/lib/dpkg/status"),
    ] {
        let found = read(&[layer(&[part])]);
        assert!(found.packages.is_empty());
        assert_eq!(found.notes.len(), 1, "{:?}", found.notes);
    }
    // The `tar` crate does not write such a name; it is put in by hand.
    let mut climbing = layer(&[Part::File("xxxvar/lib/dpkg/status", STATUS)]);
    climbing[..3].copy_from_slice(b"../");
    climbing[148..156].fill(b' ');
    let sum: u32 = climbing[..512].iter().map(|byte| u32::from(*byte)).sum();
    climbing[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert!(read(&[climbing]).packages.is_empty());
}

#[test]
fn a_pax_size_is_the_size() {
    // The header says 0, PAX says 22: what follows is content, not a header.
    let record = b"11 size=22\n";
    let mut pax = with_size(b'x', format!("{:011o}\0", record.len()).as_bytes());
    pax.extend(record);
    pax.resize(1024, 0);
    pax.extend(with_size(b'0', b"00000000000\0"));
    pax.extend(STATUS);
    pax.resize(2048 + 1024, 0);
    assert_eq!(STATUS.len(), 22);
    assert_eq!(names(&read(&[pax])), ["a"]);
}

#[test]
fn databases_of_rpm_that_lie_about_their_pages_are_damaged() {
    for (page_size, reserved) in [([0, 0], 1), ([0, 16], 255), ([1, 0xe0], 255), ([2, 0], 33)] {
        let mut database = vec![0; 1024];
        database[..16].copy_from_slice(b"SQLite format 3\0");
        database[16..18].copy_from_slice(&page_size);
        database[20] = reserved;
        let (found, problem) = parsers::rpm(&database, 10);
        assert!(found.is_empty() && problem.unwrap().contains("damaged"), "{page_size:?}");
    }
}

#[test]
fn items_that_lie_on_top_of_each_other_are_no_packages() {
    // Berkeley DB, little endian: a page of its own for the head, then one of 512 bytes with pairs of items.
    let database = |pairs: usize| {
        let mut bytes = vec![0u8; 1024];
        bytes[12..16].copy_from_slice(&0x0006_1561u32.to_le_bytes());
        bytes[20..24].copy_from_slice(&512u32.to_le_bytes());
        bytes[25] = 8;
        let page = &mut bytes[512..];
        page[25] = 13;
        page[20..22].copy_from_slice(&(2 * pairs as u16).to_le_bytes());
        for pair in 0..pairs {
            page[26 + 4 * pair..28 + 4 * pair].copy_from_slice(&512u16.to_le_bytes());
            page[28 + 4 * pair..30 + 4 * pair].copy_from_slice(&200u16.to_le_bytes());
        }
        page[200] = 1;
        bytes
    };
    let problem = |pairs| parsers::rpm(&database(pairs), 10).1.unwrap();
    assert_eq!(problem(1), "1 packages in it are damaged");
    assert_eq!(problem(2), "the Berkeley database of rpm is damaged");
}

#[test]
fn licences_that_many_packages_share_are_bounded_together() {
    let status: String = (0..10).map(|n| format!("Package: p{n}\n\n")).collect();
    let licence = |n: usize| format!("Files: {n}\nLicense: {}{n}\n\n", "x".repeat(60));
    let copyright: String = (0..10).map(licence).collect();
    let copyright = format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n{copyright}"
    );
    let links: Vec<String> = (1..10).map(|n| format!("usr/share/doc/p{n}")).collect();
    let mut parts = vec![
        Part::File("var/lib/dpkg/status", status.as_bytes()),
        Part::File("usr/share/doc/p0/copyright", copyright.as_bytes()),
    ];
    parts.extend(links.iter().map(|link| Part::Symlink(link, "p0")));
    let mut rootfs = Rootfs::new(small());
    rootfs.apply(layer(&parts).as_slice()).unwrap();
    let found = rootfs.inventory();
    // 10 names of 61 bytes, counted with 32 more each: 930 bytes a package, six times in 6,000.
    let with = found.packages.iter().filter(|package| package.licences.len() == 10).count();
    assert_eq!((found.packages.len(), with), (10, 6), "{:?}", found.notes);
    assert!(found.notes.iter().any(|note| note.contains("licences of 4 packages")));
}
