//! Go packages: the files of each, what they declare, and which one an import means.
//!
//! Where a module begins and how it is called stands in `go.mod`, which is no source. The imports tell it as well:
//! if many of them are a prefix and then folders below one folder, that folder is the module of that name.

use cg_types::Language;
use rustc_hash::{FxHashMap, FxHashSet};

use super::go_build;
use crate::facts::{SymbolId, Text};
use crate::program::{Program, SymbolRef};

/// A package: a folder and the name in its package clauses.
pub(super) struct Package<'a> {
    clause: &'a str,
    /// In the order of their paths.
    pub(super) files: Vec<u32>,
    /// Functions, types and variables by name, in the order of the paths.
    pub(super) names: FxHashMap<&'a str, Vec<SymbolRef>>,
}

/// All packages.
#[derive(Default)]
pub(super) struct Packages<'a> {
    pub(super) list: Vec<Package<'a>>,
    of_file: FxHashMap<u32, u32>,
    /// Files that a plain build leaves out.
    left_out: FxHashSet<u32>,
    by_folder: FxHashMap<&'a str, Vec<u32>>,
    /// Folder and import path, the best attested first.
    modules: Vec<(&'a str, &'a str)>,
}

/// The folder of a path.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl<'a> Packages<'a> {
    pub(super) fn new(program: &Program<'a>) -> Self {
        let mut files: Vec<u32> = (0..program.files.len() as u32)
            .filter(|file| program.file(*file).language == Language::Go)
            .collect();
        files.sort_by_key(|file| program.file(*file).path());
        let mut packages = Self::default();
        let mut numbers: FxHashMap<(&str, &str), u32> = FxHashMap::default();
        for file in files {
            let facts = program.file(file);
            let folder = folder(facts.path());
            let clause = facts.text(facts.symbol(SymbolId::FILE).type_text);
            let number = *numbers.entry((folder, clause)).or_insert_with(|| {
                packages.list.push(Package {
                    clause,
                    files: Vec::new(),
                    names: FxHashMap::default(),
                });
                let number = packages.list.len() as u32 - 1;
                packages.by_folder.entry(folder).or_default().push(number);
                number
            });
            packages.of_file.insert(file, number);
            let constraint = facts.text(facts.symbol(SymbolId::FILE).signature);
            if !go_build::is_plain(facts.path(), constraint) {
                packages.left_out.insert(file);
            }
            let package = &mut packages.list[number as usize];
            package.files.push(file);
            for (index, symbol) in facts.symbols.iter().enumerate().skip(1) {
                // Methods belong to their types, not to the package.
                if symbol.parent == SymbolId::FILE && symbol.decorator == Text::EMPTY {
                    let reference = SymbolRef { file, symbol: SymbolId(index as u32) };
                    package.names.entry(facts.text(symbol.name)).or_default().push(reference);
                }
            }
        }
        packages.modules = packages.find_modules(program);
        packages
    }

    /// Folders and import paths of modules, as the imports attest them: for each folder the path with which
    /// most imports fit.
    fn find_modules(&self, program: &Program<'a>) -> Vec<(&'a str, &'a str)> {
        let mut by_last: FxHashMap<&str, Vec<&'a str>> = FxHashMap::default();
        for folder in self.by_folder.keys() {
            let last = folder.rsplit('/').next().unwrap_or(folder);
            by_last.entry(last).or_default().push(folder);
        }
        let imports: FxHashSet<&'a str> = self
            .of_file
            .keys()
            .flat_map(|file| {
                let facts = program.file(*file);
                facts.imports.iter().map(|import| facts.text(import.entity))
            })
            .collect();
        let mut votes: FxHashMap<(&'a str, &'a str), u32> = FxHashMap::default();
        for import in imports {
            let last = import.rsplit('/').next().unwrap_or(import);
            for folder in by_last.get(last).into_iter().flatten() {
                *votes.entry(without_common_end(folder, import)).or_default() += 1;
            }
        }
        let mut best: FxHashMap<&'a str, (u32, &'a str)> = FxHashMap::default();
        for ((root, path), count) in votes {
            let known = best.entry(root).or_insert((count, path));
            if (count, std::cmp::Reverse(path)) > (known.0, std::cmp::Reverse(known.1)) {
                *known = (count, path);
            }
        }
        let mut modules: Vec<(u32, &str, &str)> = best
            .into_iter()
            // One fitting import below some folder is chance.
            .filter(|(root, (count, path))| *count > 1 || root.is_empty() && path.contains('.'))
            .map(|(root, (count, path))| (count, root, path))
            .collect();
        modules.sort_by(|a, b| b.0.cmp(&a.0).then(a.cmp(b)));
        // A tree of packages without a domain, as that of the library itself, is no part of a better attested
        // module: there `errors` is the library's, whatever folder is called so. Test data are such trees.
        let domains: Vec<(u32, &str)> = modules
            .iter()
            .filter(|(_, _, path)| !path.is_empty())
            .map(|(count, root, _)| (*count, *root))
            .collect();
        modules.retain(|(count, root, path)| {
            let is_around = |outer: &str| outer.is_empty() || is_below(root, outer);
            !path.is_empty()
                || is_test_data(root)
                || !domains.iter().any(|(votes, outer)| votes > count && is_around(outer))
        });
        modules.into_iter().map(|(_, root, path)| (root, path)).collect()
    }

    pub(super) fn of_file(&self, file: u32) -> Option<&Package<'a>> {
        self.list.get(*self.of_file.get(&file)? as usize)
    }

    /// Whether a plain build for Linux takes a file.
    pub(super) fn is_built(&self, file: u32) -> bool {
        !self.left_out.contains(&file)
    }

    /// The package that an import of a file means.
    pub(super) fn import(
        &self,
        program: &Program<'a>,
        file: u32,
        path: &str,
    ) -> Option<&Package<'a>> {
        let mut around = folder(program.file(file).path());
        loop {
            let vendored = if around.is_empty() {
                format!("vendor/{path}")
            } else {
                format!("{around}/vendor/{path}")
            };
            if let Some(found) = self.in_folder(&vendored) {
                return Some(found);
            }
            if around.is_empty() {
                break;
            }
            around = folder(around);
        }
        let importer = program.file(file).path();
        self.modules.iter().find_map(|(root, prefix)| {
            // Paths without a domain are the library's but in a tree of its own; test data has its own tree too.
            let is_own = prefix.is_empty() || is_test_data(root);
            let is_inside = root.is_empty() || is_below(importer, root);
            if is_own && !is_inside {
                return None;
            }
            let rest = match path.strip_prefix(prefix)? {
                rest if prefix.is_empty() => rest,
                "" => "",
                rest => rest.strip_prefix('/')?,
            };
            match (root.is_empty(), rest.is_empty()) {
                (true, _) => self.in_folder(rest),
                (false, true) => self.in_folder(root),
                (false, false) => self.in_folder(&format!("{root}/{rest}")),
            }
        })
    }

    /// The package of a folder that others can import.
    fn in_folder(&self, folder: &str) -> Option<&Package<'a>> {
        let list = self.by_folder.get(folder)?.iter().map(|number| &self.list[*number as usize]);
        let importable = list.filter(|package| !package.clause.ends_with("_test"));
        importable.min_by_key(|package| (package.clause == "main", package.clause))
    }

    pub(super) fn has_clause(package: &Package<'a>, name: &str) -> bool {
        package.clause == name
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn is_test_data(folder: &str) -> bool {
    folder.split('/').any(|part| part == "testdata")
}

/// What is left of a folder and an import path before the parts at the end that they share.
fn without_common_end<'t>(folder: &'t str, import: &'t str) -> (&'t str, &'t str) {
    let (mut a, mut b) = (folder, import);
    loop {
        let (before_a, last_a) = a.rsplit_once('/').unwrap_or(("", a));
        let (before_b, last_b) = b.rsplit_once('/').unwrap_or(("", b));
        if last_a != last_b || a.is_empty() || b.is_empty() {
            return (a, b);
        }
        (a, b) = (before_a, before_b);
    }
}

#[cfg(test)]
mod tests {
    use super::without_common_end;

    #[test]
    fn modules_are_what_is_left_of_imports() {
        assert_eq!(without_common_end("html/atom", "x.org/net/html/atom"), ("", "x.org/net"));
        assert_eq!(without_common_end("src/a/b", "a/b"), ("src", ""));
        assert_eq!(without_common_end("cmd/b", "x.org/c/b"), ("cmd", "x.org/c"));
    }
}
