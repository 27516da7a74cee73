//! Scopes, variables and hoisting.

use cg_types::{NodeIndex, NodeKind, StrId};
use tree_sitter::Node;

use super::binding::{Declare, Lives};
use super::lower::Front;
use crate::builder::{Place, ScopeKind, Slot};

/// A scope that is open.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    /// Unique number within the file.
    pub(super) id: u32,
    /// Position of the scope of the function (program, namespace) around, or its own.
    pub(super) function: usize,
    /// METHOD around.
    pub(super) method: NodeIndex,
    /// BLOCK that LOCALs and functions hang in.
    pub(super) block: NodeIndex,
    /// Full name of the declaration around.
    pub(super) full_name: StrId,
    /// The TYPE_DECL whose object `this` is, or NONE.
    pub(super) this: NodeIndex,
    /// Length of [`Front::hoisted`] before the scope.
    pub(super) hoisted: usize,
    /// Expressions without a name so far, of a function's scope: functions, classes, objects.
    pub(super) unnamed: [u32; 3],
}

impl Scope {
    /// The file's own scope, which the builder has opened.
    pub(super) fn program(method: NodeIndex, block: NodeIndex, full_name: StrId) -> Self {
        Self {
            id: 0,
            function: 0,
            method,
            block,
            full_name,
            this: NodeIndex::NONE,
            hoisted: 0,
            unnamed: [0; 3],
        }
    }
}

impl<'t> Front<'_, 't> {
    /// The innermost scope.
    pub(super) fn scope(&self) -> &Scope {
        self.scopes.last().expect("the program's scope stays open until the end")
    }

    /// Opens the scope of a function, namespace or class.
    pub(super) fn open(&mut self, scope: Scope) {
        self.b.push_scope(ScopeKind::Nested);
        let scope = Scope {
            id: self.next_scope,
            function: self.scopes.len(),
            hoisted: self.hoisted.len(),
            unnamed: [0; 3],
            ..scope
        };
        self.scopes.push(scope);
        self.next_scope += 1;
    }

    /// Opens the scope of a BLOCK.
    pub(super) fn open_block(&mut self, block: NodeIndex) {
        self.b.push_scope(ScopeKind::Nested);
        let scope = Scope { id: self.next_scope, block, ..*self.scope() };
        self.scopes.push(scope);
        self.next_scope += 1;
    }

    /// Declares what is hoisted, from a position on, in the scope that is about to end.
    pub(super) fn hoist(&mut self, start: usize) {
        for at in start..self.hoisted.len() {
            let (name, node) = self.hoisted[at];
            // A declaration of the function's own level wins over a function in a block of it.
            if self.b.resolve_here(name).is_none() {
                self.b.bind(name, node);
            }
        }
        self.hoisted.truncate(start);
    }

    /// Closes a function, with the scope of its parameters if they have one.
    pub(super) fn end_function(&mut self, result: StrId, has_two: bool) {
        let Some(scope) = self.scopes.pop() else { return };
        self.hoist(scope.hoisted);
        let result = self.b.string(result).to_owned();
        self.b.method_return(scope.method, &result);
        self.b.pop_scope();
        if has_two {
            self.b.pop_scope();
        }
    }

    /// The declaration of a variable, made now if it is new.
    pub(super) fn variable(&mut self, name: &str, place: Place, declare: Declare) -> NodeIndex {
        let name = self.b.intern(name);
        let scope = *self.scope();
        let (key, block, is_here) = match declare.lives {
            Lives::Nowhere => return NodeIndex::NONE,
            Lives::Block => {
                if let Some(known) = self.b.resolve_here(name)
                    && self.b.node(known).kind == NodeKind::Local
                {
                    return known;
                }
                (None, scope.block, true)
            }
            Lives::Function => {
                let function = self.scopes[scope.function];
                let key = (function.id, name);
                if let Some(known) = self.variables.get(&key) {
                    return *known;
                }
                (Some(key), function.block, function.id == scope.id)
            }
        };
        let local = self.b.add_front(Slot::child(block), NodeKind::Local, place);
        let node = self.b.node_mut(local);
        node.name = name;
        node.modifiers = declare.modifiers;
        if let Some(key) = key {
            self.variables.insert(key, local);
        }
        if is_here {
            self.b.bind(name, local);
        } else {
            self.hoisted.push((name, local));
        }
        local
    }

    /// What a name means here and now, as far as it is declared already.
    pub(super) fn declared(&self, name: StrId) -> Option<NodeIndex> {
        self.b.resolve(name).or_else(|| {
            let function = self.scopes[self.scope().function].id;
            self.variables.get(&(function, name)).copied()
        })
    }

    /// Declares a function or class by its name; a function in a block is seen in the whole function too.
    pub(super) fn bind_name(&mut self, name: &str, node: NodeIndex) {
        let name = self.b.intern(name);
        self.b.bind(name, node);
        let scope = self.scope();
        let is_block = self.scopes[scope.function].id != scope.id;
        if is_block && self.b.node(node).kind == NodeKind::Method {
            self.hoisted.push((name, node));
        }
    }

    /// A variable of our own, that no name in the text means.
    pub(super) fn temporary(&mut self, place: Place) -> NodeIndex {
        let name = self.b.intern(&format!("_tmp_{}", self.temporaries));
        self.temporaries += 1;
        let block = self.scope().block;
        let local = self.b.add_front(Slot::child(block), NodeKind::Local, place);
        self.b.node_mut(local).name = name;
        local
    }

    /// An IDENTIFIER for a declaration.
    pub(super) fn use_of(&mut self, slot: Slot, place: Place, declaration: NodeIndex) -> NodeIndex {
        let index = self.b.add(slot, NodeKind::Identifier, place);
        let name = self.b.node(declaration).name;
        let node = self.b.node_mut(index);
        node.name = name;
        node.reference = declaration;
        index
    }

    /// An IDENTIFIER for a name in the text.
    pub(super) fn identifier(&mut self, slot: Slot, node: Node<'t>) -> NodeIndex {
        let text = self.text(node);
        self.b.identifier_late(slot, Place::of(node), text)
    }
}
