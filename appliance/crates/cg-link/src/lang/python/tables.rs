//! What the evaluation of Python asks again and again: modules by path, the standard library's names, stores of attributes.

use cg_types::Language;
use rustc_hash::{FxHashMap, FxHashSet};

use super::bases;
use crate::facts::{ExprId, Slot, SymbolId, SymbolKind};
use crate::lang::Evaluator;
use crate::program::{Program, SymbolRef, Value};

/// Methods that so many library types have that a unique definition in the repository proves nothing.
pub(super) const COMMON_METHODS: &str = include_str!("../../../data/python_methods.txt");

/// What Python asks of all files.
#[derive(Default)]
pub(crate) struct Tables<'a> {
    /// Modules by path without extension; `a/b` is `a/b.py` or `a/b/__init__.py`.
    pub(super) modules: FxHashMap<String, u32>,
    /// Folders that hold modules, at any depth.
    pub(super) folders: FxHashSet<String>,
    /// Folders that top-level packages and modules lie in, sorted.
    pub(super) roots: Vec<String>,
    pub(super) standard: FxHashSet<&'static str>,
    pub(super) builtins: FxHashSet<&'static str>,
    pub(super) common: FxHashSet<&'static str>,
    /// `self.x = …` by class and attribute: the method it stands in, and the value.
    pub(in crate::lang) stores: FxHashMap<(SymbolRef, &'a str), Vec<(SymbolRef, ExprId)>>,
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
            standard: lines(include_str!("../../../data/python_modules.txt")),
            builtins: lines(include_str!("../../../data/python_builtins.txt")),
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
    pub(super) fn root_of(&self, program: &Program<'_>, path: &str) -> String {
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

    pub(super) fn module(&self, path: &str) -> Option<Value> {
        if let Some(file) = self.modules.get(path) {
            return Some(Value::Module(SymbolRef { file: *file, symbol: SymbolId::FILE }));
        }
        self.folders.contains(path).then(|| Value::Folder(path.into()))
    }

    /// A top-level module, as the importing file finds it.
    pub(super) fn top_module(&self, program: &Program<'_>, from: u32, name: &str) -> Value {
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
