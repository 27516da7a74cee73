//! Hand-built graphs and snapshots made of them.

use std::path::{Path, PathBuf};

use cg_graph_store::{
    FileEntry, FileRows, GraphError, GraphRequest, GraphResponse, Limits, Reader, ReaderOptions,
    SearchWriter, SnapshotFiles, SnapshotWriter, Table, WriterOptions,
};
use cg_link::Links;
use cg_types::{
    CfgEdge, CfgKind, ContentHash, ControlKind, DispatchType, Evaluation, FileGraph, FileKey,
    Language, LineIndex, Modifiers, Node, NodeId, NodeIndex, NodeKind, ReachingDef, Role, Span,
    StrId, Strings,
};

/// Builds a graph by pointing at pieces of its text.
pub struct Builder {
    pub text: String,
    pub graph: FileGraph,
}

impl Builder {
    pub fn new(path: &str, language: Language, text: &str) -> Self {
        let mut strings = Strings::default();
        let name = strings.intern(path);
        let mut graph = FileGraph {
            path: path.into(),
            language,
            nodes: Vec::new(),
            strings,
            cfg: Vec::new(),
            reaching_defs: Vec::new(),
            diagnostics: Vec::new(),
        };
        graph.nodes.push(Node {
            name,
            ..blank(NodeKind::File, Span { start: 0, end: text.len() as u32 })
        });
        Self { text: text.into(), graph }
    }

    /// Adds a node over the bytes `start..end`.
    pub fn add(
        &mut self,
        kind: NodeKind,
        parent: u32,
        (start, end): (usize, usize),
        name: &str,
    ) -> u32 {
        let lines = LineIndex::new(&self.text);
        let position = lines.position(start as u32);
        let order = self.graph.nodes.iter().filter(|n| n.parent.0 == parent).count() as u32 + 1;
        let name = self.graph.strings.intern(name);
        self.graph.nodes.push(Node {
            parent: NodeIndex(parent),
            order,
            name,
            line: position.line,
            column: position.column,
            line_end: lines.position(end.saturating_sub(1).max(start) as u32).line,
            ..blank(kind, Span { start: start as u32, end: end as u32 })
        });
        self.graph.nodes.len() as u32 - 1
    }

    /// Bytes of the `nth` place (from 0) where the text has `code`.
    pub fn find(&self, code: &str, nth: usize) -> (usize, usize) {
        let (start, _) = self.text.match_indices(code).nth(nth).unwrap();
        (start, start + code.len())
    }

    pub fn set(&mut self, index: u32, change: impl FnOnce(&mut Node, &mut Strings)) {
        let graph = &mut self.graph;
        change(&mut graph.nodes[index as usize], &mut graph.strings);
    }
}

fn blank(kind: NodeKind, span: Span) -> Node {
    Node {
        kind,
        role: Role::Child,
        control: ControlKind::None,
        dispatch: DispatchType::Static,
        evaluation: Evaluation::ByValue,
        modifiers: Modifiers::default(),
        parent: NodeIndex::NONE,
        order: 1,
        argument_index: -1,
        method: NodeIndex::NONE,
        reference: NodeIndex::NONE,
        dominator: NodeIndex::NONE,
        post_dominator: NodeIndex::NONE,
        name: StrId::EMPTY,
        full_name: StrId::EMPTY,
        type_full_name: StrId::EMPTY,
        signature: StrId::EMPTY,
        span,
        line: 1,
        column: 1,
        line_end: 1,
    }
}

pub const SAMPLE: &str = "// Складывает числа 🦀\r\nint add(int a, int b) {\r\n  return a + b;\r\n}\r\n\r\nint readQueryFromClient(void) {\r\n  return add(1, 2);\r\n}\r\n";

/// `add` and a caller of it, with Cyrillic, an emoji and CRLF. Node numbers are in the comments.
pub fn sample() -> Builder {
    let mut b = Builder::new("src/add.c", Language::C, SAMPLE);
    let all = (0, SAMPLE.len());
    let global = b.add(NodeKind::Method, 0, all, "<global>"); // 1
    b.set(global, |n, s| {
        n.full_name = s.intern("src/add.c:<global>");
        n.modifiers = Modifiers::MODULE;
    });
    let comment = b.find("// Складывает числа 🦀", 0);
    b.add(NodeKind::Comment, 0, comment, ""); // 2
    let span = (b.find("int add", 0).0, b.find("}", 0).1);
    let add = b.add(NodeKind::Method, global, span, "add"); // 3
    b.set(add, |n, s| {
        n.full_name = s.intern("add");
        n.signature = s.intern("int(int,int)");
        n.method = NodeIndex(global);
    });
    for (at, name) in ["a", "b"].iter().enumerate() {
        let span = b.find(&format!("int {name}"), usize::from(at == 0)); // `int add` begins with `int a` too
        let index = b.add(NodeKind::MethodParameterIn, add, span, name); // 4, 5
        b.set(index, |n, s| {
            n.type_full_name = s.intern("int");
            n.argument_index = at as i32 + 1;
            n.method = NodeIndex(add);
        });
    }
    let span = b.find("return a + b;", 0);
    let ret = b.add(NodeKind::Return, add, span, ""); // 6
    let span = b.find("a + b", 0);
    let plus = b.add(NodeKind::Call, ret, span, "<operator>.addition"); // 7
    b.set(plus, |n, s| {
        n.full_name = s.intern("<operator>.addition");
        (n.role, n.argument_index, n.method) = (Role::Argument, 1, NodeIndex(add));
    });
    b.set(ret, |n, _| n.method = NodeIndex(add));
    for (at, parameter) in [4, 5].into_iter().enumerate() {
        let (start, end) = b.find("a + b", 0);
        let span = if at == 0 { (start, start + 1) } else { (end - 1, end) };
        let index = b.add(NodeKind::Identifier, plus, span, if at == 0 { "a" } else { "b" }); // 8, 9
        b.set(index, |n, s| {
            n.type_full_name = s.intern("int");
            n.reference = NodeIndex(parameter);
            (n.role, n.argument_index, n.method) = (Role::Argument, at as i32 + 1, NodeIndex(add));
        });
        let variable = b.graph.strings.intern(if at == 0 { "a" } else { "b" });
        b.graph.reaching_defs.push(ReachingDef {
            src: NodeIndex(parameter),
            dst: NodeIndex(index),
            variable,
        });
    }
    b.graph.cfg = vec![
        CfgEdge { src: NodeIndex(3), dst: NodeIndex(8), kind: CfgKind::Next },
        CfgEdge { src: NodeIndex(7), dst: NodeIndex(6), kind: CfgKind::True },
        CfgEdge { src: NodeIndex(8), dst: NodeIndex(9), kind: CfgKind::Next },
        CfgEdge { src: NodeIndex(9), dst: NodeIndex(7), kind: CfgKind::Next },
    ];
    b.set(7, |n, _| n.dominator = NodeIndex(9));
    let span = (b.find("int readQuery", 0).0, b.find("}", 1).1);
    let reader = b.add(NodeKind::Method, global, span, "readQueryFromClient"); // 10
    b.set(reader, |n, s| {
        n.full_name = s.intern("readQueryFromClient");
        n.method = NodeIndex(global);
    });
    let span = b.find("add(1, 2)", 0);
    let call = b.add(NodeKind::Call, reader, span, "add"); // 11
    b.set(call, |n, _| n.method = NodeIndex(reader));
    for code in ["1", "2"] {
        let span = b.find(code, 0);
        let index = b.add(NodeKind::Literal, call, span, ""); // 12, 13
        b.set(index, |n, _| {
            (n.role, n.argument_index, n.method) =
                (Role::Argument, if code == "1" { 1 } else { 2 }, NodeIndex(reader));
        });
    }
    b
}

/// Links of [`sample`] under key 1: the call of `add`, and one to `printf` outside.
pub fn sample_links() -> Links {
    let id = |index| NodeId::new(FileKey(1), NodeIndex(index));
    let edge = |method, tier, technique, confidence| cg_link::CallEdge {
        call: id(11),
        method,
        tier,
        technique,
        confidence,
    };
    Links {
        call_edges: vec![
            edge(
                NodeId::new(FileKey::NONE, NodeIndex(0)),
                cg_link::Tier::T4,
                cg_link::Technique::External,
                cg_link::Confidence::Possible,
            ),
            edge(
                id(3),
                cg_link::Tier::T0,
                cg_link::Technique::SameFile,
                cg_link::Confidence::Proven,
            ),
        ],
        externals: vec![cg_link::ExternalMethod {
            id: NodeId::new(FileKey::NONE, NodeIndex(0)),
            name: "printf".into(),
            full_name: "printf".into(),
            signature: String::new(),
        }],
        ..Links::default()
    }
}

pub fn extensions() -> PathBuf {
    let cache = std::env::var_os("CODEGRAPH_CACHE").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/codegraph")
    });
    let folder = cache.join("deps/generation/extensions");
    assert!(
        folder.join("fts.duckdb_extension").is_file(),
        "run `make deps`: no fts extension in {folder:?}"
    );
    folder
}

pub fn options(folder: &Path) -> WriterOptions {
    WriterOptions {
        folder: folder.into(),
        memory_bytes: 256 << 20,
        threads: 2,
        extensions_dir: Some(extensions()),
    }
}

pub fn rows(builder: &Builder, key: u32) -> FileRows {
    let entry = FileEntry {
        key: FileKey(key),
        text: &builder.text,
        hash: ContentHash(*blake3::hash(builder.text.as_bytes()).as_bytes()),
        encoding: "UTF-8",
        disk_bytes: builder.text.len() as u64,
        origin: "",
    };
    FileRows::new(&entry, &builder.graph, &[])
}

/// A published snapshot of some files, with keys from 1.
pub struct Snapshot {
    pub folder: tempfile::TempDir,
    pub files: SnapshotFiles,
}

impl Snapshot {
    pub fn of(builders: &[Builder], links: &Links) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut graph = SnapshotWriter::create(&options(folder.path())).unwrap();
        let search = SearchWriter::create(&options(folder.path())).unwrap();
        for (at, builder) in builders.iter().enumerate() {
            search.append(graph.append(rows(builder, at as u32 + 1)).unwrap()).unwrap();
        }
        graph.append_links(links).unwrap();
        let (graph, _) = graph.seal().unwrap();
        let (search, _) = search.seal().unwrap();
        Self {
            folder,
            files: SnapshotFiles {
                graph: graph.path,
                search: Some(search.path),
                vectors: None,
                base: None,
            },
        }
    }

    pub fn sample() -> Self {
        Self::of(&[sample()], &sample_links())
    }

    pub fn reader(&self) -> Reader {
        let options = ReaderOptions {
            extensions_dir: Some(extensions()),
            memory_bytes: 512 << 20,
            threads: 2,
            temp_dir: None,
        };
        Reader::open(&self.files, &options).unwrap()
    }
}

pub fn ask(reader: &Reader, text: &str) -> Result<Table, GraphError> {
    ask_with(reader, text, Limits::default())
}

pub fn ask_with(reader: &Reader, text: &str, limits: Limits) -> Result<Table, GraphError> {
    match reader.answer(&GraphRequest::Query { text: text.into(), limits })? {
        GraphResponse::Table(table) => Ok(table),
        other => panic!("a query answers with a table, not {other:?}"),
    }
}

/// Rows as text, cells joined by `|`.
pub fn cells(reader: &Reader, text: &str) -> Vec<String> {
    let table = ask(reader, text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let cell =
        |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    table.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join("|")).collect()
}
