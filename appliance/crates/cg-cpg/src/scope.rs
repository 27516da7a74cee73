//! Names in scope while a file is lowered: declare, look up, and look up later.

use cg_types::{NodeIndex, StrId};

/// Who sees the names of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    /// The scope itself and every scope inside it.
    Nested,
    /// Only the scope itself (the body of a Python class: its methods do not see its names).
    Own,
}

const NONE: u32 = u32::MAX;

struct Declaration {
    name: StrId,
    node: NodeIndex,
    scope: u32,
    /// The declaration of the same name that this one hides.
    hidden: u32,
}

struct Scope {
    kind: ScopeKind,
    id: u32,
    first_declaration: u32,
    /// Number of late uses recorded before the scope was opened.
    first_late: u32,
}

struct Late {
    user: NodeIndex,
    scope: u32,
    number: u32,
}

/// A stack of scopes. Every operation is O(1), amortised.
#[derive(Default)]
pub(crate) struct Scopes {
    scopes: Vec<Scope>,
    declarations: Vec<Declaration>,
    /// By string number: index of the innermost declaration.
    innermost: Vec<u32>,
    /// By string number: uses that wait for a declaration further down.
    late: Vec<Vec<Late>>,
    late_count: u32,
    next_id: u32,
}

impl Scopes {
    /// Opens a scope.
    pub(crate) fn push(&mut self, kind: ScopeKind) {
        self.scopes.push(Scope {
            kind,
            id: self.next_id,
            first_declaration: self.declarations.len() as u32,
            first_late: self.late_count,
        });
        self.next_id += 1;
    }

    /// Declares a name in the innermost scope; it hides earlier declarations of the same name.
    pub(crate) fn declare(&mut self, name: StrId, node: NodeIndex) {
        let slot = grow(&mut self.innermost, name, || NONE);
        let scope = self.scopes.last().map_or(NONE, |scope| scope.id);
        let hidden = std::mem::replace(slot, self.declarations.len() as u32);
        self.declarations.push(Declaration { name, node, scope, hidden });
    }

    /// The declaration that a name means here and now.
    pub(crate) fn resolve(&self, name: StrId) -> Option<NodeIndex> {
        let here = self.scopes.last().map_or(NONE, |scope| scope.id);
        let mut at = *self.innermost.get(name.0 as usize)?;
        while at != NONE {
            let declaration = &self.declarations[at as usize];
            if declaration.scope == here || self.kind_of(declaration.scope) == ScopeKind::Nested {
                return Some(declaration.node);
            }
            at = declaration.hidden;
        }
        None
    }

    /// The declaration of a name in the innermost scope itself.
    pub(crate) fn resolve_here(&self, name: StrId) -> Option<NodeIndex> {
        let here = self.scopes.last().map_or(NONE, |scope| scope.id);
        let at = *self.innermost.get(name.0 as usize)?;
        let declaration = self.declarations.get(at as usize)?;
        (declaration.scope == here).then_some(declaration.node)
    }

    /// Remembers that `user` means whatever `name` is declared as by the end of this scope or, failing
    /// that, of a scope around it. Answered by [`Scopes::pop`].
    pub(crate) fn resolve_late(&mut self, name: StrId, user: NodeIndex) {
        let scope = self.scopes.last().map_or(NONE, |scope| scope.id);
        let number = self.late_count;
        self.late_count += 1;
        grow(&mut self.late, name, Vec::new).push(Late { user, scope, number });
    }

    /// Closes the innermost scope; reports each late use that it answers as `(user, declaration)`.
    pub(crate) fn pop(&mut self, mut answer: impl FnMut(NodeIndex, NodeIndex)) {
        let Some(scope) = self.scopes.pop() else { return };
        while self.declarations.len() > scope.first_declaration as usize {
            let Some(declaration) = self.declarations.pop() else { return };
            self.innermost[declaration.name.0 as usize] = declaration.hidden;
            let Some(late) = self.late.get_mut(declaration.name.0 as usize) else { continue };
            let inside = late.partition_point(|one| one.number < scope.first_late);
            match scope.kind {
                ScopeKind::Nested => {
                    late.drain(inside..).for_each(|one| answer(one.user, declaration.node))
                }
                ScopeKind::Own => {
                    let mut kept = inside;
                    for at in inside..late.len() {
                        if late[at].scope == scope.id {
                            answer(late[at].user, declaration.node);
                        } else {
                            late.swap(kept, at);
                            kept += 1;
                        }
                    }
                    late.truncate(kept);
                }
            }
        }
    }

    fn kind_of(&self, id: u32) -> ScopeKind {
        match self.scopes.binary_search_by_key(&id, |scope| scope.id) {
            Ok(at) => self.scopes[at].kind,
            Err(_) => ScopeKind::Nested,
        }
    }
}

fn grow<T>(table: &mut Vec<T>, name: StrId, empty: impl FnMut() -> T) -> &mut T {
    let at = name.0 as usize;
    if at >= table.len() {
        table.resize_with(at + 1, empty);
    }
    &mut table[at]
}
