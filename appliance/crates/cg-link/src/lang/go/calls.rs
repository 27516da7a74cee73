//! What a Go call leads to: declared functions, methods by the type of their receiver, interfaces.

use super::*;

/// What a call in Go leads to.
pub(in crate::lang) fn call(evaluator: &Evaluator<'_, '_>, file: u32, call: &Call) -> Target {
    let program = evaluator.program;
    let facts = program.file(file);
    let scope = SymbolRef { file, symbol: call.scope };
    let called = facts.text(call.name);
    match facts.expr(call.callee) {
        Expr::Name(text) => {
            let wanted = facts.text(text);
            let list = program.go.packages.of_file(file).and_then(|p| p.names.get(wanted));
            match list {
                Some(list) => declared_call(evaluator, file, list),
                None => match package_member(program, file, wanted) {
                    Some(found) => declared_call(evaluator, file, &[found]),
                    None if PREDECLARED.contains(&wanted) => Target::Methods(Vec::new()),
                    None => Target::external(wanted),
                },
            }
        }
        Expr::Path(text) => {
            let path = facts.text(text);
            let (package, member) = path.split_once('.').unwrap_or(("", path));
            match imported(program, file, package) {
                Some(Imported::Package(package)) => match package.names.get(member) {
                    Some(list) => declared_call(evaluator, file, list),
                    None => Target::external(path),
                },
                Some(Imported::Outside(entity)) => Target::external(format!("{entity}.{member}")),
                None => Target::external(path),
            }
        }
        Expr::Field(base, method) => {
            let base = evaluator.value(scope, base);
            method_call(evaluator, file, base, facts.text(method))
        }
        _ => match evaluator.value(scope, call.callee) {
            Value::Function(method) if method.file == file => {
                Target::one(method, Tier::T0, Technique::SameFile, Confidence::Proven)
            }
            Value::Function(method) => pointer(method),
            Value::Type(_) => Target::Methods(Vec::new()),
            Value::Parameter(method, index) => Target::Passed(method, index),
            Value::External(full_name) => Target::external(full_name),
            _ => Target::external(if called.is_empty() { "<unknown>" } else { called }),
        },
    }
}

fn pointer(method: SymbolRef) -> Target {
    Target::one(method, Tier::T3, Technique::FunctionPointer, Confidence::Likely)
}

/// A call of one of the declarations of a name.
fn declared_call(evaluator: &Evaluator<'_, '_>, file: u32, list: &[SymbolRef]) -> Target {
    let program = evaluator.program;
    let functions = chosen(program, file, list, SymbolKind::Method);
    let Some(first) = functions.first() else {
        let Some(first) = list.first() else { return Target::Methods(Vec::new()) };
        // A conversion, or a variable that holds a function.
        return match declared(evaluator, *first) {
            Value::Function(method) => pointer(method),
            Value::Type(_) => Target::Methods(Vec::new()),
            _ => Target::external(program.name(*first)),
        };
    };
    let technique = if first.file == file { Technique::SameFile } else { Technique::Import };
    reached(&functions, Tier::T0, technique)
}

/// One function, or those of several platforms.
fn reached(functions: &[SymbolRef], tier: Tier, technique: Technique) -> Target {
    let confidence = if functions.len() == 1 { Confidence::Proven } else { Confidence::Likely };
    let some = &functions[..functions.len().min(MAX_TARGETS)];
    let one = |method: &SymbolRef| Reached { method: *method, tier, technique, confidence };
    Target::Methods(some.iter().map(one).collect())
}

/// Of several declarations those of a kind that can be meant.
fn chosen(
    program: &Program<'_>,
    file: u32,
    list: &[SymbolRef],
    kind: SymbolKind,
) -> Vec<SymbolRef> {
    let all: Vec<SymbolRef> =
        list.iter().copied().filter(|one| program.symbol(*one).kind == kind).collect();
    let mut left = meant(program, file, &all);
    // A body in assembler has a declaration only; a body in Go is the surer target.
    let has_body = |one: &SymbolRef| !program.symbol(*one).modifiers.has(Modifiers::DECLARATION);
    if left.iter().any(has_body) {
        left.retain(has_body);
    }
    left
}

fn method_call(evaluator: &Evaluator<'_, '_>, file: u32, base: Value, method: &str) -> Target {
    let program = evaluator.program;
    match object(program, &base) {
        Object::Package(package) => match package.names.get(method) {
            Some(list) => declared_call(evaluator, file, list),
            None => Target::external(method),
        },
        Object::Known(of) => {
            if let Some((list, owner)) = find_method(program, of, method) {
                if form(program, owner) == "interface" {
                    return interface_call(program, file, list, owner, method);
                }
                let technique =
                    if owner == of { Technique::ReceiverType } else { Technique::Hierarchy };
                return reached(
                    &chosen(program, file, &list, SymbolKind::Method),
                    Tier::T1,
                    technique,
                );
            }
            match field(program, of, method) {
                Some(_) => Target::external(method),
                None => Target::external(format!("{}.{method}", program.qualified(of, "."))),
            }
        }
        Object::Outside(path) => Target::external(format!("{path}.{method}")),
        Object::Unknown => by_name(program, method),
    }
}

/// A method of an interface: its declaration, and the methods of the types that have the interface.
fn interface_call(
    program: &Program<'_>,
    file: u32,
    list: Vec<SymbolRef>,
    owner: SymbolRef,
    method: &str,
) -> Target {
    let types = program.go.implementors.get(&owner).map_or(&[][..], |list| list);
    let mut below: Vec<SymbolRef> = types
        .iter()
        .filter_map(|of| find_method(program, *of, method))
        .flat_map(|(list, _)| chosen(program, file, &list, SymbolKind::Method))
        .collect();
    below.sort_unstable();
    below.dedup();
    let confidence = if below.is_empty() { Confidence::Proven } else { Confidence::Likely };
    let mut reached: Vec<Reached> = list
        .into_iter()
        .map(|method| Reached {
            method,
            tier: Tier::T1,
            technique: Technique::ReceiverType,
            confidence,
        })
        .collect();
    if below.len() <= MAX_TARGETS {
        // A type of another platform has the interface, but not in the build that the caller is in.
        let here = |method: &SymbolRef| {
            program.go.packages.is_built(method.file) || !program.go.packages.is_built(file)
        };
        let confidence = |method: SymbolRef| {
            if here(&method) { Confidence::Likely } else { Confidence::Possible }
        };
        reached.extend(below.into_iter().map(|method| Reached {
            method,
            tier: Tier::T2,
            technique: Technique::Hierarchy,
            confidence: confidence(method),
        }));
    }
    Target::Methods(reached)
}

/// The only method of a name, if no common library type has one like it.
fn by_name(program: &Program<'_>, name: &str) -> Target {
    let is_method = |found: &&SymbolRef| program.symbol(**found).decorator != Text::EMPTY;
    let mut found = program.methods(Language::Go, name).iter().filter(is_method);
    match (found.next(), found.next()) {
        (Some(only), None) if !program.go.common.contains(name) => {
            Target::one(*only, Tier::T4, Technique::UniqueName, Confidence::Possible)
        }
        _ => Target::external(name),
    }
}
