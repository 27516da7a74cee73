//! From text to finished graph, within limits.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use cg_types::{DiagnosticCode, FileGraph, Language};
use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use crate::builder::{Builder, Place};
use crate::lang;
use crate::outline;
use crate::pass::{self, Scratch};

/// What one file may cost.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of text; a larger file gets an outline only. At most 2 GiB are ever taken.
    pub max_bytes: usize,
    /// Time to parse; a file that takes longer gets an outline only.
    pub time: Duration,
    /// Definitions in a method; a method with more has no data flow.
    pub max_definitions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 8 << 20, time: Duration::from_secs(20), max_definitions: 10_000 }
    }
}

/// Offsets are 32 bits wide, and every node may need a few more.
const MOST_BYTES: usize = 1 << 31;

/// Parsers and working memory of one thread.
#[derive(Default)]
struct Thread {
    /// By number of the grammar.
    parsers: [Option<Parser>; lang::GRAMMARS],
    scratch: Scratch,
}

thread_local! {
    static THREAD: RefCell<Thread> = RefCell::default();
}

/// The graph of one file. Never fails: what could not be done stands in the graph's diagnostics.
///
/// `path` is the file's path relative to the repository, with `/`; it becomes part of full names.
pub fn analyze(path: &str, language: Language, text: &str, limits: &Limits) -> FileGraph {
    if text.len() > limits.max_bytes.min(MOST_BYTES) {
        let message = format!(
            "the file has {} bytes, more than the limit of {}: only an outline of names is kept",
            text.len(),
            limits.max_bytes.min(MOST_BYTES)
        );
        return outline::outline(path, language, text, DiagnosticCode::FileTooLarge, message);
    }
    let grammar = lang::grammar_number(language, path);
    THREAD.with_borrow_mut(|thread| {
        let view = lang::view(language, text);
        let Some(tree) = parse(thread, grammar, &view, Some(limits.time)) else {
            let message = format!(
                "parsing took longer than the limit of {} ms: only an outline of names is kept",
                limits.time.as_millis()
            );
            return outline::outline(path, language, text, DiagnosticCode::TimeLimit, message);
        };
        let mut builder = Builder::new(path, language, text, Place::of(tree.root_node()));
        report_errors(&tree, &mut builder);
        lang::lower(language, &tree, &mut builder);
        let mut graph = builder.finish();
        drop(tree);
        pass::run(&mut graph, limits, &mut thread.scratch);
        graph
    })
}

/// Parses with tree-sitter alone and returns the number of syntax nodes, for comparing times.
pub fn parse_only(language: Language, text: &str) -> usize {
    THREAD.with_borrow_mut(|thread| {
        parse(thread, language as usize, text, None)
            .map_or(0, |tree| tree.root_node().descendant_count())
    })
}

/// The syntax tree, or nothing if it took longer than `time`.
fn parse(thread: &mut Thread, grammar: usize, text: &str, time: Option<Duration>) -> Option<Tree> {
    let parser = thread.parsers[grammar].get_or_insert_with(|| {
        let mut parser = Parser::new();
        parser
            .set_language(&lang::grammar_of(grammar))
            .expect("the grammars fit the linked tree-sitter version");
        parser
    });
    let started = Instant::now();
    let mut progress = |_: &ParseState| match time {
        Some(time) if started.elapsed() > time => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let bytes = text.as_bytes();
    let mut read = |at: usize, _| bytes.get(at..).unwrap_or(&[]);
    let tree = parser.parse_with_options(
        &mut read,
        None,
        Some(ParseOptions::new().progress_callback(&mut progress)),
    );
    parser.reset();
    tree
}

/// Reports the places that the parser could not read; looks only into subtrees that have some.
fn report_errors(tree: &Tree, builder: &mut Builder<'_>) {
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let is_place = node.is_error() || node.is_missing();
        if is_place {
            builder.syntax_error(Place::of(node));
        }
        if node.has_error() && !is_place && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}
