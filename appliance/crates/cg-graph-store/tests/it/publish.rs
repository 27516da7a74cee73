//! Publishing: all or nothing, and never a change afterwards.

use cg_graph_store::{
    Error, GRAPH_FILE, Reader, ReaderOptions, SEARCH_FILE, SearchWriter, SnapshotFiles,
    SnapshotWriter,
};
use cg_link::Links;

use crate::support::{Snapshot, cells, options, rows, sample};

fn reader_options() -> ReaderOptions {
    ReaderOptions { extensions_dir: None, memory_bytes: 256 << 20, threads: 1, temp_dir: None }
}

#[test]
fn nothing_is_visible_before_sealing() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = SnapshotWriter::create(&options(folder.path())).unwrap();
    writer.append(rows(&sample(), 1)).unwrap();
    assert!(!folder.path().join(GRAPH_FILE).exists());
    drop(writer);
    assert!(!folder.path().join(GRAPH_FILE).exists());
    // What the first left behind is in nobody's way.
    let mut writer = SnapshotWriter::create(&options(folder.path())).unwrap();
    writer.append(rows(&sample(), 1)).unwrap();
    let (sealed, summary) = writer.seal().unwrap();
    assert_eq!(sealed.path, folder.path().join(GRAPH_FILE));
    assert_eq!(summary.methods, 2);
    let bytes = std::fs::read(&sealed.path).unwrap();
    assert_eq!(
        (sealed.bytes, sealed.blake3),
        (bytes.len() as u64, blake3::hash(&bytes).to_hex().to_string())
    );
    let names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, [GRAPH_FILE], "no log or draft is left");
}

#[test]
fn reading_does_not_change_a_sealed_file() {
    let snapshot = Snapshot::sample();
    let hash = || blake3::hash(&std::fs::read(&snapshot.files.graph).unwrap());
    let before = hash();
    let reader = snapshot.reader();
    cells(&reader, "SELECT count(*) FROM cpg_nodes");
    drop(reader);
    assert_eq!(before, hash());
    assert_eq!(std::fs::read_dir(snapshot.folder.path()).unwrap().count(), 2);
}

#[test]
fn an_empty_repository_is_a_valid_snapshot() {
    let snapshot = Snapshot::of(&[], &Links::default());
    let reader = snapshot.reader();
    assert_eq!(cells(&reader, "SELECT count(*) FROM cpg_nodes"), ["0"]);
    assert!(snapshot.files.search.as_ref().unwrap().ends_with(SEARCH_FILE));
}

#[test]
fn files_out_of_order_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = SnapshotWriter::create(&options(folder.path())).unwrap();
    writer.append(rows(&sample(), 5)).unwrap();
    assert!(matches!(
        writer.append(rows(&sample(), 5)),
        Err(Error::OutOfOrder { last: 5, got: 5 })
    ));
}

#[test]
fn same_rows_whatever_the_threads() {
    let dump = |threads: usize| {
        let folder = tempfile::tempdir().unwrap();
        let options = cg_graph_store::WriterOptions { threads, ..options(folder.path()) };
        let mut writer = SnapshotWriter::create(&options).unwrap();
        for key in 1..40 {
            writer.append(rows(&sample(), key)).unwrap();
        }
        let (sealed, _) = writer.seal().unwrap();
        let files = SnapshotFiles { graph: sealed.path, search: None, vectors: None, base: None };
        let reader = Reader::open(&files, &reader_options()).unwrap();
        ["identifier", "call", "cfg", "text_block"]
            .map(|table| cells(&reader, &format!("SELECT * FROM {table}")))
    };
    assert_eq!(dump(1), dump(4));
}

#[test]
fn a_broken_or_foreign_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.duckdb");
    let open = || {
        Reader::open(
            &SnapshotFiles { graph: path.clone(), search: None, vectors: None, base: None },
            &reader_options(),
        )
        .map(|_| ())
    };
    assert!(open().is_err());
    for bytes in [&b""[..], b"garbage", &vec![0; 1 << 16]] {
        std::fs::write(&path, bytes).unwrap();
        assert!(open().is_err());
    }
    let snapshot = Snapshot::sample();
    let whole = std::fs::read(&snapshot.files.graph).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(open().is_err() || whole.len() < 20_000);
}

#[test]
fn text_search_without_the_extension_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let options = cg_graph_store::WriterOptions {
        extensions_dir: Some(folder.path().into()),
        ..options(folder.path())
    };
    assert!(matches!(SearchWriter::create(&options), Err(Error::NoFullText(_))));
}
