//! C: names by linkage and include graph, calls through pointers by struct and field.

use cg_types::{Language, Modifiers};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::{Evaluator, MAX_TARGETS};
use crate::facts::{Call, Expr, ExprId, Slot, SymbolId, SymbolKind};
use crate::links::{Confidence, Technique, Tier};
use crate::program::{Program, Reached, SymbolRef, Target};

/// Typedefs of typedefs that are followed.
const MAX_ALIASES: usize = 8;
/// Field accesses in one expression that are followed.
const MAX_FIELDS: usize = 12;
/// Definitions of one name that are all kept when nothing tells them apart.
const MAX_EQUAL: usize = 4;

/// What C asks of all files.
#[derive(Default)]
pub(crate) struct Tables<'a> {
    /// Structs, unions and typedefs by name.
    types: FxHashMap<&'a str, SmallVec<[SymbolRef; 1]>>,
    /// Types that have a member of that name.
    owners: FxHashMap<&'a str, SmallVec<[SymbolRef; 2]>>,
    /// Variables at the top level of files.
    globals: FxHashMap<&'a str, SmallVec<[SymbolRef; 1]>>,
    /// Functions put into a field, by struct and field.
    pointers: FxHashMap<(&'a str, &'a str), Vec<SymbolRef>>,
    /// Files by the last part of their path.
    basenames: FxHashMap<&'a str, Vec<u32>>,
}

impl<'a> Tables<'a> {
    /// Needs everything of the program but the language tables.
    pub(crate) fn new(program: &Program<'a>) -> Self {
        let mut tables = Self::default();
        for (index, file) in program.files.iter().enumerate() {
            if !matches!(file.language, Language::C | Language::Cpp) {
                continue;
            }
            let basename = file.path().rsplit('/').next().unwrap_or_default();
            tables.basenames.entry(basename).or_default().push(index as u32);
            if file.language == Language::Cpp {
                continue;
            }
            for (number, symbol) in file.symbols.iter().enumerate().skip(1) {
                let reference = SymbolRef { file: index as u32, symbol: SymbolId(number as u32) };
                let name = file.text(symbol.name);
                let parent = SymbolRef { symbol: symbol.parent, ..reference };
                match symbol.kind {
                    SymbolKind::Type => tables.types.entry(name).or_default().push(reference),
                    SymbolKind::Variable if symbol.parent == SymbolId::FILE => {
                        tables.globals.entry(name).or_default().push(reference);
                    }
                    SymbolKind::Variable => tables.owners.entry(name).or_default().push(parent),
                    _ => {}
                }
            }
        }
        tables.pointers = tables.pointers_of(program);
        tables
    }

    /// The files that an `#include` may mean; the nearest ones where several fit.
    pub(crate) fn include(&self, program: &Program<'_>, from: u32, entity: &str) -> Option<u32> {
        let wanted = entity.trim_matches(['<', '>', '"']);
        let folder = folder(program.file(from).path());
        let beside = if folder.is_empty() {
            wanted.to_string()
        } else {
            normalised(&format!("{folder}/{wanted}"))
        };
        if let Some(found) = program.paths.get(beside.as_str()).filter(|_| !entity.starts_with('<'))
        {
            return Some(*found);
        }
        let basename = wanted.rsplit('/').next().unwrap_or_default();
        let suffix = format!("/{}", wanted.trim_start_matches("../"));
        let fits = |index: &&u32| {
            let path = program.file(**index).path();
            path == wanted || path.ends_with(&suffix)
        };
        let found: Vec<u32> = self.basenames.get(basename)?.iter().filter(fits).copied().collect();
        nearest(program, from, &found, |file| *file).first().copied()
    }

    /// A struct's name with typedefs replaced, from a type as the source writes it.
    fn canonical(&self, program: &Program<'a>, written: &'a str) -> Option<&'a str> {
        let mut name = base_name(written);
        for _ in 0..MAX_ALIASES {
            let declared = self.types.get(name)?;
            let alias = declared.iter().map(|found| {
                let symbol = program.symbol(*found);
                program.file(found.file).text(symbol.type_text)
            });
            match alias.clone().find(|text| !text.is_empty() && base_name(text) != name) {
                // A struct of that name counts more than a typedef of it elsewhere.
                Some(text) if alias.clone().all(|text| !text.is_empty()) => name = base_name(text),
                _ => return Some(name),
            }
        }
        None
    }

    /// The struct that an expression is an object of, or a pointer to.
    fn struct_of(&self, program: &Program<'a>, file: u32, expr: ExprId) -> Option<&'a str> {
        let facts = program.file(file);
        let mut fields: SmallVec<[&'a str; 4]> = SmallVec::new();
        let mut at = expr;
        let written = loop {
            if fields.len() > MAX_FIELDS {
                return None;
            }
            match facts.expr(at) {
                Expr::Typed(text) => break facts.text(text),
                Expr::Field(base, name) => {
                    fields.push(facts.text(name));
                    at = base;
                }
                Expr::Declared(symbol) => break facts.text(facts.symbol(symbol).type_text),
                Expr::Name(name) => break self.global_type(program, file, facts.text(name))?,
                Expr::Call(callee) => {
                    let name = match facts.expr(callee) {
                        Expr::Name(name) => facts.text(name),
                        Expr::Declared(symbol) => facts.text(facts.symbol(symbol).name),
                        _ => return None,
                    };
                    let declared = *program.methods(Language::C, name).first()?;
                    break program.file(declared.file).text(program.symbol(declared).type_text);
                }
                _ => return None,
            }
        };
        let mut name = self.canonical(program, written)?;
        for field in fields.iter().rev() {
            let declared = self.types.get(name)?;
            let member =
                declared.iter().find_map(|t| program.member(*t, field, SymbolKind::Variable))?;
            name = self.canonical(
                program,
                program.file(member.file).text(program.symbol(member).type_text),
            )?;
        }
        Some(name)
    }

    fn global_type(&self, program: &Program<'a>, file: u32, name: &str) -> Option<&'a str> {
        let found = self.globals.get(name)?;
        let here = found.iter().find(|global| global.file == file).or_else(|| found.first())?;
        Some(program.file(here.file).text(program.symbol(*here).type_text))
    }

    fn pointers_of(&self, program: &Program<'a>) -> FxHashMap<(&'a str, &'a str), Vec<SymbolRef>> {
        let mut pointers: FxHashMap<(&'a str, &'a str), Vec<SymbolRef>> = FxHashMap::default();
        for (index, facts) in program.files.iter().enumerate() {
            let index = index as u32;
            for store in facts.stores.iter().filter(|_| facts.language == Language::C) {
                let Some(name) = function_name(program, index, store.value) else { continue };
                let functions = definitions(program, name);
                if functions.is_empty() {
                    continue;
                }
                let Some(owner) = self.struct_of(program, index, store.base) else { continue };
                let field = match store.slot {
                    Slot::Field(field) => Some(facts.text(field)),
                    Slot::Position(position) => self.member_at(program, owner, position),
                };
                let Some(field) = field else { continue };
                let chosen = choose(program, self, index, &functions);
                pointers
                    .entry((owner, field))
                    .or_default()
                    .extend(chosen.iter().map(|reached| reached.method));
            }
        }
        for functions in pointers.values_mut() {
            functions.sort_unstable();
            functions.dedup();
        }
        pointers
    }

    fn member_at(&self, program: &Program<'a>, owner: &str, position: u32) -> Option<&'a str> {
        let declared = self.types.get(owner)?;
        declared.iter().find_map(|found| {
            let facts = program.file(found.file);
            let own = |symbol: &&crate::facts::Symbol| {
                symbol.parent == found.symbol && symbol.kind == SymbolKind::Variable
            };
            let after = &facts.symbols[found.symbol.0 as usize + 1..];
            after.iter().filter(own).nth(position as usize).map(|member| facts.text(member.name))
        })
    }
}

/// What a call in C leads to.
pub(super) fn call(evaluator: &Evaluator<'_, '_>, file: u32, call: &Call) -> Target {
    let program = evaluator.program;
    let facts = program.file(file);
    let name = facts.text(call.name);
    match facts.expr(call.callee) {
        Expr::Name(callee) if callee == call.name => named(program, file, name),
        Expr::Declared(symbol) if facts.symbol(symbol).name == call.name => {
            named(program, file, name)
        }
        Expr::Name(_) | Expr::Declared(_) => match function_name(program, file, call.callee) {
            Some(function) => through_pointer(named(program, file, function), name),
            None => Target::external(name),
        },
        Expr::Parameter(method, index) => Target::Passed(SymbolRef { file, symbol: method }, index),
        Expr::Field(base, field) => through_field(program, file, base, facts.text(field)),
        _ => Target::external(name),
    }
}

/// A function by its name, as the linker and the preprocessor find it.
pub(super) fn named(program: &Program<'_>, file: u32, name: &str) -> Target {
    let reached = choose(program, &program.c, file, &definitions(program, name));
    if !reached.is_empty() {
        return Target::Methods(reached);
    }
    let prototype = program.methods(Language::C, name).first();
    let signature = prototype
        .map_or("", |found| program.file(found.file).text(program.symbol(*found).signature));
    Target::External { full_name: name.into(), signature: signature.into() }
}

/// Functions with a body, and function-like macros, of a name.
fn definitions(program: &Program<'_>, name: &str) -> Vec<SymbolRef> {
    let all = program.methods(Language::C, name).iter().copied();
    all.filter(|found| !program.symbol(*found).modifiers.has(Modifiers::DECLARATION)).collect()
}

/// Which of several definitions a file sees.
fn choose(
    program: &Program<'_>,
    tables: &Tables<'_>,
    file: u32,
    all: &[SymbolRef],
) -> Vec<Reached> {
    let reach = |methods: &[SymbolRef], technique, confidence| {
        let made = methods.iter().map(|method| Reached {
            method: *method,
            tier: Tier::T0,
            technique,
            confidence,
        });
        made.collect::<Vec<_>>()
    };
    let several = |count: usize| if count == 1 { Confidence::Proven } else { Confidence::Likely };
    let here: Vec<SymbolRef> = all.iter().filter(|found| found.file == file).copied().collect();
    if !here.is_empty() && here.len() <= MAX_EQUAL {
        return reach(&here, Technique::SameFile, several(here.len()));
    }
    if all.is_empty() {
        return Vec::new();
    }
    let included = includes(program, tables, file);
    let seen: Vec<SymbolRef> =
        all.iter().filter(|found| included.contains(&found.file)).copied().collect();
    if !seen.is_empty() && seen.len() <= MAX_EQUAL {
        return reach(&seen, Technique::Import, several(seen.len()));
    }
    let is_linked = |found: &&SymbolRef| {
        let symbol = program.symbol(**found);
        let signature = program.file(found.file).text(symbol.signature);
        !symbol.modifiers.has(Modifiers::STATIC) && !signature.starts_with("#define")
    };
    let linked: Vec<SymbolRef> = all.iter().filter(is_linked).copied().collect();
    if let [only] = linked[..] {
        return reach(&[only], Technique::Linkage, Confidence::Proven);
    }
    let near = nearest(program, file, &linked, |found| found.file);
    let one_file = near.windows(2).all(|pair| pair[0].file == pair[1].file);
    match near.len() {
        0 => Vec::new(),
        count if count <= MAX_EQUAL && one_file => {
            reach(&near, Technique::NearestDefinition, Confidence::Likely)
        }
        count if count <= MAX_EQUAL => {
            reach(&near, Technique::NearestDefinition, Confidence::Possible)
        }
        _ => Vec::new(),
    }
}

/// The name of the function that an expression names.
fn function_name<'a>(program: &Program<'a>, file: u32, value: ExprId) -> Option<&'a str> {
    let facts = program.file(file);
    match facts.expr(value) {
        Expr::Name(name) => Some(facts.text(name)),
        Expr::Declared(symbol) if facts.symbol(symbol).kind == SymbolKind::Method => {
            Some(facts.text(facts.symbol(symbol).name))
        }
        _ => None,
    }
}

fn through_field(program: &Program<'_>, file: u32, base: ExprId, field: &str) -> Target {
    let tables = &program.c;
    let owner = tables.struct_of(program, file, base).or_else(|| {
        // Of an unknown struct: the one struct that has such a field, if there is one.
        let owners: FxHashSet<&str> =
            tables.owners.get(field)?.iter().map(|owner| program.name(*owner)).collect();
        if owners.len() == 1 { owners.into_iter().next() } else { None }
    });
    let Some(owner) = owner else { return Target::external(field) };
    match tables.pointers.get(&(owner, field)) {
        Some(functions) if functions.len() <= MAX_TARGETS => {
            let reach = |method: &SymbolRef| Reached {
                method: *method,
                tier: Tier::T3,
                technique: Technique::FunctionPointer,
                confidence: Confidence::Likely,
            };
            Target::Methods(functions.iter().map(reach).collect())
        }
        _ => Target::external(format!("{owner}.{field}")),
    }
}

/// The same target, reached over a variable that holds it.
fn through_pointer(target: Target, name: &str) -> Target {
    match target {
        Target::Methods(mut reached) => {
            for one in &mut reached {
                one.tier = Tier::T3;
                one.technique = Technique::FunctionPointer;
                one.confidence = one.confidence.min(Confidence::Likely);
            }
            Target::Methods(reached)
        }
        _ => Target::external(name),
    }
}

/// Functions that an argument may name; for calls of parameters.
pub(crate) fn passed(program: &Program<'_>, file: u32, value: ExprId) -> Vec<SymbolRef> {
    let Some(name) = function_name(program, file, value) else { return Vec::new() };
    choose(program, &program.c, file, &definitions(program, name))
        .iter()
        .map(|reached| reached.method)
        .collect()
}

/// The variable or function that a name at the top level of some other file declares.
pub(crate) fn reference(program: &Program<'_>, file: u32, name: &str) -> Option<SymbolRef> {
    if let [only] = choose(program, &program.c, file, &definitions(program, name))[..] {
        return Some(only.method);
    }
    let globals = program.c.globals.get(name)?;
    let is_defined = |found: &&SymbolRef| {
        let modifiers = program.symbol(**found).modifiers;
        !modifiers.has(Modifiers::DECLARATION)
            && (found.file == file || !modifiers.has(Modifiers::STATIC))
    };
    let defined: Vec<SymbolRef> = globals.iter().filter(is_defined).copied().collect();
    match nearest(program, file, &defined, |found| found.file)[..] {
        [only] => Some(only),
        _ => None,
    }
}

/// Files reachable over `#include`.
pub(super) fn includes<'p>(
    program: &'p Program<'_>,
    tables: &Tables<'_>,
    file: u32,
) -> &'p FxHashSet<u32> {
    program.includes[file as usize].get_or_init(|| {
        let mut seen = FxHashSet::default();
        let mut open = vec![file];
        while let Some(at) = open.pop() {
            let facts = program.file(at);
            for import in &facts.imports {
                if let Some(found) = tables.include(program, at, facts.text(import.entity))
                    && found != file
                    && seen.insert(found)
                {
                    open.push(found);
                }
            }
        }
        seen
    })
}

/// Those that share the most folders with a file.
fn nearest<T: Copy>(
    program: &Program<'_>,
    file: u32,
    all: &[T],
    file_of: impl Fn(&T) -> u32,
) -> Vec<T> {
    let from = folder(program.file(file).path());
    let shared = |one: &T| {
        let to = folder(program.file(file_of(one)).path());
        from.split('/').zip(to.split('/')).take_while(|(a, b)| a == b).count()
    };
    let Some(most) = all.iter().map(&shared).max() else { return Vec::new() };
    all.iter().filter(|one| shared(one) == most).copied().collect()
}

/// The folder part of a path.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path with `.` and `..` resolved.
fn normalised(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The last word before pointers, arrays and parameters.
fn base_name(written: &str) -> &str {
    let head = written.split(['*', '[', '(']).next().unwrap_or_default().trim();
    head.rsplit(' ').next().unwrap_or_default()
}
