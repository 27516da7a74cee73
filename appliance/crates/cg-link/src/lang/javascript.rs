//! JavaScript and TypeScript: scopes, modules of both kinds, classes and prototypes, object literals as
//! namespaces, types as far as annotations and constructors tell them.

mod calls;
mod classes;
mod modules;
mod tables;
mod types;

pub(super) use self::calls::call;
pub(crate) use self::classes::bases;
pub(crate) use self::modules::imported;
pub(crate) use self::tables::Tables;
pub(crate) use self::types::reference;

use cg_types::Modifiers;

use self::classes::{ClassMember, class_member};
use self::modules::exported;
use self::tables::Side;
use self::types::typed;
use super::Evaluator;
use crate::facts::{Expr, ExprId, SymbolKind};
use crate::program::{Program, SymbolRef, Value};

/// Assignments to one property that are looked at.
const MAX_STORES: usize = 6;

/// What a name is looked up as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    Value,
    Type,
}

/// What an expression of a scope is.
pub(super) fn value(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, expr: ExprId) -> Value {
    let program = evaluator.program;
    let facts = program.file(scope.file);
    match facts.expr(expr) {
        Expr::Unknown | Expr::Inner(_) | Expr::Receiver | Expr::Key(_) | Expr::Item(..) => {
            Value::Unknown
        }
        Expr::Name(name) => lookup(evaluator, scope, facts.text(name), Want::Value),
        Expr::Path(module) => modules::required(evaluator, scope.file, facts.text(module)),
        Expr::Super => program.type_around(scope).map_or(Value::Unknown, Value::Super),
        Expr::Field(base, name) => {
            let base = evaluator.value(scope, base);
            attribute(evaluator, base, facts.text(name))
        }
        Expr::Call(callee) => {
            if let Expr::Field(base, name) = facts.expr(callee) {
                let object = evaluator.value(scope, base);
                match (object, facts.text(name)) {
                    (Value::Type(class) | Value::Function(class), "<init>") => {
                        return Value::Made(class);
                    }
                    (Value::External(name), "<init>") => return Value::ExternalObject(name),
                    (Value::Function(function), "bind") => return Value::Function(function),
                    _ => {}
                }
            }
            let callee = evaluator.value(scope, callee);
            result(evaluator, callee)
        }
        Expr::Typed(text) => typed(evaluator, scope, facts.text(text)),
        Expr::Declared(symbol) => declared(evaluator, SymbolRef { symbol, ..scope }),
        Expr::Parameter(symbol, 0) => this(program, SymbolRef { symbol, ..scope }),
        Expr::Parameter(symbol, index) => Value::Parameter(SymbolRef { symbol, ..scope }, index),
    }
}

/// What `this` is in a method.
fn this(program: &Program<'_>, method: SymbolRef) -> Value {
    let is_static = program.symbol(method).modifiers.has(Modifiers::STATIC);
    let around = program.parent(method).filter(|at| program.symbol(*at).kind == SymbolKind::Type);
    let owner = program.javascript.owners.get(&method).copied();
    match (owner, around) {
        // `A.prototype.f = function () {}`, or a method of the object that is the prototype.
        (Some(owner), _) if !is_object(program, owner) => Value::Instance(owner),
        (Some(object), _) => of_object(program, object),
        (None, Some(object)) if is_object(program, object) => of_object(program, object),
        (None, Some(class)) if is_static => Value::Type(class),
        (None, Some(class)) => Value::Instance(class),
        // A function that is used with `new` has fields of its own.
        (None, None) if program.javascript.has_fields(method) => Value::Instance(method),
        (None, None) => Value::Unknown,
    }
}

/// `this` in a function of an object literal, which may be a prototype.
fn of_object(program: &Program<'_>, object: SymbolRef) -> Value {
    match program.javascript.owners.get(&object) {
        Some(owner) => Value::Instance(*owner),
        None => Value::Made(object),
    }
}

/// Whether a type is an object literal.
pub(super) fn is_object(program: &Program<'_>, symbol: SymbolRef) -> bool {
    program.symbol(symbol).kind == SymbolKind::Type && program.name(symbol).is_empty()
}

/// Whether a declaration is a function or class expression, which no scope knows by its name.
fn is_expression(program: &Program<'_>, symbol: SymbolRef) -> bool {
    program.symbol(symbol).modifiers.has(Modifiers::LAMBDA)
}

/// What a declaration is as a value.
pub(super) fn declared(evaluator: &Evaluator<'_, '_>, reference: SymbolRef) -> Value {
    let program = evaluator.program;
    let symbol = program.symbol(reference);
    match symbol.kind {
        SymbolKind::Module => Value::Module(reference),
        SymbolKind::Type if is_object(program, reference) => Value::Made(reference),
        SymbolKind::Type => Value::Type(reference),
        SymbolKind::Method => Value::Function(reference),
        SymbolKind::Variable => {
            let scope = program.parent(reference).unwrap_or(reference);
            match evaluator.value(scope, symbol.value) {
                Value::Unknown => {
                    typed(evaluator, scope, program.file(reference.file).text(symbol.type_text))
                }
                known => known,
            }
        }
    }
}

/// What a name means in a scope.
pub(super) fn lookup(
    evaluator: &Evaluator<'_, '_>,
    scope: SymbolRef,
    name: &str,
    want: Want,
) -> Value {
    let program = evaluator.program;
    let mut at = Some(scope);
    while let Some(here) = at {
        // Nothing sees the members of a class or object by their bare names.
        if program.symbol(here).kind != SymbolKind::Type
            && let Some(found) = own(evaluator, here, name, want)
        {
            return found;
        }
        at = program.parent(here);
    }
    Value::External(name.into())
}

/// What a scope itself binds a name to.
pub(super) fn own(
    evaluator: &Evaluator<'_, '_>,
    scope: SymbolRef,
    name: &str,
    want: Want,
) -> Option<Value> {
    let program = evaluator.program;
    let found = program.members(scope, name).into_iter();
    let best = found
        .filter(|found| !is_expression(program, *found))
        .max_by_key(|found| (rank(program, *found, want), found.symbol));
    if let Some(best) = best {
        return Some(evaluator.step(|| declared(evaluator, best)));
    }
    let imports = program.imports(scope, name);
    let binding = imports
        .iter()
        .rev()
        .find(|import| !program.import(scope.file, **import).modifiers.has(Modifiers::PUBLIC))?;
    evaluator.follow(scope.file, *binding, || imported(evaluator, scope.file, *binding))
}

/// Of several declarations of a name the one that is meant has the highest rank.
fn rank(program: &Program<'_>, found: SymbolRef, want: Want) -> u8 {
    let symbol = program.symbol(found);
    let is_declared_only = symbol.modifiers.has(Modifiers::DECLARATION);
    let signature = program.file(found.file).text(symbol.signature);
    let is_pure_type = matches!(signature, "interface" | "type");
    let rank = match (symbol.kind, want) {
        (SymbolKind::Type, Want::Type) => 6,
        (SymbolKind::Type, Want::Value) if is_pure_type => 0,
        (SymbolKind::Type | SymbolKind::Method, _) => 4,
        (SymbolKind::Variable, _) => 3,
        (SymbolKind::Module, _) => 2,
    };
    2 * rank + u8::from(!is_declared_only)
}

/// `value.name`.
pub(super) fn attribute(evaluator: &Evaluator<'_, '_>, value: Value, name: &str) -> Value {
    match value {
        Value::Module(module) if module.symbol == crate::facts::SymbolId::FILE => {
            exported(evaluator, module.file, name).unwrap_or(Value::Unknown)
        }
        Value::Module(namespace) => {
            own(evaluator, namespace, name, Want::Value).unwrap_or(Value::Unknown)
        }
        Value::Type(class) | Value::Function(class) if name == "prototype" => {
            Value::Instance(class)
        }
        Value::Type(class) => found(evaluator, class, name, Side::Class),
        Value::Function(function) => {
            stored(evaluator, function, name, Side::Class).unwrap_or(Value::Unknown)
        }
        Value::Made(class) | Value::Instance(class) => found(evaluator, class, name, Side::Object),
        Value::External(full_name) => Value::External(format!("{full_name}.{name}")),
        Value::ExternalObject(full_name) => Value::ExternalObject(format!("{full_name}.{name}")),
        _ => Value::Unknown,
    }
}

fn found(evaluator: &Evaluator<'_, '_>, class: SymbolRef, name: &str, side: Side) -> Value {
    let program = evaluator.program;
    match class_member(evaluator, class, name, side) {
        ClassMember::Method(method, _) => {
            let signature = program.file(method.file).text(program.symbol(method).signature);
            if signature.starts_with("get ") {
                result(evaluator, Value::Function(method))
            } else {
                Value::Function(method)
            }
        }
        ClassMember::Value(value) => value,
        ClassMember::Outside(base) => Value::External(format!("{base}.{name}")),
        ClassMember::Missing => Value::Unknown,
    }
}

/// The one value that is assigned to a property of a class, object or function.
pub(super) fn stored(
    evaluator: &Evaluator<'_, '_>,
    owner: SymbolRef,
    name: &str,
    side: Side,
) -> Option<Value> {
    let tables = &evaluator.program.javascript;
    let stores = tables.stores.get(&(owner, side, name));
    one_value(evaluator, stores.or_else(|| tables.as_module(evaluator.program, owner, name))?)
}

/// The value that all known ones of some assignments agree on.
pub(super) fn one_value(
    evaluator: &Evaluator<'_, '_>,
    stores: &[(SymbolRef, ExprId)],
) -> Option<Value> {
    if stores.len() > MAX_STORES {
        return None;
    }
    let mut known = None;
    for (scope, value) in stores {
        let value = evaluator.value(*scope, *value);
        if value == Value::Unknown {
            continue;
        }
        if known.as_ref().is_some_and(|before| *before != value) {
            return None;
        }
        known = Some(value);
    }
    known
}

/// What a call of a value gives.
pub(super) fn result(evaluator: &Evaluator<'_, '_>, callee: Value) -> Value {
    let program = evaluator.program;
    match callee {
        Value::Function(method) => {
            let symbol = program.symbol(method);
            if symbol.modifiers.has(Modifiers::GENERATOR) {
                return Value::Unknown;
            }
            let written = program.file(method.file).text(symbol.type_text);
            let scope = program.parent(method).unwrap_or(method);
            evaluator.step(|| match written {
                "this" => this(program, method),
                "" => match evaluator.value(method, symbol.value) {
                    // What is passed differs from call to call.
                    Value::Parameter(..) => Value::Unknown,
                    known => known,
                },
                _ => typed(evaluator, scope, written),
            })
        }
        Value::External(full_name) | Value::ExternalObject(full_name) => {
            Value::ExternalObject(full_name)
        }
        _ => Value::Unknown,
    }
}
