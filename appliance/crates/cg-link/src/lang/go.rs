//! Go: names of packages, methods by the receiver's type, promoted methods, interfaces by their method sets.

mod calls;

use cg_types::{Language, Modifiers};
use rustc_hash::{FxHashMap, FxHashSet};

use super::go_packages::{Package, Packages};
use super::go_types::{element, key, name, nth, results, without_packages};
use super::{Evaluator, MAX_TARGETS};
use crate::facts::{Call, Expr, ExprId, SymbolId, SymbolKind, Text};
use crate::links::{Confidence, Technique, Tier};
use crate::program::{Program, Reached, SymbolRef, Target, Value};

pub(super) use self::calls::call;

/// Types looked at for one field or method, embedded ones included.
const MAX_TYPES: usize = 64;
/// Aliases followed.
const MAX_ALIASES: u32 = 8;
/// Types that are declared in every package.
const PREDECLARED: &[&str] = &[
    "any",
    "bool",
    "byte",
    "complex128",
    "complex64",
    "error",
    "float32",
    "float64",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "rune",
    "string",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "uintptr",
];

/// What Go asks of all files.
#[derive(Default)]
pub(crate) struct Tables<'a> {
    packages: Packages<'a>,
    common: FxHashSet<&'static str>,
    /// Methods by type and name.
    methods: FxHashMap<SymbolRef, FxHashMap<&'a str, Vec<SymbolRef>>>,
    /// Types that have all methods of an interface; needs the rest.
    pub(crate) implementors: FxHashMap<SymbolRef, Vec<SymbolRef>>,
}

impl<'a> Tables<'a> {
    /// Needs everything of the program but the language tables.
    pub(crate) fn new(program: &Program<'a>) -> Self {
        let common =
            include_str!("../../data/go_methods.txt").lines().filter(|line| !line.starts_with('#'));
        let packages = Packages::new(program);
        let mut methods: FxHashMap<SymbolRef, FxHashMap<&'a str, Vec<SymbolRef>>> =
            FxHashMap::default();
        for package in &packages.list {
            for file in &package.files {
                let facts = program.file(*file);
                for (index, symbol) in facts.symbols.iter().enumerate() {
                    if symbol.kind != SymbolKind::Method || symbol.decorator == Text::EMPTY {
                        continue;
                    }
                    let method = SymbolRef { file: *file, symbol: SymbolId(index as u32) };
                    let Some(owner) = name(facts.text(symbol.decorator)) else { continue };
                    for of in package.names.get(owner).into_iter().flatten() {
                        if program.symbol(*of).kind == SymbolKind::Type {
                            let named = methods.entry(*of).or_default();
                            named.entry(facts.text(symbol.name)).or_default().push(method);
                        }
                    }
                }
            }
        }
        Self { packages, common: common.collect(), methods, implementors: FxHashMap::default() }
    }

    /// Which types have which interfaces. Needs the other tables.
    pub(crate) fn join_interfaces(program: &Program<'a>) -> FxHashMap<SymbolRef, Vec<SymbolRef>> {
        let mut by_method: FxHashMap<&str, Vec<SymbolRef>> = FxHashMap::default();
        let mut types: Vec<SymbolRef> = program.go.methods.keys().copied().collect();
        types.sort_unstable_by_key(|of| program.node(*of));
        for of in types {
            for method in program.go.methods[&of].keys() {
                by_method.entry(method).or_default().push(of);
            }
        }
        let mut embedders: FxHashMap<SymbolRef, Vec<SymbolRef>> = FxHashMap::default();
        let declared = declared_types(program);
        for of in declared.iter().filter(|of| form(program, **of) == "struct") {
            for base in bases(program, *of).into_iter().filter_map(|(_, base)| base) {
                embedders.entry(base).or_default().push(*of);
            }
        }
        let mut implementors = FxHashMap::default();
        for of in declared.into_iter().filter(|of| form(program, *of) == "interface") {
            let wanted = interface_methods(program, of);
            let count =
                |method: &SymbolRef| by_method.get(program.name(*method)).map_or(0, Vec::len);
            let Some(rarest) = wanted.iter().min_by_key(|method| (count(method), **method)) else {
                continue;
            };
            let candidates = by_method.get(program.name(*rarest)).map_or(&[][..], |list| list);
            let mut found: Vec<SymbolRef> = with_embedders(&embedders, candidates)
                .into_iter()
                .filter(|one| wanted.iter().all(|method| has_like(program, *one, *method)))
                .collect();
            found.sort_unstable();
            implementors.insert(of, found);
        }
        implementors
    }
}

/// Every type of every Go file.
fn declared_types(program: &Program<'_>) -> Vec<SymbolRef> {
    let mut list = Vec::new();
    for (file, facts) in program.files.iter().enumerate() {
        if facts.language != Language::Go {
            continue;
        }
        for (index, symbol) in facts.symbols.iter().enumerate() {
            if symbol.kind == SymbolKind::Type {
                list.push(SymbolRef { file: file as u32, symbol: SymbolId(index as u32) });
            }
        }
    }
    list
}

/// Types, and the structs that embed them, directly or not.
fn with_embedders(
    embedders: &FxHashMap<SymbolRef, Vec<SymbolRef>>,
    types: &[SymbolRef],
) -> Vec<SymbolRef> {
    let mut list = types.to_vec();
    let mut seen: FxHashSet<SymbolRef> = types.iter().copied().collect();
    let mut at = 0;
    while let Some(one) = list.get(at).copied() {
        at += 1;
        let above = embedders.get(&one).into_iter().flatten().copied();
        list.extend(above.filter(|above| seen.insert(*above)));
    }
    list
}

/// What a TYPE_DECL is: `struct`, `interface`, `type`, `alias`.
fn form<'a>(program: &Program<'a>, of: SymbolRef) -> &'a str {
    program.file(of.file).text(program.symbol(of).signature)
}

/// A type and those embedded in it, level by level.
fn with_embedded(program: &Program<'_>, of: SymbolRef) -> Vec<SymbolRef> {
    let mut list = vec![of];
    let mut at = 0;
    while let Some(one) = list.get(at).copied().filter(|_| list.len() < MAX_TYPES) {
        at += 1;
        for (_, base) in bases(program, one) {
            if let Some(base) = base.filter(|base| !list.contains(base)) {
                list.push(base);
            }
        }
    }
    list
}

/// All methods of an interface, those of embedded interfaces too.
fn interface_methods(program: &Program<'_>, of: SymbolRef) -> Vec<SymbolRef> {
    let mut list = Vec::new();
    for one in with_embedded(program, of) {
        let facts = program.file(one.file);
        for (index, symbol) in facts.symbols.iter().enumerate().skip(one.symbol.0 as usize + 1) {
            if symbol.parent == one.symbol && symbol.kind == SymbolKind::Method {
                list.push(SymbolRef { file: one.file, symbol: SymbolId(index as u32) });
            } else if symbol.parent.0 < one.symbol.0 {
                break;
            }
        }
    }
    list
}

/// Whether a type has a method like that of an interface.
fn has_like(program: &Program<'_>, of: SymbolRef, wanted: SymbolRef) -> bool {
    let types = |method: SymbolRef| {
        without_packages(program.file(method.file).text(program.symbol(method).signature))
    };
    let found = find_method(program, of, program.name(wanted));
    found.is_some_and(|(list, _)| list.first().is_some_and(|one| types(*one) == types(wanted)))
}

/// Methods of that name (several where platforms have their own) and the type that has them: the type itself
/// or one embedded in it.
fn find_method(
    program: &Program<'_>,
    of: SymbolRef,
    method: &str,
) -> Option<(Vec<SymbolRef>, SymbolRef)> {
    with_embedded(program, of).into_iter().find_map(|one| {
        if let Some(list) = program.go.methods.get(&one).and_then(|named| named.get(method)) {
            return Some((list.clone(), one));
        }
        program.member(one, method, SymbolKind::Method).map(|found| (vec![found], one))
    })
}

/// The types embedded in a struct or interface: as written, and what they are.
pub(crate) fn bases(program: &Program<'_>, of: SymbolRef) -> Vec<(String, Option<SymbolRef>)> {
    if !matches!(form(program, of), "struct" | "interface") {
        return Vec::new();
    }
    let scope = program.parent(of).unwrap_or(of);
    let written = program.file(of.file).text(program.symbol(of).type_text);
    let names = written.split('|').filter(|name| !name.is_empty());
    names
        .map(|name| match named(program, scope, name) {
            Some(Named::Known(base)) => (name.to_string(), Some(base)),
            _ => (name.to_string(), None),
        })
        .collect()
}

/// A type by its name.
enum Named {
    Known(SymbolRef),
    /// Of a package outside, by its full name.
    Outside(String),
}

/// The type that a text names in a scope.
fn named(program: &Program<'_>, scope: SymbolRef, text: &str) -> Option<Named> {
    let (mut scope, mut text) = (scope, text);
    for _ in 0..MAX_ALIASES {
        let path = name(text)?;
        let found = match path.split_once('.') {
            Some((package, member)) => match imported(program, scope.file, package)? {
                Imported::Package(package) => {
                    one_of(program, scope.file, package.names.get(member)?)?
                }
                Imported::Outside(path) => return Some(Named::Outside(format!("{path}.{member}"))),
            },
            None => local_type(program, scope, path)
                .or_else(|| package_member(program, scope.file, path))?,
        };
        if program.symbol(found).kind != SymbolKind::Type {
            return None;
        }
        if form(program, found) != "alias" {
            return Some(Named::Known(found));
        }
        scope = program.parent(found).unwrap_or(found);
        text = program.file(found.file).text(program.symbol(found).type_text);
    }
    None
}

/// A type declared in a function around a scope.
fn local_type(program: &Program<'_>, scope: SymbolRef, name: &str) -> Option<SymbolRef> {
    let mut at = Some(scope);
    while let Some(here) = at.filter(|here| here.symbol != SymbolId::FILE) {
        if let Some(found) = program.member(here, name, SymbolKind::Type) {
            return Some(found);
        }
        at = program.parent(here);
    }
    None
}

/// A declaration of the file's package, or of one imported with a dot.
fn package_member(program: &Program<'_>, file: u32, name: &str) -> Option<SymbolRef> {
    let packages = &program.go.packages;
    if let Some(list) = packages.of_file(file).and_then(|package| package.names.get(name)) {
        return one_of(program, file, list);
    }
    let top = SymbolRef { file, symbol: SymbolId::FILE };
    program.wildcards(top).iter().find_map(|import| {
        let path = program.file(file).text(program.import(file, *import).entity);
        one_of(program, file, packages.import(program, file, path)?.names.get(name)?)
    })
}

/// Of several declarations of a name those that can be meant in a file: its own; those of files that are built
/// when it is.
fn meant(program: &Program<'_>, file: u32, list: &[SymbolRef]) -> Vec<SymbolRef> {
    if let Some(own) = list.iter().find(|one| one.file == file) {
        return vec![*own];
    }
    let packages = &program.go.packages;
    let constraint = |file: u32| {
        let facts = program.file(file);
        facts.text(facts.symbol(SymbolId::FILE).signature)
    };
    let those = |wanted: &dyn Fn(u32) -> bool| -> Vec<SymbolRef> {
        list.iter().copied().filter(|one| wanted(one.file)).collect()
    };
    let mut left = Vec::new();
    if !packages.is_built(file) {
        left = those(&|other| constraint(other) == constraint(file));
    }
    if left.is_empty() {
        left = those(&|other| packages.is_built(other));
    }
    if left.is_empty() { list.to_vec() } else { left }
}

fn one_of(program: &Program<'_>, file: u32, list: &[SymbolRef]) -> Option<SymbolRef> {
    meant(program, file, list).first().copied()
}

enum Imported<'p, 'a> {
    Package(&'p Package<'a>),
    Outside(&'a str),
}

/// What the name of a package means in a file.
fn imported<'p, 'a>(program: &'p Program<'a>, file: u32, name: &str) -> Option<Imported<'p, 'a>> {
    let (packages, facts) = (&program.go.packages, program.file(file));
    let top = SymbolRef { file, symbol: SymbolId::FILE };
    if let Some(import) = program.imports(top, name).first() {
        let path = facts.text(program.import(file, *import).entity);
        return Some(match packages.import(program, file, path) {
            Some(package) => Imported::Package(package),
            None => Imported::Outside(path),
        });
    }
    // The path need not end with the package's name.
    facts.imports.iter().find_map(|import| {
        let package = packages.import(program, file, facts.text(import.entity))?;
        Packages::has_clause(package, name).then_some(Imported::Package(package))
    })
}

/// The package that an IMPORT means, by its first file.
pub(crate) fn import_target(program: &Program<'_>, file: u32, path: &str) -> Option<SymbolRef> {
    let package = program.go.packages.import(program, file, path)?;
    Some(SymbolRef { file: *package.files.first()?, symbol: SymbolId::FILE })
}

/// What a name means that its file does not declare.
pub(crate) fn reference(program: &Program<'_>, file: u32, name: &str) -> Option<SymbolRef> {
    match name.split_once('.') {
        Some((package, member)) => match imported(program, file, package)? {
            Imported::Package(package) => one_of(program, file, package.names.get(member)?),
            Imported::Outside(_) => None,
        },
        None => package_member(program, file, name),
    }
}

enum Object<'p, 'a> {
    Package(&'p Package<'a>),
    Known(SymbolRef),
    Outside(String),
    Unknown,
}

/// What stands before a dot.
fn object<'p, 'a>(program: &'p Program<'a>, value: &Value) -> Object<'p, 'a> {
    match value {
        Value::Module(file) => match program.go.packages.of_file(file.file) {
            Some(package) => Object::Package(package),
            None => Object::Unknown,
        },
        Value::Made(of) | Value::Instance(of) | Value::Type(of) => Object::Known(*of),
        Value::Written(scope, text) => match named(program, *scope, text) {
            Some(Named::Known(of)) => Object::Known(of),
            Some(Named::Outside(path)) => Object::Outside(path),
            None => Object::Unknown,
        },
        Value::External(path) | Value::ExternalObject(path) => Object::Outside(path.clone()),
        _ => Object::Unknown,
    }
}

/// What an expression of a scope is.
pub(super) fn value(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, expr: ExprId) -> Value {
    let program = evaluator.program;
    let facts = program.file(scope.file);
    match facts.expr(expr) {
        Expr::Unknown | Expr::Super | Expr::Receiver => Value::Unknown,
        Expr::Name(text) => name_value(evaluator, scope.file, facts.text(text)),
        Expr::Path(text) => match reference(program, scope.file, facts.text(text)) {
            Some(found) => declared(evaluator, found),
            None => Value::Unknown,
        },
        Expr::Typed(text) => Value::Written(scope, facts.text(text).to_string()),
        Expr::Declared(symbol) => declared(evaluator, SymbolRef { symbol, ..scope }),
        Expr::Parameter(symbol, index) => Value::Parameter(SymbolRef { symbol, ..scope }, index),
        Expr::Field(base, name) => {
            let base = evaluator.value(scope, base);
            field_value(evaluator, scope.file, base, facts.text(name))
        }
        Expr::Call(callee) => {
            let callee = evaluator.value(scope, callee);
            result(program, callee)
        }
        Expr::Item(whole, n) => match evaluator.value(scope, whole) {
            Value::Written(at, text) => rewritten(at, nth(&text, n)),
            value if n == 0 => value,
            _ => Value::Unknown,
        },
        Expr::Inner(of) => part(evaluator, evaluator.value(scope, of), element),
        Expr::Key(of) => part(evaluator, evaluator.value(scope, of), key),
    }
}

fn rewritten(scope: SymbolRef, text: Option<&str>) -> Value {
    text.map_or(Value::Unknown, |text| Value::Written(scope, text.to_string()))
}

/// An element or key, looking through the name of a type.
fn part(evaluator: &Evaluator<'_, '_>, value: Value, take: fn(&str) -> Option<&str>) -> Value {
    let program = evaluator.program;
    let Some((scope, text)) = underlying(program, &value) else { return Value::Unknown };
    rewritten(scope, take(&text))
}

/// How a value's type is made: what is written, or behind a name what its declaration writes.
fn underlying(program: &Program<'_>, value: &Value) -> Option<(SymbolRef, String)> {
    match value {
        Value::Written(scope, text) if name(text).is_none() => Some((*scope, text.clone())),
        Value::Written(..) | Value::Made(_) | Value::Instance(_) => {
            let Object::Known(of) = object(program, value) else { return None };
            let text = program.file(of.file).text(program.symbol(of).type_text);
            let scope = program.parent(of).unwrap_or(of);
            (form(program, of) == "type").then(|| (scope, text.to_string()))
        }
        _ => None,
    }
}

fn name_value(evaluator: &Evaluator<'_, '_>, file: u32, name: &str) -> Value {
    let program = evaluator.program;
    if let Some(found) = package_member(program, file, name) {
        return declared(evaluator, found);
    }
    match imported(program, file, name) {
        Some(Imported::Package(package)) => package.files.first().map_or(Value::Unknown, |file| {
            Value::Module(SymbolRef { file: *file, symbol: SymbolId::FILE })
        }),
        Some(Imported::Outside(path)) => Value::External(path.to_string()),
        None => Value::Unknown,
    }
}

/// What a declaration is as a value.
fn declared(evaluator: &Evaluator<'_, '_>, found: SymbolRef) -> Value {
    let program = evaluator.program;
    let symbol = program.symbol(found);
    match symbol.kind {
        SymbolKind::Module => Value::Module(found),
        SymbolKind::Type => Value::Type(found),
        SymbolKind::Method => Value::Function(found),
        SymbolKind::Variable => {
            let scope = program.parent(found).unwrap_or(found);
            match program.file(found.file).text(symbol.type_text) {
                "" => evaluator.value(scope, symbol.value),
                text => Value::Written(scope, text.to_string()),
            }
        }
    }
}

fn field(program: &Program<'_>, of: SymbolRef, name: &str) -> Option<SymbolRef> {
    let types = with_embedded(program, of);
    types.into_iter().find_map(|one| program.member(one, name, SymbolKind::Variable))
}

/// `base.name`: a member of a package, a field, or a method as a value.
fn field_value(evaluator: &Evaluator<'_, '_>, file: u32, base: Value, name: &str) -> Value {
    let program = evaluator.program;
    match object(program, &base) {
        Object::Package(package) => {
            match package.names.get(name).and_then(|list| one_of(program, file, list)) {
                Some(found) => declared(evaluator, found),
                None => Value::Unknown,
            }
        }
        Object::Known(of) => match field(program, of, name) {
            Some(member) => declared(evaluator, member),
            None => find_method(program, of, name)
                .and_then(|(list, _)| one_of(program, file, &list))
                .map_or(Value::Unknown, Value::Function),
        },
        _ => Value::Unknown,
    }
}

/// What a call of a value gives.
fn result(program: &Program<'_>, callee: Value) -> Value {
    match callee {
        Value::Type(of) => Value::Instance(of),
        Value::Function(method) => {
            match program.file(method.file).text(program.symbol(method).type_text) {
                "" => Value::Unknown,
                text => Value::Written(method, text.to_string()),
            }
        }
        value => match underlying(program, &value) {
            Some((scope, text)) => rewritten(scope, results(&text)),
            None => Value::Unknown,
        },
    }
}
