//! Python: scopes, modules and packages, classes with their bases, types as far as annotations and
//! constructors tell them.

mod calls;
mod tables;

pub(super) use self::calls::call;
pub(crate) use self::tables::Tables;
use super::Evaluator;
use super::python_mro::{ClassMember, class_member};
use crate::facts::{Expr, ExprId, SymbolKind};
use crate::program::{SymbolRef, Value};

/// Decorators that leave a function what it is.
const PLAIN_DECORATORS: &[&str] = &[
    "",
    "staticmethod",
    "classmethod",
    "abstractmethod",
    "abc.abstractmethod",
    "override",
    "typing.override",
    "overload",
    "typing.overload",
    "final",
    "typing.final",
    "functools.wraps",
    "wraps",
    "functools.lru_cache",
    "lru_cache",
    "functools.cache",
    "cache",
];
/// Decorators that make a method an attribute.
const PROPERTY_DECORATORS: &[&str] = &["property", "cached_property", "functools.cached_property"];

/// The bases of a class: as written, and what they are.
pub(crate) fn bases(evaluator: &Evaluator<'_, '_>, class: SymbolRef) -> Vec<(String, Value)> {
    let program = evaluator.program;
    let written = program.file(class.file).text(program.symbol(class).type_text);
    let Some(scope) = program.parent(class) else { return Vec::new() };
    let names = written.split('|').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| (name.to_string(), dotted(evaluator, scope, name))).collect()
}

/// What an expression of a scope is.
pub(super) fn value(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, expr: ExprId) -> Value {
    let program = evaluator.program;
    let facts = program.file(scope.file);
    match facts.expr(expr) {
        Expr::Unknown | Expr::Path(_) | Expr::Key(_) | Expr::Item(..) => Value::Unknown,
        Expr::Name(name) => lookup(evaluator, scope, facts.text(name)),
        Expr::Receiver => program.type_around(scope).map_or(Value::Unknown, Value::Instance),
        Expr::Super => program.type_around(scope).map_or(Value::Unknown, Value::Super),
        Expr::Field(base, name) => {
            let base = evaluator.value(scope, base);
            attribute(evaluator, base, facts.text(name))
        }
        Expr::Call(callee) => {
            let callee = evaluator.value(scope, callee);
            result(evaluator, callee)
        }
        Expr::Typed(text) => typed(evaluator, scope, facts.text(text)),
        Expr::Inner(inner) => evaluator.value(scope, inner),
        Expr::Declared(symbol) => declared(evaluator, SymbolRef { symbol, ..scope }),
        Expr::Parameter(symbol, index) => Value::Parameter(SymbolRef { symbol, ..scope }, index),
    }
}

/// What a declaration is as a value.
pub(super) fn declared(evaluator: &Evaluator<'_, '_>, reference: SymbolRef) -> Value {
    let program = evaluator.program;
    let symbol = program.symbol(reference);
    match symbol.kind {
        SymbolKind::Module => Value::Module(reference),
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

/// An object of a type as the source writes it; functions of that name give what they return.
fn typed(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, written: &str) -> Value {
    let written = written.trim().trim_matches(['"', '\'']);
    if written.is_empty() || written == "None" {
        return Value::Unknown;
    }
    match dotted(evaluator, scope, written) {
        Value::Type(class) => Value::Instance(class),
        function @ Value::Function(_) => result(evaluator, function),
        Value::External(full_name) => {
            let bare = full_name.strip_prefix("builtins.").unwrap_or(&full_name);
            Value::ExternalObject(bare.into())
        }
        _ => Value::Unknown,
    }
}

/// `a.b.c` in a scope: by what the scope knows, else as a path of modules.
pub(crate) fn dotted(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, name: &str) -> Value {
    let mut parts = name.split('.');
    let first = parts.next().unwrap_or_default();
    let start = match lookup(evaluator, scope, first) {
        Value::External(_) | Value::Unknown => {
            evaluator.program.python.top_module(evaluator.program, scope.file, first)
        }
        known => known,
    };
    let start = match start {
        Value::External(_) => lookup(evaluator, scope, first),
        known => known,
    };
    parts.fold(start, |value, part| attribute(evaluator, value, part))
}

/// What a name means in a scope.
pub(super) fn lookup(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, name: &str) -> Value {
    let program = evaluator.program;
    let mut at = Some(scope);
    while let Some(here) = at {
        // Methods do not see the names of the class around them.
        let is_hidden = here != scope && program.symbol(here).kind == SymbolKind::Type;
        if !is_hidden && let Some(found) = own(evaluator, here, name) {
            return found;
        }
        at = program.parent(here);
    }
    if program.python.builtins.contains(name) {
        return Value::External(format!("builtins.{name}"));
    }
    Value::External(name.into())
}

/// What a scope itself binds a name to.
fn own(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, name: &str) -> Option<Value> {
    let program = evaluator.program;
    let found = program.members(scope, name).into_iter();
    // A function or class says more than a variable of the same name.
    let best = found
        .max_by_key(|found| (program.symbol(*found).kind != SymbolKind::Variable, found.symbol));
    if let Some(best) = best {
        return Some(evaluator.step(|| declared(evaluator, best)));
    }
    for import in program.imports(scope, name).iter().rev() {
        let value =
            evaluator.follow(scope.file, *import, || imported(evaluator, scope.file, *import));
        if value.is_some() {
            return value;
        }
    }
    for import in program.wildcards(scope).iter().rev() {
        let value = evaluator.follow(scope.file, *import, || {
            let facts = program.file(scope.file);
            let entity = facts.text(program.import(scope.file, *import).entity);
            match entity_value(evaluator, scope.file, entity) {
                Value::Module(module) if !name.starts_with('_') => {
                    own(evaluator, module, name).unwrap_or(Value::Unknown)
                }
                _ => Value::Unknown,
            }
        });
        if let Some(value) = value.filter(|value| *value != Value::Unknown) {
            return Some(value);
        }
    }
    None
}

/// What an IMPORT binds its name to.
pub(crate) fn imported(evaluator: &Evaluator<'_, '_>, file: u32, import: u32) -> Value {
    let facts = evaluator.program.file(file);
    let import = evaluator.program.import(file, import);
    let (name, entity) = (facts.text(import.name), facts.text(import.entity));
    // `import a.b` binds the package `a`.
    let is_package = name.contains('.')
        || (entity.starts_with(&format!("{name}.")) && !entity.ends_with(&format!(".{name}")));
    if is_package {
        let first = entity.split('.').next().unwrap_or_default();
        return evaluator.program.python.top_module(evaluator.program, file, first);
    }
    entity_value(evaluator, file, entity)
}

/// What an imported name stands for; leading dots are relative to the file's package.
pub(crate) fn entity_value(evaluator: &Evaluator<'_, '_>, file: u32, entity: &str) -> Value {
    let program = evaluator.program;
    let rest = entity.trim_start_matches('.');
    let dots = entity.len() - rest.len();
    let mut parts = rest.split('.').filter(|part| !part.is_empty());
    let start = if dots == 0 {
        program.python.top_module(program, file, parts.next().unwrap_or_default())
    } else {
        let mut folder = program.file(file).path();
        for _ in 0..dots {
            folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
        }
        program.python.module(folder).unwrap_or_else(|| Value::Folder(folder.into()))
    };
    parts.fold(start, |value, part| attribute(evaluator, value, part))
}

/// `value.name`.
pub(super) fn attribute(evaluator: &Evaluator<'_, '_>, value: Value, name: &str) -> Value {
    let program = evaluator.program;
    match value {
        Value::Module(module) => {
            if let Some(found) = own(evaluator, module, name) {
                return found;
            }
            let path = program.file(module.file).path();
            let folder = path.rsplit_once('/').filter(|(_, file)| file.starts_with("__init__."));
            folder
                .and_then(|(folder, _)| program.python.module(&format!("{folder}/{name}")))
                .unwrap_or(Value::Unknown)
        }
        Value::Folder(path) => {
            let inside = if path.is_empty() { name.to_string() } else { format!("{path}/{name}") };
            program.python.module(&inside).unwrap_or(Value::Unknown)
        }
        Value::Type(class) | Value::Made(class) | Value::Instance(class) => {
            match class_member(evaluator, class, name) {
                ClassMember::Method(method, _) => {
                    let decorator =
                        program.file(method.file).text(program.symbol(method).decorator);
                    let function = Value::Function(method);
                    if PROPERTY_DECORATORS.contains(&decorator) {
                        result(evaluator, function)
                    } else {
                        function
                    }
                }
                ClassMember::Value(value) => value,
                ClassMember::Outside(base) => Value::External(format!("{base}.{name}")),
                ClassMember::Missing => Value::Unknown,
            }
        }
        Value::External(full_name) => Value::External(format!("{full_name}.{name}")),
        Value::ExternalObject(full_name) => Value::ExternalObject(format!("{full_name}.{name}")),
        _ => Value::Unknown,
    }
}

/// What a call of a value gives.
fn result(evaluator: &Evaluator<'_, '_>, callee: Value) -> Value {
    let program = evaluator.program;
    match callee {
        Value::Type(class) => Value::Made(class),
        // `cls()` in a class method.
        Value::Instance(class) => Value::Instance(class),
        Value::Function(method) => {
            let symbol = program.symbol(method);
            let decorator = program.file(method.file).text(symbol.decorator);
            if !PLAIN_DECORATORS.contains(&decorator) && !PROPERTY_DECORATORS.contains(&decorator) {
                return Value::Unknown;
            }
            let written = program.file(method.file).text(symbol.type_text);
            let scope = program.parent(method).unwrap_or(method);
            evaluator.step(|| match typed(evaluator, scope, written) {
                Value::Unknown => evaluator.value(method, symbol.value),
                known => known,
            })
        }
        Value::External(full_name) | Value::ExternalObject(full_name) => {
            let bare = full_name.strip_prefix("builtins.").unwrap_or(&full_name);
            Value::ExternalObject(bare.into())
        }
        _ => Value::Unknown,
    }
}
