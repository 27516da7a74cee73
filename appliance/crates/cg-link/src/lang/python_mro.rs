//! Python classes: the order in which their bases are asked for an attribute.

use rustc_hash::FxHashSet;

use super::Evaluator;
use super::python::{bases, declared};
use crate::facts::SymbolKind;
use crate::program::{SymbolRef, Value};

/// Classes above or below one that are looked at.
const MAX_CLASSES: usize = 64;
/// Assignments to one attribute that are looked at.
const MAX_STORES: usize = 6;

/// What a class has under a name.
#[derive(Clone, Debug)]
pub(super) enum ClassMember {
    /// A method, and the class that it stands in.
    Method(SymbolRef, SymbolRef),
    /// An attribute's value.
    Value(Value),
    /// A base outside of the repository may have it: the base's full name.
    Outside(String),
    /// Nothing.
    Missing,
}

/// Looks an attribute up in a class and its bases.
pub(super) fn class_member(
    evaluator: &Evaluator<'_, '_>,
    class: SymbolRef,
    name: &str,
) -> ClassMember {
    in_order(evaluator, &order(evaluator, class), name)
}

/// Looks an attribute up in the bases alone.
pub(super) fn above(evaluator: &Evaluator<'_, '_>, class: SymbolRef, name: &str) -> ClassMember {
    in_order(evaluator, &order(evaluator, class)[1..], name)
}

/// Methods of classes below that replace one of a class.
pub(super) fn overrides(
    evaluator: &Evaluator<'_, '_>,
    class: SymbolRef,
    name: &str,
) -> Vec<SymbolRef> {
    let program = evaluator.program;
    let mut seen: FxHashSet<SymbolRef> = FxHashSet::default();
    let mut open = vec![class];
    let mut found = Vec::new();
    while let Some(at) = open.pop() {
        for below in program.python.below.get(&at).map_or(&[][..], |list| &list[..]) {
            if seen.len() < MAX_CLASSES && *below != class && seen.insert(*below) {
                open.push(*below);
                found.extend(program.member(*below, name, SymbolKind::Method));
            }
        }
    }
    found.sort_unstable();
    found
}

fn in_order(evaluator: &Evaluator<'_, '_>, order: &[Base], name: &str) -> ClassMember {
    let program = evaluator.program;
    for base in order {
        let class = match base {
            Base::Class(class) => *class,
            Base::Outside(full_name) => return ClassMember::Outside(full_name.clone()),
            Base::Unknown => return ClassMember::Missing,
        };
        if let Some(method) = getter(evaluator, class, name) {
            return ClassMember::Method(method, class);
        }
        let stored = stored(evaluator, class, name);
        if let Some(value) = stored.filter(|value| *value != Value::Unknown) {
            return ClassMember::Value(value);
        }
        let nested = program.member(class, name, SymbolKind::Type);
        if let Some(found) = nested.or_else(|| program.member(class, name, SymbolKind::Variable)) {
            return ClassMember::Value(evaluator.step(|| declared(evaluator, found)));
        }
    }
    ClassMember::Missing
}

/// The last method of a name that is no setter of a property.
fn getter(evaluator: &Evaluator<'_, '_>, class: SymbolRef, name: &str) -> Option<SymbolRef> {
    let program = evaluator.program;
    let is_getter = |found: &SymbolRef| {
        let symbol = program.symbol(*found);
        let decorator = program.file(found.file).text(symbol.decorator);
        symbol.kind == SymbolKind::Method && !matches!(decorator, "setter" | "deleter")
    };
    program.members(class, name).into_iter().rfind(is_getter)
}

/// The one value that a class assigns to an attribute.
fn stored(evaluator: &Evaluator<'_, '_>, class: SymbolRef, name: &str) -> Option<Value> {
    let stores = evaluator.program.python.stores.get(&(class, name))?;
    if stores.len() > MAX_STORES {
        return None;
    }
    let mut known = None;
    for (scope, value) in stores {
        let value = evaluator.value(*scope, *value);
        if value == Value::Unknown {
            continue;
        }
        if known.as_ref().is_some_and(|before| *before != value) {
            return None;
        }
        known = Some(value);
    }
    known
}

/// A step in the order of bases.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Base {
    Class(SymbolRef),
    Outside(String),
    Unknown,
}

/// The class, then its bases from left to right, each before its own bases and behind every class
/// below it. This is Python's order wherever the hierarchy is consistent.
fn order(evaluator: &Evaluator<'_, '_>, class: SymbolRef) -> Vec<Base> {
    let mut found = Vec::new();
    let mut open = vec![Base::Class(class)];
    while let Some(base) = open.pop() {
        if found.len() >= MAX_CLASSES {
            break;
        }
        if let Base::Class(at) = base {
            let above =
                bases(evaluator, at).into_iter().rev().filter_map(|(_, value)| match value {
                    Value::Type(above) if above != at => Some(Base::Class(above)),
                    Value::External(name) if name == "builtins.object" => None,
                    Value::External(name) => Some(Base::Outside(name)),
                    _ => Some(Base::Unknown),
                });
            open.extend(above);
        }
        found.push(base);
    }
    // Of a class met twice the last place counts; what lies outside comes behind all that is known.
    let mut seen = FxHashSet::default();
    let mut order: Vec<Base> = Vec::new();
    for base in found.into_iter().rev() {
        let keep = match &base {
            Base::Class(at) => seen.insert(*at),
            Base::Outside(_) | Base::Unknown => true,
        };
        if keep {
            order.push(base);
        }
    }
    order.reverse();
    order.sort_by_key(|base| !matches!(base, Base::Class(_)));
    order
}
