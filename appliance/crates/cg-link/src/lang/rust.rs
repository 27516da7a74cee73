//! Rust: paths over the module tree, methods by the receiver's type, traits by their impls.

use cg_types::{Language, Modifiers};
use rustc_hash::{FxHashMap, FxHashSet};

use super::rust_modules::Modules;
use super::rust_paths::{Want, declared, path};
use super::rust_types::{Form, inner, read};
use super::{Evaluator, MAX_TARGETS};
use crate::facts::{Call, Expr, ExprId, SymbolId, SymbolKind, Text};
use crate::links::{Confidence, Technique, Tier};
use crate::program::{Program, Reached, SymbolRef, Target, Value};

/// Methods that give what is inside of an Option or Result.
const UNWRAPPING: &[&str] =
    &["unwrap", "expect", "unwrap_or", "unwrap_or_else", "unwrap_or_default"];
/// Methods that give an object of the same type, as far as its methods matter.
const KEEPING: &[&str] =
    &["clone", "as_ref", "as_mut", "to_owned", "borrow", "borrow_mut", "as_deref", "by_ref"];

/// What Rust asks of all files.
#[derive(Default)]
pub(crate) struct Tables<'a> {
    pub(super) modules: Modules,
    common: FxHashSet<&'static str>,
    /// Needs the modules.
    pub(crate) types: Types<'a>,
}

/// Impl blocks joined to their types.
#[derive(Default)]
pub(crate) struct Types<'a> {
    /// The declaration that an impl block, or a type itself, belongs to.
    declarations: FxHashMap<SymbolRef, SymbolRef>,
    /// Methods by type and name.
    methods: FxHashMap<SymbolRef, FxHashMap<&'a str, Vec<SymbolRef>>>,
    /// Types that implement a trait.
    implementors: FxHashMap<SymbolRef, Vec<SymbolRef>>,
    /// Traits of a type.
    traits: FxHashMap<SymbolRef, Vec<SymbolRef>>,
}

impl<'a> Tables<'a> {
    /// Needs everything of the program but the language tables.
    pub(crate) fn new(program: &Program<'a>) -> Self {
        let common = include_str!("../../data/rust_methods.txt")
            .lines()
            .filter(|line| !line.starts_with('#'));
        Self { modules: Modules::new(program), common: common.collect(), types: Types::default() }
    }
}

impl<'a> Types<'a> {
    pub(crate) fn new(program: &Program<'a>) -> Self {
        let evaluator = Evaluator::new(program);
        let mut types = Self::default();
        let all: Vec<SymbolRef> = program
            .files
            .iter()
            .enumerate()
            .filter(|(_, file)| file.language == Language::Rust)
            .flat_map(|(index, file)| {
                let symbols = file.symbols.iter().enumerate();
                let found = symbols.filter(|(_, symbol)| symbol.kind == SymbolKind::Type);
                found.map(move |(number, _)| SymbolRef {
                    file: index as u32,
                    symbol: SymbolId(number as u32),
                })
            })
            .collect();
        for block in &all {
            evaluator.refuel();
            let declaration = declaration_of(&evaluator, *block);
            types.declarations.insert(*block, declaration);
        }
        for block in &all {
            let declaration = types.declaration(*block);
            evaluator.refuel();
            for base in bases(&evaluator, *block).into_iter().filter_map(|(_, base)| base) {
                let base = types.declaration(base);
                types.implementors.entry(base).or_default().push(declaration);
                types.traits.entry(declaration).or_default().push(base);
            }
            let facts = program.file(block.file);
            for (number, symbol) in facts.symbols.iter().enumerate() {
                if symbol.parent == block.symbol && symbol.kind == SymbolKind::Method {
                    let method = SymbolRef { file: block.file, symbol: SymbolId(number as u32) };
                    let named = types.methods.entry(declaration).or_default();
                    named.entry(facts.text(symbol.name)).or_default().push(method);
                }
            }
        }
        types
    }

    pub(super) fn declaration(&self, block: SymbolRef) -> SymbolRef {
        self.declarations.get(&block).copied().unwrap_or(block)
    }

    fn methods(&self, of: SymbolRef, name: &str) -> &[SymbolRef] {
        self.methods.get(&of).and_then(|named| named.get(name)).map_or(&[], |list| &list[..])
    }
}

/// The struct, enum or trait that a TYPE_DECL belongs to: for an impl block the type that it names,
/// for an alias the type that it stands for, else itself.
fn declaration_of(evaluator: &Evaluator<'_, '_>, block: SymbolRef) -> SymbolRef {
    let program = evaluator.program;
    let Some(scope) = program.parent(block) else { return block };
    let written = match role(program, block) {
        Role::Impl => program.name(block),
        Role::Alias => program.file(block.file).text(program.symbol(block).type_text),
        Role::Type => return block,
    };
    match path(evaluator, scope, read(written).path, Want::Space) {
        Value::Type(found) => found,
        _ => block,
    }
}

/// What a TYPE_DECL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A struct, enum, union or trait.
    Type,
    /// An impl block.
    Impl,
    /// `type A = B`.
    Alias,
}

/// What a TYPE_DECL is, as the front end marks it.
pub(super) fn role(program: &Program<'_>, block: SymbolRef) -> Role {
    let symbol = program.symbol(block);
    let has_base = symbol.type_text != Text::EMPTY;
    match () {
        () if symbol.modifiers.has(Modifiers::DECLARATION) => Role::Impl,
        () if has_base && !symbol.modifiers.has(Modifiers::ABSTRACT) => Role::Alias,
        () => Role::Type,
    }
}

/// The traits of an impl block, the supertraits of a trait: as written, and what they are.
pub(crate) fn bases(
    evaluator: &Evaluator<'_, '_>,
    block: SymbolRef,
) -> Vec<(String, Option<SymbolRef>)> {
    let program = evaluator.program;
    let written = program.file(block.file).text(program.symbol(block).type_text);
    let Some(scope) = program.parent(block).filter(|_| role(program, block) != Role::Alias) else {
        return Vec::new();
    };
    let names = written.split('|').map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| match path(evaluator, scope, read(name).path, Want::Space) {
            Value::Type(found) => (name.to_string(), Some(found)),
            _ => (name.to_string(), None),
        })
        .collect()
}

/// The declaration behind an impl block.
pub(crate) fn declaration(program: &Program<'_>, block: SymbolRef) -> SymbolRef {
    program.rust.types.declaration(block)
}

/// What a call in Rust leads to.
pub(super) fn call(evaluator: &Evaluator<'_, '_>, file: u32, call: &Call) -> Target {
    let program = evaluator.program;
    let facts = program.file(file);
    let scope = SymbolRef { file, symbol: call.scope };
    let name = facts.text(call.name);
    let (value, written) = match facts.expr(call.callee) {
        Expr::Field(base, method) => {
            let is_self = facts.expr(base) == Expr::Receiver;
            let base = evaluator.value(scope, base);
            return method_call(evaluator, base, facts.text(method), is_self);
        }
        Expr::Name(text) | Expr::Path(text) => {
            let written = facts.text(text);
            (path(evaluator, scope, written, Want::Callable), written)
        }
        _ => (evaluator.value(scope, call.callee), name),
    };
    match value {
        Value::Function(method) => function(program, file, method),
        Value::External(full_name) => Target::external(full_name),
        Value::Parameter(method, index) => Target::Passed(method, index),
        _ => Target::external(if written.is_empty() { "<unknown>" } else { written }),
    }
}

fn function(program: &Program<'_>, file: u32, method: SymbolRef) -> Target {
    let technique = if method.file == file { Technique::SameFile } else { Technique::Import };
    let owner =
        program.parent(method).filter(|parent| program.symbol(*parent).kind == SymbolKind::Type);
    let implementations = owner.map_or(Vec::new(), |owner| {
        let types = &program.rust.types;
        implementations(program, types.declaration(owner), program.name(method))
    });
    with_implementations(method, Tier::T0, technique, implementations)
}

/// A method, and where it is a trait's the methods of the types that have the trait.
fn with_implementations(
    method: SymbolRef,
    tier: Tier,
    technique: Technique,
    below: Vec<SymbolRef>,
) -> Target {
    let below: Vec<SymbolRef> = below.into_iter().filter(|one| *one != method).collect();
    let confidence = if below.is_empty() { Confidence::Proven } else { Confidence::Likely };
    let mut reached = vec![Reached { method, tier, technique, confidence }];
    if below.len() <= MAX_TARGETS {
        reached.extend(below.into_iter().map(|method| Reached {
            method,
            tier: Tier::T2,
            technique: Technique::Hierarchy,
            confidence: Confidence::Likely,
        }));
    }
    Target::Methods(reached)
}

/// Methods of that name in the types that have a trait.
fn implementations(program: &Program<'_>, owner: SymbolRef, name: &str) -> Vec<SymbolRef> {
    let types = &program.rust.types;
    let Some(implementors) = types.implementors.get(&owner) else { return Vec::new() };
    let mut found: Vec<SymbolRef> =
        implementors.iter().flat_map(|one| types.methods(*one, name)).copied().collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn method_call(evaluator: &Evaluator<'_, '_>, base: Value, name: &str, is_self: bool) -> Target {
    let program = evaluator.program;
    let outside = match object_type(evaluator, &base) {
        ObjectType::Known(owner) => match find_method(program, owner, name) {
            Some((method, at)) => {
                let technique = match () {
                    () if at != owner => Technique::Hierarchy,
                    () if is_self => Technique::SelfType,
                    () => Technique::ReceiverType,
                };
                return with_implementations(
                    method,
                    Tier::T1,
                    technique,
                    implementations(program, at, name),
                );
            }
            None => format!("{}::{name}", program.qualified(owner, "::")),
        },
        ObjectType::Outside(path) => format!("{path}::{name}"),
        ObjectType::Unknown => return by_name(program, name),
    };
    Target::external(outside)
}

/// A method of a type, or a default of one of its traits; and the type or trait that has it.
pub(super) fn find_method(
    program: &Program<'_>,
    owner: SymbolRef,
    name: &str,
) -> Option<(SymbolRef, SymbolRef)> {
    let types = &program.rust.types;
    // Several with one name are impls for different arguments; the first stands for them.
    if let Some(method) = types.methods(owner, name).first() {
        return Some((*method, owner));
    }
    let traits = types.traits.get(&owner)?;
    traits.iter().find_map(|one| types.methods(*one, name).first().map(|method| (*method, *one)))
}

/// The only method of a name, if no common library type has one like it.
fn by_name(program: &Program<'_>, name: &str) -> Target {
    let is_method = |found: &&SymbolRef| {
        program
            .parent(**found)
            .is_some_and(|parent| program.symbol(parent).kind == SymbolKind::Type)
    };
    let mut found = program.methods(Language::Rust, name).iter().filter(is_method);
    match (found.next(), found.next()) {
        (Some(only), None) if !program.rust.common.contains(name) => {
            Target::one(*only, Tier::T4, Technique::UniqueName, Confidence::Possible)
        }
        _ => Target::external(name),
    }
}

enum ObjectType {
    Known(SymbolRef),
    Outside(String),
    Unknown,
}

/// The type whose methods an object has.
fn object_type(evaluator: &Evaluator<'_, '_>, value: &Value) -> ObjectType {
    let types = &evaluator.program.rust.types;
    match value {
        Value::Made(of) | Value::Instance(of) | Value::Type(of) => {
            ObjectType::Known(types.declaration(*of))
        }
        Value::Written(scope, text) => {
            let written = read(text);
            match path(evaluator, *scope, written.path, Want::Space) {
                Value::Type(of) => ObjectType::Known(types.declaration(of)),
                // One capital letter is a generic parameter, not a type of some library.
                Value::External(full_name)
                    if full_name.len() > 1 && written.form == Form::Plain =>
                {
                    ObjectType::Outside(full_name)
                }
                _ => ObjectType::Unknown,
            }
        }
        Value::ExternalObject(full_name) => ObjectType::Outside(full_name.clone()),
        _ => ObjectType::Unknown,
    }
}

/// What an expression of a scope is.
pub(super) fn value(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, expr: ExprId) -> Value {
    let program = evaluator.program;
    let facts = program.file(scope.file);
    match facts.expr(expr) {
        Expr::Unknown | Expr::Super | Expr::Key(_) | Expr::Item(..) => Value::Unknown,
        Expr::Name(text) | Expr::Path(text) => {
            path(evaluator, scope, facts.text(text), Want::Callable)
        }
        Expr::Receiver => program.type_around(scope).map_or(Value::Unknown, Value::Instance),
        Expr::Typed(text) => Value::Written(scope, facts.text(text).to_string()),
        Expr::Declared(symbol) => declared(program, SymbolRef { symbol, ..scope }),
        Expr::Parameter(symbol, index) => Value::Parameter(SymbolRef { symbol, ..scope }, index),
        Expr::Field(base, name) => {
            let base = evaluator.value(scope, base);
            let name = facts.text(name);
            match object_type(evaluator, &base) {
                ObjectType::Known(owner) => field(program, owner, name),
                _ => Value::Unknown,
            }
        }
        Expr::Inner(operand) => match evaluator.value(scope, operand) {
            Value::Written(at, text) => match inner(&text) {
                Some(inner) => Value::Written(at, inner.to_string()),
                None => Value::Unknown,
            },
            _ => Value::Unknown,
        },
        Expr::Call(callee) => match facts.expr(callee) {
            Expr::Field(base, name) => {
                let base = evaluator.value(scope, base);
                method_result(evaluator, base, facts.text(name))
            }
            _ => {
                let callee = evaluator.value(scope, callee);
                result(evaluator, callee)
            }
        },
    }
}

fn method_result(evaluator: &Evaluator<'_, '_>, base: Value, name: &str) -> Value {
    let program = evaluator.program;
    if let ObjectType::Known(owner) = object_type(evaluator, &base)
        && let Some((method, _)) = find_method(program, owner, name)
    {
        return result(evaluator, Value::Function(method));
    }
    match base {
        Value::Written(at, text) if UNWRAPPING.contains(&name) => match inner(&text) {
            Some(inner) => Value::Written(at, inner.to_string()),
            None => Value::Unknown,
        },
        base if KEEPING.contains(&name) => base,
        _ => Value::Unknown,
    }
}

fn field(program: &Program<'_>, owner: SymbolRef, name: &str) -> Value {
    match program.member(owner, name, SymbolKind::Variable) {
        Some(member) => {
            let text = program.file(member.file).text(program.symbol(member).type_text);
            let scope = program.parent(member).unwrap_or(member);
            if text.is_empty() { Value::Unknown } else { Value::Written(scope, text.to_string()) }
        }
        None => Value::Unknown,
    }
}

/// What a call of a value gives.
fn result(evaluator: &Evaluator<'_, '_>, callee: Value) -> Value {
    let program = evaluator.program;
    match callee {
        Value::Type(of) => Value::Made(of),
        Value::Function(method) => {
            let text = program.file(method.file).text(program.symbol(method).type_text);
            if text.is_empty() { Value::Unknown } else { Value::Written(method, text.to_string()) }
        }
        Value::External(full_name) => match full_name.rsplit_once("::") {
            // `Vec::new()`, `HashMap::with_capacity(1)`: very probably an object of the type before it.
            Some((of, _))
                if of
                    .rsplit("::")
                    .next()
                    .is_some_and(|last| last.starts_with(char::is_uppercase)) =>
            {
                Value::ExternalObject(of.to_string())
            }
            _ => Value::Unknown,
        },
        _ => Value::Unknown,
    }
}
