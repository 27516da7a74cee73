//! What Rust paths mean: scopes, `use`, modules, types and their impls.

use super::Evaluator;
use super::rust::{Role, find_method, role};
use super::rust_modules::module_around;
use crate::facts::SymbolKind;
use crate::program::{Program, SymbolRef, Value};

/// Crates that are never in the repository.
const STANDARD: &[&str] = &["std", "core", "alloc"];

/// Which namespace a name is looked up in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// Modules and types.
    Space,
    /// Functions, then everything else.
    Callable,
}

/// What a path means in a scope.
pub(super) fn path(
    evaluator: &Evaluator<'_, '_>,
    scope: SymbolRef,
    written: &str,
    want: Want,
) -> Value {
    let program = evaluator.program;
    let absolute = written.starts_with("::");
    let parts: Vec<&str> =
        written.split("::").map(str::trim).filter(|part| !part.is_empty()).collect();
    let Some((first, rest)) = parts.split_first() else { return Value::Unknown };
    let want_first = if rest.is_empty() { want } else { Want::Space };
    let start = match *first {
        "crate" => return from_roots(evaluator, scope.file, rest, written, want),
        "self" => Value::Module(module_around(program, scope)),
        "super" => match program.rust.modules.parent(program, module_around(program, scope)) {
            Some(parent) => Value::Module(parent),
            None => Value::Unknown,
        },
        "Self" => match program.type_around(scope) {
            Some(of) => Value::Type(program.rust.types.declaration(of)),
            None => Value::Unknown,
        },
        name if absolute => match program.rust.modules.library(name) {
            Some(library) => Value::Module(library),
            None => Value::External(name.to_string()),
        },
        name => lookup(evaluator, scope, name, want_first),
    };
    walk(evaluator, start, rest, want)
}

/// `crate::…`: in the library or the program that the file belongs to.
fn from_roots(
    evaluator: &Evaluator<'_, '_>,
    file: u32,
    rest: &[&str],
    written: &str,
    want: Want,
) -> Value {
    for root in evaluator.program.rust.modules.roots(evaluator.program, file) {
        match walk(evaluator, Value::Module(root), rest, want) {
            Value::Unknown => {}
            found => return found,
        }
    }
    Value::External(written.to_string())
}

fn walk(evaluator: &Evaluator<'_, '_>, start: Value, rest: &[&str], want: Want) -> Value {
    let program = evaluator.program;
    let mut value = start;
    for (at, part) in rest.iter().enumerate() {
        let want = if at + 1 == rest.len() { want } else { Want::Space };
        value = match value {
            Value::Module(module) if *part == "super" => {
                match program.rust.modules.parent(program, module) {
                    Some(parent) => Value::Module(parent),
                    None => Value::Unknown,
                }
            }
            Value::Module(module) => {
                in_module(evaluator, module, part, want).unwrap_or(Value::Unknown)
            }
            Value::Type(of) => in_type(program, program.rust.types.declaration(of), part),
            Value::External(full_name) => Value::External(format!("{full_name}::{part}")),
            _ => Value::Unknown,
        };
    }
    value
}

fn in_type(program: &Program<'_>, owner: SymbolRef, name: &str) -> Value {
    if let Some((method, _)) = find_method(program, owner, name) {
        return Value::Function(method);
    }
    let kinds = [SymbolKind::Variable, SymbolKind::Type];
    if kinds.iter().any(|kind| program.member(owner, name, *kind).is_some()) {
        return Value::Type(owner);
    }
    // A derived or inherited function: its name is known, not its place.
    Value::External(format!("{}::{name}", program.qualified(owner, "::")))
}

/// What a name means in a scope: blocks and functions outwards to the module, then crates.
fn lookup(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, name: &str, want: Want) -> Value {
    let program = evaluator.program;
    let mut at = scope;
    loop {
        let kind = program.symbol(at).kind;
        if kind == SymbolKind::Module {
            break;
        }
        if kind == SymbolKind::Method {
            if let Some(found) = own(program, at, name, want) {
                return declared(program, found);
            }
            if let Some(found) = imported_name(evaluator, at, name, want) {
                return found;
            }
        }
        match program.parent(at) {
            Some(parent) => at = parent,
            None => break,
        }
    }
    if let Some(found) = in_module(evaluator, at, name, want) {
        return found;
    }
    match program.rust.modules.library(name) {
        Some(library) if want == Want::Space && !STANDARD.contains(&name) => Value::Module(library),
        _ => Value::External(name.to_string()),
    }
}

/// What a scope itself declares under a name.
fn own(program: &Program<'_>, scope: SymbolRef, name: &str, want: Want) -> Option<SymbolRef> {
    let rank = |found: &SymbolRef| match (want, program.symbol(*found).kind) {
        // An impl block names a type, it does not declare one.
        (_, SymbolKind::Type) if role(program, *found) == Role::Impl => 0,
        (Want::Space, SymbolKind::Module | SymbolKind::Type) => 3,
        (Want::Callable, SymbolKind::Method) => 3,
        (Want::Callable, SymbolKind::Type) => 2,
        (Want::Callable, SymbolKind::Variable) => 1,
        _ => 0,
    };
    let mut best: Option<SymbolRef> = None;
    for found in program.members(scope, name) {
        if rank(&found) > best.as_ref().map_or(0, rank) {
            best = Some(found);
        }
    }
    best
}

fn in_module(
    evaluator: &Evaluator<'_, '_>,
    module: SymbolRef,
    name: &str,
    want: Want,
) -> Option<Value> {
    let program = evaluator.program;
    if let Some(found) = own(program, module, name, want) {
        return Some(declared(program, found));
    }
    if let Some(child) =
        program.rust.modules.child(program, module, name).filter(|_| want == Want::Space)
    {
        return Some(Value::Module(child));
    }
    imported_name(evaluator, module, name, want)
}

/// What the imports of a scope bind a name to.
pub(super) fn imported_name(
    evaluator: &Evaluator<'_, '_>,
    scope: SymbolRef,
    name: &str,
    want: Want,
) -> Option<Value> {
    let program = evaluator.program;
    let facts = program.file(scope.file);
    let mut outside = None;
    for import in program.imports(scope, name) {
        let entity = facts.text(program.import(scope.file, import).entity);
        let found =
            evaluator.follow(scope.file, import, || use_path(evaluator, scope, entity, want));
        match found {
            Some(Value::External(full_name)) => outside = Some(Value::External(full_name)),
            Some(Value::Unknown) | None => {}
            Some(found) => return Some(found),
        }
    }
    if outside.is_some() {
        return outside;
    }
    for import in program.wildcards(scope) {
        let entity = facts.text(program.import(scope.file, *import).entity);
        let found = evaluator.follow(scope.file, *import, || {
            match use_path(evaluator, scope, entity.trim_end_matches("::*"), Want::Space) {
                Value::Module(module) => {
                    in_module(evaluator, module, name, want).unwrap_or(Value::Unknown)
                }
                Value::Type(of) => match in_type(program, program.rust.types.declaration(of), name)
                {
                    Value::External(_) => Value::Unknown,
                    found => found,
                },
                _ => Value::Unknown,
            }
        });
        match found {
            Some(Value::Unknown | Value::External(_)) | None => {}
            found => return found,
        }
    }
    None
}

/// The path of a `use`: from a crate's name, or from the module.
fn use_path(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, entity: &str, want: Want) -> Value {
    path(evaluator, scope, entity, want)
}

/// What an IMPORT names.
pub(crate) fn imported(evaluator: &Evaluator<'_, '_>, file: u32, import: u32) -> Value {
    let program = evaluator.program;
    let found = program.import(file, import);
    let scope = SymbolRef { file, symbol: found.scope };
    let entity = program.file(file).text(found.entity).trim_end_matches("::*");
    let callable =
        evaluator.follow(file, import, || path(evaluator, scope, entity, Want::Callable));
    match callable {
        Some(Value::External(_) | Value::Unknown) | None => evaluator
            .follow(file, import, || path(evaluator, scope, entity, Want::Space))
            .unwrap_or(Value::Unknown),
        Some(found) => found,
    }
}

/// What a name is, for references.
pub(crate) fn reference(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, name: &str) -> Value {
    match path(evaluator, scope, name, Want::Callable) {
        Value::External(_) | Value::Unknown => path(evaluator, scope, name, Want::Space),
        found => found,
    }
}

/// What a declaration is as a value.
pub(super) fn declared(program: &Program<'_>, reference: SymbolRef) -> Value {
    let symbol = program.symbol(reference);
    match symbol.kind {
        SymbolKind::Module => Value::Module(reference),
        SymbolKind::Type => Value::Type(reference),
        SymbolKind::Method => Value::Function(reference),
        SymbolKind::Variable => {
            let parent = program.parent(reference).unwrap_or(reference);
            let text = program.file(reference.file).text(symbol.type_text);
            match program.symbol(parent).kind {
                // An enum's variant makes an object of the enum.
                SymbolKind::Type if text.is_empty() => Value::Made(parent),
                _ if text.is_empty() => Value::Unknown,
                _ => Value::Written(parent, text.to_string()),
            }
        }
    }
}
