//! The lowered nodes of a file as a tree, and which calls are operators.

use cg_types::{Node, NodeIndex, NodeKind, Role, StrId, Strings};

use crate::operator::Operator;

/// Nodes in preorder with the end of each subtree.
pub(super) struct Ast<'n> {
    pub(super) nodes: &'n [Node],
    /// Index behind the last node of the subtree.
    end: Vec<u32>,
    operators: Vec<u8>,
}

const NOT_AN_OPERATOR: u8 = u8::MAX;

impl<'n> Ast<'n> {
    pub(super) fn new(nodes: &'n [Node], strings: &Strings) -> Self {
        let mut end: Vec<u32> = (1..=nodes.len() as u32).collect();
        for index in (1..nodes.len()).rev() {
            let parent = nodes[index].parent.0 as usize;
            end[parent] = end[parent].max(end[index]);
        }
        let mut operators = vec![NOT_AN_OPERATOR; strings.len()];
        for operator in Operator::ALL {
            if let Some(id) = strings.find(operator.as_str()) {
                operators[id.0 as usize] = *operator as u8;
            }
        }
        Self { nodes, end, operators }
    }

    #[inline]
    pub(super) fn node(&self, index: u32) -> &'n Node {
        &self.nodes[index as usize]
    }

    /// The children of a node, in order.
    #[inline]
    pub(super) fn children(&self, index: u32) -> impl Iterator<Item = u32> + '_ {
        let end = self.end[index as usize];
        let mut at = index + 1;
        std::iter::from_fn(move || {
            let child = at;
            (child < end).then(|| {
                at = self.end[child as usize];
                child
            })
        })
    }

    /// Whether a node has no children.
    #[inline]
    pub(super) fn is_leaf(&self, index: u32) -> bool {
        self.end[index as usize] == index + 1
    }

    /// The operator that a CALL stands for.
    #[inline]
    pub(super) fn operator(&self, index: u32) -> Option<Operator> {
        let node = self.node(index);
        if node.kind != NodeKind::Call {
            return None;
        }
        match self.operators[node.name.0 as usize] {
            NOT_AN_OPERATOR => None,
            number => Some(Operator::ALL[number as usize]),
        }
    }

    /// Argument number `wanted` of a call.
    pub(super) fn argument(&self, index: u32, wanted: i32) -> Option<u32> {
        self.children(index).find(|child| self.node(*child).argument_index == wanted)
    }

    /// The first child with a role.
    pub(super) fn with_role(&self, index: u32, role: Role) -> Option<u32> {
        self.children(index).find(|child| self.node(*child).role == role)
    }

    /// The name of the JUMP_LABEL that is the first child of a node.
    pub(super) fn label(&self, index: u32) -> Option<StrId> {
        let first = self.children(index).next()?;
        let node = self.node(first);
        (node.kind == NodeKind::JumpLabel).then_some(node.name)
    }

    pub(super) fn parent(&self, index: u32) -> Option<u32> {
        let parent = self.node(index).parent;
        (parent != NodeIndex::NONE).then_some(parent.0)
    }
}
