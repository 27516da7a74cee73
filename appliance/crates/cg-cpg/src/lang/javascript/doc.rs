//! Types that JavaScript says in doc comments: `@param {T} name`, `@returns {T}`, `@type {T}`, and
//! `@typedef {import("m").T} T`, which imports a type.

use cg_types::{NodeIndex, NodeKind};
use rustc_hash::FxHashMap;

use super::lower::Front;
use crate::builder::{Operator, Place, Slot};

/// Words that may stand between a comment and what it tells of.
const BEFORE: &[&str] = &["export ", "default ", "const ", "let ", "var "];

/// A tag with its type and the name behind it.
struct Tag<'t> {
    tag: &'t str,
    written: &'t str,
    name: &'t str,
}

impl<'t> Front<'_, 't> {
    /// Reads the doc comments of a file whose nodes are all there. What is written in the code itself stays.
    pub(super) fn doc_comments(&mut self, comments: &[Place]) {
        let mut told: Vec<(u32, Place)> = Vec::new();
        for place in comments {
            let text = self.b.slice(place.span);
            if !text.starts_with("/**") || !text.contains("{") {
                continue;
            }
            self.typedefs(*place);
            told.push((self.behind(place.span.end), *place));
        }
        if told.is_empty() {
            return;
        }
        let mut at: FxHashMap<u32, NodeIndex> = FxHashMap::default();
        let assignment = self.b.intern(Operator::Assignment.as_str());
        for index in 0..self.b.len() {
            let index = NodeIndex(index as u32);
            let node = self.b.node(index);
            let is_told = match node.kind {
                NodeKind::Method | NodeKind::Local | NodeKind::Member => true,
                NodeKind::Call => node.name == assignment,
                _ => false,
            };
            if is_told && node.span.start < node.span.end {
                at.entry(node.span.start).or_insert(index);
            }
        }
        let mut parameters: FxHashMap<NodeIndex, Place> = FxHashMap::default();
        for (start, place) in told {
            let Some(index) = at.get(&start).copied() else { continue };
            if self.b.node(index).kind == NodeKind::Method {
                parameters.insert(index, place);
            } else if let Some(written) = self.tags(place).find(|tag| tag.tag == "type") {
                self.tell(index, written.written);
            }
        }
        self.told_signatures(&parameters);
    }

    /// Parameters and results of the methods that have a comment.
    fn told_signatures(&mut self, of: &FxHashMap<NodeIndex, Place>) {
        for index in 0..self.b.len() {
            let index = NodeIndex(index as u32);
            let node = self.b.node(index);
            let Some(place) = of.get(&node.parent).copied() else { continue };
            let name = self.b.string(node.name).to_owned();
            let found = match node.kind {
                NodeKind::MethodParameterIn if node.argument_index > 0 => {
                    self.tags(place).find(|tag| tag.tag == "param" && tag.name == name)
                }
                NodeKind::MethodReturn => {
                    self.tags(place).find(|tag| matches!(tag.tag, "returns" | "return"))
                }
                _ => None,
            };
            if let Some(tag) = found {
                self.tell(index, tag.written);
            }
        }
    }

    fn tell(&mut self, index: NodeIndex, written: &str) {
        let known = self.b.node(index).type_full_name;
        if matches!(self.b.string(known), "" | "ANY") {
            let written = self.b.intern(written);
            self.b.node_mut(index).type_full_name = written;
        }
    }

    /// `@typedef {import("./m.js").T} U`: an IMPORT of `./m.js:T` as `U`.
    fn typedefs(&mut self, place: Place) {
        let imports: Vec<(String, String)> = self
            .tags(place)
            .filter(|tag| tag.tag == "typedef")
            .filter_map(|tag| {
                let (module, rest) = tag.written.strip_prefix("import(")?.split_once(')')?;
                let module = module.trim().trim_matches(['"', '\'']);
                let entity = format!("{module}:{}", rest.strip_prefix('.')?.trim());
                Some((tag.name.to_owned(), entity))
            })
            .collect();
        for (name, entity) in imports {
            let block = self.b.top_block();
            let import = self.b.named(Slot::child(block), NodeKind::Import, place, &name);
            let entity = self.b.intern(&entity);
            self.b.node_mut(import).full_name = entity;
        }
    }

    /// Where the code behind a comment begins.
    fn behind(&self, end: u32) -> u32 {
        let text = self.b.text().get(end as usize..).unwrap_or("");
        let mut rest = text.trim_start();
        loop {
            let before = rest;
            if rest.starts_with("//") {
                rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
            }
            rest = rest.trim_start();
            for word in BEFORE {
                rest = rest.strip_prefix(word).unwrap_or(rest).trim_start();
            }
            if rest == before {
                return end + (text.len() - rest.len()) as u32;
            }
        }
    }

    fn tags(&self, place: Place) -> impl Iterator<Item = Tag<'t>> + use<'t> {
        self.b.slice(place.span).split('@').skip(1).filter_map(tag)
    }
}

/// A tag from what stands behind its `@`.
fn tag(text: &str) -> Option<Tag<'_>> {
    let (tag, rest) = text.split_once('{')?;
    let tag = tag.trim();
    if tag.is_empty() || tag.contains(char::is_whitespace) {
        return None;
    }
    let mut depth = 1;
    let end = rest.char_indices().find(|(_, c)| {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        depth == 0
    })?;
    let written = rest[..end.0].trim();
    let written = written.strip_suffix('=').unwrap_or(written).trim_start_matches(['?', '!']);
    let behind = rest[end.0 + 1..].trim_start().trim_start_matches('[');
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    let name = &behind[..behind.find(|c| !is_name(c)).unwrap_or(behind.len())];
    (!written.is_empty()).then_some(Tag { tag, written, name })
}

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn tags_have_a_type_and_a_name() {
        let parts = |text| tag(text).map(|tag| (tag.tag, tag.written, tag.name));
        assert_eq!(parts("param {Foo} bar the thing"), Some(("param", "Foo", "bar")));
        assert_eq!(parts("param {?Foo=} [bar=1]"), Some(("param", "Foo", "bar")));
        assert_eq!(parts("returns {{a: B}} x"), Some(("returns", "{a: B}", "x")));
        assert_eq!(parts("see {@link x}"), Some(("see", "@link x", "")));
        assert_eq!(parts("private"), None);
    }
}
