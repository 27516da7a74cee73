//! Which variable a node stands for: a local or parameter, an unresolved name, or a short field path on one.

use cg_types::{NodeKind, StrId, Strings};
use rustc_hash::FxHashMap;

use super::tree::Ast;
use crate::operator::Operator;

pub(super) const NONE: u32 = u32::MAX;

/// Fields in a path (`a.b.c.d` has three); longer paths are not told apart from what they begin with.
const MAX_FIELDS: usize = 3;
/// Casts, indices and dereferences passed on the way to the variable that is written through.
const MAX_STEPS: usize = 16;

pub(super) struct Variable {
    /// The variable that this one is a field of, or `NONE`.
    pub(super) parent: u32,
    /// Its text.
    pub(super) text: StrId,
    /// Whether the variable at the root is a parameter.
    pub(super) is_parameter: bool,
}

/// The variables of one method; only those that are defined get a number.
#[derive(Default)]
pub(super) struct Variables {
    pub(super) list: Vec<Variable>,
    by_declaration: Vec<u32>,
    by_name: Vec<u32>,
    used_declarations: Vec<u32>,
    used_names: Vec<u32>,
    paths: FxHashMap<(u32, StrId), u32>,
}

/// Whether a variable that is not known yet gets a number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    Define,
    Known,
}

/// A field access on a chain of field accesses on an identifier.
struct Path {
    base: u32,
    /// Innermost field last.
    fields: [(StrId, Operator); MAX_FIELDS],
    len: usize,
}

impl Variables {
    pub(super) fn start_file(&mut self, nodes: usize, strings: usize) {
        self.used_declarations.clear();
        self.used_names.clear();
        self.by_declaration.clear();
        self.by_declaration.resize(nodes, NONE);
        self.by_name.clear();
        self.by_name.resize(strings, NONE);
    }

    pub(super) fn start_method(&mut self) {
        for at in self.used_declarations.drain(..) {
            self.by_declaration[at as usize] = NONE;
        }
        for at in self.used_names.drain(..) {
            self.by_name[at as usize] = NONE;
        }
        self.list.clear();
        self.paths.clear();
    }

    /// The variable of a parameter.
    pub(super) fn parameter(&mut self, ast: &Ast<'_>, node: u32) -> u32 {
        self.declared(ast, node, Lookup::Define).unwrap_or(NONE)
    }

    /// The variable that an IDENTIFIER or field access stands for.
    pub(super) fn of(
        &mut self,
        ast: &Ast<'_>,
        strings: &mut Strings,
        node: u32,
        lookup: Lookup,
    ) -> Option<u32> {
        if ast.node(node).kind == NodeKind::Identifier {
            return self.identifier(ast, node, lookup);
        }
        let path = path(ast, node)?;
        let mut variable = self.identifier(ast, path.base, lookup)?;
        for (field, operator) in path.fields[..path.len].iter().rev() {
            if let Some(known) = self.paths.get(&(variable, *field)) {
                variable = *known;
                continue;
            }
            if lookup == Lookup::Known {
                return None;
            }
            let joint = if *operator == Operator::IndirectFieldAccess { "->" } else { "." };
            let text = format!(
                "{}{joint}{}",
                strings.get(self.list[variable as usize].text),
                strings.get(*field)
            );
            let text = strings.intern(&text);
            let is_parameter = self.list[variable as usize].is_parameter;
            let number = self.list.len() as u32;
            self.list.push(Variable { parent: variable, text, is_parameter });
            self.paths.insert((variable, *field), number);
            variable = number;
        }
        Some(variable)
    }

    /// The variable through which an expression like `*p`, `a[i]`, `(*p).x` writes.
    pub(super) fn root(&mut self, ast: &Ast<'_>, strings: &mut Strings, node: u32) -> Option<u32> {
        let mut at = node;
        for _ in 0..MAX_STEPS {
            if let Some(variable) = self.of(ast, strings, at, Lookup::Define) {
                return Some(variable);
            }
            at = match ast.operator(at)? {
                Operator::Cast => ast.argument(at, 2)?,
                Operator::Indirection
                | Operator::IndexAccess
                | Operator::IndirectIndexAccess
                | Operator::FieldAccess
                | Operator::IndirectFieldAccess
                | Operator::AddressOf
                | Operator::Addition
                | Operator::Subtraction
                | Operator::PostIncrement
                | Operator::PreIncrement => ast.argument(at, 1)?,
                _ => return None,
            };
        }
        None
    }

    fn identifier(&mut self, ast: &Ast<'_>, node: u32, lookup: Lookup) -> Option<u32> {
        let entry = ast.node(node);
        if let Some(declaration) = entry.reference.get() {
            return self.declared(ast, declaration as u32, lookup);
        }
        let known = self.by_name[entry.name.0 as usize];
        if known != NONE {
            return Some(known);
        }
        if lookup == Lookup::Known {
            return None;
        }
        let number = self.list.len() as u32;
        self.list.push(Variable { parent: NONE, text: entry.name, is_parameter: false });
        self.by_name[entry.name.0 as usize] = number;
        self.used_names.push(entry.name.0);
        Some(number)
    }

    fn declared(&mut self, ast: &Ast<'_>, declaration: u32, lookup: Lookup) -> Option<u32> {
        let known = self.by_declaration[declaration as usize];
        if known != NONE {
            return Some(known);
        }
        if lookup == Lookup::Known {
            return None;
        }
        let entry = ast.node(declaration);
        let number = self.list.len() as u32;
        let is_parameter = entry.kind == NodeKind::MethodParameterIn;
        self.list.push(Variable { parent: NONE, text: entry.name, is_parameter });
        self.by_declaration[declaration as usize] = number;
        self.used_declarations.push(declaration);
        Some(number)
    }
}

fn path(ast: &Ast<'_>, node: u32) -> Option<Path> {
    let mut path =
        Path { base: node, fields: [(StrId::EMPTY, Operator::FieldAccess); MAX_FIELDS], len: 0 };
    loop {
        if ast.node(path.base).kind == NodeKind::Identifier {
            return (path.len > 0).then_some(path);
        }
        let operator = ast.operator(path.base)?;
        if !matches!(operator, Operator::FieldAccess | Operator::IndirectFieldAccess)
            || path.len == MAX_FIELDS
        {
            return None;
        }
        let mut children = ast.children(path.base);
        let (object, field) = (children.next()?, children.next()?);
        if ast.node(field).kind != NodeKind::FieldIdentifier {
            return None;
        }
        path.fields[path.len] = (ast.node(field).name, operator);
        path.len += 1;
        path.base = object;
    }
}
