//! Expressions in the form that linking evaluates. Local variables are replaced by what they hold
//! here, where the whole method is at hand.

use cg_types::{FileGraph, Language, NodeIndex, NodeKind, StrId};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::{SmallVec, smallvec};

use super::interner::Interner;
use super::symbols::Symbols;
use super::tree::Tree;
use crate::facts::{Expr, ExprId, SymbolId, SymbolKind, Text};

/// Steps of one expression, replaced variables included.
const MAX_DEPTH: u32 = 24;
/// Assignments to one variable that are looked at.
const MAX_VALUES: usize = 8;

/// Distinct expressions of a file.
pub(super) struct Expressions<'a> {
    graph: &'a FileGraph,
    tree: &'a Tree,
    symbols: &'a Symbols,
    list: Vec<Expr>,
    numbers: FxHashMap<Expr, ExprId>,
    /// By variable: the nodes assigned to it.
    values: FxHashMap<NodeIndex, Vec<(NodeIndex, Part)>>,
    /// By variable: what it holds; UNKNOWN while that is being found out.
    variables: FxHashMap<NodeIndex, ExprId>,
    depth: u32,
    receiver: ExprId,
    /// Callees of `new`.
    made: FxHashSet<ExprId>,
}

impl<'a> Expressions<'a> {
    pub(super) fn new(graph: &'a FileGraph, tree: &'a Tree, symbols: &'a Symbols) -> Self {
        let mut values: FxHashMap<NodeIndex, Vec<(NodeIndex, Part)>> = FxHashMap::default();
        for index in 0..graph.nodes.len() {
            let at = NodeIndex(index as u32);
            if !matches!(tree.operator(graph, at), Some("assignment" | "let")) {
                continue;
            }
            let (Some(target), Some(value)) =
                (tree.argument(graph, at, 1), tree.argument(graph, at, 2))
            else {
                continue;
            };
            for (target, value, part) in parts(graph, tree, target, value) {
                let variable = graph.node(target).reference;
                if graph.node(target).kind == NodeKind::Identifier && variable.is_some() {
                    values.entry(variable).or_default().push((value, part));
                }
            }
        }
        let mut expressions = Self {
            graph,
            tree,
            symbols,
            list: Vec::new(),
            numbers: FxHashMap::default(),
            values,
            variables: FxHashMap::default(),
            depth: 0,
            receiver: ExprId::UNKNOWN,
            made: FxHashSet::default(),
        };
        expressions.put(Expr::Unknown);
        expressions.receiver = expressions.put(Expr::Receiver);
        expressions
    }

    /// `self`.
    pub(super) fn receiver(&self) -> ExprId {
        self.receiver
    }

    pub(super) fn get(&self, id: ExprId) -> Expr {
        self.list[id.0 as usize]
    }

    pub(super) fn finish(self) -> Vec<Expr> {
        self.list
    }

    /// Whether the expression may name a function.
    pub(super) fn may_be_function(&self, id: ExprId) -> bool {
        match self.get(id) {
            Expr::Name(_) | Expr::Path(_) => true,
            Expr::Declared(symbol) => {
                self.symbols.list[symbol.0 as usize].kind == SymbolKind::Method
            }
            _ => false,
        }
    }

    /// What a CALL calls.
    pub(super) fn callee(&mut self, at: NodeIndex, strings: &mut Interner<'_>) -> ExprId {
        let node = self.graph.node(at);
        let name = strings.own(node.name);
        let is_java = self.graph.language == Language::Java;
        if is_java && self.graph.text(node.name) == "<init>" {
            let text = strings.own(node.type_full_name);
            return self.put(Expr::Typed(text));
        }
        // In Java a receiver that is not written is the front end's guess: linking looks at the bases too.
        let receiver = self.tree.receiver(self.graph, at).filter(|receiver| {
            let span = self.graph.node(*receiver).span;
            !is_java || span.start < span.end
        });
        let Some(receiver) = receiver else {
            let path = self.graph.text(node.signature);
            let expr = match self.graph.language {
                Language::Rust if path.contains("::") => Expr::Path(strings.own(node.signature)),
                Language::Go if path.contains('.') => Expr::Path(strings.own(node.signature)),
                Language::Cpp if path.contains("::") => Expr::Path(strings.own(node.signature)),
                _ => Expr::Name(name),
            };
            if node.reference.is_some()
                && let Some(symbol) = self.symbols.declared_by(node.reference)
            {
                return self.put(Expr::Declared(symbol));
            }
            return self.put(expr);
        };
        // C has no methods: what stands before the brackets is the callee itself, as it is in the other
        // languages where the receiver is no argument.
        let is_object =
            self.graph.language != Language::C && self.graph.node(receiver).argument_index == 0;
        if !is_object {
            return self.of(receiver, strings);
        }
        let base = self.of(receiver, strings);
        if node.name == StrId::EMPTY {
            return base;
        }
        let callee = self.put(Expr::Field(base, name));
        if self.is_script() && self.graph.text(node.name) == "<init>" {
            self.made.insert(callee);
        }
        callee
    }

    /// The expression of a node.
    pub(super) fn of(&mut self, at: NodeIndex, strings: &mut Interner<'_>) -> ExprId {
        if self.depth >= MAX_DEPTH {
            return ExprId::UNKNOWN;
        }
        self.depth += 1;
        let id = self.build(at, strings);
        self.depth -= 1;
        id
    }

    /// What a variable (LOCAL, MEMBER, parameter) holds: an instance of its declared type, or the
    /// one expression that is assigned to it.
    pub(super) fn variable(&mut self, at: NodeIndex, strings: &mut Interner<'_>) -> ExprId {
        if let Some(known) = self.variables.get(&at) {
            return *known;
        }
        self.variables.insert(at, ExprId::UNKNOWN);
        let node = self.graph.node(at);
        let declared = self.graph.text(node.type_full_name);
        let id = if self.is_script() && self.graph.text(node.name) == "this" {
            self.this(at, strings)
        } else if node.kind == NodeKind::MethodParameterIn && self.is_receiver(at) {
            self.receiver
        } else if self.graph.language == Language::Go
            && node.kind == NodeKind::MethodParameterIn
            && declared.starts_with("func(")
        {
            let method = self.symbols.scope_of(at);
            self.put(Expr::Parameter(method, node.argument_index.max(0) as u32))
        } else if self.graph.language == Language::Cpp && declared.starts_with("auto") {
            self.assigned(at, strings)
        } else if !declared.is_empty() && declared != "ANY" && declared != "_" {
            let text = strings.own(node.type_full_name);
            self.put(Expr::Typed(text))
        } else {
            self.assigned(at, strings)
        };
        // A C function pointer has a type, but what is assigned to it says more.
        let id = match self.graph.language {
            Language::C | Language::Cpp if is_function_pointer(declared) => {
                let value = self.assigned(at, strings);
                if value == ExprId::UNKNOWN { id } else { value }
            }
            // An object that is made here says more than the type of the variable.
            Language::JavaScript | Language::TypeScript
                if node.kind == NodeKind::Local && matches!(self.get(id), Expr::Typed(_)) =>
            {
                let value = self.assigned(at, strings);
                if self.is_made(value) { value } else { id }
            }
            _ => id,
        };
        self.variables.insert(at, id);
        id
    }

    fn is_script(&self) -> bool {
        matches!(self.graph.language, Language::JavaScript | Language::TypeScript)
    }

    /// JavaScript's `this`: parameter 0 of the method it belongs to, which tells whose method that is.
    fn this(&mut self, at: NodeIndex, strings: &mut Interner<'_>) -> ExprId {
        let node = self.graph.node(at);
        let method = self.symbols.scope_of(at);
        let parent = self.symbols.list[method.0 as usize].parent;
        let in_type = self.symbols.list[parent.0 as usize].kind == SymbolKind::Type;
        if in_type || node.type_full_name == StrId::EMPTY {
            return self.put(Expr::Parameter(method, 0));
        }
        let text = strings.own(node.type_full_name);
        self.put(Expr::Typed(text))
    }

    /// Whether an expression is `new C()`, an object literal or a declaration.
    fn is_made(&self, id: ExprId) -> bool {
        match self.get(id) {
            Expr::Call(callee) => match self.get(callee) {
                Expr::Field(_, _) => self.made.contains(&callee),
                _ => false,
            },
            Expr::Declared(_) => true,
            _ => false,
        }
    }

    /// An object of a type as it is written.
    pub(super) fn typed(&mut self, written: StrId, strings: &mut Interner<'_>) -> ExprId {
        let text = strings.own(written);
        self.put(Expr::Typed(text))
    }

    /// A declaration.
    pub(super) fn declared(&mut self, symbol: SymbolId) -> ExprId {
        self.put(Expr::Declared(symbol))
    }

    fn assigned(&mut self, at: NodeIndex, strings: &mut Interner<'_>) -> ExprId {
        let node = self.graph.node(at);
        let nodes = self.values.get(&at).cloned().unwrap_or_default();
        if node.kind == NodeKind::MethodParameterIn && nodes.is_empty() {
            let method = self.symbols.scope_of(at);
            return self.put(Expr::Parameter(method, node.argument_index.max(0) as u32));
        }
        if nodes.len() > MAX_VALUES || node.kind == NodeKind::MethodParameterIn {
            return ExprId::UNKNOWN;
        }
        let mut found = None;
        for (value, part) in nodes {
            // `x = None` before the real value says nothing about what is called.
            if self.graph.node(value).kind == NodeKind::Literal {
                continue;
            }
            let id = self.of(value, strings);
            let id = match part {
                _ if id == ExprId::UNKNOWN => id,
                Part::Whole => id,
                Part::Item(n) => self.put(Expr::Item(id, n)),
                Part::Key => self.put(Expr::Key(id)),
                Part::Element => self.put(Expr::Inner(id)),
            };
            if found.is_some_and(|before| before != id) {
                return ExprId::UNKNOWN;
            }
            found = Some(id);
        }
        found.unwrap_or(ExprId::UNKNOWN)
    }

    fn build(&mut self, at: NodeIndex, strings: &mut Interner<'_>) -> ExprId {
        let node = self.graph.node(at);
        match node.kind {
            NodeKind::Identifier => self.identifier(at, strings),
            NodeKind::MethodRef | NodeKind::TypeRef => {
                if let Some(symbol) = self.symbols.declared_by(node.reference) {
                    return self.put(Expr::Declared(symbol));
                }
                let name = self.graph.text(node.name);
                self.named(name, strings)
            }
            NodeKind::Literal => match self.graph.text(node.type_full_name) {
                "" | "ANY" => ExprId::UNKNOWN,
                _ => {
                    let text = strings.own(node.type_full_name);
                    self.put(Expr::Typed(text))
                }
            },
            NodeKind::Call if self.symbols.declared_by(at).is_some() => {
                // An object literal.
                let symbol = self.symbols.declared_by(at).unwrap_or(SymbolId::FILE);
                self.put(Expr::Declared(symbol))
            }
            NodeKind::Call if self.is_script() && self.is_module(at) => {
                let module = strings.own(node.signature);
                self.put(Expr::Path(module))
            }
            NodeKind::Call => match self.tree.operator(self.graph, at) {
                Some(operator) => self.operator(at, operator, strings),
                None if self.graph.text(node.name) == "super" => self.put(Expr::Super),
                None if self.graph.text(node.name) == "<init>" => {
                    match self.symbols.declared_by(node.reference) {
                        // An object of an anonymous class.
                        Some(class) if node.reference.is_some() => {
                            let class = self.put(Expr::Declared(class));
                            self.put(Expr::Call(class))
                        }
                        _ => {
                            let callee = self.callee(at, strings);
                            self.put(Expr::Call(callee))
                        }
                    }
                }
                None if self.graph.language == Language::Cpp
                    && node.type_full_name != StrId::EMPTY =>
                {
                    let text = strings.own(node.type_full_name);
                    self.put(Expr::Typed(text))
                }
                None => {
                    let callee = self.callee(at, strings);
                    if callee == ExprId::UNKNOWN { callee } else { self.put(Expr::Call(callee)) }
                }
            },
            _ => ExprId::UNKNOWN,
        }
    }

    fn identifier(&mut self, at: NodeIndex, strings: &mut Interner<'_>) -> ExprId {
        let node = self.graph.node(at);
        let name = self.graph.text(node.name);
        let is_java = self.graph.language == Language::Java;
        if is_java && name == "super" {
            return self.put(Expr::Super);
        }
        if node.reference.is_some() {
            let target = self.graph.node(node.reference);
            match target.kind {
                NodeKind::Local | NodeKind::MethodParameterIn | NodeKind::Member => {
                    return self.variable(node.reference, strings);
                }
                _ => {}
            }
            if let Some(symbol) = self.symbols.declared_by(node.reference) {
                return self.put(Expr::Declared(symbol));
            }
        }
        match name {
            "self"
                if !self.is_script()
                    && !matches!(self.graph.language, Language::C | Language::Cpp)
                    && !is_java =>
            {
                return self.receiver;
            }
            "super" if self.is_script() => return self.put(Expr::Super),
            _ => {}
        }
        self.named(name, strings)
    }

    fn operator(&mut self, at: NodeIndex, operator: &str, strings: &mut Interner<'_>) -> ExprId {
        let argument = |index| self.tree.argument(self.graph, at, index);
        let typed = self.graph.node(at).type_full_name;
        match operator {
            "fieldAccess" | "indirectFieldAccess" => {
                let (Some(base), Some(field)) = (argument(1), argument(2)) else {
                    return ExprId::UNKNOWN;
                };
                let base = self.of(base, strings);
                let name = strings.own(self.graph.node(field).name);
                if base == ExprId::UNKNOWN && self.graph.language != Language::C {
                    return ExprId::UNKNOWN;
                }
                self.put(Expr::Field(base, name))
            }
            "assignment" if self.is_script() => match argument(2) {
                Some(value) => self.of(value, strings),
                None => ExprId::UNKNOWN,
            },
            "addressOf" | "indirection" | "await" => match argument(1) {
                Some(operand) => self.of(operand, strings),
                None => ExprId::UNKNOWN,
            },
            "indexAccess" | "indirectIndexAccess" if self.graph.language == Language::C => {
                match argument(1) {
                    Some(operand) => self.of(operand, strings),
                    None => ExprId::UNKNOWN,
                }
            }
            "indexAccess" | "indirectIndexAccess" | "iteratorNext"
                if self.graph.language == Language::Cpp =>
            {
                let Some(operand) = argument(1) else { return ExprId::UNKNOWN };
                let inner = self.of(operand, strings);
                if inner == ExprId::UNKNOWN { inner } else { self.put(Expr::Inner(inner)) }
            }
            "iterator" if self.graph.language == Language::Cpp => match argument(1) {
                Some(operand) => self.of(operand, strings),
                None => ExprId::UNKNOWN,
            },
            "iterator" | "iteratorNext" | "slice" if self.graph.language == Language::Go => {
                match argument(1) {
                    Some(operand) => self.of(operand, strings),
                    None => ExprId::UNKNOWN,
                }
            }
            "arrayInitializer" | "dictLiteral"
                if self.graph.language == Language::Go && typed != StrId::EMPTY =>
            {
                let text = strings.own(typed);
                self.put(Expr::Typed(text))
            }
            "try" | "indexAccess" | "receive"
                if operator == "try"
                    || matches!(self.graph.language, Language::Go | Language::Java) =>
            {
                let Some(operand) = argument(1) else { return ExprId::UNKNOWN };
                let inner = self.of(operand, strings);
                if inner == ExprId::UNKNOWN { inner } else { self.put(Expr::Inner(inner)) }
            }
            "cast" | "structInitializer" | "alloc" => {
                let type_ref =
                    self.tree.children(at).find(|c| self.graph.node(*c).kind == NodeKind::TypeRef);
                let text = match type_ref {
                    _ if typed != StrId::EMPTY => typed,
                    Some(type_ref) => self.graph.node(type_ref).full_name,
                    None => StrId::EMPTY,
                };
                if text == StrId::EMPTY {
                    return ExprId::UNKNOWN;
                }
                let text = strings.own(text);
                self.put(Expr::Typed(text))
            }
            _ => ExprId::UNKNOWN,
        }
    }

    /// `require("m")`, `import("m")`.
    fn is_module(&self, at: NodeIndex) -> bool {
        let node = self.graph.node(at);
        node.signature != StrId::EMPTY && matches!(self.graph.text(node.name), "require" | "import")
    }

    fn named(&mut self, name: &str, strings: &mut Interner<'_>) -> ExprId {
        let text: Text = strings.make(name);
        match () {
            () if name.is_empty() => ExprId::UNKNOWN,
            () if matches!(self.graph.language, Language::Rust | Language::Cpp)
                && name.contains("::") =>
            {
                self.put(Expr::Path(text))
            }
            () => self.put(Expr::Name(text)),
        }
    }

    /// The first parameter of a method of a type: `self`, `cls`.
    fn is_receiver(&self, at: NodeIndex) -> bool {
        let node = self.graph.node(at);
        let method = self.symbols.scope_of(at);
        let in_type = self.symbols.list[method.0 as usize].kind == SymbolKind::Method
            && self.symbols.is_in_type(self.symbols.list[method.0 as usize].node);
        let name = self.graph.text(node.name);
        in_type
            && match self.graph.language {
                Language::Python => node.argument_index == 0 || matches!(name, "self" | "cls"),
                Language::Rust => name == "self",
                Language::Java | Language::JavaScript | Language::TypeScript => name == "this",
                Language::Go => node.argument_index == 0,
                Language::C | Language::Cpp => false,
            }
    }

    fn put(&mut self, expr: Expr) -> ExprId {
        if let Some(known) = self.numbers.get(&expr) {
            return *known;
        }
        let id = ExprId(self.list.len() as u32);
        self.list.push(expr);
        self.numbers.insert(expr, id);
        id
    }
}

/// What of a value a variable gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// The n-th of several results.
    Item(u32),
    /// What a Go `range` loop gives first, and second.
    Key,
    Element,
}

/// The targets of an assignment, each with its value. Only Go's tuples are taken apart.
fn parts(
    graph: &FileGraph,
    tree: &Tree,
    target: NodeIndex,
    value: NodeIndex,
) -> SmallVec<[(NodeIndex, NodeIndex, Part); 1]> {
    let is_next = tree.operator(graph, value) == Some("iteratorNext");
    if graph.language != Language::Go || tree.operator(graph, target) != Some("tupleLiteral") {
        let part = if is_next && graph.language == Language::Go { Part::Key } else { Part::Whole };
        return smallvec![(target, value, part)];
    }
    let values: Option<Vec<NodeIndex>> = (tree.operator(graph, value) == Some("tupleLiteral"))
        .then(|| tree.children(value).collect());
    let targets = tree.children(target).zip(0_u32..);
    let paired = targets.filter_map(|(target, n)| match &values {
        Some(values) => Some((target, *values.get(n as usize)?, Part::Whole)),
        None if is_next && n == 0 => Some((target, value, Part::Key)),
        None if is_next => Some((target, value, Part::Element)),
        None => Some((target, value, Part::Item(n))),
    });
    paired.collect()
}

/// Whether a C type is, or may well be, a pointer to a function.
fn is_function_pointer(text: &str) -> bool {
    text.contains("(*") || text.contains("( *")
}
