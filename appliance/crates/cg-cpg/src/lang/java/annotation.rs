//! Annotations and their arguments.

use cg_types::{NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind, is_token};
use super::lower::{Front, Item};
use crate::builder::{Place, Slot};

impl<'t> Front<'_, 't> {
    /// `@path.Name(key = value)`: an ANNOTATION with the values as arguments.
    pub(super) fn annotation(&mut self, node: Node<'t>, of: NodeIndex) -> NodeIndex {
        let kids = self.kids(node);
        let written = Self::field(&kids, Field::Name).map_or("", |name| self.text(name));
        let list = Self::field(&kids, Field::Arguments);
        self.done(kids);
        let path: String = written.split_whitespace().collect();
        let name = path.rsplit('.').next().unwrap_or(&path);
        let made = self.b.named(Slot::child(of), NodeKind::Annotation, Place::of(node), name);
        let full_name = self.resolve_type(&path);
        self.b.node_mut(made).full_name = full_name;
        let Some(list) = list else { return made };
        let values = self.kids(list);
        let elements = values.iter().filter(|child| !is_token(Kind::of(child.node)));
        for (index, child) in (1..).zip(elements) {
            let slot = Slot::argument(made, index);
            if Kind::of(child.node) != Kind::ElementValuePair {
                self.work.push(Item::Named(child.node, slot, StrId::EMPTY));
                continue;
            }
            let pair = self.kids(child.node);
            let key = Self::field(&pair, Field::Key).map(|key| self.name(key));
            let value = Self::field(&pair, Field::Value);
            self.done(pair);
            if let Some(value) = value {
                self.work.push(Item::Named(value, slot, key.unwrap_or(StrId::EMPTY)));
            }
        }
        self.done(values);
        made
    }

    /// The value of an annotation's element.
    pub(super) fn annotation_value(&mut self, node: Node<'t>, slot: Slot, name: StrId) {
        let made = self.expression(node, slot);
        if made.is_some() && name != StrId::EMPTY {
            self.b.node_mut(made).signature = name;
        }
    }
}
