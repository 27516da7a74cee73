//! All files together: who declares what, and the values that expressions can have.

use std::sync::OnceLock;

use cg_types::{Language, NodeId};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::facts::{FileFacts, Import, Symbol, SymbolId, SymbolKind};
use crate::lang::{c, cpp, go, java, javascript, python, rust};
use crate::links::{Confidence, Technique, Tier};

/// A declaration of some file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SymbolRef {
    /// Position of the file in the input.
    pub(crate) file: u32,
    pub(crate) symbol: SymbolId,
}

/// What an expression may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing is known.
    Unknown,
    /// A file, or a namespace in it.
    Module(SymbolRef),
    /// A folder that holds modules (Python namespace package).
    Folder(String),
    /// A type itself.
    Type(SymbolRef),
    /// An object of exactly this type.
    Made(SymbolRef),
    /// An object of this type or of one below it.
    Instance(SymbolRef),
    /// A function or method.
    Function(SymbolRef),
    /// An object whose type is written like this in that scope (Java, Rust; generics included).
    Written(SymbolRef, String),
    /// `super()` in a type.
    Super(SymbolRef),
    /// Something outside of the repository, by its full name.
    External(String),
    /// An object that something outside made or declared.
    ExternalObject(String),
    /// The value of a parameter.
    Parameter(SymbolRef, u32),
}

/// What a call leads to.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// Methods of the repository.
    Methods(Vec<Reached>),
    /// A method outside, by its full name; signature if a declaration tells it.
    External { full_name: String, signature: String },
    /// Whatever is passed as a parameter of a method; decided when all calls are known.
    Passed(SymbolRef, u32),
}

/// A method that a call reaches, and why.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reached {
    pub(crate) method: SymbolRef,
    pub(crate) tier: Tier,
    pub(crate) technique: Technique,
    pub(crate) confidence: Confidence,
}

impl Target {
    /// One method.
    pub(crate) fn one(
        method: SymbolRef,
        tier: Tier,
        technique: Technique,
        confidence: Confidence,
    ) -> Self {
        Self::Methods(vec![Reached { method, tier, technique, confidence }])
    }

    /// Something outside, without a known signature.
    pub(crate) fn external(full_name: impl Into<String>) -> Self {
        Self::External { full_name: full_name.into(), signature: String::new() }
    }
}

type Names<'a> = FxHashMap<(u32, &'a str), SmallVec<[u32; 1]>>;

/// Look-up tables of one file.
struct FileIndex<'a> {
    members: Names<'a>,
    imports: Names<'a>,
    wildcards: FxHashMap<u32, SmallVec<[u32; 1]>>,
}

/// All files and the tables over them.
pub(crate) struct Program<'a> {
    pub(crate) files: &'a [FileFacts],
    indexes: Vec<FileIndex<'a>>,
    /// By path.
    pub(crate) paths: FxHashMap<&'a str, u32>,
    /// METHODs by name, for each language.
    methods: [FxHashMap<&'a str, Vec<SymbolRef>>; Language::ALL.len()],
    pub(crate) c: c::Tables<'a>,
    pub(crate) go: go::Tables<'a>,
    pub(crate) javascript: javascript::Tables<'a>,
    pub(crate) python: python::Tables<'a>,
    pub(crate) rust: rust::Tables<'a>,
    pub(crate) cpp: cpp::Tables<'a>,
    pub(crate) java: java::Tables,
    /// Files reachable over `#include`, found when first asked for.
    pub(crate) includes: Vec<OnceLock<FxHashSet<u32>>>,
}

impl<'a> Program<'a> {
    pub(crate) fn new(files: &'a [FileFacts]) -> Self {
        let indexes: Vec<FileIndex<'a>> = files.par_iter().map(FileIndex::new).collect();
        let paths =
            files.iter().enumerate().map(|(index, file)| (file.path(), index as u32)).collect();
        let mut methods: [FxHashMap<&str, Vec<SymbolRef>>; Language::ALL.len()] =
            Default::default();
        for (index, file) in files.iter().enumerate() {
            for (symbol, declared) in file.symbols.iter().enumerate() {
                if declared.kind == SymbolKind::Method {
                    let reference =
                        SymbolRef { file: index as u32, symbol: SymbolId(symbol as u32) };
                    methods[file.language as usize]
                        .entry(file.text(declared.name))
                        .or_default()
                        .push(reference);
                }
            }
        }
        let mut program = Self {
            files,
            indexes,
            paths,
            methods,
            c: c::Tables::default(),
            go: go::Tables::default(),
            javascript: javascript::Tables::default(),
            python: python::Tables::default(),
            rust: rust::Tables::default(),
            cpp: cpp::Tables::default(),
            java: java::Tables::default(),
            includes: files.iter().map(|_| OnceLock::new()).collect(),
        };
        program.c = c::Tables::new(&program);
        program.cpp = cpp::Tables::new(&program);
        let derived = cpp::Tables::join(&program);
        program.cpp.set_derived(derived);
        program.go = go::Tables::new(&program);
        let implementors = go::Tables::join_interfaces(&program);
        program.go.implementors = implementors;
        program.javascript = javascript::Tables::new(&program);
        program.javascript.below = javascript::Tables::join_classes(&program);
        program.python = python::Tables::new(&program);
        program.python.below = python::Tables::join_classes(&program);
        program.rust = rust::Tables::new(&program);
        let types = rust::Types::new(&program);
        program.rust.types = types;
        program.java = java::Tables::new(&program);
        let hierarchy = java::Tables::join(&program);
        program.java.set_hierarchy(hierarchy);
        program
    }

    pub(crate) fn file(&self, index: u32) -> &'a FileFacts {
        &self.files[index as usize]
    }

    pub(crate) fn symbol(&self, reference: SymbolRef) -> &'a Symbol {
        self.file(reference.file).symbol(reference.symbol)
    }

    pub(crate) fn name(&self, reference: SymbolRef) -> &'a str {
        self.file(reference.file).text(self.symbol(reference).name)
    }

    /// The declaration around one; none around a file.
    pub(crate) fn parent(&self, reference: SymbolRef) -> Option<SymbolRef> {
        let parent = self.symbol(reference).parent;
        (reference.symbol != SymbolId::FILE).then_some(SymbolRef { symbol: parent, ..reference })
    }

    /// The innermost type around a declaration, itself included.
    pub(crate) fn type_around(&self, reference: SymbolRef) -> Option<SymbolRef> {
        let mut at = Some(reference);
        while let Some(here) = at {
            if self.symbol(here).kind == SymbolKind::Type {
                return Some(here);
            }
            at = self.parent(here);
        }
        None
    }

    /// What a scope declares under a name, in the order of the text.
    pub(crate) fn members(&self, scope: SymbolRef, name: &str) -> SmallVec<[SymbolRef; 2]> {
        let found = self.indexes[scope.file as usize].members.get(&(scope.symbol.0, name));
        let reference = |symbol: &u32| SymbolRef { file: scope.file, symbol: SymbolId(*symbol) };
        found.map_or(SmallVec::new(), |list| list.iter().map(reference).collect())
    }

    /// The last declaration of a kind that a scope has under a name.
    pub(crate) fn member(
        &self,
        scope: SymbolRef,
        name: &str,
        kind: SymbolKind,
    ) -> Option<SymbolRef> {
        self.members(scope, name).into_iter().rfind(|found| self.symbol(*found).kind == kind)
    }

    /// Imports that bind a name in a scope, as indices of the file's imports.
    pub(crate) fn imports(&self, scope: SymbolRef, name: &str) -> SmallVec<[u32; 1]> {
        let found = self.indexes[scope.file as usize].imports.get(&(scope.symbol.0, name));
        found.cloned().unwrap_or_default()
    }

    /// Imports of everything in a scope.
    pub(crate) fn wildcards(&self, scope: SymbolRef) -> &[u32] {
        let found = self.indexes[scope.file as usize].wildcards.get(&scope.symbol.0);
        found.map_or(&[][..], |list| &list[..])
    }

    pub(crate) fn import(&self, file: u32, index: u32) -> &'a Import {
        &self.file(file).imports[index as usize]
    }

    /// METHODs of a language with a name.
    pub(crate) fn methods(&self, language: Language, name: &str) -> &[SymbolRef] {
        self.methods[language as usize].get(name).map_or(&[], |list| &list[..])
    }

    pub(crate) fn node(&self, reference: SymbolRef) -> NodeId {
        NodeId::new(self.file(reference.file).key, self.symbol(reference).node)
    }

    /// Names from the outside in, joined by a separator; for external stubs.
    pub(crate) fn qualified(&self, reference: SymbolRef, separator: &str) -> String {
        let mut names = vec![self.name(reference)];
        let mut at = self.parent(reference);
        while let Some(here) = at.filter(|here| here.symbol != SymbolId::FILE) {
            names.push(self.name(here));
            at = self.parent(here);
        }
        names.reverse();
        names.join(separator)
    }
}

impl<'a> FileIndex<'a> {
    fn new(file: &'a FileFacts) -> Self {
        let mut members: Names<'a> = FxHashMap::default();
        for (index, symbol) in file.symbols.iter().enumerate().skip(1) {
            members
                .entry((symbol.parent.0, file.text(symbol.name)))
                .or_default()
                .push(index as u32);
        }
        let mut imports: Names<'a> = FxHashMap::default();
        let mut wildcards: FxHashMap<u32, SmallVec<[u32; 1]>> = FxHashMap::default();
        for (index, import) in file.imports.iter().enumerate() {
            if import.modifiers.has(cg_types::Modifiers::WILDCARD) {
                wildcards.entry(import.scope.0).or_default().push(index as u32);
                continue;
            }
            // `import a.b` binds `a`.
            let name = file.text(import.name).split('.').next().unwrap_or("");
            imports.entry((import.scope.0, name)).or_default().push(index as u32);
        }
        Self { members, imports, wildcards }
    }
}
