//! Rust's module tree, read off the paths of files: which file is the child or the parent of which
//! module, and where crates begin.

use cg_types::Language;
use rustc_hash::FxHashMap;

use crate::facts::{SymbolId, SymbolKind};
use crate::program::{Program, SymbolRef};

/// Modules above a module that are walked.
const MAX_MODULES: usize = 64;

/// Crates of the repository.
#[derive(Default)]
pub(crate) struct Modules {
    /// Library crates by name (the folder's, `-` as `_`); none where two have one name.
    crates: FxHashMap<String, Option<u32>>,
}

impl Modules {
    pub(crate) fn new(program: &Program<'_>) -> Self {
        let mut crates: FxHashMap<String, Option<u32>> = FxHashMap::default();
        for (index, file) in program.files.iter().enumerate() {
            let Some(package) = file.path().strip_suffix("/src/lib.rs") else { continue };
            if file.language != Language::Rust {
                continue;
            }
            let folder = package.rsplit('/').next().unwrap_or_default();
            let one = crates.entry(folder.replace('-', "_")).or_insert(Some(index as u32));
            if *one != Some(index as u32) {
                *one = None;
            }
        }
        Self { crates }
    }

    /// The library crate of a name.
    pub(crate) fn library(&self, name: &str) -> Option<SymbolRef> {
        self.crates.get(name).copied().flatten().map(whole)
    }

    /// The module in a file of its own that a module declares.
    pub(crate) fn child(
        &self,
        program: &Program<'_>,
        module: SymbolRef,
        name: &str,
    ) -> Option<SymbolRef> {
        let folder = inner_folder(program, module);
        let base = if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
        let paths = [format!("{base}.rs"), format!("{base}/mod.rs")];
        paths.iter().find_map(|path| program.paths.get(path.as_str())).copied().map(whole)
    }

    /// The module around a module.
    pub(crate) fn parent(&self, program: &Program<'_>, module: SymbolRef) -> Option<SymbolRef> {
        match program.parent(module) {
            Some(parent) => Some(module_around(program, parent)),
            None => parent_file(program, module.file).map(whole),
        }
    }

    /// The files in which the crate of a file may begin, the likeliest first.
    pub(crate) fn roots(&self, program: &Program<'_>, file: u32) -> Vec<SymbolRef> {
        let mut at = file;
        for _ in 0..MAX_MODULES {
            match parent_file(program, at) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        let path = program.file(at).path();
        let other = match path.rsplit_once('/') {
            Some((folder, "lib.rs")) => Some(format!("{folder}/main.rs")),
            Some((folder, "main.rs")) => Some(format!("{folder}/lib.rs")),
            _ => None,
        };
        let other = other.and_then(|other| program.paths.get(other.as_str()).copied());
        std::iter::once(at).chain(other).map(whole).collect()
    }
}

/// The innermost module around a declaration, itself included.
pub(crate) fn module_around(program: &Program<'_>, reference: SymbolRef) -> SymbolRef {
    let mut at = reference;
    while program.symbol(at).kind != SymbolKind::Module {
        match program.parent(at) {
            Some(parent) => at = parent,
            None => break,
        }
    }
    at
}

fn whole(file: u32) -> SymbolRef {
    SymbolRef { file, symbol: SymbolId::FILE }
}

/// Whether a file's children lie beside it.
fn is_folder_file(name: &str) -> bool {
    matches!(name, "mod.rs" | "lib.rs" | "main.rs")
}

/// The folder in which the children of a module lie.
fn inner_folder(program: &Program<'_>, module: SymbolRef) -> String {
    let path = program.file(module.file).path();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.strip_suffix(".rs").unwrap_or(name);
    let is_root = is_folder_file(name) || parent_file(program, module.file).is_none();
    let mut parts: Vec<&str> = if folder.is_empty() { Vec::new() } else { vec![folder] };
    if !is_root {
        parts.push(stem);
    }
    let mut inline = Vec::new();
    let mut at = Some(module);
    while let Some(here) = at.filter(|here| here.symbol != SymbolId::FILE) {
        inline.push(program.name(here));
        at = program.parent(here);
    }
    parts.extend(inline.into_iter().rev());
    parts.join("/")
}

/// The file whose module declares a file.
fn parent_file(program: &Program<'_>, file: u32) -> Option<u32> {
    let path = program.file(file).path();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if matches!(name, "lib.rs" | "main.rs" | "build.rs") {
        return None;
    }
    // `a/mod.rs` is the module `a` of the folder above; `a/b.rs` the module `b` of `a`.
    let folder = if name == "mod.rs" {
        folder.rsplit_once('/').map_or("", |(above, _)| above)
    } else {
        folder
    };
    let inside =
        |name: &str| if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
    let mut candidates = vec![inside("mod.rs"), inside("lib.rs"), inside("main.rs")];
    if !folder.is_empty() {
        candidates.push(format!("{folder}.rs"));
    }
    let found =
        candidates.iter().find_map(|candidate| program.paths.get(candidate.as_str()).copied());
    found.filter(|found| *found != file)
}
