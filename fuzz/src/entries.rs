//! Volumes whose opening is genuine and whose entries are the fuzzer's.
//!
//! Raw bytes never get past the checksum of a header or an index that must say exactly what the volume holds. So the
//! input is a tape of small commands: genuine entries in any order, headers with right checksums that say
//! anything, right and wrong indexes, raw bytes, flipped bytes.

use cg_bundle_format::HintRun;

use crate::genuine::{
    BLOCK, Entry, Run, Tape, accepted, apart, checksum, header, index_content, sized,
};

/// Commands that are carried out.
const STEPS: usize = 64;
/// Bytes that a volume may have behind its opening.
const MOST: usize = 256 << 10;
/// What goes wrong elsewhere: zero, borders of blocks, chunks, 31, 32, 33 and 36 bits.
const SIZES: [u64; 12] = [
    0,
    1,
    511,
    512,
    513,
    4096,
    4097,
    1 << 31,
    (1 << 32) - 1,
    1 << 32,
    (1 << 33) - 1,
    0o77_777_777_777,
];
/// Kinds of entries: files, links, devices, extensions of PAX and GNU.
const KINDS: &[u8] = b"0\x001234567xgLKSMVD";

/// The volume that these commands make.
pub fn made(data: &[u8]) -> Vec<u8> {
    let (opening, entries) = apart();
    let mut tape = Tape(data);
    let mut tail: Vec<u8> = Vec::new();
    let mut next = 0;
    for _ in 0..STEPS {
        let Some(command) = tape.byte() else { break };
        if tail.len() > MOST {
            break;
        }
        step(command, &mut tape, &mut tail, &mut next, opening.len(), &entries);
    }
    [opening, &tail].concat()
}

/// The walk over the entries of a volume.
pub fn tar_reader(data: &[u8]) {
    if let Some(payload) = accepted(&made(data)) {
        let (_, entries) = apart();
        // What is accepted is the release, in whatever order its chunks come.
        for blob in &payload.manifest().blobs {
            let bytes = payload.read_small_blob(&blob.digest).expect("an accepted volume is whole");
            assert_eq!(bytes.len() as u64, blob.size);
        }
        let hint = payload.release().volumes()[0].hint().expect("an accepted volume has an index");
        let mut named: Vec<String> = hint.iter().flat_map(chunks).collect();
        named.sort();
        let mut there: Vec<&str> = entries.iter().map(|entry| entry.name).collect();
        there.retain(|name| name.starts_with("blobs/"));
        there.sort_unstable();
        assert_eq!(named, there, "the index names each chunk once");
    }
}

fn step(
    command: u8,
    tape: &mut Tape<'_>,
    tail: &mut Vec<u8>,
    next: &mut usize,
    start: usize,
    entries: &[Entry],
) {
    let piece = |number: usize| entries.get(number % entries.len()).map_or(&[][..], |e| e.bytes);
    match command % 10 {
        // The genuine entry whose turn it is; at the end the end of an archive.
        0 => {
            match entries.get(*next) {
                Some(entry) => tail.extend(entry.bytes),
                None => tail.extend([0; 2 * BLOCK]),
            }
            *next += 1;
        }
        1 => tail.extend(piece(usize::from(tape.byte().unwrap_or(0)))),
        // Left out.
        2 => *next += 1,
        3 => hostile(tape, tail, entries),
        // The next one with changes in its header.
        4 => {
            let mut block: [u8; BLOCK] = [0; BLOCK];
            block.copy_from_slice(&piece(*next)[..BLOCK]);
            let at = tape.number(2) as usize % BLOCK;
            let count = usize::from(tape.byte().unwrap_or(0)) % 16;
            let change = tape.bytes(count);
            let end = (at + change.len()).min(BLOCK);
            block[at..end].copy_from_slice(&change[..end - at]);
            if command < 128 {
                checksum(&mut block);
            }
            tail.extend(block);
            tail.extend(&piece(*next)[BLOCK..]);
            *next += 1;
        }
        5 => {
            let count = usize::from(tape.byte().unwrap_or(0));
            tail.extend(tape.bytes(count));
        }
        6 => tail.extend(std::iter::repeat_n(0, BLOCK * (usize::from(command) / 10 + 1) / 2)),
        7 => {
            let runs = runs_of(tail, start);
            let at = start + tail.len();
            let content = index_content(&runs, at as u64);
            tail.extend(sized(b"index", content.len() as u64));
            tail.extend(content);
        }
        8 => {
            let at = tape.number(3) as usize % tail.len().max(1);
            let change = tape.byte().unwrap_or(1);
            if let Some(byte) = tail.get_mut(at) {
                *byte ^= change;
            }
        }
        _ => tail.truncate(tail.len().saturating_sub(tape.number(2) as usize)),
    }
}

/// A header that says anything, with a right checksum, and some content.
fn hostile(tape: &mut Tape<'_>, tail: &mut Vec<u8>, entries: &[Entry]) {
    let how = tape.byte().unwrap_or(0);
    let known = entries[usize::from(tape.byte().unwrap_or(0)) % entries.len()];
    let mut name = known.name.as_bytes().to_vec();
    match how % 4 {
        0 => {}
        1 => name = tape.bytes(usize::from(how >> 2)).to_vec(),
        // Another number of the same chunk, or another ending.
        2 => {
            name.truncate(name.len().saturating_sub(8));
            name.extend(tape.bytes(8));
        }
        _ => name = format!("{:08}", tape.number(4)).into_bytes(),
    }
    let kind = KINDS[usize::from(tape.byte().unwrap_or(0)) % KINDS.len()];
    let mode: &[u8; 8] = match how >> 6 {
        0 | 1 => b"0000644\0",
        2 => b"0000755\0",
        _ => b"0004777\0",
    };
    let choice = usize::from(tape.byte().unwrap_or(0));
    let size = SIZES.get(choice).copied().unwrap_or(if choice < 128 {
        known.size
    } else {
        tape.number(5)
    });
    let mut field = [0; 12];
    field.copy_from_slice(format!("{:011o}\0", size.min(0o77_777_777_777)).as_bytes());
    if choice == 255 {
        let raw = tape.bytes(12);
        field[..raw.len()].copy_from_slice(raw);
    }
    tail.extend(header(&name, mode, &field, kind));
    tail.extend(&known.bytes[BLOCK.min(known.bytes.len())..]);
}

/// The names of a run's chunks; of the first hundred.
fn chunks(run: &HintRun) -> Vec<String> {
    let numbers = run.first..run.first.saturating_add(run.count.min(100));
    numbers.map(|chunk| format!("blobs/sha256/{}/{chunk:08}", run.blob.hex())).collect()
}

/// The runs of chunks in these entries, found as tar finds them; `start` is the offset of the first.
fn runs_of(tail: &[u8], start: usize) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut at = 0;
    while let Some(block) = tail.get(at..at + BLOCK) {
        let name = block[..100].split(|&byte| byte == 0).next().unwrap_or_default();
        let name = String::from_utf8_lossy(name);
        let mut parts = name.split('/').skip(2);
        if let (Some(blob), Some(Ok(chunk))) = (parts.next(), parts.next().map(str::parse::<u32>)) {
            match runs.last_mut() {
                Some(run) if run.0 == blob && run.1.saturating_add(run.2) == chunk => run.2 += 1,
                _ => runs.push((blob.to_owned(), chunk, 1, (start + at) as u64)),
            }
        }
        let size = std::str::from_utf8(&block[124..135]).ok();
        let size = size.and_then(|digits| usize::from_str_radix(digits, 8).ok()).unwrap_or(0);
        at = at.saturating_add(BLOCK).saturating_add(size.next_multiple_of(BLOCK));
    }
    runs
}
