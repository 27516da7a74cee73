//! Names of functions, classes and object literals, and the full names made of them.

use cg_types::{NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::kind::{Field, Kind};
use super::lower::Front;
use crate::builder::{Place, Slot};

/// Full names longer than this are not extended by the names of deeper scopes (a hostile file could make
/// them grow with the square of the nesting).
const MAX_FULL_NAME_BYTES: usize = 600;
/// Names written with dots that are longer than this name nothing.
const MAX_DOTTED_BYTES: usize = 120;

/// The name that an expression would give to a function or class.
#[derive(Clone, Copy)]
pub(super) struct Naming {
    /// Empty: none.
    pub(super) name: StrId,
    pub(super) owner: Owner,
}

/// What a function expression belongs to.
#[derive(Clone, Copy)]
pub(super) enum Owner {
    /// The scope around it.
    Scope,
    /// A class: it is a field of it.
    Class(NodeIndex),
    /// An object literal, by its number.
    Object(u32),
    /// Another name in the scope around: the full name is given.
    Full(StrId),
}

/// An object literal that is, or was, lowered.
#[derive(Clone, Copy)]
pub(super) struct ObjectFrame {
    pub(super) call: NodeIndex,
    pub(super) naming: Naming,
    /// Full name of the declaration around.
    pub(super) around: StrId,
    /// Its own, once it was needed.
    pub(super) full_name: StrId,
}

/// Counters of a scope.
#[derive(Clone, Copy)]
pub(super) enum Unnamed {
    Function = 0,
    Class = 1,
    Object = 2,
}

impl Naming {
    pub(super) const NONE: Self = Self { name: StrId::EMPTY, owner: Owner::Scope };

    /// A name in the scope around.
    pub(super) fn plain(name: StrId) -> Self {
        Self { name, owner: Owner::Scope }
    }
}

impl<'t> Front<'_, 't> {
    /// `name` within something with a full name.
    pub(super) fn within(&mut self, around: StrId, name: &str) -> StrId {
        let around = self.b.string(around);
        let full = if around.len() > MAX_FULL_NAME_BYTES {
            format!("{}::program:<nested>:{name}", self.b.path())
        } else {
            format!("{around}:{name}")
        };
        self.b.intern(&full)
    }

    /// `name` within the innermost scope.
    pub(super) fn full_name(&mut self, name: &str) -> StrId {
        let around = self.scope().full_name;
        self.within(around, name)
    }

    /// A name for something without one.
    pub(super) fn unnamed(&mut self, what: Unnamed) -> StrId {
        let function = self.scope().function;
        let count = &mut self.scopes[function].unnamed[what as usize];
        let number = *count;
        *count += 1;
        let kind = match what {
            Unnamed::Function => "lambda",
            Unnamed::Class => "anon-class",
            Unnamed::Object => "object",
        };
        self.b.intern(&format!("<{kind}>{number}"))
    }

    /// Name, full name and parent of a function or class expression; `own` is the name that it has itself.
    pub(super) fn named_value(
        &mut self,
        own: Option<StrId>,
        naming: Naming,
        what: Unnamed,
    ) -> (StrId, StrId, NodeIndex) {
        let block = self.scope().block;
        let name = match own {
            Some(own) => own,
            None if naming.name != StrId::EMPTY => naming.name,
            None => self.unnamed(what),
        };
        let text = self.b.string(name).to_owned();
        match naming.owner {
            Owner::Scope => (name, self.full_name(&text), block),
            Owner::Class(class) => {
                let around = self.b.node(class).full_name;
                (name, self.within(around, &text), class)
            }
            Owner::Object(object) => {
                let around = self.object_name(object);
                let call = self.objects[object as usize].call;
                (name, self.within(around, &text), call)
            }
            Owner::Full(full) if own.is_none() => (name, full, block),
            Owner::Full(_) => (name, self.full_name(&text), block),
        }
    }

    /// The full name of an object literal, made when it is first asked for.
    pub(super) fn object_name(&mut self, object: u32) -> StrId {
        let mut chain = vec![object];
        let mut at = self.objects[object as usize];
        while at.full_name == StrId::EMPTY {
            let Owner::Object(around) = at.naming.owner else { break };
            chain.push(around);
            at = self.objects[around as usize];
        }
        while let Some(number) = chain.pop() {
            let frame = self.objects[number as usize];
            if frame.full_name != StrId::EMPTY {
                continue;
            }
            let name = match frame.naming.name {
                StrId::EMPTY => self.unnamed(Unnamed::Object),
                name => name,
            };
            let text = self.b.string(name).to_owned();
            let full = match frame.naming.owner {
                Owner::Scope => self.within(frame.around, &text),
                Owner::Class(class) => {
                    let around = self.b.node(class).full_name;
                    self.within(around, &text)
                }
                Owner::Object(around) => {
                    let around = self.objects[around as usize].full_name;
                    self.within(around, &text)
                }
                Owner::Full(full) => full,
            };
            self.objects[number as usize].full_name = full;
        }
        self.objects[object as usize].full_name
    }

    /// The name that an assignment to `target` gives to a function.
    pub(super) fn naming_of(&mut self, target: Node<'t>) -> Naming {
        match self.kind(target) {
            Kind::Identifier => Naming::plain(self.name(target)),
            Kind::MemberExpression => self.naming_of_member(target),
            _ => Naming::NONE,
        }
    }

    fn naming_of_member(&mut self, target: Node<'t>) -> Naming {
        let text = self.text(target);
        let is_plain = text.len() <= MAX_DOTTED_BYTES
            && text
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'$' | b'.' | b'#'));
        if !is_plain {
            // At least the last part is known.
            let Some(property) = self.child(target, Field::Property) else { return Naming::NONE };
            return Naming::plain(self.name(property));
        }
        let last = text.rsplit('.').next().unwrap_or(text);
        let name = self.b.intern(last);
        let this = self.scope().this;
        if let Some(rest) = text.strip_prefix("this.")
            && this.is_some()
            && !rest.contains('.')
        {
            return Naming { name, owner: Owner::Class(this) };
        }
        let rest = text.strip_prefix("module.exports.").or_else(|| text.strip_prefix("exports."));
        let rest = rest.or_else(|| text.strip_prefix("this.")).unwrap_or(text);
        let parts: Vec<&str> = rest.split('.').filter(|part| *part != "prototype").collect();
        let full = self.full_name(&parts.join(":"));
        Naming { name, owner: Owner::Full(full) }
    }

    /// The name of a property, and the node that computes it if it is computed.
    pub(super) fn property_name(&mut self, key: Node<'t>) -> (StrId, Option<Node<'t>>) {
        match self.kind(key) {
            Kind::String => {
                let text = self.content(key);
                (self.b.intern(text), None)
            }
            Kind::ComputedPropertyName => {
                let text = self.text(key);
                let text = if text.len() > MAX_DOTTED_BYTES { "[…]" } else { text };
                (self.b.intern(text), self.first(key))
            }
            _ => (self.name(key), None),
        }
    }

    /// A FIELD_IDENTIFIER with a name.
    pub(super) fn field_named(&mut self, slot: Slot, place: Place, name: StrId) -> NodeIndex {
        let index = self.b.add(slot, NodeKind::FieldIdentifier, place);
        self.b.node_mut(index).name = name;
        index
    }
}
