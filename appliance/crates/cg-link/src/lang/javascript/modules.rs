//! Modules: which file a module's name means, and what it exports.

use cg_types::Modifiers;

use super::{Want, attribute, one_value, own};
use crate::facts::SymbolId;
use crate::lang::Evaluator;
use crate::program::{Program, SymbolRef, Value};

/// Extensions that a name may leave out, in the order in which they are tried.
const EXTENSIONS: &[&str] =
    &[".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts"];
/// Written extensions that stand for TypeScript's.
const COMPILED: &[(&str, &[&str])] = &[
    (".js", &[".ts", ".tsx", ".d.ts"]),
    (".jsx", &[".tsx"]),
    (".mjs", &[".mts", ".d.mts"]),
    (".cjs", &[".cts", ".d.cts"]),
];

/// What an IMPORT binds its name to.
pub(crate) fn imported(evaluator: &Evaluator<'_, '_>, file: u32, import: u32) -> Value {
    let facts = evaluator.program.file(file);
    let entity = facts.text(evaluator.program.import(file, import).entity);
    let (module, name) = parts(entity);
    let Some(found) = resolve(evaluator.program, file, module) else {
        return match name {
            None | Some("default") => Value::External(module.into()),
            Some(name) => Value::External(format!("{module}.{name}")),
        };
    };
    match name {
        None => Value::Module(SymbolRef { file: found, symbol: SymbolId::FILE }),
        Some(name) => exported(evaluator, found, name).unwrap_or(Value::Unknown),
    }
}

/// What `require("module")` gives: what the module exports as a whole, else the module.
pub(super) fn required(evaluator: &Evaluator<'_, '_>, file: u32, module: &str) -> Value {
    let Some(found) = resolve(evaluator.program, file, module) else {
        return Value::External(parts(module).0.into());
    };
    whole(evaluator, found)
        .unwrap_or(Value::Module(SymbolRef { file: found, symbol: SymbolId::FILE }))
}

/// `module.exports` of a file.
fn whole(evaluator: &Evaluator<'_, '_>, file: u32) -> Option<Value> {
    let stores = evaluator.program.javascript.module_exports.get(&file)?;
    match evaluator.step(|| one_value(evaluator, stores).unwrap_or(Value::Unknown)) {
        Value::Unknown => None,
        known => Some(known),
    }
}

/// What a file exports under a name.
pub(super) fn exported(evaluator: &Evaluator<'_, '_>, file: u32, name: &str) -> Option<Value> {
    let program = evaluator.program;
    let top = SymbolRef { file, symbol: SymbolId::FILE };
    let is_public = program.members(top, name).into_iter().any(|found| {
        let modifiers = program.symbol(found).modifiers;
        modifiers.has(Modifiers::PUBLIC) && !modifiers.has(Modifiers::LAMBDA)
    });
    if is_public && let Some(found) = own(evaluator, top, name, Want::Value) {
        return Some(found);
    }
    if let Some(stores) = program.javascript.exports.get(&(file, name)) {
        match evaluator.step(|| one_value(evaluator, stores).unwrap_or(Value::Unknown)) {
            Value::Unknown => {}
            known => return Some(known),
        }
    }
    for import in program.imports(top, name).iter().rev() {
        if program.import(file, *import).modifiers.has(Modifiers::PUBLIC) {
            let value = evaluator.follow(file, *import, || imported(evaluator, file, *import));
            if value.is_some() {
                return value;
            }
        }
    }
    if let Some(whole) = whole(evaluator, file) {
        // `import x from` a CommonJS module is what it exports as a whole.
        return Some(if name == "default" { whole } else { attribute(evaluator, whole, name) });
    }
    if name == "default" {
        return None;
    }
    for import in program.wildcards(top).iter().rev() {
        let value = evaluator.follow(file, *import, || {
            let entity = program.file(file).text(program.import(file, *import).entity);
            let target = resolve(program, file, entity);
            target.and_then(|target| exported(evaluator, target, name)).unwrap_or(Value::Unknown)
        });
        if let Some(value) = value.filter(|value| *value != Value::Unknown) {
            return Some(value);
        }
    }
    None
}

/// Module and exported name of an IMPORT's entity.
fn parts(entity: &str) -> (&str, Option<&str>) {
    let entity = entity.strip_prefix("node:").unwrap_or(entity);
    match entity.rsplit_once(':') {
        Some((module, name)) if !module.is_empty() => (module, Some(name)),
        _ => (entity, None),
    }
}

/// The file that a module's name means for a file.
pub(super) fn resolve(program: &Program<'_>, from: u32, module: &str) -> Option<u32> {
    let path = program.file(from).path();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    if module.starts_with("./") || module.starts_with("../") || matches!(module, "." | "..") {
        return file_at(program, &join(folder, module)?);
    }
    if module.is_empty() || module.starts_with('/') || module.contains(':') {
        return None;
    }
    // Aliases that projects commonly give to their own sources.
    if let Some(rest) = module.strip_prefix("@/").or_else(|| module.strip_prefix("~/")) {
        return above(folder).find_map(|folder| {
            file_at(program, &inside(folder, &format!("src/{rest}")))
                .or_else(|| file_at(program, &inside(folder, rest)))
        });
    }
    package(program, module).or_else(|| {
        // `baseUrl`: a path from a folder above; a single word is a library.
        let is_path = module.contains('/') && !module.starts_with('@');
        let mut places = above(folder).filter(|_| is_path);
        places.find_map(|folder| file_at(program, &inside(folder, module)))
    })
}

/// A package of the same repository: by its folder's name, if only one folder has it.
fn package(program: &Program<'_>, module: &str) -> Option<u32> {
    let (name, rest) = match module.strip_prefix('@') {
        Some(scoped) => {
            let (_, scoped) = scoped.split_once('/')?;
            scoped.split_once('/').map_or((scoped, None), |(name, rest)| (name, Some(rest)))
        }
        None => module.split_once('/').map_or((module, None), |(name, rest)| (name, Some(rest))),
    };
    let [folder] = program.javascript.packages.get(name)?[..] else { return None };
    // A folder that only happens to be named like a library is no package.
    let parent = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
    let around = parent.rsplit('/').next().unwrap_or(parent);
    let is_workspace = matches!(around, "packages" | "libs" | "apps" | "modules" | "node_modules")
        || around.starts_with('@');
    if !is_workspace {
        return None;
    }
    let tries: &[&str] = &["src", "", "lib"];
    tries.iter().find_map(|part| {
        let base = inside(folder, part);
        let path = rest.map_or_else(|| inside(&base, "index"), |rest| inside(&base, rest));
        file_at(program, path.trim_end_matches('/'))
    })
}

/// The file at a path that may lack its extension, or name a folder.
fn file_at(program: &Program<'_>, path: &str) -> Option<u32> {
    let is_script = |file: &u32| super::tables::is_script(program.file(*file).language);
    let known = |path: &str| program.paths.get(path).copied().filter(is_script);
    if let Some(found) = known(path) {
        return Some(found);
    }
    for (written, compiled) in COMPILED {
        if let Some(stem) = path.strip_suffix(written) {
            let found = compiled.iter().find_map(|one| known(&format!("{stem}{one}")));
            if found.is_some() {
                return found;
            }
        }
    }
    let with = |stem: &str| EXTENSIONS.iter().find_map(|one| known(&format!("{stem}{one}")));
    if !path.is_empty()
        && let Some(found) = with(path)
    {
        return Some(found);
    }
    with(&inside(path, "index"))
}

/// `./a`, `../b` from a folder, without the dots; nothing if it leaves the repository.
fn join(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn inside(folder: &str, path: &str) -> String {
    match (folder.is_empty(), path.is_empty()) {
        (true, _) => path.into(),
        (_, true) => folder.into(),
        _ => format!("{folder}/{path}"),
    }
}

/// A folder and those above it, the repository's own last.
fn above(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| {
        (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(above, _)| above))
    })
}

#[cfg(test)]
mod tests {
    use super::{join, parts};

    #[test]
    fn relative_paths_lose_their_dots() {
        assert_eq!(join("a/b", "../c/./d").as_deref(), Some("a/c/d"));
        assert_eq!(join("", "./x").as_deref(), Some("x"));
        assert_eq!(join("a", "../../x"), None);
        assert_eq!(parts("./a:f"), ("./a", Some("f")));
        assert_eq!(parts("node:fs"), ("fs", None));
        assert_eq!(parts("node:fs:readFile"), ("fs", Some("readFile")));
    }
}
