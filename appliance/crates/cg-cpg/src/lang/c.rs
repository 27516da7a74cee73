//! Front end for C and C++: the work loop and what its parts share.
//!
//! Conventions: a declaration with initialiser is a LOCAL and an assignment CALL typed `void`; bodies that
//! are no compound statement get a BLOCK; parentheses leave no trace; a call through a value is dynamic, its
//! receiver the value and its name the last name in it; function-like macros are METHODs without a BLOCK
//! whose signature starts with `#define`, calls to those known in the file have dispatch INLINED. Both
//! branches of a preprocessor conditional are lowered: in place between declarations, as an IF without
//! condition between statements, so that control and data may take either.
//!
//! C++: full names are paths with `::` (`ns::Class::method`), behind the file's path where only the file sees
//! them (unnamed namespaces, `static`). A METHOD defined outside of its class has the class in its full name; a
//! member function has `this` as parameter 0, typed as a pointer to its class. The bases of a TYPE_DECL are as
//! written, joined by `|`. A call of a member has the object as argument 0; a call by a path (`a::f()`) has the
//! path as `signature`; a constructor's call bears the last name of the class. Templates leave no trace but in
//! the text of types. `using` makes IMPORTs whose entity begins with `::`.

mod call;
mod class;
mod declaration;
mod declarator;
mod expression;
mod flow;
mod function;
mod kinds;
mod names;
mod object;
mod statement;
mod types;
mod view;

use cg_types::{Language, NodeIndex, NodeKind, StrId};
use tree_sitter::{Node as Syntax, Tree};

use self::kinds::{Field, Kind};
use self::names::Around;
pub(crate) use self::view::view;
use crate::builder::{Builder, Place, ScopeKind, Slot};
use crate::syntax::{Child, Reader, Work};

/// Something still to lower.
#[derive(Clone, Copy)]
enum Item<'t> {
    /// A statement, declaration, preprocessor line, or anything found inside an ERROR.
    Statement(Syntax<'t>, Slot),
    /// An expression.
    Expression(Syntax<'t>, Slot),
    /// A statement that gets a BLOCK around it unless it is one.
    Body(Syntax<'t>, Slot),
    /// A call that may be a loop macro, and the statement behind it.
    MacroLoop(Syntax<'t>, Syntax<'t>, Slot),
    /// One branch of a preprocessor conditional between statements.
    Branch(Syntax<'t>, Slot),
    /// One declarator of a declaration with the base type.
    Declarator(Syntax<'t>, declaration::Specifiers, NodeIndex, cg_types::Role),
    /// A struct, union or enum body, with the name its TYPE_DECL gets.
    TypeBody(Syntax<'t>, StrId, NodeIndex),
    /// A typedef name for a type.
    Alias(Syntax<'t>, StrId, NodeIndex),
    /// A member declaration, enumerator or conditional in a type's body.
    Member(Syntax<'t>, NodeIndex),
    /// One declarator of a member declaration.
    MemberDeclarator(Syntax<'t>, declaration::Specifiers, NodeIndex),
    /// The FIELD_IDENTIFIER of a designator.
    Designator(Syntax<'t>, Slot),
    /// A handler of a TRY.
    Catch(Syntax<'t>, NodeIndex),
    /// What a loop over a range declares, with its base type.
    Next(Syntax<'t>, StrId, NodeIndex),
    /// The end of a namespace or class.
    Leave,
    /// The end of a scope.
    ScopeEnd,
    /// The end of a function's body: its METHOD_RETURN of a type.
    MethodEnd(NodeIndex, StrId),
}

struct C<'b, 't> {
    b: &'b mut Builder<'t>,
    reader: Reader<'t>,
    work: Work<Item<'t>>,
    /// Lists of children that are not in use.
    spare: Vec<Vec<Child<'t>>>,
    /// Where type texts are put together.
    buffer: String,
    anonymous: u32,
    is_cpp: bool,
    around: Around,
    /// What was around each namespace, class and function that is open.
    outer: Vec<Around>,
}

/// Lowers a translation unit.
pub(crate) fn lower<'t>(tree: &'t Tree, b: &mut Builder<'t>) {
    let is_cpp = b.language() == Language::Cpp;
    let mut c = C {
        b,
        reader: Reader::new(tree),
        work: Work::new(),
        spare: Vec::new(),
        buffer: String::new(),
        anonymous: 0,
        is_cpp,
        around: Around::TOP,
        outer: Vec::new(),
    };
    let top = Slot::child(c.b.top_block());
    c.statements_of(tree.root_node(), top);
    while let Some(item) = c.work.next() {
        c.step(item);
    }
}

impl<'t> C<'_, 't> {
    fn step(&mut self, item: Item<'t>) {
        match item {
            Item::Statement(node, slot) => self.statement(node, slot),
            Item::Expression(node, slot) => self.expression(node, slot),
            Item::Body(node, slot) => self.body(node, slot),
            Item::MacroLoop(node, body, slot) => self.macro_loop(node, body, slot),
            Item::Branch(node, slot) => self.branch(node, slot),
            Item::Declarator(node, specifiers, parent, role) => {
                self.declarator(node, specifiers, Slot::role(parent, role));
            }
            Item::TypeBody(node, name, parent) => self.type_body(node, name, parent),
            Item::Alias(node, base, parent) => self.alias(node, base, parent),
            Item::Member(node, parent) => self.member(node, parent),
            Item::MemberDeclarator(node, base, parent) => {
                self.member_declarator(node, base, parent)
            }
            Item::Designator(node, slot) => self.designator(node, slot),
            Item::Catch(node, around) => self.catch_clause(node, around),
            Item::Next(node, base, control) => self.next_value(node, base, control),
            Item::Leave => self.leave(),
            Item::ScopeEnd => self.b.pop_scope(),
            Item::MethodEnd(method, return_type) => {
                let index = self.b.method_return(method, "");
                self.b.node_mut(index).type_full_name = return_type;
                self.leave();
            }
        }
    }

    /// Opens a scope in which other things are around; [`C::leave`] closes it.
    fn enter(&mut self, around: Around) {
        self.outer.push(std::mem::replace(&mut self.around, around));
        self.b.push_scope(ScopeKind::Nested);
    }

    fn leave(&mut self) {
        self.b.pop_scope();
        self.around = self.outer.pop().unwrap_or(Around::TOP);
    }

    /// The children of a node without its comments, which go to the builder. Give the list back with
    /// [`C::done`].
    fn children(&mut self, node: Syntax<'t>) -> Vec<Child<'t>> {
        let mut list = self.spare.pop().unwrap_or_default();
        self.reader.children(node, &mut list);
        if list.iter().any(|child| Kind::of(child.node) == Kind::Comment) {
            list.retain(|child| {
                let is_comment = Kind::of(child.node) == Kind::Comment;
                if is_comment {
                    self.b.comment(Place::of(child.node));
                }
                !is_comment
            });
        }
        list
    }

    fn done(&mut self, list: Vec<Child<'t>>) {
        // Long lists are not kept, so that memory stays in proportion to what is being lowered.
        if self.spare.len() < 8 && list.capacity() <= 4096 {
            self.spare.push(list);
        }
    }

    fn text(&self, node: Syntax<'t>) -> &'t str {
        self.b.text().get(node.start_byte()..node.end_byte()).unwrap_or("")
    }

    /// Lowers all named children as statements.
    fn statements_of(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        self.push_statements(children.iter().map(|child| child.node), slot);
        self.done(children);
    }

    /// Leaves the named ones of some siblings to do as statements. A call without `;` before a statement is a
    /// macro that makes a loop of it (`foreach(x, list) { … }`).
    fn push_statements(&mut self, nodes: impl Iterator<Item = Syntax<'t>>, slot: Slot) {
        let mut nodes = nodes.filter(|node| node.is_named()).peekable();
        while let Some(node) = nodes.next() {
            if Kind::of(node) == Kind::ExpressionStatement
                && node.has_error()
                && let Some(body) = nodes.next_if(|next| statement::may_be_body(*next))
            {
                self.work.push(Item::MacroLoop(node, body, slot));
            } else {
                self.work.push(Item::Statement(node, slot));
            }
        }
    }

    /// What the parser could not read, or what has no lowering: an UNKNOWN around whatever is inside.
    fn unknown(&mut self, node: Syntax<'t>, slot: Slot) {
        let index = self.b.named(slot, NodeKind::Unknown, Place::of(node), node.kind());
        self.statements_of(node, Slot::child(index));
    }
}

#[cfg(test)]
mod cpp_tests;
#[cfg(test)]
mod statement_tests;
#[cfg(test)]
mod tests;
