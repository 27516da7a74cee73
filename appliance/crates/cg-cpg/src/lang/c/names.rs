//! C++: namespaces, qualified names, and what names are brought in by `using`.

use cg_types::{Modifiers, NodeKind, StrId};
use tree_sitter::Node as Syntax;

use super::declarator::squeezed;
use super::{C, Field, Item, Kind};
use crate::builder::{Place, Slot};

/// Where declarations stand at the moment.
#[derive(Clone, Copy)]
pub(super) struct Around {
    /// Full name of the namespace or class around; empty at the top and in C.
    pub(super) prefix: StrId,
    /// PUBLIC, PROTECTED or PRIVATE within a class.
    pub(super) access: Modifiers,
    /// Whether an unnamed namespace is around: only this file sees what is declared.
    pub(super) is_internal: bool,
}

impl Around {
    /// The top of a file.
    pub(super) const TOP: Self =
        Self { prefix: StrId::EMPTY, access: Modifiers(0), is_internal: false };
}

impl<'t> C<'_, 't> {
    /// The name behind the namespaces and classes around: `ns::Class::name`.
    pub(super) fn qualified(&mut self, name: &str) -> StrId {
        match self.b.string(self.around.prefix) {
            "" => self.b.intern(name),
            prefix => {
                let full = format!("{prefix}::{name}");
                self.b.intern(&full)
            }
        }
    }

    /// A name as other places would write it: without template arguments, white space and a leading `::`.
    pub(super) fn plain_name(&self, node: Syntax<'t>) -> String {
        plain(self.text(node))
    }

    /// `namespace a::b { … }`: a NAMESPACE_BLOCK.
    pub(super) fn namespace(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let (mut name, mut body) = (None, None);
        for child in &children {
            match Field::of(child) {
                Field::Name => name = Some(child.node),
                Field::Body => body = Some(child.node),
                _ => {}
            }
        }
        self.done(children);
        let block = self.b.add(Slot::child(slot.parent), NodeKind::NamespaceBlock, Place::of(node));
        let before = self.around;
        let text = name.map(|name| self.plain_name(name));
        let name = self.b.intern(text.as_deref().unwrap_or("<anonymous>"));
        let full_name = match &text {
            Some(text) => self.qualified(text),
            None => before.prefix,
        };
        let is_internal = before.is_internal || text.is_none();
        let entry = self.b.node_mut(block);
        entry.name = name;
        entry.full_name = full_name;
        self.enter(Around { prefix: full_name, access: Modifiers(0), is_internal });
        if let Some(body) = body {
            self.statements_of(body, Slot::child(block));
        }
        self.work.push(Item::Leave);
    }

    /// `using a::b;`, `using namespace a;`, `namespace x = a::b;`: IMPORTs of what begins with `::`.
    pub(super) fn using(&mut self, node: Syntax<'t>, slot: Slot) {
        let children = self.children(node);
        let is_namespace = children.iter().any(|child| Kind::of(child.node) == Kind::NamespaceWord);
        let is_alias = Kind::of(node) == Kind::NamespaceAliasDefinition;
        let mut named = children.iter().filter(|child| child.node.is_named());
        let alias = if is_alias { named.next().map(|child| child.node) } else { None };
        let path = named.next_back().map(|child| child.node);
        self.done(children);
        let Some(path) = path else { return };
        let text = self.plain_name(path);
        let name = match alias {
            Some(alias) => self.text(alias).to_owned(),
            None => last_part(&text).1.to_owned(),
        };
        let slot = Slot::child(slot.parent);
        let import = self.b.named(slot, NodeKind::Import, Place::of(node), &name);
        let entity = self.b.intern(&format!("::{text}"));
        let entry = self.b.node_mut(import);
        entry.full_name = entity;
        if is_namespace && !is_alias {
            entry.modifiers = Modifiers::WILDCARD;
        }
    }
}

/// Owner and last name of a path; an operator's name may hold `<`, `>` and blanks, but no `::` of the path.
pub(super) fn last_part(path: &str) -> (&str, &str) {
    let head = match path.find("operator") {
        Some(at) => &path[..at],
        None => path,
    };
    match head.rfind("::") {
        Some(at) => (&path[..at], &path[at + 2..]),
        None => ("", path),
    }
}

/// A name without template arguments, white space and a leading `::`.
fn plain(text: &str) -> String {
    let (head, tail) = match text.find("operator") {
        Some(at) if !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') => {
            text.split_at(at)
        }
        _ => (text, ""),
    };
    let mut out = String::new();
    let mut depth = 0_u32;
    for c in head.chars() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth > 0 || c.is_whitespace() => {}
            _ => out.push(c),
        }
    }
    let mut out = match out.strip_prefix("::") {
        Some(rest) => rest.to_owned(),
        None => out,
    };
    let without_parameters = match tail.strip_prefix("operator") {
        // `operator()` has brackets in its name, `operator bool() const` parameters behind it.
        Some(rest) if !rest.trim_start().starts_with('(') => tail.split('(').next().unwrap_or(tail),
        Some(_) => "operator()",
        None => "",
    };
    out.push_str(&squeezed(without_parameters));
    out
}

#[cfg(test)]
mod tests {
    use super::{last_part, plain};

    #[test]
    fn names_lose_template_arguments_and_keep_operators() {
        for (text, wanted) in [
            ("a::B<int, C<D>>::f", "a::B::f"),
            ("::a :: f", "a::f"),
            ("A::operator<", "A::operator<"),
            ("A<T>::operator ()", "A::operator()"),
            ("A::operator bool() const", "A::operator bool"),
            ("~ A", "~A"),
            ("my_operator", "my_operator"),
        ] {
            assert_eq!(plain(text), wanted, "{text}");
        }
        assert_eq!(last_part("a::B::f"), ("a::B", "f"));
        assert_eq!(last_part("B::operator a::T"), ("B", "operator a::T"));
    }
}
