//! Java types: by their binary names, in the scopes that see them, with their bases and what is below them.

use cg_types::{Language, Modifiers};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::facts::{SymbolId, SymbolKind};
use crate::program::{Program, SymbolRef};

/// Bases followed upwards, and types looked at below one.
const MAX_UPWARDS: usize = 200;
const MAX_BELOW: usize = 2_000;

/// What Java asks of all files.
#[derive(Default)]
pub(crate) struct Tables {
    /// Types by binary name (`a.b.Outer$Inner`); several where a repository holds copies.
    types: FxHashMap<String, SmallVec<[SymbolRef; 1]>>,
    /// The bases of a type in the order of the text.
    bases: FxHashMap<SymbolRef, Vec<(String, Named)>>,
    /// Types directly below a type.
    below: FxHashMap<SymbolRef, Vec<SymbolRef>>,
    pub(super) common: FxHashSet<&'static str>,
    /// What methods of the standard library give.
    pub(super) returns: FxHashMap<&'static str, &'static str>,
}

/// What a written type names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// A type of the repository.
    Type(SymbolRef),
    /// Something else, by its full name as far as it is known; arrays and primitive types too.
    Outside(String),
    /// A type parameter, or nothing.
    Unknown,
}

impl Tables {
    /// Needs everything of the program but the language tables.
    pub(crate) fn new(program: &Program<'_>) -> Self {
        let lines = |text: &'static str| text.lines().filter(|line| !line.starts_with('#'));
        let mut tables = Self {
            common: lines(include_str!("../../data/java_methods.txt")).collect(),
            returns: lines(include_str!("../../data/java_returns.txt"))
                .filter_map(|line| line.split_once(' '))
                .collect(),
            ..Self::default()
        };
        for (index, file) in program.files.iter().enumerate() {
            if file.language != Language::Java {
                continue;
            }
            let package = file.text(file.symbol(SymbolId::FILE).type_text);
            let mut names: FxHashMap<u32, String> = FxHashMap::default();
            for (number, symbol) in file.symbols.iter().enumerate() {
                if symbol.kind != SymbolKind::Type {
                    continue;
                }
                let name = file.text(symbol.name);
                let full = match symbol.parent {
                    SymbolId::FILE if package.is_empty() => name.to_owned(),
                    SymbolId::FILE => format!("{package}.{name}"),
                    parent => match names.get(&parent.0) {
                        Some(outer) if outer.len() < 1_000 => format!("{outer}${name}"),
                        // Local and anonymous classes are seen from within their method only.
                        _ => continue,
                    },
                };
                let reference = SymbolRef { file: index as u32, symbol: SymbolId(number as u32) };
                tables.types.entry(full.clone()).or_default().push(reference);
                names.insert(number as u32, full);
            }
        }
        tables
    }

    /// The bases of all types; needs the tables in their place.
    pub(crate) fn join(program: &Program<'_>) -> (Bases, Below) {
        let (mut bases, mut below) = (Bases::default(), Below::default());
        for (index, file) in program.files.iter().enumerate() {
            if file.language != Language::Java {
                continue;
            }
            for (number, symbol) in file.symbols.iter().enumerate() {
                if symbol.kind != SymbolKind::Type {
                    continue;
                }
                let of = SymbolRef { file: index as u32, symbol: SymbolId(number as u32) };
                let scope = program.parent(of).unwrap_or(of);
                let mut list = Vec::new();
                for name in file.text(symbol.type_text).split('|').filter(|name| !name.is_empty()) {
                    let base = resolve(program, scope, name);
                    if let Named::Type(base) = &base {
                        if *base == of {
                            continue;
                        }
                        below.entry(*base).or_default().push(of);
                    }
                    list.push((name.to_owned(), base));
                }
                bases.insert(of, list);
            }
        }
        (bases, below)
    }

    /// Puts the hierarchy in its place.
    pub(crate) fn set_hierarchy(&mut self, hierarchy: (Bases, Below)) {
        (self.bases, self.below) = hierarchy;
    }

    pub(super) fn bases(&self, of: SymbolRef) -> &[(String, Named)] {
        self.bases.get(&of).map_or(&[], |list| &list[..])
    }

    /// A type by its binary name, the nearest to a file where there are several.
    pub(super) fn by_name(
        &self,
        program: &Program<'_>,
        file: u32,
        name: &str,
    ) -> Option<SymbolRef> {
        let list = self.types.get(name)?;
        let own = program.file(file).path();
        let shared = |one: &SymbolRef| {
            let other = program.file(one.file).path();
            own.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count()
        };
        // Of equals the first, so that the order of files does not matter more than their paths.
        list.iter()
            .max_by_key(|one| (shared(one), std::cmp::Reverse(program.file(one.file).path())))
            .copied()
    }

    /// All types below one, nearest first; nothing where there are too many.
    pub(super) fn all_below(&self, of: SymbolRef) -> Vec<SymbolRef> {
        let mut found: Vec<SymbolRef> = Vec::new();
        let mut seen: FxHashSet<SymbolRef> = FxHashSet::default();
        seen.insert(of);
        let mut open = vec![of];
        while let Some(at) = open.pop() {
            for one in self.below.get(&at).into_iter().flatten() {
                if seen.insert(*one) {
                    found.push(*one);
                    open.push(*one);
                }
            }
            if found.len() > MAX_BELOW {
                return Vec::new();
            }
        }
        found
    }
}

type Bases = FxHashMap<SymbolRef, Vec<(String, Named)>>;
type Below = FxHashMap<SymbolRef, Vec<SymbolRef>>;

/// A type and all types of the repository above it, nearest first, superclasses before interfaces.
pub(super) fn upwards(program: &Program<'_>, of: SymbolRef) -> Vec<SymbolRef> {
    let mut found = vec![of];
    let mut at = 0;
    while at < found.len() && found.len() < MAX_UPWARDS {
        for (_, base) in program.java.bases(found[at]) {
            if let Named::Type(base) = base
                && !found.contains(base)
            {
                found.push(*base);
            }
        }
        at += 1;
    }
    found
}

/// The bases outside of the repository that a type or one above it has.
pub(super) fn outside_bases<'p>(program: &'p Program<'_>, of: SymbolRef) -> Vec<&'p str> {
    let of_type = |one: SymbolRef| program.java.bases(one).iter();
    let all = upwards(program, of).into_iter().flat_map(of_type);
    all.filter_map(|(_, base)| match base {
        Named::Outside(name) => Some(name.as_str()),
        _ => None,
    })
    .collect()
}

/// What a type as the source writes it names in a scope.
pub(super) fn resolve(program: &Program<'_>, scope: SymbolRef, text: &str) -> Named {
    let name = erase(text);
    if name.is_empty() {
        return Named::Unknown;
    }
    if name.ends_with("[]") || PRIMITIVES.contains(&name.as_str()) {
        return Named::Outside(name);
    }
    let tables = &program.java;
    let (first, rest) = match name.find(['.', '$']) {
        Some(at) => (&name[..at], &name[at + 1..]),
        None => (name.as_str(), ""),
    };
    if rest.is_empty() {
        return simple(program, scope, first);
    }
    let binary = binary_name(&name);
    if let Some(found) = tables.by_name(program, scope.file, &binary) {
        return Named::Type(found);
    }
    if first.starts_with(char::is_uppercase) {
        return match simple(program, scope, first) {
            Named::Type(outer) => {
                let mut parts = rest.split(['.', '$']);
                let found = parts.try_fold(outer, |at, part| nested(program, at, part));
                found.map_or(Named::Unknown, Named::Type)
            }
            Named::Outside(outer) => Named::Outside(format!("{outer}${}", rest.replace('.', "$"))),
            Named::Unknown => Named::Unknown,
        };
    }
    // The front end puts a name that it does not know into the own package; it may be inherited.
    let package = package(program, scope.file);
    let inside = name.strip_prefix(package).and_then(|rest| rest.strip_prefix('.'));
    if let Some(inside) =
        inside.filter(|inside| !package.is_empty() && !inside.contains(['.', '$']))
        && let Named::Type(found) = simple(program, scope, inside)
    {
        return Named::Type(found);
    }
    Named::Outside(binary)
}

/// A name without dots.
fn simple(program: &Program<'_>, scope: SymbolRef, name: &str) -> Named {
    let mut at = Some(scope);
    while let Some(here) = at {
        if program.symbol(here).kind == SymbolKind::Type && program.name(here) == name {
            return Named::Type(here);
        }
        let found = match program.symbol(here).kind {
            SymbolKind::Type => nested(program, here, name),
            _ => program.member(here, name, SymbolKind::Type),
        };
        if let Some(found) = found {
            return Named::Type(found);
        }
        at = program.parent(here);
    }
    let file = scope.file;
    let top = SymbolRef { file, symbol: SymbolId::FILE };
    let tables = &program.java;
    for import in program.imports(top, name) {
        let entity = program.file(file).text(program.import(file, import).entity);
        let binary = binary_name(entity);
        let is_static = program.import(file, import).modifiers.has(Modifiers::STATIC);
        match tables.by_name(program, file, &binary) {
            Some(found) => return Named::Type(found),
            None if !is_static => return Named::Outside(binary),
            None => {}
        }
    }
    let own = package(program, file);
    let beside = if own.is_empty() { name.to_owned() } else { format!("{own}.{name}") };
    if let Some(found) = tables.by_name(program, file, &beside) {
        return Named::Type(found);
    }
    let mut outside = None;
    for import in program.wildcards(top) {
        let entity = program.file(file).text(program.import(file, *import).entity);
        let prefix = entity.strip_suffix(".*").unwrap_or(entity);
        for joint in ['.', '$'] {
            let full = format!("{}{joint}{name}", binary_name(prefix));
            if let Some(found) = tables.by_name(program, file, &full) {
                return Named::Type(found);
            }
            if joint == '.' && UTIL.contains(&name) && prefix == "java.util" {
                outside = Some(full);
            }
        }
    }
    if let Some(outside) = outside {
        return Named::Outside(outside);
    }
    if LANG.contains(&name) {
        return Named::Outside(format!("java.lang.{name}"));
    }
    // `T`, `K2`: a type parameter.
    let is_parameter = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    if is_parameter { Named::Unknown } else { Named::Outside(name.to_owned()) }
}

/// A type declared in a type or in one above it.
pub(super) fn nested(program: &Program<'_>, of: SymbolRef, name: &str) -> Option<SymbolRef> {
    upwards(program, of).into_iter().find_map(|one| program.member(one, name, SymbolKind::Type))
}

/// The package of a file.
pub(super) fn package<'a>(program: &Program<'a>, file: u32) -> &'a str {
    let facts = program.file(file);
    facts.text(facts.symbol(SymbolId::FILE).type_text)
}

/// A type without generics, annotations and blanks.
pub(super) fn erase(text: &str) -> String {
    let text = text.split(['|', '&']).next().unwrap_or(text);
    let mut out = String::with_capacity(text.len());
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth > 0 || c.is_whitespace() => {}
            _ => out.push(c),
        }
    }
    match out.strip_suffix("...") {
        Some(element) => format!("{element}[]"),
        None => out,
    }
}

/// The generic arguments of a written type.
pub(super) fn arguments(text: &str) -> Vec<&str> {
    let (Some(open), Some(close)) = (text.find('<'), text.rfind('>')) else { return Vec::new() };
    let Some(inside) = text.get(open + 1..close) else { return Vec::new() };
    let (mut depth, mut start) = (0_i32, 0);
    let mut found = Vec::new();
    for (at, c) in inside.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&inside[start..]);
    found.into_iter().map(unbounded).collect()
}

/// `A` of `? extends A`.
fn unbounded(argument: &str) -> &str {
    let text = argument.trim();
    let text = text.strip_prefix('?').map_or(text, str::trim_start);
    text.strip_prefix("extends ").or(text.strip_prefix("super ")).unwrap_or(text).trim()
}

/// A qualified name, `$` between the types.
pub(super) fn binary_name(name: &str) -> String {
    let mut joined = String::with_capacity(name.len());
    let mut in_type = false;
    for part in name.split('.') {
        if !joined.is_empty() {
            joined.push(if in_type { '$' } else { '.' });
        }
        joined.push_str(part);
        in_type |= part.starts_with(char::is_uppercase);
    }
    joined
}

/// Types that are no objects.
pub(super) const PRIMITIVES: &[&str] =
    &["void", "boolean", "byte", "short", "int", "long", "char", "float", "double"];

/// Types of `java.lang` that much code names.
const LANG: &[&str] = &[
    "AutoCloseable",
    "Boolean",
    "Byte",
    "CharSequence",
    "Character",
    "Class",
    "ClassLoader",
    "Comparable",
    "Double",
    "Enum",
    "Error",
    "Exception",
    "Float",
    "IllegalArgumentException",
    "IllegalStateException",
    "Integer",
    "Iterable",
    "Long",
    "Math",
    "Number",
    "Object",
    "Process",
    "ProcessBuilder",
    "Record",
    "Runnable",
    "Runtime",
    "RuntimeException",
    "Short",
    "String",
    "StringBuffer",
    "StringBuilder",
    "System",
    "Thread",
    "ThreadLocal",
    "Throwable",
    "UnsupportedOperationException",
    "Void",
];

/// Types of `java.util` that much code imports on demand.
const UTIL: &[&str] = &[
    "ArrayDeque",
    "ArrayList",
    "Arrays",
    "Collection",
    "Collections",
    "Comparator",
    "Date",
    "Deque",
    "HashMap",
    "HashSet",
    "Iterator",
    "LinkedHashMap",
    "LinkedList",
    "List",
    "ListIterator",
    "Map",
    "Objects",
    "Optional",
    "PriorityQueue",
    "Queue",
    "Random",
    "Set",
    "Stack",
    "TreeMap",
];

#[cfg(test)]
mod tests {
    use super::{arguments, binary_name, erase};

    #[test]
    fn types_lose_their_generics() {
        assert_eq!(erase("Map<String, List<A>> []"), "Map[]");
        assert_eq!(erase("A | B"), "A");
        assert_eq!(erase("int..."), "int[]");
        assert_eq!(binary_name("a.b.C.D"), "a.b.C$D");
    }

    #[test]
    fn generic_arguments_are_read_with_their_bounds() {
        assert_eq!(arguments("Map<String, List<A, B>>"), ["String", "List<A, B>"]);
        assert_eq!(arguments("List<? extends A >"), ["A"]);
        assert_eq!(arguments("List"), [""; 0]);
        assert_eq!(arguments("><"), [""; 0]);
    }
}
