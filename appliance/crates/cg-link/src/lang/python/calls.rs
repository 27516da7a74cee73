//! What a call may reach: functions, methods by the type of their receiver, constructors, names alone.

use cg_types::Language;

use super::{PLAIN_DECORATORS, attribute};
use crate::facts::{Call, Expr, ExprId, SymbolKind};
use crate::lang::python_mro::{ClassMember, class_member, overrides};
use crate::lang::{Evaluator, MAX_TARGETS};
use crate::links::{Confidence, Technique, Tier};
use crate::program::{Program, Reached, SymbolRef, Target, Value};

/// What a call in Python leads to.
pub(in crate::lang) fn call(evaluator: &Evaluator<'_, '_>, file: u32, call: &Call) -> Target {
    let program = evaluator.program;
    let facts = program.file(file);
    let scope = SymbolRef { file, symbol: call.scope };
    let name = facts.text(call.name);
    match facts.expr(call.callee) {
        Expr::Field(base, method) => {
            let method = facts.text(method);
            method_call(evaluator, scope, base, method)
        }
        Expr::Super => Target::external("builtins.super"),
        Expr::Unknown => Target::external(if name.is_empty() { "<unknown>" } else { name }),
        _ => {
            let value = evaluator.value(scope, call.callee);
            called(evaluator, file, value, name)
        }
    }
}

/// A call of a value.
fn called(evaluator: &Evaluator<'_, '_>, file: u32, value: Value, name: &str) -> Target {
    let program = evaluator.program;
    match value {
        Value::Function(method) => {
            let technique =
                if method.file == file { Technique::SameFile } else { Technique::Import };
            Target::one(method, Tier::T0, technique, decorated(program, method))
        }
        Value::Type(class) => constructor(evaluator, class),
        Value::Made(class) | Value::Instance(class) => {
            match class_member(evaluator, class, "__call__") {
                ClassMember::Method(method, _) => {
                    Target::one(method, Tier::T1, Technique::ReceiverType, Confidence::Likely)
                }
                _ => Target::external(name),
            }
        }
        Value::External(full_name) => Target::external(full_name),
        Value::ExternalObject(full_name) => Target::external(format!("{full_name}.__call__")),
        Value::Parameter(method, index) => Target::Passed(method, index),
        _ => Target::external(if name.is_empty() { "<unknown>" } else { name }),
    }
}

/// A call of a class: its `__init__`.
fn constructor(evaluator: &Evaluator<'_, '_>, class: SymbolRef) -> Target {
    match class_member(evaluator, class, "__init__") {
        ClassMember::Method(method, _) => {
            Target::one(method, Tier::T0, Technique::Constructor, Confidence::Proven)
        }
        ClassMember::Outside(base) => Target::external(format!("{base}.__init__")),
        _ => Target::external("builtins.object.__init__"),
    }
}

/// `base.name(…)`.
fn method_call(
    evaluator: &Evaluator<'_, '_>,
    scope: SymbolRef,
    base: ExprId,
    name: &str,
) -> Target {
    let program = evaluator.program;
    let is_self = program.file(scope.file).expr(base) == Expr::Receiver;
    match evaluator.value(scope, base) {
        value @ (Value::Module(_) | Value::Folder(_)) => {
            let found = attribute(evaluator, value, name);
            called(evaluator, scope.file, found, name)
        }
        Value::Type(class) => on_class(evaluator, class, name, Receiver::Class),
        Value::Made(class) => on_class(evaluator, class, name, Receiver::Made),
        Value::Instance(class) if is_self => on_class(evaluator, class, name, Receiver::Own),
        Value::Instance(class) => on_class(evaluator, class, name, Receiver::Instance),
        Value::Super(class) => match crate::lang::python_mro::above(evaluator, class, name) {
            ClassMember::Method(method, _) => {
                Target::one(method, Tier::T1, Technique::Hierarchy, Confidence::Likely)
            }
            ClassMember::Outside(base) => Target::external(format!("{base}.{name}")),
            _ => Target::external(format!("builtins.object.{name}")),
        },
        Value::External(full_name) => Target::external(format!("{full_name}.{name}")),
        Value::ExternalObject(full_name) => Target::external(format!("{full_name}.{name}")),
        _ => by_name(evaluator, name),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Receiver {
    /// The class itself.
    Class,
    /// An object of exactly the class.
    Made,
    /// `self`.
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
    let program = evaluator.program;
    let (method, owner) = match class_member(evaluator, class, name) {
        ClassMember::Method(method, owner) => (method, owner),
        ClassMember::Value(value) => return called(evaluator, class.file, value, name),
        ClassMember::Outside(base) => return Target::external(format!("{base}.{name}")),
        ClassMember::Missing => return Target::external(name),
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
    let sure = if below.is_empty() { decorated(program, method) } else { Confidence::Likely };
    let mut reached = vec![Reached { method, tier: Tier::T1, technique, confidence: sure }];
    if below.len() <= MAX_TARGETS {
        let is_abstract = program
            .file(method.file)
            .text(program.symbol(method).decorator)
            .ends_with("abstractmethod");
        let confidence = if is_abstract { Confidence::Likely } else { Confidence::Possible };
        let technique = Technique::Hierarchy;
        reached.extend(below.into_iter().map(|method| Reached {
            method,
            tier: Tier::T2,
            technique,
            confidence,
        }));
    }
    Target::Methods(reached)
}

/// The only method of a name, if no common library type has one like it.
fn by_name(evaluator: &Evaluator<'_, '_>, name: &str) -> Target {
    let program = evaluator.program;
    let is_method = |found: &&SymbolRef| {
        program
            .parent(**found)
            .is_some_and(|parent| program.symbol(parent).kind == SymbolKind::Type)
    };
    let found: Vec<SymbolRef> =
        program.methods(Language::Python, name).iter().filter(is_method).copied().take(2).collect();
    let is_common = program.python.common.contains(name) || name.starts_with("__");
    match found[..] {
        [only] if !is_common => {
            Target::one(only, Tier::T4, Technique::UniqueName, Confidence::Possible)
        }
        _ => Target::external(name),
    }
}

fn decorated(program: &Program<'_>, method: SymbolRef) -> Confidence {
    let decorator = program.file(method.file).text(program.symbol(method).decorator);
    if PLAIN_DECORATORS.contains(&decorator) { Confidence::Proven } else { Confidence::Likely }
}
