//! Scratch repositories and what comes of them.

use std::path::{Path, PathBuf};

use cg_graph_store::{
    BaseFiles, GraphRequest, GraphResponse, Limits, Reader, ReaderOptions, SnapshotFiles,
};
use cg_index::{Base, IndexJob, IndexOutcome, Role, index};

pub fn extensions() -> PathBuf {
    let cache = std::env::var_os("CODEGRAPH_CACHE").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/codegraph")
    });
    cache.join("deps/generation/extensions")
}

pub struct Scratch {
    pub folder: tempfile::TempDir,
}

impl Scratch {
    pub fn new(files: &[(&str, &[u8])]) -> Self {
        let scratch = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(scratch.source()).unwrap();
        for (path, bytes) in files {
            scratch.write(path, bytes);
        }
        scratch
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.source().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub fn source(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    pub fn job(&self, output: &str) -> IndexJob {
        IndexJob {
            source: self.source(),
            output: self.folder.path().join(output),
            known_files: None,
            next_file_key: 1,
            memory_bytes: 512 << 20,
            threads: 2,
            file_time_ms: 60_000,
            file_max_bytes: 16 << 20,
            extensions_dir: None,
            base: None,
        }
    }

    pub fn index(&self) -> IndexOutcome {
        index(&self.job("out"), &|_| ()).unwrap()
    }
}

/// What an outcome offers to the next run.
pub fn as_base(outcome: &IndexOutcome) -> Base {
    let file = |role| outcome.files.iter().find(|file| file.role == role).unwrap();
    Base {
        graph: file(Role::Graph).path.clone(),
        search: file(Role::Search).path.clone(),
        facts: file(Role::Facts).path.clone(),
        facts_blake3: file(Role::Facts).blake3.clone(),
        max_changed_percent: 100,
    }
}

pub fn reader(outcome: &IndexOutcome) -> Reader {
    reader_over(outcome, None)
}

pub fn reader_over(outcome: &IndexOutcome, base: Option<&Base>) -> Reader {
    let path =
        |role| outcome.files.iter().find(|file| file.role == role).map(|file| file.path.clone());
    let files = SnapshotFiles {
        graph: path(Role::Graph).unwrap(),
        search: path(Role::Search),
        vectors: path(Role::Vectors),
        base: base
            .map(|base| BaseFiles { graph: base.graph.clone(), search: Some(base.search.clone()) }),
    };
    let options = ReaderOptions {
        extensions_dir: Some(extensions()),
        memory_bytes: 256 << 20,
        threads: 2,
        temp_dir: None,
    };
    Reader::open(&files, &options).unwrap()
}

/// Rows as text, cells joined by `|`.
pub fn cells(outcome: &IndexOutcome, text: &str) -> Vec<String> {
    cells_of(&reader(outcome), text)
}

pub fn cells_of(reader: &Reader, text: &str) -> Vec<String> {
    let request = GraphRequest::Query {
        text: text.into(),
        limits: Limits { rows: 100_000, ..Limits::default() },
    };
    let GraphResponse::Table(table) = reader.answer(&request).unwrap() else { panic!("a table") };
    let cell =
        |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    table.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join("|")).collect()
}

pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
