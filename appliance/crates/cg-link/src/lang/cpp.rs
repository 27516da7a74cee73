//! C++: names by namespace, class and `using`; members by the type of the object; overloads; virtual functions.

mod calls;
mod overloads;
mod tables;
mod types;

use cg_types::Language;

use super::Evaluator;
use crate::facts::{Expr, ExprId, SymbolKind};
use crate::program::{Program, SymbolRef, Value};

pub(super) use self::calls::call;
pub(crate) use self::tables::Tables;
use self::tables::{find, home, path_of, upwards};
use self::types::{class_named, element, element_by, joined};

/// The bases of a class: as written, and what they are.
pub(crate) fn bases(program: &Program<'_>, of: SymbolRef) -> Vec<(String, Option<SymbolRef>)> {
    let written = program.file(of.file).text(program.symbol(of).type_text);
    if is_alias(program, of) || written.is_empty() {
        return Vec::new();
    }
    let scope = program.parent(of).unwrap_or(of);
    let names = written.split('|');
    names.map(|name| (name.to_owned(), class_named(program, scope, name))).collect()
}

fn is_alias(program: &Program<'_>, of: SymbolRef) -> bool {
    program.file(of.file).text(program.symbol(of).signature) == "typedef"
}

/// The class or function that `using` names.
pub(crate) fn imported(program: &Program<'_>, entity: &str) -> Option<SymbolRef> {
    let path = entity.strip_prefix("::")?;
    let tables = &program.cpp;
    tables.classes.get(path).or_else(|| tables.functions.get(path))?.first().copied()
}

/// What a name means that its file does not declare.
pub(crate) fn reference(program: &Program<'_>, scope: SymbolRef, name: &str) -> Option<SymbolRef> {
    if let Some((found, _)) = variable(program, scope, name) {
        return Some(found);
    }
    let functions = find(program, &program.cpp.functions, scope, name);
    match functions {
        [only] => Some(*only),
        _ => class_named(program, scope, name),
    }
}

/// A variable that a name means in a scope: a member of the classes around, or one of a namespace.
fn variable(program: &Program<'_>, scope: SymbolRef, name: &str) -> Option<(SymbolRef, SymbolRef)> {
    let (owner, last) = name.rsplit_once("::").unwrap_or(("", name));
    let around = home(program, scope);
    let mut at = Some(around);
    while let Some(prefix) = at {
        let prefix_of_owner = joined(prefix, owner);
        if let Some(classes) = program.cpp.classes.get(prefix_of_owner.as_ref()) {
            let inherited = classes.iter().flat_map(|class| upwards(program, *class));
            for class in inherited {
                if let Some(found) = program.member(class, last, SymbolKind::Variable) {
                    return Some((found, class));
                }
            }
        }
        if let Some(found) = program.cpp.variable(prefix_of_owner.as_ref(), last, scope.file) {
            return Some((found, program.parent(found).unwrap_or(found)));
        }
        at = tables::outer(prefix);
    }
    None
}

/// What an expression of a scope is.
pub(super) fn value(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, expr: ExprId) -> Value {
    let program = evaluator.program;
    let facts = program.file(scope.file);
    match facts.expr(expr) {
        Expr::Name(text) | Expr::Path(text) => named(evaluator, scope, facts.text(text)),
        Expr::Typed(text) => Value::Written(scope, facts.text(text).to_owned()),
        Expr::Declared(symbol) => declared(evaluator, SymbolRef { symbol, ..scope }),
        Expr::Field(base, name) => {
            let base = evaluator.value(scope, base);
            member(evaluator, &base, facts.text(name))
        }
        Expr::Call(callee) => result(evaluator, scope, callee),
        Expr::Inner(of) => match evaluator.value(scope, of) {
            Value::Written(at, text) => {
                let text = types::aliased(program, at, &text);
                element(&text).map_or(Value::Unknown, |inner| Value::Written(at, inner.to_owned()))
            }
            _ => Value::Unknown,
        },
        Expr::Parameter(symbol, index) => Value::Parameter(SymbolRef { symbol, ..scope }, index),
        _ => Value::Unknown,
    }
}

fn named(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, name: &str) -> Value {
    let program = evaluator.program;
    if let Some((found, _)) = variable(program, scope, name) {
        return declared(evaluator, found);
    }
    if let Some(found) = find(program, &program.cpp.functions, scope, name).first() {
        return Value::Function(*found);
    }
    class_named(program, scope, name).map_or(Value::Unknown, Value::Type)
}

fn declared(evaluator: &Evaluator<'_, '_>, of: SymbolRef) -> Value {
    let program = evaluator.program;
    let symbol = program.symbol(of);
    match symbol.kind {
        SymbolKind::Method => Value::Function(of),
        SymbolKind::Type => Value::Type(of),
        SymbolKind::Module => Value::Unknown,
        SymbolKind::Variable => {
            let scope = program.parent(of).unwrap_or(of);
            match program.file(of.file).text(symbol.type_text) {
                text if text.is_empty() || text.starts_with("auto") => {
                    evaluator.value(scope, symbol.value)
                }
                text => Value::Written(scope, text.to_owned()),
            }
        }
    }
}

/// The member of an object: a variable with its type, or a function.
fn member(evaluator: &Evaluator<'_, '_>, base: &Value, name: &str) -> Value {
    let program = evaluator.program;
    let Some(class) = class_of(program, base) else { return Value::Unknown };
    for one in upwards(program, class) {
        if let Some(found) = program.member(one, name, SymbolKind::Variable) {
            return declared(evaluator, found);
        }
        let path = joined(path_of(program, one), name);
        if let Some(found) = program.cpp.functions.get(path.as_ref()).and_then(|l| l.first()) {
            return Value::Function(*found);
        }
    }
    Value::Unknown
}

/// The class that a value is an object of, or points to.
fn class_of(program: &Program<'_>, value: &Value) -> Option<SymbolRef> {
    match value {
        Value::Written(scope, text) => class_named(program, *scope, text),
        Value::Made(of) | Value::Instance(of) | Value::Type(of) => Some(*of),
        _ => None,
    }
}

/// What a call gives.
fn result(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, callee: ExprId) -> Value {
    let program = evaluator.program;
    let facts = program.file(scope.file);
    if let Expr::Field(base, name) = facts.expr(callee)
        && let Value::Written(at, text) = evaluator.value(scope, base)
    {
        let text = types::aliased(program, at, &text);
        if let Some(inner) = element_by(&text, facts.text(name)) {
            return Value::Written(at, inner.to_owned());
        }
    }
    match evaluator.value(scope, callee) {
        Value::Type(of) => Value::Instance(of),
        Value::Function(method) => {
            match program.file(method.file).text(program.symbol(method).type_text) {
                "" | "auto" => Value::Unknown,
                text => Value::Written(method, text.to_owned()),
            }
        }
        _ => Value::Unknown,
    }
}

/// Whether a file is C++.
fn is_cpp(program: &Program<'_>, file: u32) -> bool {
    program.file(file).language == Language::Cpp
}
