//! Search by words, names, lines and vectors.

use cg_graph_store::{
    Chunk, GraphError, GraphRequest, GraphResponse, Hit, Reader, SearchMode, SearchQuery,
    write_vectors,
};
use cg_link::Links;
use cg_types::{Language, NodeKind};

use crate::support::{Builder, SAMPLE, Snapshot, options};

fn search(reader: &Reader, mode: SearchMode, text: &str) -> Vec<Hit> {
    find(reader, SearchQuery { text: text.into(), mode, vector: None, limit: 10 }).unwrap()
}

fn find(reader: &Reader, query: SearchQuery) -> Result<Vec<Hit>, GraphError> {
    match reader.answer(&GraphRequest::Search(query))? {
        GraphResponse::Hits { hits } => Ok(hits),
        other => panic!("a search answers with hits, not {other:?}"),
    }
}

fn chunks(reader: &Reader, request: &GraphRequest) -> Vec<Chunk> {
    match reader.answer(request).unwrap() {
        GraphResponse::Chunks { chunks } => chunks,
        other => panic!("chunks expected, not {other:?}"),
    }
}

#[test]
fn words_of_identifiers_find_their_chunk() {
    let snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    for text in
        ["query client", "readQueryFromClient", "reading queries from clients", "READ_QUERY"]
    {
        let hits = search(&reader, SearchMode::Text, text);
        assert_eq!(hits[0].place.name, "readQueryFromClient", "{text}");
        assert_eq!(
            (hits[0].place.path.as_str(), hits[0].place.line, hits[0].place.line_end),
            ("src/add.c", 6, 8)
        );
        assert!(hits[0].snippet.starts_with("int readQueryFromClient(void) {"));
    }
    assert!(search(&reader, SearchMode::Text, "nothing_like_this").is_empty());
    assert!(search(&reader, SearchMode::Text, "'; DROP TABLE chunk; --").is_empty());
}

#[test]
fn russian_words_are_found_in_another_form() {
    let snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    // The text has «Складывает числа».
    let hits = search(&reader, SearchMode::Text, "складывать число");
    assert_eq!((hits[0].place.line, hits[0].place.label.as_str()), (1, ""));
}

#[test]
fn names_and_lines_are_found() {
    let snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    let names: Vec<String> = search(&reader, SearchMode::Name, "ADD")
        .into_iter()
        .map(|hit| hit.place.full_name)
        .collect();
    assert_eq!(names, ["add", "src/add.c"]);
    let hits = search(&reader, SearchMode::Regex, r"add\(\d");
    let lines: Vec<_> = hits
        .iter()
        .map(|hit| (hit.place.path.as_str(), hit.place.line, hit.snippet.as_str()))
        .collect();
    assert_eq!(lines, [("src/add.c", 7, "  return add(1, 2);")]);
    let lines: Vec<u32> =
        search(&reader, SearchMode::Regex, "^int").iter().map(|hit| hit.place.line).collect();
    assert_eq!(lines, [2, 6]);
    let wrong = find(
        &reader,
        SearchQuery { text: "(".into(), mode: SearchMode::Regex, vector: None, limit: 1 },
    );
    assert!(matches!(wrong, Err(GraphError::Invalid(_))));
}

#[test]
fn chunks_cover_every_line_once() {
    let long: String = (0..200).map(|n| format!("    step({n})\n")).collect();
    let text = format!(
        "import os\n\ndef first():\n{long}\n\nclass Box:\n    size = 1\n\n    def get(self):\n        return 1\n\nprint(1)\n"
    );
    let mut file = Builder::new("box.py", Language::Python, &text);
    let global = file.add(NodeKind::Method, 0, (0, text.len()), "<module>");
    file.set(global, |n, _| n.modifiers = cg_types::Modifiers::MODULE);
    let start = file.find("def first", 0).0;
    let end = file.find("step(199)", 0).1;
    file.add(NodeKind::Method, global, (start, end), "first");
    let start = file.find("class Box", 0).0;
    let end = file.find("return 1", 0).1;
    let class = file.add(NodeKind::TypeDecl, global, (start, end), "Box");
    let start = file.find("def get", 0).0;
    file.add(NodeKind::Method, class, (start, end), "get");
    let snapshot = Snapshot::of(&[file], &Links::default());
    let reader = snapshot.reader();
    let all = chunks(&reader, &GraphRequest::ChunksAfter { after: None, limit: 100 });
    let seen: Vec<_> =
        all.iter().map(|c| (c.place.name.as_str(), c.place.line, c.place.line_end)).collect();
    assert_eq!(
        seen,
        [
            ("", 1, 2),
            ("first", 3, 82),
            ("first", 83, 162),
            ("first", 163, 203),
            ("Box", 206, 208),
            ("get", 209, 210),
            ("", 211, 213),
        ]
    );
    let lines: Vec<&str> = text.split('\n').collect();
    for chunk in &all {
        let expected = lines
            [chunk.place.line as usize - 1..(chunk.place.line_end as usize).min(lines.len())]
            .join("\n");
        assert_eq!(chunk.text.trim_end_matches('\n'), expected.trim_end_matches('\n'));
        assert_eq!(chunk.hash, blake3::hash(chunk.text.as_bytes()).to_hex().to_string());
    }
    let again = chunks(
        &reader,
        &GraphRequest::Chunks { ids: vec![all[3].id.clone(), "77".into(), all[0].id.clone()] },
    );
    assert_eq!(again.iter().map(|c| &c.id).collect::<Vec<_>>(), [&all[3].id, &all[0].id]);
    let page =
        chunks(&reader, &GraphRequest::ChunksAfter { after: Some(all[1].id.clone()), limit: 2 });
    assert_eq!(page.iter().map(|c| &c.id).collect::<Vec<_>>(), [&all[2].id, &all[3].id]);
}

#[test]
fn nearest_vectors_come_first_and_are_not_asked_for_again() {
    let mut snapshot = Snapshot::sample();
    let reader = snapshot.reader();
    let all = chunks(&reader, &GraphRequest::ChunksAfter { after: None, limit: 100 });
    drop(reader);
    let near = all.iter().find(|c| c.place.name == "add").unwrap().hash.clone();
    let far = all.iter().find(|c| c.place.name == "readQueryFromClient").unwrap().hash.clone();
    let vector = |x: f32, y: f32| {
        (0..384)
            .map(|i| {
                if i == 0 {
                    x
                } else if i == 1 {
                    y
                } else {
                    0.0
                }
            })
            .collect::<Vec<f32>>()
    };
    let rows =
        vec![(far, vector(0.0, 1.0)), (near.clone(), vector(1.0, 0.0)), (near, vector(1.0, 0.0))];
    let (file, count) = write_vectors(&options(snapshot.folder.path()), rows).unwrap();
    assert_eq!(count, 2);
    snapshot.files.vectors = Some(file.path);
    let reader = snapshot.reader();
    let query = SearchQuery {
        text: String::new(),
        mode: SearchMode::Vector,
        vector: Some(vector(0.9, 0.1)),
        limit: 5,
    };
    let names: Vec<String> =
        find(&reader, query).unwrap().into_iter().map(|hit| hit.place.name).collect();
    assert_eq!(names, ["add", "readQueryFromClient"]);
    let left = chunks(&reader, &GraphRequest::ChunksAfter { after: None, limit: 100 });
    assert_eq!(left.len(), all.len() - 2);
    let GraphResponse::Summary(summary) = reader.answer(&GraphRequest::Summary).unwrap() else {
        panic!()
    };
    assert_eq!((summary.chunks, summary.vectors), (all.len() as u64, 2));
    let short = SearchQuery {
        text: String::new(),
        mode: SearchMode::Vector,
        vector: Some(vec![1.0]),
        limit: 5,
    };
    assert!(find(&reader, short).is_err());
    assert!(
        write_vectors(
            &options(snapshot.folder.path()),
            [("a".into(), vec![1.0]), ("b".into(), vec![1.0, 2.0])]
        )
        .is_err()
    );
}

#[test]
fn the_sample_is_what_these_tests_think() {
    assert_eq!(SAMPLE.lines().count(), 8);
}
