//! The arena: numbering, late children, scopes.

use cg_types::{Language, NodeIndex, NodeKind, Span};

use super::{Builder, Place, ScopeKind, Slot};

fn builder() -> Builder<'static> {
    Builder::new(
        "t",
        Language::Python,
        "",
        Place { span: Span::default(), line: 1, column: 1, line_end: 1 },
    )
}

fn node(b: &mut Builder<'_>, parent: NodeIndex, name: &str) -> NodeIndex {
    b.named(Slot::child(parent), NodeKind::Block, Place::default(), name)
}

/// `(name, parent's name, order)` of everything in the top-level BLOCK.
fn shape(b: Builder<'_>) -> Vec<(String, String, u32)> {
    let graph = b.finish();
    let name = |at: NodeIndex| graph.text(graph.node(at).name).to_owned();
    let all = (4..graph.nodes.len() as u32 - 1).map(NodeIndex);
    all.map(|at| (name(at), name(graph.node(at).parent), graph.node(at).order)).collect()
}

fn expected(list: &[(&str, &str, u32)]) -> Vec<(String, String, u32)> {
    list.iter().map(|(a, b, order)| ((*a).to_owned(), (*b).to_owned(), *order)).collect()
}

#[test]
fn nodes_added_in_any_order_stand_in_preorder() {
    let mut b = builder();
    let top = b.top_block();
    let one = node(&mut b, top, "one");
    let two = node(&mut b, top, "two");
    node(&mut b, two, "two.a");
    node(&mut b, one, "one.a");
    node(&mut b, two, "two.b");
    assert_eq!(
        shape(b),
        expected(&[
            ("one", "", 1),
            ("one.a", "one", 1),
            ("two", "", 2),
            ("two.a", "two", 1),
            ("two.b", "two", 2)
        ])
    );
}

#[test]
fn front_children_come_first_in_their_own_order() {
    let mut b = builder();
    let top = b.top_block();
    node(&mut b, top, "statement");
    for name in ["x", "y"] {
        let at = b.add_front(Slot::child(top), NodeKind::Local, Place::default());
        b.node_mut(at).name = b.intern(name);
    }
    node(&mut b, top, "last");
    assert_eq!(
        shape(b),
        expected(&[("x", "", 1), ("y", "", 2), ("statement", "", 3), ("last", "", 4)])
    );
}

#[test]
fn references_follow_their_nodes_to_new_numbers() {
    let mut b = builder();
    let top = b.top_block();
    let user = b.identifier_late(Slot::child(top), Place::default(), "x");
    let local = b.add_front(Slot::child(top), NodeKind::Local, Place::default());
    let name = b.intern("x");
    b.node_mut(local).name = name;
    b.bind(name, local);
    assert_eq!((user, local), (NodeIndex(4), NodeIndex(5)));
    let graph = b.finish();
    assert_eq!(graph.nodes[4].kind, NodeKind::Local);
    assert_eq!(graph.nodes[5].reference, NodeIndex(4));
}

#[test]
fn a_late_use_means_the_innermost_scope_around_it_that_declares_the_name() {
    let mut b = builder();
    let top = b.top_block();
    let outer = b.declare(Slot::child(top), NodeKind::Local, Place::default(), "x", "");
    b.push_scope(ScopeKind::Nested);
    let inside = b.identifier_late(Slot::child(top), Place::default(), "x");
    let inner = b.declare(Slot::child(top), NodeKind::Local, Place::default(), "x", "");
    b.pop_scope();
    let outside = b.identifier_late(Slot::child(top), Place::default(), "x");
    let unknown = b.identifier_late(Slot::child(top), Place::default(), "nobody");
    let graph = b.finish();
    assert_eq!(graph.node(inside).reference, inner);
    assert_eq!(graph.node(outside).reference, outer);
    assert_eq!(graph.node(unknown).reference, NodeIndex::NONE);
}

#[test]
fn names_of_an_own_scope_are_not_seen_by_the_scopes_inside() {
    let mut b = builder();
    let top = b.top_block();
    let global = b.declare(Slot::child(top), NodeKind::Local, Place::default(), "x", "");
    b.push_scope(ScopeKind::Own);
    let member = b.declare(Slot::child(top), NodeKind::Member, Place::default(), "x", "");
    let direct = b.identifier(Slot::child(top), Place::default(), "x");
    let direct_late = b.identifier_late(Slot::child(top), Place::default(), "x");
    b.push_scope(ScopeKind::Nested);
    let nested = b.identifier(Slot::child(top), Place::default(), "x");
    let nested_late = b.identifier_late(Slot::child(top), Place::default(), "x");
    b.pop_scope();
    b.pop_scope();
    let graph = b.finish();
    for (user, declaration) in
        [(direct, member), (direct_late, member), (nested, global), (nested_late, global)]
    {
        assert_eq!(graph.node(user).reference, declaration);
    }
}

#[test]
fn a_million_levels_are_numbered() {
    let mut b = builder();
    let mut at = b.top_block();
    for _ in 0..1_000_000 {
        at = node(&mut b, at, "deep");
    }
    b.add_front(Slot::child(NodeIndex(4)), NodeKind::Local, Place::default());
    let graph = b.finish();
    assert_eq!(graph.nodes.len(), 1_000_006);
    assert_eq!(graph.nodes[5].kind, NodeKind::Local);
}
