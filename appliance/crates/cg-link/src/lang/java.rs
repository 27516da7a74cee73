//! Java: packages and imports, receivers by their types, the class hierarchy, overloads.

use cg_types::{Language, Modifiers};

use super::java_overloads::{Chosen, choose};
pub(crate) use super::java_types::Tables;
use super::java_types::{
    Named, PRIMITIVES, arguments, binary_name, erase, nested, outside_bases, resolve, upwards,
};
use super::{Evaluator, MAX_TARGETS};
use crate::facts::{Call, Expr, ExprId, SymbolId, SymbolKind};
use crate::links::{Confidence, Technique, Tier};
use crate::program::{Program, Reached, SymbolRef, Target, Value};

/// The bases of a type: as the front end resolved them, and what they are.
pub(crate) fn bases(program: &Program<'_>, of: SymbolRef) -> Vec<(String, Option<SymbolRef>)> {
    let base = |(name, base): &(String, Named)| match base {
        Named::Type(found) => (name.clone(), Some(*found)),
        _ => (name.clone(), None),
    };
    program.java.bases(of).iter().map(base).collect()
}

/// What an IMPORT names: a type, or a field or method of one.
pub(crate) fn imported(program: &Program<'_>, file: u32, index: u32) -> Option<SymbolRef> {
    let import = program.import(file, index);
    let entity = program.file(file).text(import.entity);
    let entity = entity.strip_suffix(".*").unwrap_or(entity);
    if let Some(found) = program.java.by_name(program, file, &binary_name(entity)) {
        return Some(found);
    }
    let (owner, name) = entity.rsplit_once('.')?;
    let owner = program.java.by_name(program, file, &binary_name(owner))?;
    variable(program, owner, name).or_else(|| {
        let mut found = upwards(program, owner).into_iter();
        found.find_map(|one| program.member(one, name, SymbolKind::Method))
    })
}

/// The field or type that a plain name means in a scope.
pub(crate) fn reference(program: &Program<'_>, scope: SymbolRef, name: &str) -> Option<SymbolRef> {
    field_around(program, scope, name).or_else(|| match resolve(program, scope, name) {
        Named::Type(found) if name.starts_with(char::is_uppercase) => Some(found),
        _ => None,
    })
}

/// A field of the types around a scope, inherited ones too, or one that is imported statically.
fn field_around(program: &Program<'_>, scope: SymbolRef, name: &str) -> Option<SymbolRef> {
    let mut at = Some(scope);
    while let Some(here) = at {
        if program.symbol(here).kind == SymbolKind::Type
            && let Some(found) = variable(program, here, name)
        {
            return Some(found);
        }
        at = program.parent(here);
    }
    let top = SymbolRef { file: scope.file, symbol: SymbolId::FILE };
    let owners = static_owners(program, top, name);
    owners.into_iter().find_map(|owner| variable(program, owner, name))
}

/// The types that a name is imported from statically.
fn static_owners(program: &Program<'_>, top: SymbolRef, name: &str) -> Vec<SymbolRef> {
    let single = program.imports(top, name).into_iter();
    let all = single.chain(program.wildcards(top).iter().copied());
    all.filter_map(|index| {
        let import = program.import(top.file, index);
        let entity = program.file(top.file).text(import.entity);
        let (owner, _) = entity.rsplit_once('.')?;
        if !import.modifiers.has(Modifiers::STATIC) {
            return None;
        }
        program.java.by_name(program, top.file, &binary_name(owner))
    })
    .collect()
}

fn variable(program: &Program<'_>, owner: SymbolRef, name: &str) -> Option<SymbolRef> {
    let mut all = upwards(program, owner).into_iter();
    all.find_map(|one| program.member(one, name, SymbolKind::Variable))
}

/// What a call in Java leads to.
pub(super) fn call(evaluator: &Evaluator<'_, '_>, file: u32, call: &Call) -> Target {
    let program = evaluator.program;
    let facts = program.file(file);
    let scope = SymbolRef { file, symbol: call.scope };
    let name = facts.text(call.name);
    if name == "<init>" {
        return constructor(evaluator, scope, call);
    }
    match facts.expr(call.callee) {
        Expr::Name(_) => plain_call(evaluator, scope, call, name),
        Expr::Field(base, _) => {
            let by = match facts.expr(base) {
                Expr::Receiver => Technique::SelfType,
                _ => Technique::ReceiverType,
            };
            let base = evaluator.value(scope, base);
            method_call(evaluator, scope, call, &base, name, by)
        }
        _ => by_name(program, call, name),
    }
}

/// `new T(…)`, `this(…)`, `super(…)`.
fn constructor(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, call: &Call) -> Target {
    let program = evaluator.program;
    let value = evaluator.value(scope, call.callee);
    match object_type(program, &value) {
        Named::Type(owner) => {
            let list = program.members(owner, "<init>");
            match choose(evaluator, scope, call, &list) {
                Chosen::One(method, confidence) => {
                    Target::one(method, Tier::T0, Technique::Constructor, confidence)
                }
                Chosen::Several(list) => several(list, Technique::Constructor),
                Chosen::Nothing => Target::external(format!("{}.<init>", binary(program, owner))),
            }
        }
        Named::Outside(name) => Target::external(format!("{name}.<init>")),
        Named::Unknown => Target::external("<init>"),
    }
}

/// `f(…)`: a method of the types around, inherited ones too, or one that is imported statically.
fn plain_call(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, call: &Call, name: &str) -> Target {
    let program = evaluator.program;
    let mut at = Some(scope);
    let mut outside = None;
    while let Some(here) = at {
        if program.symbol(here).kind == SymbolKind::Type {
            let list = methods(program, here, name);
            if !list.is_empty() {
                return chosen(evaluator, scope, call, here, &list, Technique::SelfType);
            }
            // The method may be inherited from what is not in the repository.
            if outside.is_none() {
                outside = outside_bases(program, here)
                    .into_iter()
                    .find(|base| !NO_BASES.contains(base))
                    .map(|base| format!("{base}.{name}"));
            }
        }
        at = program.parent(here);
    }
    let top = SymbolRef { file: scope.file, symbol: SymbolId::FILE };
    for owner in static_owners(program, top, name) {
        let list = methods(program, owner, name);
        if !list.is_empty() {
            return match choose(evaluator, scope, call, &list) {
                Chosen::One(method, confidence) => {
                    Target::one(method, Tier::T0, Technique::Import, confidence)
                }
                Chosen::Several(list) => several(list, Technique::Import),
                Chosen::Nothing => continue,
            };
        }
    }
    let own = program.imports(top, name).into_iter().find_map(|index| {
        let import = program.import(scope.file, index);
        let entity = program.file(scope.file).text(import.entity);
        let (owner, last) = entity.rsplit_once('.')?;
        import.modifiers.has(Modifiers::STATIC).then(|| format!("{}.{last}", binary_name(owner)))
    });
    Target::external(own.or(outside).unwrap_or_else(|| name.to_owned()))
}

/// Bases that add no methods which code calls without a receiver.
const NO_BASES: &[&str] = &[
    "java.lang.Object",
    "java.lang.Record",
    "java.io.Serializable",
    "java.lang.Cloneable",
    "java.lang.Comparable",
    "java.lang.Runnable",
];

/// `base.f(…)`.
fn method_call(
    evaluator: &Evaluator<'_, '_>,
    scope: SymbolRef,
    call: &Call,
    base: &Value,
    name: &str,
    by: Technique,
) -> Target {
    let program = evaluator.program;
    if let Value::Super(of) = base {
        return super_call(evaluator, scope, call, *of, name);
    }
    match object_type(program, base) {
        Named::Type(owner) => {
            let list = methods(program, owner, name);
            if list.is_empty() {
                let outside = outside_bases(program, owner);
                let known = outside.into_iter().find(|base| !NO_BASES.contains(base));
                return Target::external(match known {
                    Some(base) => format!("{base}.{name}"),
                    None => format!("{}.{name}", binary(program, owner)),
                });
            }
            match base {
                // An object of exactly this type, or a class itself: nothing below it is meant.
                Value::Made(_) | Value::Type(_) => match choose(evaluator, scope, call, &list) {
                    Chosen::One(method, confidence) => {
                        Target::one(method, Tier::T1, by, confidence)
                    }
                    Chosen::Several(list) => several(list, by),
                    Chosen::Nothing => {
                        Target::external(format!("{}.{name}", binary(program, owner)))
                    }
                },
                _ => chosen(evaluator, scope, call, owner, &list, by),
            }
        }
        Named::Outside(of) => Target::external(format!("{of}.{name}")),
        Named::Unknown => by_name(program, call, name),
    }
}

/// `super.f(…)`: what the bases have, and nothing below.
fn super_call(
    evaluator: &Evaluator<'_, '_>,
    scope: SymbolRef,
    call: &Call,
    of: SymbolRef,
    name: &str,
) -> Target {
    let program = evaluator.program;
    let mut list: Vec<SymbolRef> = Vec::new();
    for (_, base) in program.java.bases(of) {
        if let Named::Type(base) = base {
            list.extend(methods(program, *base, name));
        }
    }
    match choose(evaluator, scope, call, &list) {
        Chosen::One(method, confidence) => {
            Target::one(method, Tier::T1, Technique::Hierarchy, confidence)
        }
        Chosen::Several(list) => several(list, Technique::Hierarchy),
        Chosen::Nothing => {
            let outside = program.java.bases(of).iter().find_map(|(_, base)| match base {
                Named::Outside(name) => Some(name.as_str()),
                _ => None,
            });
            Target::external(format!("{}.{name}", outside.unwrap_or("java.lang.Object")))
        }
    }
}

/// The overload that is meant, and what overrides it below the receiver's type.
fn chosen(
    evaluator: &Evaluator<'_, '_>,
    scope: SymbolRef,
    call: &Call,
    receiver: SymbolRef,
    list: &[SymbolRef],
    by: Technique,
) -> Target {
    let program = evaluator.program;
    let (method, confidence) = match choose(evaluator, scope, call, list) {
        Chosen::One(method, confidence) => (method, confidence),
        Chosen::Several(list) => return several(list, by),
        Chosen::Nothing => {
            let name = program.file(scope.file).text(call.name);
            return Target::external(format!("{}.{name}", binary(program, receiver)));
        }
    };
    let at_home = program.parent(method) == Some(receiver);
    let by = if at_home { by } else { Technique::Hierarchy };
    let below = overriding(program, method, receiver);
    let confidence = match below.is_empty() {
        true => confidence,
        false => confidence.min(Confidence::Likely),
    };
    let mut reached = vec![Reached { method, tier: Tier::T1, technique: by, confidence }];
    if below.len() <= MAX_TARGETS {
        reached.extend(below.into_iter().map(|method| Reached {
            method,
            tier: Tier::T2,
            technique: Technique::Hierarchy,
            confidence: confidence.min(Confidence::Likely),
        }));
    }
    Target::Methods(reached)
}

/// Methods of the types below the receiver's that override one.
fn overriding(program: &Program<'_>, method: SymbolRef, receiver: SymbolRef) -> Vec<SymbolRef> {
    let symbol = program.symbol(method);
    let is_final = |of: SymbolRef| program.symbol(of).modifiers.has(Modifiers::FINAL);
    if !symbol.modifiers.has(Modifiers::VIRTUAL) || is_final(method) || is_final(receiver) {
        return Vec::new();
    }
    let name = program.name(method);
    let wanted = parameters(program, method);
    let mut found = Vec::new();
    for below in program.java.all_below(receiver) {
        let own: Vec<SymbolRef> = program
            .members(below, name)
            .into_iter()
            .filter(|one| program.symbol(*one).modifiers.has(Modifiers::VIRTUAL))
            .filter(|one| parameters(program, *one).len() == wanted.len())
            .collect();
        let same = own.iter().find(|one| parameters(program, **one) == wanted);
        // A parameter of a generic type is written otherwise below; the only one of its length stands for it.
        match (same, own.as_slice()) {
            (Some(same), _) => found.push(*same),
            (None, [only]) => found.push(*only),
            _ => {}
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn several(list: Vec<SymbolRef>, technique: Technique) -> Target {
    let reached =
        |method| Reached { method, tier: Tier::T1, technique, confidence: Confidence::Possible };
    Target::Methods(list.into_iter().take(MAX_TARGETS).map(reached).collect())
}

/// Methods of a name that a type has: its own, and inherited ones that none before has the parameters of.
fn methods(program: &Program<'_>, owner: SymbolRef, name: &str) -> Vec<SymbolRef> {
    let mut found: Vec<SymbolRef> = Vec::new();
    for one in upwards(program, owner) {
        for method in program.members(one, name) {
            let is_method = program.symbol(method).kind == SymbolKind::Method;
            let is_private = program.symbol(method).modifiers.has(Modifiers::PRIVATE)
                && one != owner
                && one.file != owner.file;
            let is_hidden = || found.iter().any(|other| hides(program, *other, method));
            if is_method && !is_private && !is_hidden() {
                found.push(method);
            }
        }
    }
    found
}

/// Whether an inherited method is the same as one further down: of the same parameters, or abstract with
/// type parameters where the other has types.
fn hides(program: &Program<'_>, lower: SymbolRef, upper: SymbolRef) -> bool {
    let (own, inherited) = (parameters(program, lower), parameters(program, upper));
    let is_abstract = program.symbol(upper).modifiers.has(Modifiers::ABSTRACT);
    own.len() == inherited.len()
        && own
            .iter()
            .zip(&inherited)
            .all(|(a, b)| a == b || (is_abstract && *b == "java.lang.Object"))
}

/// The erased types of a method's parameters.
pub(super) fn parameters<'a>(program: &Program<'a>, method: SymbolRef) -> Vec<&'a str> {
    let signature = program.file(method.file).text(program.symbol(method).signature);
    let inside = signature.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
    inside.split(',').filter(|one| !one.is_empty()).collect()
}

/// The only method of a name, if no common library type has one like it and it takes as many arguments.
fn by_name(program: &Program<'_>, call: &Call, name: &str) -> Target {
    let arity = (call.operands.1 - call.operands.0) as usize;
    let mut found = program.methods(Language::Java, name).iter();
    match (found.next(), found.next()) {
        (Some(only), None)
            if !program.java.common.contains(name) && parameters(program, *only).len() == arity =>
        {
            Target::one(*only, Tier::T4, Technique::UniqueName, Confidence::Possible)
        }
        _ => Target::external(if name.is_empty() { "<unknown>" } else { name }),
    }
}

/// `a.b.Outer$Inner`.
fn binary(program: &Program<'_>, of: SymbolRef) -> String {
    let names = program.qualified(of, "$");
    let package = super::java_types::package(program, of.file);
    if package.is_empty() { names } else { format!("{package}.{names}") }
}

/// The type whose methods an object, or a class itself, has.
pub(super) fn object_type(program: &Program<'_>, value: &Value) -> Named {
    match value {
        Value::Made(of) | Value::Instance(of) | Value::Type(of) => Named::Type(*of),
        Value::Written(scope, text) => resolve(program, *scope, text),
        Value::ExternalObject(name) => Named::Outside(name.clone()),
        // What stands before the dot looks like a class.
        Value::External(name)
            if name
                .rsplit(['.', '$'])
                .next()
                .is_some_and(|last| last.starts_with(char::is_uppercase)) =>
        {
            Named::Outside(name.clone())
        }
        _ => Named::Unknown,
    }
}

/// What an expression of a scope is.
pub(super) fn value(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, expr: ExprId) -> Value {
    let program = evaluator.program;
    let facts = program.file(scope.file);
    match facts.expr(expr) {
        Expr::Unknown | Expr::Path(_) | Expr::Parameter(..) | Expr::Key(_) | Expr::Item(..) => {
            Value::Unknown
        }
        Expr::Name(text) => name(program, scope, facts.text(text)),
        Expr::Receiver => program.type_around(scope).map_or(Value::Unknown, Value::Instance),
        Expr::Super => program.type_around(scope).map_or(Value::Unknown, Value::Super),
        Expr::Typed(text) => Value::Written(scope, facts.text(text).to_owned()),
        Expr::Declared(symbol) => declared(program, SymbolRef { symbol, ..scope }),
        Expr::Inner(array) => match evaluator.value(scope, array) {
            Value::Written(at, text) => element(&text)
                .map_or(Value::Unknown, |element| Value::Written(at, element.to_owned())),
            _ => Value::Unknown,
        },
        Expr::Field(base, field) => {
            let base = evaluator.value(scope, base);
            self::field(program, scope, &base, facts.text(field))
        }
        Expr::Call(callee) => match facts.expr(callee) {
            Expr::Field(base, method) => {
                let base = evaluator.value(scope, base);
                result_on(program, &base, facts.text(method))
            }
            Expr::Name(text) => plain_result(program, scope, facts.text(text)),
            // `new T()`.
            Expr::Typed(text) => match resolve(program, scope, facts.text(text)) {
                Named::Type(of) => Value::Made(of),
                _ => evaluator.value(scope, callee),
            },
            // `new T() { … }`.
            Expr::Declared(symbol) => Value::Made(SymbolRef { symbol, ..scope }),
            _ => evaluator.value(scope, callee),
        },
    }
}

fn element(text: &str) -> Option<&str> {
    let text = text.trim_end();
    text.strip_suffix("...").or_else(|| text.strip_suffix(']')?.trim_end().strip_suffix('['))
}

fn declared(program: &Program<'_>, reference: SymbolRef) -> Value {
    match program.symbol(reference).kind {
        SymbolKind::Module => Value::Unknown,
        SymbolKind::Type => Value::Type(reference),
        SymbolKind::Method => Value::Function(reference),
        SymbolKind::Variable => of_variable(program, reference),
    }
}

fn of_variable(program: &Program<'_>, reference: SymbolRef) -> Value {
    let text = program.file(reference.file).text(program.symbol(reference).type_text);
    let scope = program.parent(reference).unwrap_or(reference);
    if text.is_empty() { Value::Unknown } else { Value::Written(scope, text.to_owned()) }
}

/// A plain name: an inherited field, a type, or the start of a package.
fn name(program: &Program<'_>, scope: SymbolRef, text: &str) -> Value {
    if let Some(found) = field_around(program, scope, text) {
        return of_variable(program, found);
    }
    match resolve(program, scope, text) {
        Named::Type(found) => Value::Type(found),
        Named::Outside(name) => Value::External(name),
        Named::Unknown => Value::External(text.to_owned()),
    }
}

/// `base.name`.
fn field(program: &Program<'_>, scope: SymbolRef, base: &Value, name: &str) -> Value {
    match (base, name) {
        (Value::Type(of), "this") => return Value::Instance(*of),
        (Value::Type(of), "super") => {
            let is_interface = program.symbol(*of).modifiers.has(Modifiers::ABSTRACT)
                && program.file(of.file).text(program.symbol(*of).signature) == "interface";
            return if is_interface { Value::Made(*of) } else { Value::Super(*of) };
        }
        (_, "class") => return Value::ExternalObject("java.lang.Class".to_owned()),
        (Value::External(outside), "out" | "err") if outside == "java.lang.System" => {
            return Value::ExternalObject("java.io.PrintStream".to_owned());
        }
        (Value::External(outside), _) => {
            let whole = binary_name(&format!("{outside}.{name}"));
            return match program.java.by_name(program, scope.file, &whole) {
                Some(found) => Value::Type(found),
                None => Value::External(whole),
            };
        }
        _ => {}
    }
    let owner = match (base, object_type(program, base)) {
        (Value::Super(of), _) => *of,
        (_, Named::Type(owner)) => owner,
        _ => return Value::Unknown,
    };
    match variable(program, owner, name) {
        Some(found) => of_variable(program, found),
        None => nested(program, owner, name).map_or(Value::Unknown, Value::Type),
    }
}

/// What a method of an object gives: what all of that name give.
fn result_on(program: &Program<'_>, base: &Value, name: &str) -> Value {
    let owner = match base {
        Value::Super(of) => Named::Type(*of),
        _ => object_type(program, base),
    };
    match owner {
        Named::Type(owner) => result_of(program, &methods(program, owner, name)),
        Named::Outside(of) => {
            let text = match base {
                Value::Written(_, text) => text.as_str(),
                _ => "",
            };
            let Some(given) = program.java.returns.get(format!("{of}.{name}").as_str()) else {
                return Value::Unknown;
            };
            let scope = match base {
                Value::Written(scope, _) => Some(*scope),
                _ => None,
            };
            library_result(scope, given, &arguments(text))
        }
        Named::Unknown => Value::Unknown,
    }
}

/// A type of the table of the standard library, with the receiver's type arguments in their place.
fn library_result(scope: Option<SymbolRef>, given: &str, arguments: &[&str]) -> Value {
    if !given.contains('#') {
        return Value::ExternalObject(given.to_owned());
    }
    let mut text = given.to_owned();
    for (number, argument) in (1..).zip(arguments.iter().take(2)) {
        text = text.replace(&format!("#{number}"), argument);
    }
    match scope {
        Some(scope) if !text.contains('#') => Value::Written(scope, text),
        _ => Value::Unknown,
    }
}

fn plain_result(program: &Program<'_>, scope: SymbolRef, name: &str) -> Value {
    let mut at = Some(scope);
    while let Some(here) = at {
        if program.symbol(here).kind == SymbolKind::Type {
            let list = methods(program, here, name);
            if !list.is_empty() {
                return result_of(program, &list);
            }
        }
        at = program.parent(here);
    }
    let top = SymbolRef { file: scope.file, symbol: SymbolId::FILE };
    for owner in static_owners(program, top, name) {
        let list = methods(program, owner, name);
        if !list.is_empty() {
            return result_of(program, &list);
        }
    }
    Value::Unknown
}

/// What methods give, if all give the same.
fn result_of(program: &Program<'_>, list: &[SymbolRef]) -> Value {
    let text = |one: &SymbolRef| program.file(one.file).text(program.symbol(*one).type_text);
    let Some(first) = list.first() else { return Value::Unknown };
    let written = text(first);
    let is_one = list.iter().all(|one| erase(text(one)) == erase(written));
    if !is_one || written.is_empty() || PRIMITIVES.contains(&written) {
        return if is_one && !written.is_empty() {
            Value::ExternalObject(written.to_owned())
        } else {
            Value::Unknown
        };
    }
    Value::Written(*first, written.to_owned())
}
