//! Classes, interfaces, enums, records, annotation types: the TYPE_DECL and what its body declares.

use cg_types::{Modifiers, NodeIndex, NodeKind, StrId};
use rustc_hash::FxHashMap;
use tree_sitter::Node;

use super::kind::{Field, Kind, is_type};
use super::lower::{Front, TypeFrame};
use crate::builder::{Place, Slot};
use crate::syntax::Child;

/// Full names longer than this are not extended by the names of deeper scopes (a hostile file could make
/// them grow with the square of the nesting).
const MAX_FULL_NAME_BYTES: usize = 800;

/// The modifiers in front of a declaration.
#[derive(Default)]
pub(super) struct Written<'t> {
    pub(super) flags: Modifiers,
    pub(super) annotations: Vec<Node<'t>>,
    pub(super) is_default: bool,
}

impl<'t> Front<'_, 't> {
    /// The modifiers among the children of a declaration.
    pub(super) fn modifiers(&mut self, kids: &[Child<'t>]) -> Written<'t> {
        let mut written = Written::default();
        let Some(node) = Self::of_kind(kids, Kind::Modifiers) else { return written };
        let words = self.kids(node);
        for child in &words {
            let flag = match Kind::of(child.node) {
                Kind::PublicWord => Modifiers::PUBLIC,
                Kind::ProtectedWord => Modifiers::PROTECTED,
                Kind::PrivateWord => Modifiers::PRIVATE,
                Kind::AbstractWord => Modifiers::ABSTRACT,
                Kind::StaticWord => Modifiers::STATIC,
                Kind::FinalWord => Modifiers::FINAL,
                Kind::DefaultWord => {
                    written.is_default = true;
                    continue;
                }
                Kind::Annotation | Kind::MarkerAnnotation => {
                    written.annotations.push(child.node);
                    continue;
                }
                _ => continue,
            };
            written.flags = written.flags.with(flag);
        }
        self.done(words);
        written
    }

    /// `a.b.Name` for a type of the package.
    pub(super) fn in_package(&mut self, name: StrId) -> StrId {
        if self.package.is_empty() {
            return name;
        }
        let full = format!("{}.{}", self.package, self.b.string(name));
        self.b.intern(&full)
    }

    /// The full name of what a type declares, `joint` between both names.
    pub(super) fn in_type(&mut self, owner: StrId, joint: char, name: &str) -> StrId {
        let around = self.b.string(owner);
        let full = if around.len() > MAX_FULL_NAME_BYTES {
            format!("<nested>{joint}{name}")
        } else {
            format!("{around}{joint}{name}")
        };
        self.b.intern(&full)
    }

    /// The full name of a type declared here.
    fn type_name(&mut self, name: StrId, parent: NodeIndex) -> StrId {
        let Some(frame) = self.types.last_mut() else {
            let full_name = self.in_package(name);
            self.names.declare(name, full_name);
            return full_name;
        };
        let owner = frame.full_name;
        if frame.decl == parent {
            return match self.names.get(name) {
                Some(known) => known,
                None => {
                    let text = self.b.string(name).to_owned();
                    self.in_type(owner, '$', &text)
                }
            };
        }
        let count = frame.locals.entry(name).or_default();
        *count += 1;
        let text = format!("{count}{}", self.b.string(name));
        let full_name = self.in_type(owner, '$', &text);
        self.names.declare(name, full_name);
        full_name
    }

    /// A type with a name, of any sort.
    pub(super) fn type_declaration(&mut self, node: Node<'t>, parent: NodeIndex) {
        let kind = Kind::of(node);
        let kids = self.kids(node);
        let written = self.modifiers(&kids);
        let name_node = Self::field(&kids, Field::Name);
        let body = Self::field(&kids, Field::Body);
        let generics = Self::field(&kids, Field::TypeParameters);
        let components = Self::field(&kids, Field::Parameters);
        let name = name_node.map_or("", |name| self.text(name));
        let name_id = self.b.intern(name);
        let full_name = self.type_name(name_id, parent);
        let decl = self.b.named(Slot::child(parent), NodeKind::TypeDecl, Place::of(node), name);
        let (word, more) = match kind {
            Kind::InterfaceDeclaration => ("interface", Modifiers::ABSTRACT),
            Kind::AnnotationTypeDeclaration => ("@interface", Modifiers::ABSTRACT),
            Kind::EnumDeclaration => ("enum", Modifiers::default()),
            Kind::RecordDeclaration => ("record", Modifiers::FINAL),
            _ => ("class", Modifiers::default()),
        };
        let mut flags = written.flags.with(more);
        let around = self.types.last().filter(|frame| frame.decl == parent);
        if let Some(frame) = around {
            if frame.is_interface {
                flags = flags.with(Modifiers::PUBLIC).with(Modifiers::STATIC);
            } else if kind != Kind::ClassDeclaration {
                flags = flags.with(Modifiers::STATIC);
            }
        }
        let word = self.b.intern(word);
        let made = self.b.node_mut(decl);
        made.full_name = full_name;
        made.signature = word;
        made.modifiers = flags;
        if self.b.resolve_here(name_id).is_none() {
            self.b.bind(name_id, decl);
        }
        for annotation in &written.annotations {
            self.annotation(*annotation, decl);
        }
        let type_mark = self.names.mark();
        if let Some(generics) = generics {
            self.type_parameters(generics, decl);
        }
        let (superclass, bases) = self.bases(&kids, kind);
        self.b.node_mut(decl).type_full_name = bases;
        self.done(kids);
        let frame = TypeFrame {
            is_interface: matches!(
                kind,
                Kind::InterfaceDeclaration | Kind::AnnotationTypeDeclaration
            ),
            is_anonymous: false,
            components: components.filter(|_| kind == Kind::RecordDeclaration),
            ..self.frame(decl, superclass, type_mark)
        };
        self.open_type(frame, body);
    }

    /// `{ … }` behind `new T(…)` or an enum constant; the CALL of the constructor refers to it.
    pub(super) fn anonymous_class(&mut self, body: Node<'t>, base: StrId, call: NodeIndex) {
        let number = self.types.last_mut().map_or(1, |frame| {
            frame.anonymous += 1;
            frame.anonymous
        });
        let owner = match self.types.last() {
            Some(frame) => frame.full_name,
            None => self.b.intern(self.package),
        };
        let name = format!("${number}");
        let full_name = self.in_type(owner, '$', &name[1..]);
        let around = self.current_block();
        let slot = Slot::child(around);
        let decl = self.b.named(slot, NodeKind::TypeDecl, Place::of(body), &name);
        let word = self.b.intern("class");
        let made = self.b.node_mut(decl);
        made.full_name = full_name;
        made.signature = word;
        made.type_full_name = base;
        made.modifiers = Modifiers::FINAL;
        self.b.node_mut(call).reference = decl;
        let type_mark = self.names.mark();
        let frame = TypeFrame { is_anonymous: true, ..self.frame(decl, base, type_mark) };
        self.open_type(frame, Some(body));
    }

    fn frame(&self, decl: NodeIndex, superclass: StrId, type_mark: usize) -> TypeFrame<'t> {
        let node = self.b.node(decl);
        TypeFrame {
            decl,
            full_name: node.full_name,
            superclass,
            is_interface: false,
            is_anonymous: false,
            fields: FxHashMap::default(),
            methods: FxHashMap::default(),
            statics: Vec::new(),
            instances: Vec::new(),
            constructors: 0,
            components: None,
            lambdas: 0,
            anonymous: 0,
            locals: FxHashMap::default(),
            type_mark,
        }
    }

    /// The superclass, and all bases joined by `|`.
    fn bases(&mut self, kids: &[Child<'t>], kind: Kind) -> (StrId, StrId) {
        let mut superclass = match kind {
            Kind::EnumDeclaration => self.b.intern("java.lang.Enum"),
            Kind::RecordDeclaration => self.b.intern("java.lang.Record"),
            _ => StrId::EMPTY,
        };
        let mut names = vec![superclass];
        for child in kids {
            if !matches!(
                Kind::of(child.node),
                Kind::Superclass | Kind::SuperInterfaces | Kind::ExtendsInterfaces
            ) {
                continue;
            }
            let mut inner = self.kids(child.node);
            if let Some(list) = Self::of_kind(&inner, Kind::TypeList) {
                self.done(inner);
                inner = self.kids(list);
            }
            for base in inner.iter().filter(|base| is_type(Kind::of(base.node))) {
                let written = self.written_type(base.node);
                let full_name = self.erased(written);
                if Kind::of(child.node) == Kind::Superclass {
                    superclass = full_name;
                }
                names.push(full_name);
            }
            self.done(inner);
        }
        let texts: Vec<&str> =
            names.iter().map(|id| self.b.string(*id)).filter(|text| !text.is_empty()).collect();
        let joined = texts.join("|");
        (superclass, self.b.intern(&joined))
    }
}
