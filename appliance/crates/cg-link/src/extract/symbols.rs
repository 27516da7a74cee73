//! Declarations and imports of a file, and the declaration around each node.

use cg_types::{FileGraph, Language, Modifiers, Node, NodeIndex, NodeKind, StrId};

use super::interner::Interner;
use super::tree::Tree;
use crate::facts::{ExprId, Import, Symbol, SymbolId, SymbolKind, Text};

const NONE: u32 = u32::MAX;

/// Declarations in preorder, and which node declares what.
pub(super) struct Symbols {
    pub(super) list: Vec<Symbol>,
    pub(super) imports: Vec<Import>,
    /// By node: the declaration around it (a declaration's own node: the one around that).
    scopes: Vec<u32>,
    /// By node: what it declares.
    declared: Vec<u32>,
}

impl Symbols {
    pub(super) fn collect(graph: &FileGraph, tree: &Tree, strings: &mut Interner<'_>) -> Self {
        let mut symbols = Self {
            list: Vec::new(),
            imports: Vec::new(),
            scopes: vec![0; graph.nodes.len()],
            declared: vec![NONE; graph.nodes.len()],
        };
        for index in 0..graph.nodes.len() {
            let at = NodeIndex(index as u32);
            let node = graph.node(at);
            let scope = node.parent.get().map_or(0, |parent| {
                let own = symbols.declared[parent];
                let opens = own != NONE && symbols.list[own as usize].kind != SymbolKind::Variable;
                if opens { own } else { symbols.scopes[parent] }
            });
            symbols.scopes[index] = scope;
            if index == 0 {
                symbols.declared[index] = 0;
                symbols.push(graph, tree, strings, at, SymbolKind::Module, 0);
                continue;
            }
            if let Some(stands_for) = symbols.stand_in(graph, at) {
                symbols.declared[index] = stands_for;
                if graph.language == Language::Go && node.kind == NodeKind::NamespaceBlock {
                    symbols.list[0].type_text = strings.own(node.name);
                }
                continue;
            }
            if node.kind == NodeKind::Import {
                symbols.imports.push(Import {
                    node: at,
                    scope: SymbolId(scope),
                    name: strings.own(node.name),
                    entity: strings.own(node.full_name),
                    modifiers: node.modifiers,
                });
                continue;
            }
            let kind = match node.kind {
                NodeKind::NamespaceBlock => SymbolKind::Module,
                NodeKind::TypeDecl => SymbolKind::Type,
                NodeKind::Method => SymbolKind::Method,
                NodeKind::Member => SymbolKind::Variable,
                NodeKind::Call if is_object(graph, tree, at) => SymbolKind::Type,
                NodeKind::Local if symbols.list[scope as usize].kind != SymbolKind::Method => {
                    SymbolKind::Variable
                }
                _ => continue,
            };
            symbols.declared[index] = symbols.list.len() as u32;
            symbols.push(graph, tree, strings, at, kind, scope);
        }
        if let Some(constraint) = go_build(graph) {
            symbols.list[0].signature = strings.own(constraint);
        }
        symbols
    }

    /// The declaration around a node.
    pub(super) fn scope_of(&self, at: NodeIndex) -> SymbolId {
        SymbolId(self.scopes[at.0 as usize])
    }

    /// What a node declares.
    pub(super) fn declared_by(&self, at: NodeIndex) -> Option<SymbolId> {
        let symbol = *self.declared.get(at.0 as usize)?;
        (symbol != NONE).then_some(SymbolId(symbol))
    }

    /// The type around a node's method, if any.
    pub(super) fn is_in_type(&self, at: NodeIndex) -> bool {
        let mut scope = self.scopes[at.0 as usize];
        while scope != 0 {
            if self.list[scope as usize].kind == SymbolKind::Type {
                return true;
            }
            scope = self.list[scope as usize].parent.0;
        }
        false
    }

    /// The namespace and method that hold a file's top level stand for the file, the `<body>` method
    /// of a class for the class.
    fn stand_in(&self, graph: &FileGraph, at: NodeIndex) -> Option<u32> {
        let node = graph.node(at);
        let parent = node.parent.get()?;
        let around = &graph.nodes[parent];
        match node.kind {
            NodeKind::NamespaceBlock if parent == 0 => Some(0),
            NodeKind::Method if around.kind == NodeKind::NamespaceBlock => {
                node.modifiers.has(Modifiers::MODULE).then_some(self.declared[parent])
            }
            NodeKind::Method
                if around.kind == NodeKind::TypeDecl && graph.text(node.name) == "<body>" =>
            {
                Some(self.declared[parent])
            }
            _ => None,
        }
    }

    fn push(
        &mut self,
        graph: &FileGraph,
        tree: &Tree,
        strings: &mut Interner<'_>,
        at: NodeIndex,
        kind: SymbolKind,
        parent: u32,
    ) {
        let node = graph.node(at);
        let child =
            |kind: NodeKind| tree.children(at).find(|child| graph.node(*child).kind == kind);
        let type_text = match kind {
            SymbolKind::Method => child(NodeKind::MethodReturn)
                .map_or(Text::EMPTY, |ret| strings.own(graph.node(ret).type_full_name)),
            SymbolKind::Type | SymbolKind::Variable => strings.own(node.type_full_name),
            SymbolKind::Module
                if node.kind == NodeKind::File && graph.language == Language::Java =>
            {
                let package = child(NodeKind::NamespaceBlock).map(|block| graph.node(block));
                package
                    .filter(|package| graph.text(package.name) != "<global>")
                    .map_or(Text::EMPTY, |package| strings.own(package.name))
            }
            SymbolKind::Module => Text::EMPTY,
        };
        let decorator = match kind {
            SymbolKind::Method if graph.language == Language::Go => tree
                .children(at)
                .map(|child| graph.node(child))
                .find(|one| one.kind == NodeKind::MethodParameterIn)
                .filter(|first| first.argument_index == 0)
                .map_or(Text::EMPTY, |receiver| strings.own(receiver.type_full_name)),
            _ if graph.language == Language::Cpp => strings.own(node.full_name),
            SymbolKind::Method => child(NodeKind::Annotation)
                .map_or(Text::EMPTY, |note| strings.own(graph.node(note).name)),
            _ => Text::EMPTY,
        };
        self.list.push(Symbol {
            node: at,
            kind,
            // An object literal is a type without a name.
            name: match node.kind {
                NodeKind::Call => Text::EMPTY,
                _ => strings.own(node.name),
            },
            parent: SymbolId(parent),
            modifiers: node.modifiers,
            type_text,
            signature: strings.own(node.signature),
            value: ExprId::UNKNOWN,
            decorator,
        });
    }
}

/// The constraint that says when a Go file is built.
fn go_build(graph: &FileGraph) -> Option<StrId> {
    let mut nodes = graph.nodes.iter().filter(|_| graph.language == Language::Go);
    let is_constraint =
        |node: &&Node| node.kind == NodeKind::Annotation && graph.text(node.name) == "go:build";
    nodes.find(is_constraint).map(|node| node.full_name)
}

/// Whether a CALL is an object literal of JavaScript that may hold functions: one with a property that is
/// more than a literal, or one that is filled later.
fn is_object(graph: &FileGraph, tree: &Tree, at: NodeIndex) -> bool {
    if !matches!(graph.language, Language::JavaScript | Language::TypeScript)
        || tree.operator(graph, at) != Some("structInitializer")
    {
        return false;
    }
    let mut children = tree.children(at).peekable();
    children.peek().is_none()
        || children.any(|child| {
            let value = tree.argument(graph, child, 2);
            graph.node(child).kind == NodeKind::Method
                || value.is_some_and(|value| graph.node(value).kind != NodeKind::Literal)
        })
}
