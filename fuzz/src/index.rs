//! Index entries of any content behind a genuine payload: a hint must say what is written, and one payload has
//! one index.

use cg_bundle_format::{BundleReader, HintRun};

use crate::genuine::{BLOCK, Run, Tape, VOLUME, accepted, apart, index_content, sized};
use crate::targets::file;

/// Bytes of a raw index.
const MOST: usize = 256 << 10;

/// The index, as a hint and as a part of the volume.
pub fn index(data: &[u8]) {
    let (opening, entries) = apart();
    let payload: Vec<u8> =
        entries[..entries.len() - 1].iter().flat_map(|entry| entry.bytes).copied().collect();
    let at = (opening.len() + payload.len()) as u64;
    let mut tape = Tape(data);
    let form = tape.byte().unwrap_or(0);
    let mut runs: Vec<Run> = Vec::new();
    let content = match form % 4 {
        // Raw text, filled up, with a right trailer.
        0 => {
            let mut text = tape.0.to_vec();
            text.truncate(MOST);
            let size = (text.len() + 32).next_multiple_of(BLOCK);
            text.resize(size - 32, b'\n');
            text.extend(format!("index entry at {at:016x}\n").as_bytes());
            text
        }
        // The genuine lines with changes.
        1 => {
            let mut text = entries[entries.len() - 1].bytes[BLOCK..].to_vec();
            while let Some(command) = tape.byte() {
                let place = tape.number(2) as usize % (text.len() + 1);
                let change = tape.bytes(usize::from(command) % 32);
                let end = (place + change.len()).min(text.len());
                text[place..end].copy_from_slice(&change[..end - place]);
            }
            text
        }
        // Runs that say anything, in the right form, and where the index begins perhaps not.
        _ => {
            let blobs: Vec<&str> =
                entries.iter().filter_map(|entry| entry.name.split('/').nth(2)).collect();
            while !tape.0.is_empty() && runs.len() < 200 {
                let blob = blobs[tape.number(1) as usize % blobs.len()].to_owned();
                let (first, count) = (tape.number(4) as u32, tape.number(4) as u32);
                runs.push((blob, first, count, tape.number(8)));
            }
            let claimed =
                if form % 4 == 2 { at } else { at ^ (u64::from(form >> 2) << (form >> 2)) };
            index_content(&runs, claimed)
        }
    };
    let mut volume = [opening, &payload].concat();
    volume.extend(sized(b"index", content.len() as u64));
    volume.extend(content);
    volume.extend([0; 2 * BLOCK]);
    let path = file(&volume);
    let hint = BundleReader::open(std::slice::from_ref(&path))
        .ok()
        .and_then(|bundle| bundle.volumes()[0].hint().ok());
    if form % 4 == 2 {
        let hint = hint.expect("an index in its one form is a hint, whatever it says");
        let said = |run: &HintRun| (run.blob.hex(), run.first, run.count);
        let written = runs.iter().map(|run| (run.0.clone(), u64::from(run.1), u64::from(run.2)));
        assert!(hint.iter().map(said).eq(written), "the hint says what is written");
    }
    if accepted(&volume).is_some() {
        assert_eq!(volume, VOLUME, "one payload has one index");
    }
}
