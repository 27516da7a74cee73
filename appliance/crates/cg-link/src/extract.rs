//! One file graph to its facts: a few linear passes over the nodes.

mod expressions;
mod interner;
mod symbols;
mod tree;

use cg_types::{FileGraph, FileKey, Language, NodeIndex, NodeKind};

use crate::facts::{
    Argument, Call, Expr, ExprId, FileFacts, Slot, Store, SymbolId, SymbolKind, Use,
};
use expressions::Expressions;
use interner::Interner;
use symbols::Symbols;
use tree::Tree;

/// What linking needs of a file. Linear in the number of nodes.
pub fn facts(graph: &FileGraph, key: FileKey) -> FileFacts {
    let tree = Tree::new(graph);
    let mut strings = Interner::new(graph);
    let mut symbols = Symbols::collect(graph, &tree, &mut strings);
    let mut extractor = Extractor {
        graph,
        tree: &tree,
        expressions: Expressions::new(graph, &tree, &symbols),
        symbols: &symbols,
        calls: Vec::new(),
        operands: Vec::new(),
        arguments: Vec::new(),
        stores: Vec::new(),
        uses: Vec::new(),
    };
    for (index, node) in graph.nodes.iter().enumerate() {
        let at = NodeIndex(index as u32);
        match node.kind {
            NodeKind::Call if is_operator(graph.text(node.name)) => {
                extractor.operator(at, &mut strings)
            }
            NodeKind::Call => extractor.call(at, &mut strings),
            NodeKind::Identifier | NodeKind::MethodRef | NodeKind::TypeRef => {
                extractor.name(at, &mut strings)
            }
            _ => {}
        }
    }
    let values = extractor.symbol_values(&mut strings);
    let Extractor { expressions, calls, operands, arguments, stores, uses, .. } = extractor;
    let exprs = expressions.finish();
    for (symbol, value) in values {
        symbols.list[symbol.0 as usize].value = value;
    }
    FileFacts {
        key,
        path: graph.path.as_str().into(),
        language: graph.language,
        strings: strings.finish(),
        symbols: symbols.list,
        imports: symbols.imports,
        exprs,
        calls,
        operands,
        arguments,
        stores,
        uses,
    }
}

/// Whether a CALL is an operator.
fn is_operator(name: &str) -> bool {
    name.starts_with("<operator>")
}

struct Extractor<'a> {
    graph: &'a FileGraph,
    tree: &'a Tree,
    symbols: &'a Symbols,
    expressions: Expressions<'a>,
    calls: Vec<Call>,
    operands: Vec<ExprId>,
    arguments: Vec<Argument>,
    stores: Vec<Store>,
    uses: Vec<Use>,
}

impl Extractor<'_> {
    fn call(&mut self, at: NodeIndex, strings: &mut Interner<'_>) {
        let node = self.graph.node(at);
        let callee = self.expressions.callee(at, strings);
        let scope = self.symbols.scope_of(at);
        let number = self.calls.len() as u32;
        let first = self.operands.len() as u32;
        let has_overloads = matches!(self.graph.language, Language::Java | Language::Cpp);
        for child in self.tree.children(at).filter(|_| has_overloads) {
            if self.graph.node(child).argument_index >= 1 {
                let operand = self.expressions.of(child, strings);
                self.operands.push(operand);
            }
        }
        let operands = (first, self.operands.len() as u32);
        let name = strings.own(node.name);
        self.calls.push(Call { node: at, scope, name, callee, operands });
        for child in self.tree.children(at) {
            let argument = self.graph.node(child);
            let is_name = matches!(argument.kind, NodeKind::Identifier | NodeKind::MethodRef)
                || self.tree.operator(self.graph, child) == Some("addressOf");
            if argument.argument_index < 1 || !is_name {
                continue;
            }
            let value = self.expressions.of(child, strings);
            if self.expressions.may_be_function(value) {
                self.arguments.push(Argument {
                    call: number,
                    index: argument.argument_index as u32,
                    value,
                });
            }
        }
    }

    /// Assignments to fields, and initialisers of structs.
    fn operator(&mut self, at: NodeIndex, strings: &mut Interner<'_>) {
        if self.tree.operator(self.graph, at) != Some("assignment") {
            return;
        }
        let (Some(target), Some(value)) =
            (self.tree.argument(self.graph, at, 1), self.tree.argument(self.graph, at, 2))
        else {
            return;
        };
        let scope = self.symbols.scope_of(at);
        if self.graph.node(target).kind == NodeKind::FieldIdentifier {
            return self.property(at, target, value, strings);
        }
        match self.tree.operator(self.graph, target) {
            Some("fieldAccess" | "indirectFieldAccess") => {
                let field = self.tree.argument(self.graph, target, 2);
                let base = self.tree.argument(self.graph, target, 1);
                let (Some(field), Some(base)) = (field, base) else { return };
                let slot = Slot::Field(strings.own(self.graph.node(field).name));
                let base = self.expressions.of(base, strings);
                // What a doc comment says of a property of JavaScript.
                let told = self.graph.node(at).type_full_name;
                let is_script = self.graph.language == Language::JavaScript;
                let value = match self.graph.text(told) {
                    "" | "ANY" => self.expressions.of(value, strings),
                    _ if is_script => self.expressions.typed(told, strings),
                    _ => self.expressions.of(value, strings),
                };
                self.store(Store { scope, base, slot, value });
            }
            _ => {
                let node = self.graph.node(target);
                let is_script =
                    matches!(self.graph.language, Language::JavaScript | Language::TypeScript);
                let in_class =
                    !is_script && self.symbols.list[scope.0 as usize].kind == SymbolKind::Type;
                if node.kind == NodeKind::Identifier && in_class {
                    let slot = Slot::Field(strings.own(node.name));
                    let (base, value) =
                        (self.expressions.receiver(), self.expressions.of(value, strings));
                    self.store(Store { scope, base, slot, value });
                }
                if self.graph.language == Language::C {
                    let base = self.expressions.of(target, strings);
                    self.initialiser(scope, base, value, strings);
                }
            }
        }
    }

    /// `{ name: value }` of JavaScript: a store into the object literal around.
    fn property(
        &mut self,
        at: NodeIndex,
        name: NodeIndex,
        value: NodeIndex,
        strings: &mut Interner<'_>,
    ) {
        let object = self.symbols.declared_by(self.graph.node(at).parent);
        let is_script = matches!(self.graph.language, Language::JavaScript | Language::TypeScript);
        if let Some(object) = object.filter(|_| is_script) {
            let slot = Slot::Field(strings.own(self.graph.node(name).name));
            let base = self.expressions.declared(object);
            let value = self.expressions.of(value, strings);
            let scope = self.symbols.scope_of(at);
            self.store(Store { scope, base, slot, value });
        }
    }

    /// `= { .a = f, g, { … } }`: stores into the members of the variable's struct, one level of
    /// array around it included.
    fn initialiser(
        &mut self,
        scope: SymbolId,
        base: ExprId,
        value: NodeIndex,
        strings: &mut Interner<'_>,
    ) {
        let is_list = |at| {
            matches!(
                self.tree.operator(self.graph, at),
                Some("arrayInitializer" | "structInitializer")
            )
        };
        if !is_list(value) || base == ExprId::UNKNOWN {
            return;
        }
        let mut lists = vec![value];
        lists.extend(self.tree.children(value).filter(|child| is_list(*child)));
        for list in lists {
            for (position, child) in self.tree.children(list).enumerate() {
                let (slot, value) = match self.tree.operator(self.graph, child) {
                    Some("assignment") => {
                        let name = self.tree.argument(self.graph, child, 1);
                        let value = self.tree.argument(self.graph, child, 2);
                        let (Some(name), Some(value)) = (name, value) else { continue };
                        let name = self.tree.last_name(self.graph, name);
                        (Slot::Field(strings.own(self.graph.node(name).name)), value)
                    }
                    _ => (Slot::Position(position as u32), child),
                };
                let value = self.expressions.of(value, strings);
                self.store(Store { scope, base, slot, value });
            }
        }
    }

    fn store(&mut self, store: Store) {
        let useful = match self.graph.language {
            Language::Python => {
                store.base == self.expressions.receiver() && store.value != ExprId::UNKNOWN
            }
            Language::C => {
                store.base != ExprId::UNKNOWN && self.expressions.may_be_function(store.value)
            }
            Language::JavaScript | Language::TypeScript => {
                store.base != ExprId::UNKNOWN && store.value != ExprId::UNKNOWN
            }
            _ => false,
        };
        if useful {
            self.stores.push(store);
        }
    }

    fn name(&mut self, at: NodeIndex, strings: &mut Interner<'_>) {
        let node = self.graph.node(at);
        // A method reference in Java names a method of its receiver, not what is in scope.
        if node.kind == NodeKind::MethodRef && self.graph.language == Language::Java {
            return;
        }
        if !node.reference.is_some() && node.name != cg_types::StrId::EMPTY {
            let scope = self.symbols.scope_of(at);
            self.uses.push(Use { node: at, scope, name: strings.own(node.name) });
        }
    }

    /// What methods return and variables hold, where that is one expression.
    fn symbol_values(&mut self, strings: &mut Interner<'_>) -> Vec<(SymbolId, ExprId)> {
        let mut values: Vec<Option<ExprId>> = vec![None; self.symbols.list.len()];
        let mut put = |symbol: SymbolId, value: ExprId| {
            let slot = &mut values[symbol.0 as usize];
            *slot = Some(if slot.is_none_or(|before| before == value) {
                value
            } else {
                ExprId::UNKNOWN
            });
        };
        for (index, node) in self.graph.nodes.iter().enumerate() {
            let at = NodeIndex(index as u32);
            if node.kind == NodeKind::Return {
                let method = self.symbols.scope_of(at);
                let value =
                    self.tree.children(at).next().map(|value| self.expressions.of(value, strings));
                put(method, value.unwrap_or(ExprId::UNKNOWN));
            }
        }
        for (index, symbol) in self.symbols.list.iter().enumerate() {
            if symbol.kind == SymbolKind::Variable {
                put(SymbolId(index as u32), self.expressions.variable(symbol.node, strings));
            }
        }
        let known = values.into_iter().enumerate().filter_map(|(index, value)| {
            let value = value.filter(|value| *value != ExprId::UNKNOWN)?;
            Some((SymbolId(index as u32), value))
        });
        known.filter(|(symbol, value)| !matches!(self.expressions.get(*value), Expr::Declared(s) if s == *symbol)).collect()
    }
}
