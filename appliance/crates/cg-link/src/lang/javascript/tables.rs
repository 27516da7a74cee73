//! What the evaluation of JavaScript asks again and again: files by path, stores of properties, exports
//! of CommonJS, classes below a class.

use cg_types::{Language, Modifiers};
use rustc_hash::{FxHashMap, FxHashSet};

use super::classes::bases;
use crate::facts::{Expr, ExprId, FileFacts, Slot, SymbolId, SymbolKind, Text};
use crate::lang::Evaluator;
use crate::program::{Program, SymbolRef, Value};

/// Methods that so many library types have that a unique definition in the repository proves nothing.
const COMMON_METHODS: &str = include_str!("../../../data/javascript_methods.txt");

/// Which side of a class a property is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::lang) enum Side {
    /// The class, or the function, itself.
    Class,
    /// Its objects.
    Object,
}

type Stores<K> = FxHashMap<K, Vec<(SymbolRef, ExprId)>>;

/// What JavaScript asks of all files.
#[derive(Default)]
pub(crate) struct Tables<'a> {
    pub(super) common: FxHashSet<&'static str>,
    /// Folders that hold an index file, by their name.
    pub(super) packages: FxHashMap<&'a str, Vec<&'a str>>,
    /// `x.name = …` by owner, side and name.
    pub(super) stores: Stores<(SymbolRef, Side, &'a str)>,
    /// `exports.name = …` by file and name.
    pub(super) exports: Stores<(u32, &'a str)>,
    /// `module.exports = …` by file.
    pub(super) module_exports: Stores<u32>,
    /// Whose object `this` is: of functions put into a prototype or object, and of objects that are a prototype.
    pub(super) owners: FxHashMap<SymbolRef, SymbolRef>,
    /// Functions whose `this` has fields, or that have a prototype.
    with_fields: FxHashSet<SymbolRef>,
    /// Classes and interfaces directly below one.
    pub(crate) below: FxHashMap<SymbolRef, Vec<SymbolRef>>,
}

/// Whether a language is one of the two.
pub(super) fn is_script(language: Language) -> bool {
    matches!(language, Language::JavaScript | Language::TypeScript)
}

impl<'a> Tables<'a> {
    /// Needs everything of the program but the language tables.
    pub(crate) fn new(program: &Program<'a>) -> Self {
        let mut tables = Self {
            common: COMMON_METHODS.lines().filter(|line| !line.starts_with('#')).collect(),
            ..Self::default()
        };
        for (index, file) in program.files.iter().enumerate() {
            if is_script(file.language) {
                tables.package(file);
                tables.prototypes(file, index as u32);
            }
        }
        for (index, file) in program.files.iter().enumerate() {
            if is_script(file.language) {
                tables.stores(program, file, index as u32);
            }
        }
        tables
    }

    /// Whether a function is used like a class.
    pub(super) fn has_fields(&self, function: SymbolRef) -> bool {
        self.with_fields.contains(&function)
    }

    /// `exports.name = …` in a file where `module.exports` is this declaration.
    pub(super) fn as_module<'s>(
        &'s self,
        program: &Program<'_>,
        owner: SymbolRef,
        name: &'s str,
    ) -> Option<&'s Vec<(SymbolRef, ExprId)>> {
        let facts = program.file(owner.file);
        let mut whole = self.module_exports.get(&owner.file)?.iter();
        let is_whole = whole.any(|(_, value)| facts.expr(*value) == Expr::Declared(owner.symbol));
        self.exports.get(&(owner.file, name)).filter(|_| is_whole)
    }

    /// `packages/name/src/index.ts`, `name/index.js` and so on.
    fn package(&mut self, file: &'a FileFacts) {
        let Some((folder, name)) = file.path().rsplit_once('/') else { return };
        let stem = name.split('.').next().unwrap_or(name);
        if stem != "index" || name.ends_with(".d.ts") {
            return;
        }
        let folder =
            folder.strip_suffix("/src").or_else(|| folder.strip_suffix("/lib")).unwrap_or(folder);
        let last = folder.rsplit('/').next().unwrap_or(folder);
        let known = self.packages.entry(last).or_default();
        if !known.contains(&folder) {
            known.push(folder);
        }
    }

    /// Functions and objects that become, or go into, the prototype of something.
    fn prototypes(&mut self, file: &'a FileFacts, index: u32) {
        let at = |symbol| SymbolRef { file: index, symbol };
        for store in &file.stores {
            let Slot::Field(name) = store.slot else { continue };
            let Expr::Declared(value) = file.expr(store.value) else { continue };
            let owner = match file.expr(store.base) {
                Expr::Declared(owner) if file.text(name) == "prototype" => owner,
                // `object.f = function () {}`.
                Expr::Declared(owner)
                    if file.symbol(owner).kind == SymbolKind::Type
                        && file.symbol(owner).name == Text::EMPTY
                        && file.symbol(value).kind == SymbolKind::Method =>
                {
                    self.owners.entry(at(value)).or_insert(at(owner));
                    continue;
                }
                Expr::Field(base, field) if file.text(field) == "prototype" => {
                    let Expr::Declared(owner) = file.expr(base) else { continue };
                    owner
                }
                _ => continue,
            };
            self.owners.insert(at(value), at(owner));
            self.with_fields.insert(at(owner));
        }
    }

    fn stores(&mut self, program: &Program<'a>, file: &'a FileFacts, index: u32) {
        let at = |symbol| SymbolRef { file: index, symbol };
        for store in &file.stores {
            let Slot::Field(name) = store.slot else { continue };
            let (name, value) = (file.text(name), (at(store.scope), store.value));
            let key = match file.expr(store.base) {
                Expr::Name(base) if file.text(base) == "exports" => {
                    self.exports.entry((index, name)).or_default().push(value);
                    continue;
                }
                Expr::Name(base) if file.text(base) == "module" && name == "exports" => {
                    self.module_exports.entry(index).or_default().push(value);
                    continue;
                }
                Expr::Field(base, field) => {
                    let is_exports = file.text(field) == "exports"
                        && matches!(file.expr(base), Expr::Name(n) if file.text(n) == "module");
                    if is_exports {
                        self.exports.entry((index, name)).or_default().push(value);
                        continue;
                    }
                    match file.expr(base) {
                        Expr::Declared(owner) if file.text(field) == "prototype" => {
                            (at(owner), Side::Object)
                        }
                        _ => continue,
                    }
                }
                Expr::Declared(owner) => self.declared_side(program, at(owner)),
                Expr::Parameter(method, 0) => match self.this_side(program, at(method)) {
                    Some(found) => found,
                    None => continue,
                },
                _ => continue,
            };
            self.stores.entry((key.0, key.1, name)).or_default().push(value);
        }
    }

    /// `X.name = …` for a class, function or object literal `X`.
    fn declared_side(&self, program: &Program<'a>, owner: SymbolRef) -> (SymbolRef, Side) {
        if !super::is_object(program, owner) {
            return (owner, Side::Class);
        }
        // The object may be a prototype.
        (self.owners.get(&owner).copied().unwrap_or(owner), Side::Object)
    }

    /// `this.name = …` in a method or constructor function.
    fn this_side(&mut self, program: &Program<'a>, method: SymbolRef) -> Option<(SymbolRef, Side)> {
        if let Some(owner) = self.owners.get(&method) {
            return Some((self.owners.get(owner).copied().unwrap_or(*owner), Side::Object));
        }
        let around = program.parent(method)?;
        if program.symbol(around).kind == SymbolKind::Type {
            let is_static = program.symbol(method).modifiers.has(Modifiers::STATIC);
            if super::is_object(program, around) {
                let owner = self.owners.get(&around).copied().unwrap_or(around);
                return Some((owner, Side::Object));
            }
            return Some((around, if is_static { Side::Class } else { Side::Object }));
        }
        self.with_fields.insert(method);
        Some((method, Side::Object))
    }

    /// Joins classes to their bases, once their names can be looked up.
    pub(crate) fn join_classes(program: &Program<'a>) -> FxHashMap<SymbolRef, Vec<SymbolRef>> {
        let evaluator = Evaluator::new(program);
        let mut below: FxHashMap<SymbolRef, Vec<SymbolRef>> = FxHashMap::default();
        for (index, file) in program.files.iter().enumerate() {
            if !is_script(file.language) {
                continue;
            }
            for (number, symbol) in file.symbols.iter().enumerate() {
                if symbol.kind != SymbolKind::Type {
                    continue;
                }
                let class = SymbolRef { file: index as u32, symbol: SymbolId(number as u32) };
                evaluator.refuel();
                for (_, base) in bases(&evaluator, class) {
                    if let Value::Type(base) | Value::Function(base) = base {
                        below.entry(base).or_default().push(class);
                    }
                }
            }
        }
        below
    }
}
