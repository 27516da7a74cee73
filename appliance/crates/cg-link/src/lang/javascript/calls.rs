//! What a call may reach: functions, methods by the type of their receiver, constructors, names alone.

use cg_types::{Language, Modifiers};

use super::classes::{ClassMember, above, class_member, is_signature, overrides};
use super::tables::Side;
use super::{attribute, is_object, stored};
use crate::facts::{Call, Expr, ExprId, SymbolKind};
use crate::lang::{Evaluator, MAX_TARGETS};
use crate::links::{Confidence, Technique, Tier};
use crate::program::{Reached, SymbolRef, Target, Value};

/// What a call in JavaScript leads to.
pub(in crate::lang) fn call(evaluator: &Evaluator<'_, '_>, file: u32, call: &Call) -> Target {
    let program = evaluator.program;
    let facts = program.file(file);
    let scope = SymbolRef { file, symbol: call.scope };
    let name = facts.text(call.name);
    match facts.expr(call.callee) {
        // A call of what is not known, like `(a || b)()`, has no name either.
        Expr::Field(base, method) if name == facts.text(method) => {
            method_call(evaluator, scope, base, name)
        }
        Expr::Unknown => unknown(name),
        _ => {
            let value = evaluator.value(scope, call.callee);
            called(evaluator, file, value, name)
        }
    }
}

fn unknown(name: &str) -> Target {
    Target::external(if name.is_empty() { "<unknown>" } else { name })
}

/// A call of a value.
fn called(evaluator: &Evaluator<'_, '_>, file: u32, value: Value, name: &str) -> Target {
    match value {
        Value::Function(method) => function(evaluator, file, method, name),
        // A component, or a class of old code that is called without `new`.
        Value::Type(class) => constructor(evaluator, class, Confidence::Likely),
        Value::External(full_name) => Target::external(full_name),
        Value::ExternalObject(full_name) => Target::external(full_name),
        Value::Parameter(method, index) => Target::Passed(method, index),
        _ => unknown(name),
    }
}

fn function(evaluator: &Evaluator<'_, '_>, file: u32, method: SymbolRef, name: &str) -> Target {
    let program = evaluator.program;
    let is_same = method.file == file;
    let is_expression = program.symbol(method).modifiers.has(Modifiers::LAMBDA);
    // A function expression under another name was put into a variable.
    if is_expression && program.name(method) != name && !name.is_empty() && is_same {
        let technique = Technique::FunctionPointer;
        return Target::one(method, Tier::T3, technique, Confidence::Likely);
    }
    let technique = if is_same { Technique::SameFile } else { Technique::Import };
    Target::one(method, Tier::T0, technique, Confidence::Proven)
}

/// `new C()`: the constructor of the class or of the nearest base that has one.
fn constructor(evaluator: &Evaluator<'_, '_>, class: SymbolRef, confidence: Confidence) -> Target {
    let program = evaluator.program;
    if program.symbol(class).kind == SymbolKind::Method {
        return Target::one(class, Tier::T0, Technique::Constructor, confidence);
    }
    match class_member(evaluator, class, "<init>", Side::Object) {
        ClassMember::Method(method, _) => {
            Target::one(method, Tier::T0, Technique::Constructor, confidence)
        }
        ClassMember::Outside(base) => Target::external(format!("{base}.<init>")),
        _ => Target::external(format!("{}.<init>", program.name(class))),
    }
}

/// `base.name(…)`; `new base()` has the name `<init>`.
fn method_call(
    evaluator: &Evaluator<'_, '_>,
    scope: SymbolRef,
    base: ExprId,
    name: &str,
) -> Target {
    let program = evaluator.program;
    let facts = program.file(scope.file);
    let is_own = matches!(facts.expr(base), Expr::Parameter(_, 0));
    let value = evaluator.value(scope, base);
    if name == "<init>" {
        return match value {
            Value::Type(class) | Value::Function(class) => {
                constructor(evaluator, class, Confidence::Proven)
            }
            Value::Super(class) => super_call(evaluator, class, name, Side::Object),
            Value::External(name) | Value::ExternalObject(name) => {
                Target::external(format!("{name}.<init>"))
            }
            _ => Target::external("<init>"),
        };
    }
    match value {
        value @ Value::Module(_) => {
            let found = attribute(evaluator, value, name);
            called(evaluator, scope.file, found, name)
        }
        Value::Type(class) => on_class(evaluator, class, name, Receiver::Class),
        Value::Function(function) => match stored(evaluator, function, name, Side::Class) {
            Some(Value::Function(method)) => {
                let technique = Technique::ReceiverType;
                Target::one(method, Tier::T1, technique, Confidence::Proven)
            }
            _ if matches!(name, "call" | "apply") => {
                let technique = Technique::ReceiverType;
                Target::one(function, Tier::T1, technique, Confidence::Proven)
            }
            Some(value) if value != Value::Unknown => called(evaluator, scope.file, value, name),
            _ => Target::external(format!("Function.{name}")),
        },
        Value::Made(class) => on_class(evaluator, class, name, Receiver::Made),
        Value::Instance(class) if is_own => on_class(evaluator, class, name, Receiver::Own),
        Value::Instance(class) => on_class(evaluator, class, name, Receiver::Instance),
        Value::Super(class) => {
            let is_static = enclosing_is_static(evaluator, scope);
            let side = if is_static { Side::Class } else { Side::Object };
            super_call(evaluator, class, name, side)
        }
        Value::External(full_name) | Value::ExternalObject(full_name) => {
            Target::external(format!("{full_name}.{name}"))
        }
        _ => by_name(evaluator, name),
    }
}

fn enclosing_is_static(evaluator: &Evaluator<'_, '_>, scope: SymbolRef) -> bool {
    let program = evaluator.program;
    let mut at = Some(scope);
    while let Some(here) = at {
        let parent = program.parent(here);
        if parent.is_some_and(|parent| program.symbol(parent).kind == SymbolKind::Type) {
            return program.symbol(here).modifiers.has(Modifiers::STATIC);
        }
        at = parent;
    }
    false
}

fn super_call(evaluator: &Evaluator<'_, '_>, class: SymbolRef, name: &str, side: Side) -> Target {
    match above(evaluator, class, name, side) {
        ClassMember::Method(method, _) => {
            Target::one(method, Tier::T1, Technique::Hierarchy, Confidence::Proven)
        }
        ClassMember::Outside(base) => Target::external(format!("{base}.{name}")),
        _ => Target::external(name),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Receiver {
    /// The class itself.
    Class,
    /// An object of exactly the class.
    Made,
    /// `this`.
    Own,
    /// An object of the class or one below it.
    Instance,
}

fn on_class(
    evaluator: &Evaluator<'_, '_>,
    class: SymbolRef,
    name: &str,
    receiver: Receiver,
) -> Target {
    let side = if receiver == Receiver::Class { Side::Class } else { Side::Object };
    let (method, owner) = match class_member(evaluator, class, name, side) {
        ClassMember::Method(method, owner) => (method, owner),
        ClassMember::Value(value) => return called(evaluator, class.file, value, name),
        ClassMember::Outside(base) => return Target::external(format!("{base}.{name}")),
        ClassMember::Missing => return missing(evaluator, class, name, receiver),
    };
    let technique = match receiver {
        _ if owner != class => Technique::Hierarchy,
        Receiver::Own => Technique::SelfType,
        _ => Technique::ReceiverType,
    };
    let below = match receiver {
        Receiver::Own | Receiver::Instance => overrides(evaluator, class, name),
        Receiver::Class | Receiver::Made => Vec::new(),
    };
    let is_abstract = is_signature(evaluator, method);
    let sure = match below.is_empty() {
        true => Confidence::Proven,
        false => Confidence::Likely,
    };
    let mut reached = vec![Reached { method, tier: Tier::T1, technique, confidence: sure }];
    if below.len() <= MAX_TARGETS {
        let confidence = if is_abstract { Confidence::Likely } else { Confidence::Possible };
        reached.extend(below.into_iter().filter(|one| *one != method).map(|method| Reached {
            method,
            tier: Tier::T2,
            technique: Technique::Hierarchy,
            confidence,
        }));
    }
    Target::Methods(reached)
}

/// Nothing of that name in the class: in a class below it, if `this` is one of those.
fn missing(
    evaluator: &Evaluator<'_, '_>,
    class: SymbolRef,
    name: &str,
    receiver: Receiver,
) -> Target {
    let program = evaluator.program;
    if matches!(receiver, Receiver::Own | Receiver::Instance) {
        let below = overrides(evaluator, class, name);
        if !below.is_empty() && below.len() <= MAX_TARGETS {
            let reached = below.into_iter().map(|method| Reached {
                method,
                tier: Tier::T2,
                technique: Technique::Hierarchy,
                confidence: Confidence::Possible,
            });
            return Target::Methods(reached.collect());
        }
    }
    match is_object(program, class) {
        true => by_name(evaluator, name),
        false => Target::external(format!("{}.{name}", program.name(class))),
    }
}

/// The only method of a name, if no common library type has one like it.
fn by_name(evaluator: &Evaluator<'_, '_>, name: &str) -> Target {
    let program = evaluator.program;
    let is_method = |found: &&SymbolRef| {
        let is_in_class = program.parent(**found).is_some_and(|parent| {
            program.symbol(parent).kind == SymbolKind::Type && !is_object(program, parent)
        });
        is_in_class && !is_signature(evaluator, **found)
    };
    let scripts = [Language::JavaScript, Language::TypeScript];
    let all = scripts.iter().flat_map(|language| program.methods(*language, name));
    let found: Vec<SymbolRef> = all.filter(is_method).copied().take(2).collect();
    match found[..] {
        [only] if !program.javascript.common.contains(name) => {
            Target::one(only, Tier::T4, Technique::UniqueName, Confidence::Possible)
        }
        _ => unknown(name),
    }
}
