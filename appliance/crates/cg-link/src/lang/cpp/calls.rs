//! What a C++ call leads to.

use cg_types::Modifiers;

use super::overloads::choose;
use super::tables::{downwards, find, home, outer, path_of, upwards};
use super::types::{class_named, joined};
use super::{class_of, is_cpp};
use crate::facts::{Call, Expr};
use crate::lang::{Evaluator, MAX_TARGETS, c};
use crate::links::{Confidence, Technique, Tier};
use crate::program::{Program, Reached, SymbolRef, Target, Value};

/// What a call in C++ leads to.
pub(in crate::lang) fn call(evaluator: &Evaluator<'_, '_>, file: u32, call: &Call) -> Target {
    let program = evaluator.program;
    let facts = program.file(file);
    let scope = SymbolRef { file, symbol: call.scope };
    let name = facts.text(call.name);
    match facts.expr(call.callee) {
        Expr::Name(text) => plain(evaluator, scope, call, facts.text(text)),
        Expr::Path(text) => by_path(evaluator, scope, call, facts.text(text)),
        Expr::Field(base, _) => {
            let base = evaluator.value(scope, base);
            match class_of(program, &base) {
                Some(class) => method(evaluator, scope, call, class, name, Technique::ReceiverType),
                None => outside(evaluator, &base, name),
            }
        }
        _ => match evaluator.value(scope, call.callee) {
            Value::Function(found) if found.file == file => {
                Target::one(found, Tier::T0, Technique::SameFile, Confidence::Proven)
            }
            Value::Function(found) => {
                Target::one(found, Tier::T3, Technique::FunctionPointer, Confidence::Likely)
            }
            Value::Parameter(method, index) => Target::Passed(method, index),
            _ => Target::external(if name.is_empty() { "<unknown>" } else { name }),
        },
    }
}

/// `f(…)`: a member of the classes around, a function of the namespaces around, a constructor.
fn plain(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, call: &Call, name: &str) -> Target {
    let program = evaluator.program;
    let mut at = Some(home(program, scope));
    while let Some(prefix) = at {
        if let Some(class) = super::tables::class_at(program, prefix, scope.file)
            && has_method(program, class, name)
        {
            return method(evaluator, scope, call, class, name, Technique::SelfType);
        }
        if let Some(list) = program.cpp.functions.get(joined(prefix, name).as_ref()) {
            return function(evaluator, scope, call, list, name);
        }
        at = outer(prefix);
    }
    let list = find(program, &program.cpp.functions, scope, name);
    if !list.is_empty() {
        return function(evaluator, scope, call, list, name);
    }
    if let Some(class) = class_named(program, scope, name) {
        return constructor(evaluator, scope, call, class);
    }
    by_argument(evaluator, scope, call, name).unwrap_or_else(|| c::named(program, scope.file, name))
}

/// A function of the namespace that the class of an argument lies in.
fn by_argument(
    evaluator: &Evaluator<'_, '_>,
    scope: SymbolRef,
    call: &Call,
    name: &str,
) -> Option<Target> {
    let program = evaluator.program;
    let (first, end) = call.operands;
    let operands = &program.file(scope.file).operands[first as usize..end as usize];
    operands.iter().find_map(|operand| {
        let class = class_of(program, &evaluator.value(scope, *operand))?;
        let namespace = outer(path_of(program, class))?;
        let list = program.cpp.functions.get(joined(namespace, name).as_ref())?;
        Some(function(evaluator, scope, call, list, name))
    })
}

/// `a::b::f(…)`.
fn by_path(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, call: &Call, path: &str) -> Target {
    let program = evaluator.program;
    let list = find(program, &program.cpp.functions, scope, path);
    if !list.is_empty() {
        return function(evaluator, scope, call, list, path);
    }
    let owner = outer(path).unwrap_or("");
    let name = path[owner.len()..].trim_start_matches("::");
    if let Some(class) = class_named(program, scope, path) {
        return constructor(evaluator, scope, call, class);
    }
    if let Some(class) = class_named(program, scope, owner) {
        for one in upwards(program, class) {
            let inherited = joined(path_of(program, one), name);
            if let Some(list) = program.cpp.functions.get(inherited.as_ref()) {
                return function(evaluator, scope, call, list, path);
            }
        }
    }
    Target::external(path)
}

fn function(
    evaluator: &Evaluator<'_, '_>,
    scope: SymbolRef,
    call: &Call,
    list: &[SymbolRef],
    name: &str,
) -> Target {
    let (chosen, confidence) = choose(evaluator, scope, call, list);
    if chosen.is_empty() {
        return Target::external(name);
    }
    let technique =
        if chosen[0].file == scope.file { Technique::SameFile } else { Technique::Import };
    reached(&chosen, Tier::T0, technique, confidence)
}

fn constructor(
    evaluator: &Evaluator<'_, '_>,
    scope: SymbolRef,
    call: &Call,
    class: SymbolRef,
) -> Target {
    let program = evaluator.program;
    let path = joined(path_of(program, class), program.name(class)).into_owned();
    let list = program.cpp.functions.get(path.as_str()).map_or(&[][..], |list| &list[..]);
    let (chosen, confidence) = choose(evaluator, scope, call, list);
    if chosen.is_empty() {
        return Target::external(path);
    }
    reached(&chosen, Tier::T0, Technique::Constructor, confidence)
}

fn has_method(program: &Program<'_>, class: SymbolRef, name: &str) -> bool {
    upwards(program, class).into_iter().any(|one| {
        let path = joined(path_of(program, one), name);
        program.cpp.functions.contains_key(path.as_ref())
    })
}

/// A member function of a class or its bases, and those that override it below.
fn method(
    evaluator: &Evaluator<'_, '_>,
    scope: SymbolRef,
    call: &Call,
    class: SymbolRef,
    name: &str,
    technique: Technique,
) -> Target {
    let program = evaluator.program;
    let of = |class: SymbolRef| {
        let path = joined(path_of(program, class), name);
        program.cpp.functions.get(path.as_ref()).map_or(&[][..], |list| &list[..])
    };
    let above = upwards(program, class);
    let Some(owner) = above.iter().copied().find(|one| !of(*one).is_empty()) else {
        return Target::external(joined(path_of(program, class), name));
    };
    let (chosen, confidence) = choose(evaluator, scope, call, of(owner));
    let is_virtual = above
        .iter()
        .flat_map(|one| of(*one))
        .any(|one| program.symbol(*one).modifiers.has(Modifiers::VIRTUAL));
    let mut below: Vec<SymbolRef> = Vec::new();
    if is_virtual {
        for one in downwards(program, class) {
            below.extend(choose(evaluator, scope, call, of(one)).0);
        }
        below.retain(|one| !chosen.contains(one));
        below.sort_unstable();
        below.dedup();
    }
    if below.len() > MAX_TARGETS {
        below.clear();
    }
    if chosen.is_empty() && below.is_empty() {
        return Target::external(joined(path_of(program, owner), name));
    }
    let confidence = if below.is_empty() { confidence } else { confidence.min(Confidence::Likely) };
    let technique = if owner == class { technique } else { Technique::Hierarchy };
    let own = chosen.iter().map(|method| Reached {
        method: *method,
        tier: Tier::T1,
        technique,
        confidence,
    });
    let overriding = below.iter().map(|method| Reached {
        method: *method,
        tier: Tier::T2,
        technique: Technique::Hierarchy,
        confidence: Confidence::Likely,
    });
    Target::Methods(own.chain(overriding).collect())
}

/// A member of what is not in the repository, or of an object of unknown type.
fn outside(evaluator: &Evaluator<'_, '_>, base: &Value, name: &str) -> Target {
    let program = evaluator.program;
    if let Value::Written(_, text) = base {
        let head = text.split(['<', '*', '&']).next().unwrap_or(text).trim();
        return Target::external(format!("{}::{name}", head.trim_start_matches("const ")));
    }
    // The only member function of that name.
    let is_member = |one: &&SymbolRef| {
        is_cpp(program, one.file)
            && !program.symbol(**one).modifiers.has(Modifiers::DECLARATION)
            && outer(path_of(program, **one))
                .is_some_and(|owner| program.cpp.classes.contains_key(owner))
    };
    let mut found = program.methods(cg_types::Language::Cpp, name).iter().filter(is_member);
    match (found.next(), found.next()) {
        (Some(only), None) => {
            Target::one(*only, Tier::T4, Technique::UniqueName, Confidence::Possible)
        }
        _ => Target::external(name),
    }
}

fn reached(list: &[SymbolRef], tier: Tier, technique: Technique, confidence: Confidence) -> Target {
    let one = |method: &SymbolRef| Reached { method: *method, tier, technique, confidence };
    Target::Methods(list.iter().map(one).collect())
}
