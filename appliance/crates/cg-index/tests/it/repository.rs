//! Ordinary repositories.

use cg_graph_store::{CallQuery, Confidence, GraphRequest, GraphResponse, SearchMode, SearchQuery};
use cg_index::{Phase, Progress, Role, index};

use crate::support::{Scratch, cells, extensions, names, reader};

const MAIN: &[u8] = b"#include \"util.h\"\n\nint main(void) {\n    return twice(21);\n}\n";
const UTIL: &[u8] = b"#include \"util.h\"\n\nint twice(int value) {\n    int result = value * 2;\n    return result;\n}\n";
const HEADER: &[u8] = b"int twice(int value);\n";
const TOOL: &[u8] = b"#!/usr/bin/env python3\nimport os\n\ndef load_config(path):\n    return os.path.join(path, 'x')\n\nload_config('a')\n";

#[test]
fn calls_cross_files_and_everything_is_found() {
    let scratch = Scratch::new(&[
        ("src/main.c", MAIN),
        ("src/util.c", UTIL),
        ("src/util.h", HEADER),
        ("tool", TOOL),
        ("notes.txt", b"no code"),
    ]);
    let job = cg_index::IndexJob { extensions_dir: Some(extensions()), ..scratch.job("out") };
    let outcome = index(&job, &|_| ()).unwrap();
    assert_eq!(outcome.summary.files, [("c".to_owned(), 3), ("python".to_owned(), 1)]);
    assert_eq!(
        cells(&outcome, "SELECT name FROM nodes_file ORDER BY name"),
        ["src/main.c", "src/util.c", "src/util.h", "tool"]
    );
    let reader = reader(&outcome);
    let query =
        CallQuery { name: "twice".into(), depth: 1, confidence: Confidence::Likely, limit: 10 };
    let GraphResponse::Calls { calls } = reader.answer(&GraphRequest::Callers(query)).unwrap()
    else {
        panic!()
    };
    let seen: Vec<_> =
        calls.iter().map(|c| (c.method.name.as_str(), c.call_path.as_str(), c.call_line)).collect();
    assert_eq!(seen, [("main", "src/main.c", 4)]);
    let query = SearchQuery {
        text: "loading of the config path".into(),
        mode: SearchMode::Text,
        vector: None,
        limit: 3,
    };
    let GraphResponse::Hits { hits } = reader.answer(&GraphRequest::Search(query)).unwrap() else {
        panic!()
    };
    assert_eq!((hits[0].place.name.as_str(), hits[0].place.path.as_str()), ("load_config", "tool"));
    assert_eq!(
        names(&job.output),
        ["facts.bin", "graph.duckdb", "new_files.jsonl", "search.duckdb"]
    );
    for file in &outcome.files {
        assert_eq!(
            file.blake3,
            blake3::hash(&std::fs::read(&file.path).unwrap()).to_hex().to_string()
        );
    }
}

#[test]
fn an_empty_repository_gives_an_empty_snapshot() {
    let outcome = Scratch::new(&[]).index();
    assert_eq!(outcome.summary, cg_graph_store::Summary::default());
    assert_eq!(
        outcome.files.iter().map(|f| f.role).collect::<Vec<_>>(),
        [Role::Graph, Role::Search, Role::Facts]
    );
    assert_eq!(cells_of_empty(), ["0"]);
}

fn cells_of_empty() -> Vec<String> {
    // The scratch folder must outlive its reader.
    let scratch = Scratch::new(&[("README", b"nothing to parse")]);
    let outcome = scratch.index();
    cells(&outcome, "SELECT count(*) FROM cpg_nodes")
}

#[test]
fn what_git_ignores_is_left_out() {
    let scratch = Scratch::new(&[
        ("a.py", b"a = 1\n"),
        ("build/b.py", b"b = 1\n"),
        (".git/hooks/c.py", b"c = 1\n"),
        (".github/d.py", b"d = 1\n"),
        (".gitignore", b"build/\n"),
        (".ignore", b"a.py\n"),
    ]);
    assert_eq!(
        cells(&scratch.index(), "SELECT name FROM nodes_file ORDER BY name"),
        [".github/d.py", "a.py"]
    );
}

#[test]
fn same_input_gives_the_same_rows() {
    let files: Vec<(String, Vec<u8>)> = (0..60)
        .map(|n| {
            (
                format!("m{n}.py"),
                format!("import m{}\n\ndef f{n}(x):\n    return m{}.f{}(x)\n", n / 2, n / 2, n / 2)
                    .into_bytes(),
            )
        })
        .collect();
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_slice())).collect();
    let scratch = Scratch::new(&files);
    let one = index(&cg_index::IndexJob { threads: 1, ..scratch.job("one") }, &|_| ()).unwrap();
    let four = index(&cg_index::IndexJob { threads: 4, ..scratch.job("four") }, &|_| ()).unwrap();
    assert_eq!(one.summary, four.summary);
    for table in [
        "file",
        "method",
        "call",
        "identifier",
        "cfg",
        "reaching_def",
        "call_edge",
        "import_link",
        "ref_edge",
        "text_block",
    ] {
        let all = format!("SELECT * FROM {table}");
        assert_eq!(cells(&one, &all), cells(&four, &all), "{table}");
    }
}

#[test]
fn progress_goes_forward_and_ends_complete() {
    let scratch = Scratch::new(&[("a.c", MAIN), ("b.c", UTIL), ("c.py", TOOL)]);
    let seen = std::cell::RefCell::new(Vec::new());
    index(&scratch.job("out"), &|progress: Progress| seen.borrow_mut().push(progress)).unwrap();
    let seen = seen.into_inner();
    let total = (MAIN.len() + UTIL.len() + TOOL.len()) as u64;
    let last = seen.iter().rfind(|p| p.phase == Phase::Analyze).unwrap();
    assert_eq!(
        (last.files_done, last.files_total, last.bytes_done, last.bytes_total),
        (3, 3, total, total)
    );
    assert!(seen.windows(2).all(|w| w[0].files_done <= w[1].files_done));
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let scratch = Scratch::new(&[]);
    let job =
        cg_index::IndexJob { source: scratch.folder.path().join("nope"), ..scratch.job("out") };
    assert!(matches!(index(&job, &|_| ()), Err(cg_index::IndexError::Source { .. })));
}
