//! Types: as written, erased and resolved as far as the file tells, and what a value tells about its own.

use cg_types::{NodeIndex, NodeKind, StrId};
use rustc_hash::FxHashMap;
use tree_sitter::Node;

use super::kind::{Field, Kind, is_type};
use super::lower::Front;
use crate::builder::{Place, Slot};

/// Type names that the file knows: imports, its own types, type parameters.
#[derive(Default)]
pub(super) struct TypeNames {
    /// By simple name: the full names, innermost last.
    known: FxHashMap<StrId, Vec<StrId>>,
    order: Vec<StrId>,
    /// Whether something is imported on demand.
    pub(super) has_wildcards: bool,
}

impl TypeNames {
    /// Where a scope begins; give it to [`TypeNames::close`].
    pub(super) fn mark(&self) -> usize {
        self.order.len()
    }

    pub(super) fn declare(&mut self, name: StrId, full_name: StrId) {
        self.known.entry(name).or_default().push(full_name);
        self.order.push(name);
    }

    pub(super) fn close(&mut self, mark: usize) {
        while self.order.len() > mark {
            if let Some(list) = self.order.pop().and_then(|name| self.known.get_mut(&name)) {
                list.pop();
            }
        }
    }

    pub(super) fn get(&self, name: StrId) -> Option<StrId> {
        self.known.get(&name)?.last().copied()
    }
}

impl<'t> Front<'_, 't> {
    /// A type as the source writes it, white space made single blanks.
    pub(super) fn written_type(&mut self, node: Node<'t>) -> StrId {
        let mut node = node;
        while Kind::of(node) == Kind::AnnotatedType {
            let kids = self.kids(node);
            let inner = kids.iter().map(|child| child.node).find(|one| is_type(Kind::of(*one)));
            self.done(kids);
            match inner {
                Some(inner) => node = inner,
                None => break,
            }
        }
        let text = self.text(node);
        if !text.contains(['\n', '\t', '\r']) && !text.contains("  ") {
            return self.b.intern(text);
        }
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.b.intern(&line)
    }

    /// The same with the brackets that stand behind a variable's name.
    pub(super) fn written_with(
        &mut self,
        node: Option<Node<'t>>,
        dimensions: Option<Node<'t>>,
    ) -> StrId {
        let written = node.map_or(StrId::EMPTY, |node| self.written_type(node));
        let Some(dimensions) = dimensions else { return written };
        let count = self.text(dimensions).matches('[').count().min(255);
        let whole = format!("{}{}", self.b.string(written), "[]".repeat(count));
        self.b.intern(&whole)
    }

    /// A written type without generics, with its full name as far as the file tells it.
    pub(super) fn erased(&mut self, written: StrId) -> StrId {
        let text = self.b.string(written);
        let plain = strip(text);
        let base = plain.trim_end_matches("[]").to_owned();
        let brackets = &plain[base.len()..];
        if brackets.is_empty() {
            return self.resolve_type(&base);
        }
        let resolved = self.resolve_type(&base);
        let whole = format!("{}{brackets}", self.b.string(resolved));
        self.b.intern(&whole)
    }

    /// The full name of a type name without generics.
    pub(super) fn resolve_type(&mut self, name: &str) -> StrId {
        let first = name.split('.').next().unwrap_or(name);
        if first.len() == name.len() {
            let id = self.b.intern(name);
            return self.simple_type(id);
        }
        let rest = &name[first.len() + 1..];
        if first.starts_with(char::is_lowercase) {
            let joined = binary_name(name);
            return self.b.intern(&joined);
        }
        let first = self.b.intern(first);
        let outer = self.simple_type(first);
        let joined = format!("{}${}", self.b.string(outer), rest.replace('.', "$"));
        self.b.intern(&joined)
    }

    fn simple_type(&mut self, name: StrId) -> StrId {
        if let Some(known) = self.names.get(name) {
            return known;
        }
        let text = self.b.string(name);
        if text.is_empty() || PRIMITIVES.contains(&text) {
            return name;
        }
        let full = if JAVA_LANG.binary_search(&text).is_ok() {
            format!("java.lang.{text}")
        } else if self.names.has_wildcards || self.package.is_empty() {
            return name;
        } else {
            format!("{}.{text}", self.package)
        };
        self.b.intern(&full)
    }

    /// TYPE_PARAMETERs with their bounds; their names mean their first bound from here on.
    pub(super) fn type_parameters(&mut self, node: Node<'t>, parent: NodeIndex) {
        let kids = self.kids(node);
        for child in kids.iter().filter(|child| Kind::of(child.node) == Kind::TypeParameter) {
            let inner = self.kids(child.node);
            let name = Self::of_kind(&inner, Kind::TypeIdentifier)
                .or_else(|| Self::of_kind(&inner, Kind::Identifier));
            let bound = Self::of_kind(&inner, Kind::TypeBound);
            self.done(inner);
            let Some(name) = name else { continue };
            let text = self.text(name);
            let slot = Slot::child(parent);
            let made = self.b.named(slot, NodeKind::TypeParameter, Place::of(child.node), text);
            let mut erased = self.b.intern("java.lang.Object");
            if let Some(bound) = bound {
                let bounds = self.kids(bound);
                if let Some(first) = bounds.first() {
                    let written = self.written_type(first.node);
                    erased = self.erased(written);
                }
                self.done(bounds);
                let written = self.text(bound).trim_start_matches("extends").trim();
                let written = self.b.intern(written);
                self.b.node_mut(made).type_full_name = written;
            }
            let name = self.b.node(made).name;
            self.names.declare(name, erased);
        }
        self.done(kids);
    }

    /// A TYPE_REF.
    pub(super) fn type_ref(&mut self, node: Node<'t>, slot: Slot) -> NodeIndex {
        let written = self.written_type(node);
        let full_name = self.erased(written);
        let made = self.b.add(slot, NodeKind::TypeRef, Place::of(node));
        let type_ref = self.b.node_mut(made);
        type_ref.name = written;
        type_ref.full_name = full_name;
        type_ref.type_full_name = written;
        made
    }

    /// The type that a value shows: of `new T()`, a cast, a literal.
    pub(super) fn type_of_value(&mut self, value: Node<'t>) -> StrId {
        match Kind::of(value) {
            Kind::ObjectCreationExpression | Kind::CastExpression => {
                let kids = self.kids(value);
                let written = Self::field(&kids, Field::Type);
                self.done(kids);
                written.map_or(StrId::EMPTY, |written| self.written_type(written))
            }
            Kind::ArrayCreationExpression => self.created_array(value),
            kind => {
                let name = literal_type(kind, self.text(value));
                self.b.intern(name)
            }
        }
    }

    /// `int[][]` of `new int[2][]`.
    pub(super) fn created_array(&mut self, node: Node<'t>) -> StrId {
        let kids = self.kids(node);
        let written =
            Self::field(&kids, Field::Type).map_or(StrId::EMPTY, |one| self.written_type(one));
        let mut count = 0;
        for child in &kids {
            count += match Kind::of(child.node) {
                Kind::DimensionsExpr => 1,
                Kind::Dimensions => self.text(child.node).matches('[').count(),
                _ => 0,
            };
        }
        self.done(kids);
        let whole = format!("{}{}", self.b.string(written), "[]".repeat(count.min(255)));
        self.b.intern(&whole)
    }
}

/// A qualified name, `$` between the types: `java.util.Map.Entry` is `java.util.Map$Entry`.
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

/// A type without generics, annotations and blanks.
fn strip(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut depth, mut round) = (0_usize, 0_usize);
    let mut in_annotation = false;
    for c in text.chars() {
        match c {
            '<' if !in_annotation => depth += 1,
            '>' if !in_annotation => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '@' => in_annotation = true,
            '(' if in_annotation => round += 1,
            ')' if in_annotation => round = round.saturating_sub(1),
            _ if round > 0 => {}
            _ if c.is_whitespace() || (in_annotation && matches!(c, '[' | ']')) => {
                in_annotation = false;
                if !c.is_whitespace() {
                    out.push(c);
                }
            }
            _ if in_annotation => {}
            '&' | '|' => break,
            _ => out.push(c),
        }
    }
    out
}

/// The type of a literal.
pub(super) fn literal_type(kind: Kind, text: &str) -> &'static str {
    match kind {
        Kind::StringLiteral => "java.lang.String",
        Kind::CharacterLiteral => "char",
        Kind::TrueLiteral | Kind::FalseLiteral => "boolean",
        Kind::DecimalIntegerLiteral
        | Kind::HexIntegerLiteral
        | Kind::OctalIntegerLiteral
        | Kind::BinaryIntegerLiteral => {
            if text.ends_with(['l', 'L']) {
                "long"
            } else {
                "int"
            }
        }
        Kind::DecimalFloatingPointLiteral | Kind::HexFloatingPointLiteral => {
            if text.ends_with(['f', 'F']) { "float" } else { "double" }
        }
        _ => "",
    }
}

/// Types that are no objects.
pub(super) const PRIMITIVES: &[&str] =
    &["void", "boolean", "byte", "short", "int", "long", "char", "float", "double", "var"];

/// Types of `java.lang`, sorted.
const JAVA_LANG: &[&str] = &[
    "AbstractMethodError",
    "Appendable",
    "ArithmeticException",
    "ArrayIndexOutOfBoundsException",
    "ArrayStoreException",
    "AssertionError",
    "AutoCloseable",
    "Boolean",
    "BootstrapMethodError",
    "Byte",
    "CharSequence",
    "Character",
    "Class",
    "ClassCastException",
    "ClassCircularityError",
    "ClassFormatError",
    "ClassLoader",
    "ClassNotFoundException",
    "ClassValue",
    "CloneNotSupportedException",
    "Cloneable",
    "Comparable",
    "Deprecated",
    "Double",
    "Enum",
    "EnumConstantNotPresentException",
    "Error",
    "Exception",
    "ExceptionInInitializerError",
    "Float",
    "FunctionalInterface",
    "IllegalAccessError",
    "IllegalAccessException",
    "IllegalArgumentException",
    "IllegalCallerException",
    "IllegalMonitorStateException",
    "IllegalStateException",
    "IllegalThreadStateException",
    "IncompatibleClassChangeError",
    "IndexOutOfBoundsException",
    "InheritableThreadLocal",
    "InstantiationError",
    "InstantiationException",
    "Integer",
    "InternalError",
    "InterruptedException",
    "Iterable",
    "LayerInstantiationException",
    "LinkageError",
    "Long",
    "MatchException",
    "Math",
    "Module",
    "ModuleLayer",
    "NegativeArraySizeException",
    "NoClassDefFoundError",
    "NoSuchFieldError",
    "NoSuchFieldException",
    "NoSuchMethodError",
    "NoSuchMethodException",
    "NullPointerException",
    "Number",
    "NumberFormatException",
    "Object",
    "OutOfMemoryError",
    "Override",
    "Package",
    "Process",
    "ProcessBuilder",
    "ProcessHandle",
    "Readable",
    "Record",
    "ReflectiveOperationException",
    "Runnable",
    "Runtime",
    "RuntimeException",
    "RuntimePermission",
    "SafeVarargs",
    "ScopedValue",
    "SecurityException",
    "SecurityManager",
    "Short",
    "StackOverflowError",
    "StackTraceElement",
    "StackWalker",
    "StrictMath",
    "String",
    "StringBuffer",
    "StringBuilder",
    "StringIndexOutOfBoundsException",
    "SuppressWarnings",
    "System",
    "Thread",
    "ThreadDeath",
    "ThreadGroup",
    "ThreadLocal",
    "Throwable",
    "TypeNotPresentException",
    "UnknownError",
    "UnsatisfiedLinkError",
    "UnsupportedClassVersionError",
    "UnsupportedOperationException",
    "VerifyError",
    "VirtualMachineError",
    "Void",
    "WrongThreadException",
];

#[cfg(test)]
mod tests {
    use super::{JAVA_LANG, binary_name, strip};

    #[test]
    fn types_lose_generics_and_annotations() {
        assert_eq!(strip("Map<String, List<int[]>>[]"), "Map[]");
        assert_eq!(strip("Map<K, V>.Entry<K, V>"), "Map.Entry");
        assert_eq!(strip("java.util.@Nullable(\"a b\") List"), "java.util.List");
        assert_eq!(strip("int @A []"), "int[]");
        assert_eq!(strip("A | B"), "A");
        assert_eq!(strip("<<>"), "");
    }

    #[test]
    fn nested_types_have_binary_names() {
        assert_eq!(binary_name("java.util.Map.Entry"), "java.util.Map$Entry");
        assert_eq!(binary_name("Map.Entry"), "Map$Entry");
        assert_eq!(binary_name("a.b"), "a.b");
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(JAVA_LANG.is_sorted());
    }
}
