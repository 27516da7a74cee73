//! The strings that facts keep: a subset of the graph's, and a few made here.

use cg_types::{FileGraph, StrId};
use rustc_hash::FxHashMap;

use crate::facts::Text;

/// Hands out numbers for strings.
pub(super) struct Interner<'g> {
    graph: &'g FileGraph,
    /// By number in the graph.
    owned: Vec<Option<Text>>,
    made: FxHashMap<Box<str>, Text>,
    texts: Vec<Box<str>>,
}

impl<'g> Interner<'g> {
    pub(super) fn new(graph: &'g FileGraph) -> Self {
        let mut owned = vec![None; graph.strings.len()];
        if let Some(first) = owned.first_mut() {
            *first = Some(Text::EMPTY);
        }
        let mut made = FxHashMap::default();
        made.insert("".into(), Text::EMPTY);
        Self { graph, owned, made, texts: vec!["".into()] }
    }

    /// The number of a string of the graph.
    pub(super) fn own(&mut self, id: StrId) -> Text {
        if let Some(Some(text)) = self.owned.get(id.0 as usize) {
            return *text;
        }
        let text = self.make(self.graph.text(id));
        self.owned[id.0 as usize] = Some(text);
        text
    }

    /// The number of any string.
    pub(super) fn make(&mut self, text: &str) -> Text {
        if let Some(known) = self.made.get(text) {
            return *known;
        }
        let id = Text(self.texts.len() as u32);
        self.texts.push(text.into());
        self.made.insert(text.into(), id);
        id
    }

    pub(super) fn finish(self) -> Vec<Box<str>> {
        self.texts
    }
}
