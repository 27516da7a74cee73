//! The facts of all files to links: every file's calls in parallel, then what needs all of them
//! (callbacks, names of externals), then sorting.

use cg_types::{FileKey, Language, NodeId, NodeIndex};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{FileFacts, SymbolId, SymbolKind};
use crate::lang::{Evaluator, MAX_TARGETS, c, cpp, go, java, javascript, python, rust, rust_paths};
use crate::links::{
    CallEdge, Confidence, ExternalMethod, ImportLink, Inherits, Links, Reference, Technique, Tier,
};
use crate::program::{Program, Reached, SymbolRef, Target, Value};

/// Joins the files of a repository. The order of the files does not matter to the result, but each
/// file key may come once only.
pub fn link(files: &[FileFacts]) -> Links {
    let program = Program::new(files);
    let mut targets: Vec<Vec<Target>> = (0..files.len() as u32)
        .into_par_iter()
        .map(|file| {
            let evaluator = Evaluator::new(&program);
            program.file(file).calls.iter().map(|call| evaluator.call(file, call)).collect()
        })
        .collect();
    resolve_passed(&program, &mut targets);
    let externals = externals(&targets);
    let numbers: FxHashMap<&str, NodeId> =
        externals.iter().map(|one| (one.full_name.as_str(), one.id)).collect();
    let mut call_edges: Vec<CallEdge> = (0..files.len())
        .into_par_iter()
        .flat_map_iter(|file| {
            let (program, numbers) = (&program, &numbers);
            let calls = files[file].calls.iter().zip(&targets[file]);
            calls.flat_map(move |(call, target)| {
                edges(program, numbers, NodeId::new(files[file].key, call.node), target)
            })
        })
        .collect();
    call_edges.par_sort_unstable();
    // Of two reasons for one edge the surer tier stands first.
    call_edges.dedup_by_key(|edge| (edge.call, edge.method));
    let per_file: Vec<FileLinks> =
        (0..files.len() as u32).into_par_iter().map(|file| FileLinks::of(&program, file)).collect();
    let mut links = Links { call_edges, externals, ..Links::default() };
    for file in per_file {
        links.imports.extend(file.imports);
        links.inherits.extend(file.inherits);
        links.references.extend(file.references);
    }
    links.imports.par_sort_unstable();
    links.imports.dedup();
    links.inherits.par_sort_unstable();
    links.inherits.dedup();
    links.references.par_sort_unstable();
    links.references.dedup();
    links
}

/// Calls of parameters lead to whatever is passed there.
fn resolve_passed(program: &Program<'_>, targets: &mut [Vec<Target>]) {
    let mut wanted: FxHashSet<(SymbolRef, u32)> = FxHashSet::default();
    for target in targets.iter().flatten() {
        if let Target::Passed(method, index) = target {
            wanted.insert((*method, *index));
        }
    }
    let callees: FxHashSet<SymbolRef> = wanted.iter().map(|(method, _)| *method).collect();
    let found: Vec<((SymbolRef, u32), SymbolRef)> = (0..targets.len())
        .into_par_iter()
        .flat_map_iter(|file| {
            let evaluator = Evaluator::new(program);
            let facts = &program.files[file];
            let mut found = Vec::new();
            for argument in &facts.arguments {
                let Target::Methods(reached) = &targets[file][argument.call as usize] else {
                    continue;
                };
                let scope = SymbolRef {
                    file: file as u32,
                    symbol: facts.calls[argument.call as usize].scope,
                };
                for one in reached.iter().filter(|one| callees.contains(&one.method)) {
                    evaluator.refuel();
                    let functions = evaluator.passed(scope, argument.value);
                    found.extend(functions.into_iter().map(|f| ((one.method, argument.index), f)));
                }
            }
            found
        })
        .collect();
    let mut passed: FxHashMap<(SymbolRef, u32), Vec<SymbolRef>> = FxHashMap::default();
    for (parameter, function) in
        found.into_iter().filter(|(parameter, _)| wanted.contains(parameter))
    {
        passed.entry(parameter).or_default().push(function);
    }
    for functions in passed.values_mut() {
        functions.sort_unstable();
        functions.dedup();
    }
    for (file, calls) in targets.iter_mut().enumerate() {
        for (call, target) in calls.iter_mut().enumerate() {
            let Target::Passed(method, index) = *target else { continue };
            let facts = &program.files[file];
            let functions = passed.get(&(method, index)).filter(|list| list.len() <= MAX_TARGETS);
            *target = match functions {
                Some(functions) => {
                    Target::Methods(functions.iter().map(|function| callback(*function)).collect())
                }
                None => Target::external(facts.text(facts.calls[call].name)),
            };
        }
    }
}

fn callback(method: SymbolRef) -> Reached {
    Reached {
        method,
        tier: Tier::T3,
        technique: Technique::FunctionPointer,
        confidence: Confidence::Likely,
    }
}

/// One stub for each full name, in the order of the names.
fn externals(targets: &[Vec<Target>]) -> Vec<ExternalMethod> {
    let mut names: Vec<(&str, &str)> = targets
        .par_iter()
        .flatten_iter()
        .filter_map(|target| match target {
            Target::External { full_name, signature } => {
                Some((full_name.as_str(), signature.as_str()))
            }
            Target::Methods(_) | Target::Passed(..) => None,
        })
        .collect();
    // Longer signatures first, so that a known one wins over none.
    names.par_sort_unstable_by(|a, b| {
        a.0.cmp(b.0).then(b.1.len().cmp(&a.1.len())).then(a.1.cmp(b.1))
    });
    names.dedup_by_key(|(full_name, _)| *full_name);
    let stubs = names.iter().enumerate().map(|(index, (full_name, signature))| ExternalMethod {
        id: NodeId::new(FileKey::NONE, NodeIndex(index as u32)),
        name: full_name
            .rsplit(['.', ':'])
            .find(|part| !part.is_empty())
            .unwrap_or(full_name)
            .to_string(),
        full_name: (*full_name).to_string(),
        signature: (*signature).to_string(),
    });
    stubs.collect()
}

fn edges(
    program: &Program<'_>,
    externals: &FxHashMap<&str, NodeId>,
    call: NodeId,
    target: &Target,
) -> Vec<CallEdge> {
    match target {
        Target::Methods(reached) => {
            let edge = |one: &Reached| CallEdge {
                call,
                method: program.node(one.method),
                tier: one.tier,
                technique: one.technique,
                confidence: one.confidence,
            };
            reached.iter().map(edge).collect()
        }
        Target::External { full_name, .. } => {
            let stub = externals.get(full_name.as_str());
            let edge = stub.map(|method| CallEdge {
                call,
                method: *method,
                tier: Tier::T0,
                technique: Technique::External,
                confidence: Confidence::Likely,
            });
            edge.into_iter().collect()
        }
        Target::Passed(..) => Vec::new(),
    }
}

/// Links of one file that are no calls.
#[derive(Default)]
struct FileLinks {
    imports: Vec<ImportLink>,
    inherits: Vec<Inherits>,
    references: Vec<Reference>,
}

impl FileLinks {
    fn of(program: &Program<'_>, file: u32) -> Self {
        let evaluator = Evaluator::new(program);
        let mut links = Self::default();
        links.imports(&evaluator, file);
        links.inherits(&evaluator, file);
        links.references(&evaluator, file);
        links
    }

    fn imports(&mut self, evaluator: &Evaluator<'_, '_>, file: u32) {
        let program = evaluator.program;
        let facts = program.file(file);
        for (index, import) in facts.imports.iter().enumerate() {
            evaluator.refuel();
            let entity = facts.text(import.entity);
            let target = match facts.language {
                Language::Cpp if entity.starts_with("::") => cpp::imported(program, entity),
                Language::C | Language::Cpp => program
                    .c
                    .include(program, file, entity)
                    .map(|found| SymbolRef { file: found, symbol: SymbolId::FILE }),
                Language::Go => go::import_target(program, file, entity),
                Language::Python => declaration(&python::entity_value(evaluator, file, entity)),
                Language::Rust => declaration(&rust_paths::imported(evaluator, file, index as u32)),
                Language::Java => java::imported(program, file, index as u32),
                Language::JavaScript | Language::TypeScript => {
                    declaration(&javascript::imported(evaluator, file, index as u32))
                }
            };
            if let Some(target) = target {
                self.imports.push(ImportLink {
                    import: NodeId::new(facts.key, import.node),
                    target: program.node(target),
                });
            }
        }
    }

    fn inherits(&mut self, evaluator: &Evaluator<'_, '_>, file: u32) {
        let program = evaluator.program;
        let facts = program.file(file);
        for (number, symbol) in facts.symbols.iter().enumerate() {
            if symbol.kind != SymbolKind::Type
                || !matches!(
                    facts.language,
                    Language::Cpp
                        | Language::Go
                        | Language::Java
                        | Language::JavaScript
                        | Language::Python
                        | Language::Rust
                        | Language::TypeScript
                )
            {
                continue;
            }
            evaluator.refuel();
            let block = SymbolRef { file, symbol: SymbolId(number as u32) };
            let (owner, bases) = match facts.language {
                Language::Cpp => (block, cpp::bases(program, block)),
                Language::Go => (block, go::bases(program, block)),
                Language::Rust => {
                    (rust::declaration(program, block), rust::bases(evaluator, block))
                }
                Language::Java => (block, java::bases(program, block)),
                Language::JavaScript | Language::TypeScript => {
                    let bases = javascript::bases(evaluator, block).into_iter();
                    (block, bases.map(|(name, value)| (name, declaration(&value))).collect())
                }
                _ => {
                    let bases = python::bases(evaluator, block).into_iter();
                    (block, bases.map(|(name, value)| (name, declaration(&value))).collect())
                }
            };
            for (base_name, base) in bases {
                let base = base.map(|base| program.node(base));
                self.inherits.push(Inherits { type_decl: program.node(owner), base, base_name });
            }
        }
    }

    fn references(&mut self, evaluator: &Evaluator<'_, '_>, file: u32) {
        let program = evaluator.program;
        let facts = program.file(file);
        // A name means the same everywhere in one scope.
        let mut known: FxHashMap<(SymbolId, crate::facts::Text), Option<SymbolRef>> =
            FxHashMap::default();
        for one in &facts.uses {
            let scope = SymbolRef { file, symbol: one.scope };
            let scope_key = if facts.language == Language::C { SymbolId::FILE } else { one.scope };
            let target = *known.entry((scope_key, one.name)).or_insert_with(|| {
                evaluator.refuel();
                let name = facts.text(one.name);
                match facts.language {
                    Language::C => c::reference(program, file, name),
                    Language::Cpp => cpp::reference(program, scope, name),
                    Language::Go => go::reference(program, file, name),
                    Language::Python => declaration(&python::dotted(evaluator, scope, name)),
                    Language::Rust => declaration(&rust_paths::reference(evaluator, scope, name)),
                    Language::Java => java::reference(program, scope, name),
                    Language::JavaScript | Language::TypeScript => {
                        declaration(&javascript::reference(evaluator, scope, name))
                    }
                }
            });
            if let Some(target) = target {
                self.references.push(Reference {
                    from: NodeId::new(facts.key, one.node),
                    to: program.node(target),
                });
            }
        }
    }
}

/// The declaration that a value is itself, not an object of it.
fn declaration(value: &Value) -> Option<SymbolRef> {
    match value {
        Value::Module(found) | Value::Type(found) | Value::Function(found) => Some(*found),
        _ => None,
    }
}
