//! What C++ asks of all files: classes, functions and variables by their full names, and who derives from whom.

use std::borrow::Cow;

use cg_types::Modifiers;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::types::joined;
use super::{bases, is_alias, is_cpp};
use crate::facts::{SymbolId, SymbolKind};
use crate::program::{Program, SymbolRef};

/// Bases and derived classes looked at for one name.
const MAX_CLASSES: usize = 64;

type ByPath<'a> = FxHashMap<&'a str, SmallVec<[SymbolRef; 2]>>;

/// By full name: `ns::Class::name`.
#[derive(Default)]
pub(crate) struct Tables<'a> {
    /// Classes, structs, unions, enums and aliases.
    pub(super) classes: ByPath<'a>,
    pub(super) functions: ByPath<'a>,
    /// Variables by the namespace around and their name.
    variables: FxHashMap<(&'a str, &'a str), SmallVec<[SymbolRef; 1]>>,
    /// Classes that name a class as their base; needs the rest.
    derived: FxHashMap<SymbolRef, Vec<SymbolRef>>,
    /// Namespaces that a file opens by `using namespace`, in the order of the text.
    pub(super) opened: FxHashMap<u32, Vec<&'a str>>,
    /// What a file calls by its last name, by `using a::b`.
    pub(super) named: FxHashMap<(u32, &'a str), &'a str>,
}

impl<'a> Tables<'a> {
    /// Needs everything of the program but the language tables.
    pub(crate) fn new(program: &Program<'a>) -> Self {
        let mut tables = Self::default();
        for (file, facts) in program.files.iter().enumerate() {
            let file = file as u32;
            if !is_cpp(program, file) {
                continue;
            }
            for (number, symbol) in facts.symbols.iter().enumerate().skip(1) {
                let reference = SymbolRef { file, symbol: SymbolId(number as u32) };
                match symbol.kind {
                    SymbolKind::Type => {
                        let path = path_of(program, reference);
                        tables.classes.entry(path).or_default().push(reference);
                    }
                    SymbolKind::Method => {
                        let path = path_of(program, reference);
                        tables.functions.entry(path).or_default().push(reference);
                    }
                    SymbolKind::Variable => {
                        let parent = SymbolRef { file, symbol: symbol.parent };
                        if program.symbol(parent).kind == SymbolKind::Module {
                            let key = (path_of(program, parent), facts.text(symbol.name));
                            tables.variables.entry(key).or_default().push(reference);
                        }
                    }
                    SymbolKind::Module => {}
                }
            }
            for import in &facts.imports {
                let Some(path) = facts.text(import.entity).strip_prefix("::") else { continue };
                if import.modifiers.has(Modifiers::WILDCARD) {
                    tables.opened.entry(file).or_default().push(path);
                } else {
                    tables.named.insert((file, facts.text(import.name)), path);
                }
            }
        }
        tables
    }

    /// Who derives from whom. Needs the other tables.
    pub(crate) fn join(program: &Program<'a>) -> FxHashMap<SymbolRef, Vec<SymbolRef>> {
        let mut derived: FxHashMap<SymbolRef, Vec<SymbolRef>> = FxHashMap::default();
        for class in program.cpp.classes.values().flatten() {
            for base in bases(program, *class).into_iter().filter_map(|(_, base)| base) {
                derived.entry(base).or_default().push(*class);
            }
        }
        for list in derived.values_mut() {
            list.sort_unstable();
        }
        derived
    }

    /// Keeps what [`Tables::join`] found.
    pub(crate) fn set_derived(&mut self, derived: FxHashMap<SymbolRef, Vec<SymbolRef>>) {
        self.derived = derived;
    }

    /// A variable of a namespace; that of the file where there are several.
    pub(super) fn variable(&self, namespace: &str, name: &str, file: u32) -> Option<SymbolRef> {
        let list = self.variables.get(&(namespace, name))?;
        list.iter().find(|one| one.file == file).or_else(|| list.first()).copied()
    }
}

/// The full name of a declaration, without the file that some begin with.
pub(super) fn path_of<'a>(program: &Program<'a>, of: SymbolRef) -> &'a str {
    let facts = program.file(of.file);
    let full = facts.text(program.symbol(of).decorator);
    full.strip_prefix(facts.path()).and_then(|rest| rest.strip_prefix(':')).unwrap_or(full)
}

/// The full name of the class or namespace in which a scope looks names up first.
pub(super) fn home<'a>(program: &Program<'a>, scope: SymbolRef) -> &'a str {
    let mut at = scope;
    loop {
        match program.symbol(at).kind {
            SymbolKind::Method => return outer(path_of(program, at)).unwrap_or(""),
            SymbolKind::Type | SymbolKind::Module => return path_of(program, at),
            SymbolKind::Variable => match program.parent(at) {
                Some(parent) => at = parent,
                None => return "",
            },
        }
    }
}

/// What is around a path; nothing around the top.
pub(super) fn outer(path: &str) -> Option<&str> {
    if path.is_empty() {
        return None;
    }
    let head = path.find("operator").map_or(path, |at| &path[..at]);
    Some(head.rfind("::").map_or("", |at| &path[..at]))
}

/// What a name may mean in a scope, from the inside out, then by what the file is `using`.
pub(super) fn find<'p>(
    program: &'p Program<'_>,
    table: &'p ByPath<'_>,
    scope: SymbolRef,
    name: &str,
) -> &'p [SymbolRef] {
    let mut at = Some(home(program, scope));
    while let Some(prefix) = at {
        if let Some(found) = table.get(joined(prefix, name).as_ref()) {
            return found;
        }
        at = outer(prefix);
    }
    let first = name.split("::").next().unwrap_or(name);
    if let Some(path) = program.cpp.named.get(&(scope.file, first)) {
        let whole: Cow<'_, str> = match name.strip_prefix(first) {
            Some("") | None => Cow::Borrowed(path),
            Some(rest) => Cow::Owned(format!("{path}{rest}")),
        };
        if let Some(found) = table.get(whole.as_ref()) {
            return found;
        }
    }
    for namespace in program.cpp.opened.get(&scope.file).into_iter().flatten() {
        if let Some(found) = table.get(joined(namespace, name).as_ref()) {
            return found;
        }
    }
    &[]
}

/// A class and its bases, the nearest first.
pub(super) fn upwards(program: &Program<'_>, class: SymbolRef) -> Vec<SymbolRef> {
    let mut list = vec![class];
    let mut at = 0;
    while let Some(one) = list.get(at).copied().filter(|_| list.len() < MAX_CLASSES) {
        at += 1;
        for base in bases(program, one).into_iter().filter_map(|(_, base)| base) {
            if !list.contains(&base) {
                list.push(base);
            }
        }
    }
    list
}

/// The classes below a class.
pub(super) fn downwards(program: &Program<'_>, class: SymbolRef) -> Vec<SymbolRef> {
    let mut list: Vec<SymbolRef> = Vec::new();
    let mut open = vec![class];
    while let Some(one) = open.pop().filter(|_| list.len() < MAX_CLASSES) {
        for below in program.cpp.derived.get(&one).into_iter().flatten() {
            if !list.contains(below) {
                list.push(*below);
                open.push(*below);
            }
        }
    }
    list.sort_unstable();
    list
}

/// Of several declarations those that a file sees best: its own, those it includes, else all.
pub(super) fn seen(program: &Program<'_>, file: u32, list: &[SymbolRef]) -> Vec<SymbolRef> {
    let own: Vec<SymbolRef> = list.iter().copied().filter(|one| one.file == file).collect();
    if !own.is_empty() || list.len() < 2 {
        return if own.is_empty() { list.to_vec() } else { own };
    }
    let included = super::super::c::includes(program, &program.c, file);
    let near: Vec<SymbolRef> =
        list.iter().copied().filter(|one| included.contains(&one.file)).collect();
    if near.is_empty() { list.to_vec() } else { near }
}

/// A class that is no alias, best seen from a file.
pub(super) fn class_at(program: &Program<'_>, path: &str, file: u32) -> Option<SymbolRef> {
    let list = program.cpp.classes.get(path)?;
    seen(program, file, list).into_iter().find(|one| !is_alias(program, *one))
}
