//! Python: scopes, modules and packages, classes with their bases, types as far as annotations and
//! constructors tell them.

use cg_types::Language;
use rustc_hash::{FxHashMap, FxHashSet};

use super::python_mro::{ClassMember, class_member, overrides};
use super::{Evaluator, MAX_TARGETS};
use crate::facts::{Call, Expr, ExprId, Slot, SymbolId, SymbolKind};
use crate::links::{Confidence, Technique, Tier};
use crate::program::{Program, Reached, SymbolRef, Target, Value};

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
/// Methods that so many library types have that a unique definition in the repository proves nothing.
const COMMON_METHODS: &str = include_str!("../../data/python_methods.txt");

/// What Python asks of all files.
#[derive(Default)]
pub(crate) struct Tables<'a> {
    /// Modules by path without extension; `a/b` is `a/b.py` or `a/b/__init__.py`.
    modules: FxHashMap<String, u32>,
    /// Folders that hold modules, at any depth.
    folders: FxHashSet<String>,
    /// Folders that top-level packages and modules lie in, sorted.
    roots: Vec<String>,
    standard: FxHashSet<&'static str>,
    builtins: FxHashSet<&'static str>,
    common: FxHashSet<&'static str>,
    /// `self.x = …` by class and attribute: the method it stands in, and the value.
    pub(super) stores: FxHashMap<(SymbolRef, &'a str), Vec<(SymbolRef, ExprId)>>,
    /// Classes directly below a class.
    pub(crate) below: FxHashMap<SymbolRef, Vec<SymbolRef>>,
}

fn lines(text: &'static str) -> FxHashSet<&'static str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

impl<'a> Tables<'a> {
    /// Needs everything of the program but the language tables.
    pub(crate) fn new(program: &Program<'a>) -> Self {
        let mut tables = Self {
            standard: lines(include_str!("../../data/python_modules.txt")),
            builtins: lines(include_str!("../../data/python_builtins.txt")),
            common: lines(COMMON_METHODS),
            ..Self::default()
        };
        let python = || {
            program.files.iter().enumerate().filter(|(_, file)| file.language == Language::Python)
        };
        for (index, file) in python() {
            let stem = file.path().rsplit_once('.').map_or(file.path(), |(stem, _)| stem);
            let module = stem.strip_suffix("/__init__").unwrap_or(stem);
            // A stub (`.pyi`) does not hide the module itself.
            if file.path().ends_with(".pyi") {
                tables.modules.entry(module.into()).or_insert(index as u32);
            } else {
                tables.modules.insert(module.into(), index as u32);
            }
            let mut at = module;
            while let Some((folder, _)) = at.rsplit_once('/') {
                if !tables.folders.insert(folder.into()) {
                    break;
                }
                at = folder;
            }
        }
        let mut roots: Vec<String> =
            python().map(|(_, file)| tables.root_of(program, file.path())).collect();
        roots.sort_unstable();
        roots.dedup();
        tables.roots = roots;
        for (index, file) in python() {
            for store in &file.stores {
                let Slot::Field(name) = store.slot else { continue };
                let scope = SymbolRef { file: index as u32, symbol: store.scope };
                if let Some(class) = program.type_around(scope) {
                    tables
                        .stores
                        .entry((class, file.text(name)))
                        .or_default()
                        .push((scope, store.value));
                }
            }
        }
        tables
    }

    /// The innermost folder above a file that is no package.
    fn root_of(&self, program: &Program<'_>, path: &str) -> String {
        let mut at = path;
        while let Some((folder, _)) = at.rsplit_once('/') {
            let has_init = program.paths.contains_key(format!("{folder}/__init__.py").as_str());
            if !has_init {
                return folder.into();
            }
            at = folder;
        }
        String::new()
    }

    fn module(&self, path: &str) -> Option<Value> {
        if let Some(file) = self.modules.get(path) {
            return Some(Value::Module(SymbolRef { file: *file, symbol: SymbolId::FILE }));
        }
        self.folders.contains(path).then(|| Value::Folder(path.into()))
    }

    /// A top-level module, as the importing file finds it.
    fn top_module(&self, program: &Program<'_>, from: u32, name: &str) -> Value {
        let path = program.file(from).path();
        let beside = path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_string());
        let root = self.root_of(program, path);
        let is_standard = self.standard.contains(name);
        let mut places = vec![root];
        if !is_standard {
            places.extend([beside, String::new()]);
            places.extend(self.roots.iter().cloned());
        }
        let found = places.iter().find_map(|place| {
            let path = if place.is_empty() { name.to_string() } else { format!("{place}/{name}") };
            self.module(&path).filter(|value| !(is_standard && matches!(value, Value::Folder(_))))
        });
        found.unwrap_or_else(|| Value::External(name.into()))
    }

    /// Joins classes to their bases, once their names can be looked up.
    pub(crate) fn join_classes(program: &Program<'a>) -> FxHashMap<SymbolRef, Vec<SymbolRef>> {
        let evaluator = Evaluator::new(program);
        let mut below: FxHashMap<SymbolRef, Vec<SymbolRef>> = FxHashMap::default();
        for (index, file) in program.files.iter().enumerate() {
            for (number, symbol) in file.symbols.iter().enumerate() {
                if file.language != Language::Python || symbol.kind != SymbolKind::Type {
                    continue;
                }
                let class = SymbolRef { file: index as u32, symbol: SymbolId(number as u32) };
                for (_, base) in bases(&evaluator, class) {
                    if let Value::Type(base) = base {
                        below.entry(base).or_default().push(class);
                    }
                }
            }
        }
        below
    }
}

/// The bases of a class: as written, and what they are.
pub(crate) fn bases(evaluator: &Evaluator<'_, '_>, class: SymbolRef) -> Vec<(String, Value)> {
    let program = evaluator.program;
    let written = program.file(class.file).text(program.symbol(class).type_text);
    let Some(scope) = program.parent(class) else { return Vec::new() };
    let names = written.split('|').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| (name.to_string(), dotted(evaluator, scope, name))).collect()
}

/// What a call in Python leads to.
pub(super) fn call(evaluator: &Evaluator<'_, '_>, file: u32, call: &Call) -> Target {
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
        Value::Super(class) => match super::python_mro::above(evaluator, class, name) {
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

/// What an expression of a scope is.
pub(super) fn value(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, expr: ExprId) -> Value {
    let program = evaluator.program;
    let facts = program.file(scope.file);
    match facts.expr(expr) {
        Expr::Unknown | Expr::Path(_) => Value::Unknown,
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

/// Functions that an argument may name; for calls of parameters.
pub(crate) fn passed(
    evaluator: &Evaluator<'_, '_>,
    scope: SymbolRef,
    value: ExprId,
) -> Vec<SymbolRef> {
    match evaluator.value(scope, value) {
        Value::Function(method) => vec![method],
        _ => Vec::new(),
    }
}
