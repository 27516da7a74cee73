//! The journal keeps whole lines, drops torn ones, and forgets chunks once an installation is complete.

use std::fs;

use super::*;
use crate::host::SystemHost;

fn digest(byte: u8) -> Digest {
    Digest::from_bytes([byte; 32])
}

fn written(records: &[Record]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let (mut journal, state) = Journal::open(&SystemHost, &path).unwrap();
    assert_eq!(state, State::default());
    for record in records {
        journal.commit(&SystemHost, record).unwrap();
    }
    (folder, path)
}

#[test]
fn a_journal_cut_at_any_byte_gives_the_records_before_the_cut() {
    let records = [
        Record::Begin { release: digest(1), generation: 1 },
        Record::Stored { blob: digest(2), chunks: vec![0] },
        Record::Stored { blob: digest(2), chunks: vec![1] },
        Record::Pending { from: None, to: 1 },
    ];
    let (_folder, path) = written(&records);
    let whole = fs::read(&path).unwrap();
    for cut in 0..=whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let lines = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
        let mut expected = State::default();
        records[..lines].iter().for_each(|record| expected.add(record));
        assert_eq!(read(&path).unwrap(), expected, "cut at {cut}");

        let (mut journal, state) = Journal::open(&SystemHost, &path).unwrap();
        assert_eq!(state, expected, "cut at {cut}");
        journal.commit(&SystemHost, &Record::Generation { number: 1 }).unwrap();
        assert_eq!(read(&path).unwrap().phase, Phase::Ready, "appended after a cut at {cut}");
    }
}

#[test]
fn a_changed_byte_ends_the_journal_there() {
    let (_folder, path) = written(&[
        Record::Begin { release: digest(1), generation: 1 },
        Record::Stored { blob: digest(2), chunks: vec![0] },
    ]);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.len() - 4;
    bytes[at] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let state = read(&path).unwrap();
    assert_eq!(state.phase, Phase::Ingest);
    assert_eq!(state.kept, Kept::default());
}

#[test]
fn a_committed_installation_has_no_chunks_left() {
    let (_folder, path) = written(&[
        Record::Begin { release: digest(1), generation: 4 },
        Record::Stored { blob: digest(2), chunks: vec![0] },
        Record::Pending { from: None, to: 4 },
        Record::Committed { generation: 4 },
    ]);
    let state = read(&path).unwrap();
    assert_eq!((state.phase, state.generation), (Phase::Committed, Some(4)));
    assert_eq!(state.kept, Kept::default());
}
