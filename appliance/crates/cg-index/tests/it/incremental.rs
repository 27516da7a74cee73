//! A snapshot over a base is the snapshot that a clean build makes, row for row.

use std::collections::BTreeMap;
use std::path::Path;

use cg_graph_store::{GraphRequest, GraphResponse, Reader, SearchMode, SearchQuery};
use cg_index::{Base, IndexJob, IndexOutcome, index};

use crate::support::{Scratch, as_base, cells_of, extensions, reader, reader_over};

/// Tables and views that hold everything.
const ALL: [&str; 23] = [
    "file",
    "text_block",
    "namespace_block",
    "method",
    "type_decl",
    "declaration",
    "import",
    "comment",
    "control",
    "call",
    "identifier",
    "literal",
    "block",
    "code_ref",
    "cfg",
    "reaching_def",
    "call_edge",
    "inherits",
    "import_link",
    "ref_edge",
    "diagnostic",
    "nodes_method",
    "nodes_call",
];

/// Number, and two sums over all rows, of each table: equal only if the rows are.
fn digest(reader: &Reader) -> BTreeMap<&'static str, String> {
    let of = |table| {
        let text =
            format!("SELECT count(*), bit_xor(hash(t)), sum(hash(t) % 1000000007) FROM {table} t");
        cells_of(reader, &text).join("")
    };
    ALL.into_iter().map(|table| (table, of(table))).collect()
}

/// A repository with known keys, and the base that is used for it.
struct Project {
    scratch: Scratch,
    known: String,
    next: u32,
    runs: u32,
}

impl Project {
    fn new(files: &[(&str, &[u8])]) -> Self {
        Self { scratch: Scratch::new(files), known: String::new(), next: 1, runs: 0 }
    }

    fn run(&mut self, base: Option<&Base>) -> IndexOutcome {
        self.runs += 1;
        let list = self.scratch.folder.path().join("known.jsonl");
        std::fs::write(&list, &self.known).unwrap();
        let job = IndexJob {
            known_files: Some(list),
            next_file_key: self.next,
            base: base.cloned(),
            extensions_dir: Some(extensions()),
            ..self.scratch.job(&format!("out{}", self.runs))
        };
        let outcome = index(&job, &|_| ()).unwrap();
        self.known.push_str(&std::fs::read_to_string(&outcome.new_files).unwrap());
        self.next = outcome.next_file_key;
        outcome
    }

    /// Both ways to the same snapshot: over the base, and from nothing.
    fn compare(&mut self, base: &Base, what: &str) {
        let over = self.run(Some(base));
        assert!(over.is_overlay, "{what}");
        let clean = self.run(None);
        assert!(!clean.is_overlay, "{what}");
        assert_eq!(
            serde_json::to_value(&over.summary).unwrap(),
            serde_json::to_value(&clean.summary).unwrap(),
            "{what}"
        );
        let (one, two) = (digest(&reader_over(&over, Some(base))), digest(&reader(&clean)));
        assert_eq!(one, two, "{what}");
        for run in [self.runs - 1, self.runs] {
            std::fs::remove_dir_all(self.scratch.folder.path().join(format!("out{run}"))).unwrap();
        }
    }
}

/// A generator of numbers, the same on every host (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

/// Sources of this repository: Rust, Python and C that call each other.
fn corpus() -> BTreeMap<String, String> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let folders = [
        "appliance/crates/cg-types/src",
        "scripts",
        "appliance/server/src/gate_sample",
        "tests/vm/sample",
    ];
    let mut files = BTreeMap::new();
    for folder in folders {
        for entry in std::fs::read_dir(top.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if [".rs", ".py", ".c", ".h"].iter().any(|ending| name.ends_with(ending)) {
                files.insert(format!("{folder}/{name}"), std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(files.len() > 10);
    files
}

/// One change of the kind that people and merges make.
fn edit(
    dice: &mut Dice,
    files: &mut BTreeMap<String, String>,
    original: &BTreeMap<String, String>,
) -> String {
    let name = files.keys().nth(dice.roll(files.len())).unwrap().clone();
    let other = files.keys().nth(dice.roll(files.len())).unwrap().clone();
    let mut lines: Vec<String> = files[&name].lines().map(str::to_owned).collect();
    let at = dice.roll(lines.len());
    let what = dice.roll(8);
    match what {
        0 if !lines.is_empty() => drop(lines.remove(at)),
        1 if !lines.is_empty() => lines.insert(at, lines[at].clone()),
        // A line of another file, maybe of another language.
        2 => {
            let foreign: Vec<&str> = files[&other].lines().collect();
            if !foreign.is_empty() {
                lines.insert(at, foreign[dice.roll(foreign.len())].to_owned());
            }
        }
        // A name of this file becomes a name of the other one.
        3 => {
            let pick = |text: &str, dice: &mut Dice| {
                let words: Vec<&str> = text
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .filter(|w| w.len() > 3)
                    .collect();
                words.get(dice.roll(words.len())).map(|word| (*word).to_owned())
            };
            if let (Some(from), Some(to)) = (pick(&files[&name], dice), pick(&files[&other], dice))
            {
                let text = files[&name].replace(&from, &to);
                lines = text.lines().map(str::to_owned).collect();
            }
        }
        4 => {
            let text = files.remove(&name).unwrap();
            let (folder, file) = name.rsplit_once('/').unwrap();
            files.insert(format!("{folder}/moved_{file}"), text);
            return format!("moved {name}");
        }
        5 if files.len() > 5 => {
            files.remove(&name);
            return format!("removed {name}");
        }
        6 => {
            let (back, text) = original.iter().nth(dice.roll(original.len())).unwrap();
            files.insert(back.clone(), text.clone());
            return format!("brought back {back}");
        }
        _ => lines.push("def added(value):\n    return helper(value) + added(value)".to_owned()),
    }
    files.insert(name.clone(), lines.join("\n") + "\n");
    format!("edit {what} of {name}")
}

/// Rounds of edits; CODEGRAPH_EDITS asks for more of them.
#[test]
fn an_overlay_equals_a_clean_build() {
    let rounds: usize = std::env::var("CODEGRAPH_EDITS").ok().map_or(12, |n| n.parse().unwrap());
    let seed = std::env::var("CODEGRAPH_SEED").ok().map_or(20_261_123, |n| n.parse().unwrap());
    let mut dice = Dice(seed);
    let original = corpus();
    let mut files = original.clone();
    let mut project = Project::new(&[]);
    let mut base = None;
    for round in 0..rounds {
        let mut done = Vec::new();
        if round > 0 {
            for _ in 0..=dice.roll(3) {
                done.push(edit(&mut dice, &mut files, &original));
            }
        }
        let _ = std::fs::remove_dir_all(project.scratch.source());
        files.iter().for_each(|(path, text)| project.scratch.write(path, text.as_bytes()));
        // Now and then a new base, so that what an overlay hides does not only grow.
        if round % 20 == 0 {
            base = Some(as_base(&project.run(None)));
        }
        project.compare(base.as_ref().unwrap(), &format!("seed {seed}, round {round}: {done:?}"));
    }
}

#[test]
fn a_base_that_cannot_be_used_is_left_aside() {
    let mut project =
        Project::new(&[("a.py", b"def f():\n    return g()\n"), ("b.py", b"def g(): pass\n")]);
    let first = project.run(None);
    let good = as_base(&first);
    let over = project.run(Some(&good));
    assert!(over.is_overlay);
    assert_eq!(over.files_reused, 2);
    // Another hash than the list of sealed files says.
    let wrong = Base { facts_blake3: "0".repeat(64), ..good.clone() };
    assert!(!project.run(Some(&wrong)).is_overlay);
    // Facts of another extractor.
    let mut bytes = std::fs::read(&good.facts).unwrap();
    bytes[10] = if bytes[10] == b'0' { b'1' } else { b'0' };
    let path = project.scratch.folder.path().join("other.bin");
    std::fs::write(&path, &bytes).unwrap();
    let blake3 = blake3::hash(&bytes).to_hex().to_string();
    let other = Base { facts: path, facts_blake3: blake3, ..good.clone() };
    assert!(!project.run(Some(&other)).is_overlay);
    // Another limit could give other rows.
    let job = IndexJob {
        base: Some(good.clone()),
        extensions_dir: Some(extensions()),
        file_max_bytes: 20,
        ..project.scratch.job("limited")
    };
    assert!(!index(&job, &|_| ()).unwrap().is_overlay);
    // Half of the bytes differ, a fifth may.
    project.scratch.write("b.py", b"def g(): return 1\n");
    let small = Base { max_changed_percent: 20, ..good };
    assert!(!project.run(Some(&small)).is_overlay);
}

#[test]
fn a_search_sees_the_new_text_and_not_the_old() {
    let many: Vec<(String, String)> = (0..30)
        .map(|n| (format!("f{n}.py"), format!("def plain{n}(value):\n    return value + {n}\n")))
        .collect();
    let mut project = Project::new(&[("a.py", b"def walrus(ice):\n    return ice\n")]);
    many.iter().for_each(|(path, text)| project.scratch.write(path, text.as_bytes()));
    let base = as_base(&project.run(None));
    project
        .scratch
        .write("a.py", "def narwhal(ice):\n    # белый кит\n    return ice\n".as_bytes());
    let over = project.run(Some(&base));
    let reader = reader_over(&over, Some(&base));
    let find = |text: &str| {
        let query =
            SearchQuery { text: text.into(), mode: SearchMode::Text, limit: 5, vector: None };
        match reader.answer(&GraphRequest::Search(query)).unwrap() {
            GraphResponse::Hits { hits } => {
                hits.into_iter().map(|hit| hit.place.name).collect::<Vec<_>>()
            }
            _ => panic!("hits"),
        }
    };
    assert_eq!(find("narwhal"), ["narwhal"]);
    assert_eq!(find("кит"), ["narwhal"]);
    assert_eq!(find("walrus"), [""; 0]);
    assert_eq!(find("plain7"), ["plain7"]);
}
