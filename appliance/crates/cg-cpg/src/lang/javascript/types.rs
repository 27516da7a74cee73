//! Types as written, what values tell of them, and TypeScript's own declarations.

use cg_types::{Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use crate::builder::{Place, Slot};

/// Types that are longer are cut.
const MAX_TYPE_BYTES: usize = 240;

impl<'t> Front<'_, 't> {
    /// The type in a `: T`.
    pub(super) fn annotation(&mut self, node: Node<'t>) -> StrId {
        let text = self.text(node);
        let text = text.strip_prefix(':').unwrap_or(text);
        self.written_type(text)
    }

    /// A type as it is written, on one line.
    pub(super) fn written_type(&mut self, text: &str) -> StrId {
        let line = one_line(cut(text.trim()));
        self.b.intern(&line)
    }

    /// The type of a value that is assigned: a literal's, or the class in `new C(…)`; else empty.
    pub(super) fn type_of_value(&mut self, value: Node<'t>) -> StrId {
        let Some(value) = self.unwrap(value) else { return StrId::EMPTY };
        let name = match self.kind(value) {
            Kind::Number if self.text(value).ends_with('n') => "bigint",
            Kind::Number => "number",
            Kind::String | Kind::Template => "string",
            Kind::True | Kind::False => "boolean",
            Kind::Regex => "RegExp",
            Kind::Array => "Array",
            Kind::New => {
                let Some(class) = self.child(value, Field::Constructor) else {
                    return StrId::EMPTY;
                };
                return self.class_named(class);
            }
            Kind::Identifier => {
                let name = self.name(value);
                let declared = self.declared(name).map(|found| *self.b.node(found));
                return match declared {
                    Some(node)
                        if matches!(node.kind, NodeKind::MethodParameterIn | NodeKind::Local) =>
                    {
                        node.type_full_name
                    }
                    _ => StrId::EMPTY,
                };
            }
            _ => "",
        };
        self.b.intern(name)
    }

    /// Fixes the type of a declaration.
    pub(super) fn settle(&mut self, declaration: NodeIndex, type_name: StrId) {
        if declaration.is_some() && type_name != StrId::EMPTY {
            self.b.node_mut(declaration).type_full_name = type_name;
            self.settled.insert(declaration);
        }
    }

    /// Notes the type of one value given to a variable: kept while all known ones agree.
    pub(super) fn hint(&mut self, declaration: NodeIndex, type_name: StrId) {
        let is_variable = declaration.is_some()
            && matches!(
                self.b.node(declaration).kind,
                NodeKind::Local | NodeKind::Member | NodeKind::MethodParameterIn
            );
        if type_name == StrId::EMPTY || !is_variable || self.settled.contains(&declaration) {
            return;
        }
        let known = self.b.node(declaration).type_full_name;
        if known == StrId::EMPTY && self.b.node(declaration).kind != NodeKind::MethodParameterIn {
            self.b.node_mut(declaration).type_full_name = type_name;
        } else if known != type_name {
            self.b.node_mut(declaration).type_full_name = StrId::EMPTY;
            self.settled.insert(declaration);
        }
    }

    fn type_decl(&mut self, node: Node<'t>, block: NodeIndex, signature: &str) -> NodeIndex {
        let kids = self.kids(node);
        let name = Self::field(&kids, Field::Name).map_or("", |name| self.text(name));
        let full_name = self.full_name(name);
        let made = self.b.named(Slot::child(block), NodeKind::TypeDecl, Place::of(node), name);
        let signature = self.b.intern(signature);
        let exported = self.exported;
        let decl = self.b.node_mut(made);
        decl.full_name = full_name;
        decl.signature = signature;
        decl.modifiers = exported;
        let name = decl.name;
        // A class or value of the same name says more than a type.
        if self.b.resolve_here(name).is_none() {
            self.b.bind(name, made);
        }
        self.type_parameters(&kids, made);
        self.done(kids);
        made
    }

    /// `interface I extends J {}`.
    pub(super) fn interface(&mut self, node: Node<'t>, block: NodeIndex) {
        let interface = self.type_decl(node, block, "interface");
        let mut bases = Vec::new();
        let kids = self.kids(node);
        for kid in kids.iter().filter(|kid| kid.kind == Kind::ExtendsTypeClause) {
            self.implemented(kid.node, &mut bases);
        }
        let bases = self.b.intern(&bases.join("|"));
        let made = self.b.node_mut(interface);
        made.type_full_name = bases;
        made.modifiers = made.modifiers.with(Modifiers::ABSTRACT);
        if let Some(body) = Self::field(&kids, Field::Body) {
            self.signatures(body, interface);
        }
        self.done(kids);
    }

    /// The names in `extends I, J<T>` or `implements I`.
    pub(super) fn implemented(&mut self, clause: Node<'t>, bases: &mut Vec<String>) {
        let place = Place::of(clause);
        let text = self.b.slice(place.span);
        let list = text.strip_prefix("implements").or_else(|| text.strip_prefix("extends"));
        let (mut depth, mut name) = (0i32, String::new());
        for c in list.unwrap_or("").chars().chain([',']) {
            match c {
                '<' | '(' | '{' | '[' => depth += 1,
                '>' | ')' | '}' | ']' => depth -= 1,
                ',' if depth <= 0 => {
                    let is_name = !name.is_empty()
                        && name.len() <= 200
                        && name
                            .chars()
                            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '$'));
                    if is_name {
                        bases.push(std::mem::take(&mut name));
                    }
                    name.clear();
                }
                c if depth == 0 && !c.is_whitespace() => name.push(c),
                _ => {}
            }
        }
    }

    /// `type A = …`.
    pub(super) fn type_alias(&mut self, node: Node<'t>, block: NodeIndex) {
        let alias = self.type_decl(node, block, "type");
        // Most types have no rule, so they are no child that is kept.
        let Some(value) = node.child_by_field_name("value") else { return };
        if self.kind(value) == Kind::ObjectType {
            self.signatures(value, alias);
        } else {
            let text = self.text(value);
            let written = self.written_type(text);
            self.b.node_mut(alias).type_full_name = written;
        }
    }

    /// The members of an interface or object type: MEMBERs, and METHODs without a body.
    fn signatures(&mut self, body: Node<'t>, owner: NodeIndex) {
        let kids = self.kids(body);
        for kid in &kids {
            match kid.kind {
                Kind::PropertySignature => {
                    let inner = self.kids(kid.node);
                    let key = Self::field(&inner, Field::Name);
                    let annotation = Self::field(&inner, Field::Type);
                    let mut modifiers = Modifiers::default();
                    for one in &inner {
                        modifiers = modifiers.with(self.modifier(one));
                    }
                    self.done(inner);
                    let Some(key) = key else { continue };
                    let (name, _) = self.property_name(key);
                    let member = self.member_named(owner, name, Place::of(kid.node));
                    self.b.node_mut(member).modifiers = modifiers;
                    if let Some(annotation) = annotation {
                        let written = self.annotation(annotation);
                        self.settle(member, written);
                    }
                }
                Kind::MethodSignature => {
                    self.work.push(Item::Member(kid.node, owner, (0, 0), (0, 0)));
                }
                Kind::ConstructSignature | Kind::CallSignature => {
                    let is_new = kid.kind == Kind::ConstructSignature;
                    let name = if is_new { "<init>" } else { "<call>" };
                    let around = self.b.node(owner).full_name;
                    let full_name = self.within(around, name);
                    let place = Place::of(kid.node);
                    let method = self.b.named(Slot::child(owner), NodeKind::Method, place, name);
                    self.b.node_mut(method).full_name = full_name;
                    self.describe(method, kid.node, Modifiers::ABSTRACT);
                    self.push_body(method, kid.node, StrId::EMPTY);
                }
                _ => {}
            }
        }
        self.done(kids);
    }

    /// `enum E { A, B = 2 }`: a TYPE_DECL with MEMBERs; values that are computed run in `<clinit>`.
    pub(super) fn enumeration(&mut self, node: Node<'t>, block: NodeIndex) {
        let enumeration = self.type_decl(node, block, "enum");
        let type_name = self.b.node(enumeration).name;
        let Some(body) = self.child(node, Field::Body) else { return };
        let start = self.initialisers.len();
        let kids = self.kids(body);
        for kid in kids.iter().filter(|kid| !kid.kind.is_token()) {
            let mut key = kid.node;
            if kid.kind == Kind::EnumAssignment {
                let inner = self.kids(kid.node);
                let name = Self::field(&inner, Field::Name);
                let value = Self::field(&inner, Field::Value);
                self.done(inner);
                let Some(name) = name else { continue };
                key = name;
                if value.is_some_and(|value| !self.kind(value).is_plain()) {
                    self.initialisers.push(kid.node);
                }
            }
            let (name, _) = self.property_name(key);
            let member = self.member_named(enumeration, name, Place::of(kid.node));
            let made = self.b.node_mut(member);
            made.modifiers = Modifiers::STATIC.with(Modifiers::FINAL);
            made.type_full_name = type_name;
        }
        self.done(kids);
        let end = self.initialisers.len();
        if end > start {
            self.work.push(Item::Initialisers(enumeration, (start, end), true));
        }
    }
}

/// The start of a text that may be too long to keep.
pub(super) fn cut(text: &str) -> &str {
    let mut end = text.len().min(MAX_TYPE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Text with every run of white space as one blank.
pub(super) fn one_line(text: &str) -> String {
    if !text.contains(['\n', '\t', '\r']) {
        return text.to_owned();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
