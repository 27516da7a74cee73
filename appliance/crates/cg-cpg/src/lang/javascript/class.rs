//! Classes.

use cg_types::{Modifiers, NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::{Front, Item};
use super::name::{Naming, Unnamed};
use super::scope::Scope;
use crate::builder::{Place, Slot};

impl<'t> Front<'_, 't> {
    /// `class C extends B {}`.
    pub(super) fn class_declaration(&mut self, node: Node<'t>, block: NodeIndex) {
        let name = self.child(node, Field::Name).map_or("", |name| self.text(name));
        let full_name = self.full_name(name);
        let class = self.b.named(Slot::child(block), NodeKind::TypeDecl, Place::of(node), name);
        self.b.node_mut(class).full_name = full_name;
        self.bind_name(name, class);
        for note in std::mem::take(&mut self.class_notes) {
            self.annotate(note, class);
        }
        self.class(class, node, self.exported, StrId::EMPTY);
    }

    /// A class as a value: the TYPE_DECL in the block around, a TYPE_REF where it stands.
    pub(super) fn class_value(&mut self, node: Node<'t>, slot: Slot, naming: Naming) -> NodeIndex {
        let place = Place::of(node);
        let own = self.child(node, Field::Name).map(|name| self.name(name));
        let (name, full_name, parent) = self.named_value(own, naming, Unnamed::Class);
        let class = self.b.add(Slot::child(parent), NodeKind::TypeDecl, place);
        let reference = self.b.add(slot, NodeKind::TypeRef, place);
        for index in [class, reference] {
            self.b.node_mut(index).name = name;
            self.b.node_mut(index).full_name = full_name;
        }
        self.b.node_mut(reference).reference = class;
        self.class(class, node, Modifiers::LAMBDA, own.unwrap_or(StrId::EMPTY));
        reference
    }

    /// Bases and decorators of a class, and then its inside.
    fn class(&mut self, class: NodeIndex, node: Node<'t>, modifiers: Modifiers, own_name: StrId) {
        let kids = self.kids(node);
        let mut modifiers = modifiers;
        let mut bases: Vec<String> = Vec::new();
        for kid in &kids {
            match kid.kind {
                Kind::AbstractWord => modifiers = modifiers.with(Modifiers::ABSTRACT),
                Kind::Decorator => {
                    self.annotate(kid.node, class);
                    self.decorator_value(kid.node);
                }
                Kind::ClassHeritage => self.heritage(kid.node, &mut bases),
                _ => {}
            }
        }
        if self.kind(node) == Kind::AbstractClassDeclaration {
            modifiers = modifiers.with(Modifiers::ABSTRACT);
        }
        self.type_parameters(&kids, class);
        let bases = self.b.intern(&bases.join("|"));
        let made = self.b.node_mut(class);
        made.modifiers = modifiers;
        made.type_full_name = bases;
        if let Some(body) = Self::field(&kids, Field::Body) {
            self.work.push(Item::ClassBody(class, body, own_name));
        }
        self.done(kids);
    }

    /// `extends B implements I, J`: the names, and bases that are more than names as expressions.
    fn heritage(&mut self, node: Node<'t>, bases: &mut Vec<String>) {
        let kids = self.kids(node);
        for kid in &kids {
            match kid.kind {
                Kind::ExtendsClause => {
                    let inner = self.kids(kid.node);
                    for base in inner.iter().filter(|base| base.field == Field::Value) {
                        self.base(base.node, bases);
                    }
                    self.done(inner);
                }
                Kind::ImplementsClause => self.implemented(kid.node, bases),
                kind if kind.is_token() => {}
                _ => self.base(kid.node, bases),
            }
        }
        self.done(kids);
    }

    fn base(&mut self, base: Node<'t>, bases: &mut Vec<String>) {
        let Some(base) = self.unwrap(base) else { return };
        let name = self.class_named(base);
        if name == StrId::EMPTY {
            let block = self.scope().block;
            self.work.push(Item::Expression(base, Slot::child(block)));
        } else {
            bases.push(self.b.string(name).to_owned());
        }
    }

    /// An ANNOTATION for a decorator.
    pub(super) fn annotate(&mut self, decorator: Node<'t>, owner: NodeIndex) {
        let written = self.text(decorator).trim_start_matches('@').trim();
        let dotted = written.split(['(', '\n', ' ', '<']).next().unwrap_or("");
        let last = dotted.rsplit('.').next().unwrap_or(dotted);
        let slot = Slot::child(owner);
        let annotation = self.b.named(slot, NodeKind::Annotation, Place::of(decorator), last);
        let full_name = self.b.intern(dotted);
        self.b.node_mut(annotation).full_name = full_name;
    }

    /// The expression of a decorator, which runs in the block around.
    pub(super) fn decorator_value(&mut self, decorator: Node<'t>) {
        let block = self.scope().block;
        if let Some(value) = self.first(decorator) {
            self.work.push(Item::Expression(value, Slot::child(block)));
        }
    }

    /// Members in the order of the text; the initialisers of fields go to the constructor or `<clinit>`.
    pub(super) fn class_body(&mut self, class: NodeIndex, body: Node<'t>, own_name: StrId) {
        let around = *self.scope();
        let full_name = self.b.node(class).full_name;
        self.open(Scope { full_name, this: NodeIndex::NONE, ..around });
        // A class is no function: `var`s and counters are those of the function around.
        if let Some(scope) = self.scopes.last_mut() {
            scope.function = around.function;
        }
        if own_name != StrId::EMPTY {
            self.b.bind(own_name, class);
        }
        let kids = self.kids(body);
        let (own, shared) = self.collect_initialisers(&kids);
        let mut notes = self.decorators.len();
        let mut has_constructor = false;
        for kid in &kids {
            match kid.kind {
                Kind::Decorator => {
                    self.decorators.push(kid.node);
                    self.decorator_value(kid.node);
                    continue;
                }
                Kind::MethodDefinition
                | Kind::MethodSignature
                | Kind::AbstractMethodSignature
                | Kind::FieldDefinition
                | Kind::PublicField => {
                    let is_constructor =
                        kid.kind == Kind::MethodDefinition && self.is_constructor(kid.node);
                    has_constructor |= is_constructor;
                    let fields = if is_constructor { own } else { (0, 0) };
                    let range = (notes, self.decorators.len());
                    self.work.push(Item::Member(kid.node, class, range, fields));
                }
                _ => {}
            }
            notes = self.decorators.len();
        }
        self.done(kids);
        if own.1 > own.0 && !has_constructor {
            self.work.push(Item::Initialisers(class, own, false));
        }
        if shared.1 > shared.0 {
            self.work.push(Item::Initialisers(class, shared, true));
        }
        self.work.push(Item::EndClass);
    }

    fn is_constructor(&mut self, method: Node<'t>) -> bool {
        let kids = self.kids(method);
        let is_static = kids.iter().any(|kid| kid.kind == Kind::StaticWord);
        let name = Self::field(&kids, Field::Name);
        self.done(kids);
        !is_static && name.is_some_and(|name| self.text(name) == "constructor")
    }

    /// Fields with a value: those of objects, and then those of the class with its static blocks.
    fn collect_initialisers(
        &mut self,
        kids: &[super::lower::Kid<'t>],
    ) -> ((usize, usize), (usize, usize)) {
        let (mut own, mut shared) = (Vec::new(), Vec::new());
        for kid in kids {
            match kid.kind {
                Kind::ClassStaticBlock => shared.push(kid.node),
                Kind::FieldDefinition | Kind::PublicField => {
                    let inner = self.kids(kid.node);
                    let is_static = inner.iter().any(|one| one.kind == Kind::StaticWord);
                    let has_value = Self::field(&inner, Field::Value).is_some();
                    self.done(inner);
                    match (has_value, is_static) {
                        (true, true) => shared.push(kid.node),
                        (true, false) => own.push(kid.node),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        let start = self.initialisers.len();
        self.initialisers.append(&mut own);
        let middle = self.initialisers.len();
        self.initialisers.append(&mut shared);
        ((start, middle), (middle, self.initialisers.len()))
    }
}
