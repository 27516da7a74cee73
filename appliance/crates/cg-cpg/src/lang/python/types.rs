//! Types as far as one file tells them: annotations, constructors, literals.

use cg_types::{NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use super::module::absolute;
use crate::builder::Slot;

/// Wrappers in annotations that stand for what is inside them.
const TRANSPARENT: &[&str] = &[
    "Optional",
    "Final",
    "ClassVar",
    "Annotated",
    "Required",
    "NotRequired",
    "InitVar",
    "ReadOnly",
];

impl<'t> Front<'_, 't> {
    /// The type that an annotation names, with generics stripped and `Optional` looked through; empty
    /// if it does not name one.
    pub(super) fn annotated(&mut self, annotation: Node<'t>) -> StrId {
        let mut at = annotation;
        loop {
            let kids = self.kids(at);
            let first = kids.first().map(|child| child.node);
            let second = kids.get(1).map(|child| child.node);
            self.done(kids);
            at = match (Kind::of(at), first, second) {
                (Kind::TypeExpression | Kind::ParenthesizedExpression, Some(inner), _) => inner,
                (Kind::Identifier | Kind::Attribute | Kind::MemberType, ..) => {
                    return self.type_named(self.text(at));
                }
                (Kind::NoneValue, ..) => return self.b.intern("None"),
                (Kind::String, ..) => {
                    let text = self.text(at).trim_matches(['"', '\'']);
                    return self.type_named(text.split('[').next().unwrap_or("").trim());
                }
                (Kind::GenericType | Kind::Subscript, Some(base), Some(argument)) => {
                    let name = self.text(base);
                    let last = name.rsplit('.').next().unwrap_or(name);
                    if !TRANSPARENT.contains(&last) {
                        return self.type_named(name);
                    }
                    argument
                }
                (Kind::TypeParameter, Some(inner), _) => inner,
                (Kind::UnionType, Some(left), Some(right)) => {
                    match self.other_than_none(left, right) {
                        Some(one) => one,
                        None => return StrId::EMPTY,
                    }
                }
                (Kind::BinaryOperator, Some(left), _) => {
                    let right = self.right_of(at);
                    match right.and_then(|right| self.other_than_none(left, right)) {
                        Some(one) => one,
                        None => return StrId::EMPTY,
                    }
                }
                _ => return StrId::EMPTY,
            };
        }
    }

    fn right_of(&mut self, node: Node<'t>) -> Option<Node<'t>> {
        let kids = self.kids(node);
        let right = Self::field(&kids, Field::Right);
        self.done(kids);
        right
    }

    fn other_than_none(&self, left: Node<'t>, right: Node<'t>) -> Option<Node<'t>> {
        match (self.text(left), self.text(right)) {
            (_, "None") => Some(left),
            ("None", _) => Some(right),
            _ => None,
        }
    }

    /// The full name of a type written as `a.b.C`: imports and classes of this file are looked up, other
    /// names stay as they are. Empty if the text is no dotted name.
    pub(super) fn type_named(&mut self, written: &str) -> StrId {
        let is_name = |part: &str| {
            part.chars().all(|c| c == '_' || c.is_alphanumeric())
                && !part.starts_with(|c: char| c.is_ascii_digit())
        };
        if written.is_empty() || !written.split('.').all(|part| !part.is_empty() && is_name(part)) {
            return StrId::EMPTY;
        }
        let (first, rest) =
            written.split_once('.').map_or((written, ""), |(first, rest)| (first, rest));
        let name = self.b.intern(first);
        let Some(declaration) = self.b.resolve(name) else { return self.b.intern(written) };
        let node = *self.b.node(declaration);
        let base = match node.kind {
            NodeKind::Import if node.name == name => {
                absolute(self.b.string(node.full_name), &self.package)
            }
            NodeKind::Import => return self.b.intern(written),
            NodeKind::TypeDecl => self.b.string(node.full_name).to_owned(),
            _ => return StrId::EMPTY,
        };
        if rest.is_empty() {
            return self.b.intern(&base);
        }
        self.b.intern(&format!("{base}.{rest}"))
    }

    /// The type of a value that is assigned: a literal's, or the class in `C(…)`; else empty.
    pub(super) fn type_of_value(&mut self, value: Node<'t>) -> StrId {
        let name =
            match Kind::of(value) {
                Kind::Integer => "int",
                Kind::Float => "float",
                Kind::True | Kind::False => "bool",
                Kind::String | Kind::ConcatenatedString => {
                    if self.text(value).starts_with(['b', 'B']) { "bytes" } else { "str" }
                }
                Kind::List | Kind::ListComprehension => "list",
                Kind::Dictionary | Kind::DictionaryComprehension => "dict",
                Kind::Set | Kind::SetComprehension => "set",
                Kind::Tuple => "tuple",
                Kind::Call => return self.constructed(value),
                Kind::Identifier => return self.type_of_name(value),
                _ => "",
            };
        self.b.intern(name)
    }

    /// The type of a parameter or variable that is declared already (`self.x = x`).
    fn type_of_name(&mut self, value: Node<'t>) -> StrId {
        let name = self.name(value);
        match self.b.resolve(name).map(|declaration| *self.b.node(declaration)) {
            Some(node) if matches!(node.kind, NodeKind::MethodParameterIn | NodeKind::Local) => {
                node.type_full_name
            }
            _ => StrId::EMPTY,
        }
    }

    /// The class of `C(…)` or `m.C(…)`: a class of this file, or a name that looks like one.
    fn constructed(&mut self, call: Node<'t>) -> StrId {
        let kids = self.kids(call);
        let function = Self::field(&kids, Field::Function);
        self.done(kids);
        let Some(function) = function else { return StrId::EMPTY };
        if !matches!(Kind::of(function), Kind::Identifier | Kind::Attribute) {
            return StrId::EMPTY;
        }
        let written = self.text(function);
        let last = written.rsplit('.').next().unwrap_or(written);
        let looks_like_class = last.trim_start_matches('_').starts_with(char::is_uppercase);
        let name = self.b.intern(written);
        let is_class =
            self.b.resolve(name).is_some_and(|found| self.b.node(found).kind == NodeKind::TypeDecl);
        if is_class || looks_like_class { self.type_named(written) } else { StrId::EMPTY }
    }

    /// Fixes the type of a declaration.
    pub(super) fn settle(&mut self, declaration: NodeIndex, type_name: StrId) {
        if declaration.is_some() && type_name != StrId::EMPTY && self.has_type(declaration) {
            self.b.node_mut(declaration).type_full_name = type_name;
            self.settled.insert(declaration);
        }
    }

    /// Notes the type of one value given to a variable: kept while all known ones agree. `None` as a
    /// first value says nothing.
    pub(super) fn hint(&mut self, declaration: NodeIndex, type_name: StrId) {
        if type_name == StrId::EMPTY
            || !self.has_type(declaration)
            || self.settled.contains(&declaration)
        {
            return;
        }
        let known = self.b.node(declaration).type_full_name;
        if known == StrId::EMPTY {
            self.b.node_mut(declaration).type_full_name = type_name;
        } else if known != type_name {
            self.b.node_mut(declaration).type_full_name = StrId::EMPTY;
            self.settled.insert(declaration);
        }
    }

    fn has_type(&self, declaration: NodeIndex) -> bool {
        matches!(
            self.b.node(declaration).kind,
            NodeKind::Local | NodeKind::Member | NodeKind::MethodParameterIn
        )
    }

    /// Annotations run when the definition does: calls and lambdas inside them go to the block around.
    pub(super) fn calls_in_type(&mut self, annotation: Node<'t>, block: NodeIndex) {
        let text = self.text(annotation);
        if memchr::memchr(b'(', text.as_bytes()).is_none() && !text.contains("lambda") {
            return;
        }
        let mut open = vec![annotation];
        while let Some(node) = open.pop() {
            if matches!(Kind::of(node), Kind::Call | Kind::Lambda) {
                self.work.push(Item::Expression(node, Slot::child(block)));
                continue;
            }
            let kids = self.kids(node);
            open.extend(kids.iter().rev().map(|child| child.node));
            self.done(kids);
        }
    }
}
