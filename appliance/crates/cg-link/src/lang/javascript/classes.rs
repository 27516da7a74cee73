//! Classes, interfaces, constructor functions: their bases, and what they have under a name.

use rustc_hash::FxHashSet;

use cg_types::Modifiers;

use super::tables::Side;
use super::types::type_named;
use super::{declared, is_object, stored};
use crate::facts::SymbolKind;
use crate::lang::Evaluator;
use crate::program::{SymbolRef, Value};

/// Classes above or below one that are looked at.
const MAX_CLASSES: usize = 64;

/// What a class has under a name.
#[derive(Clone, Debug)]
pub(super) enum ClassMember {
    /// A method, and the class that it stands in.
    Method(SymbolRef, SymbolRef),
    /// A property's value.
    Value(Value),
    /// A base outside of the repository may have it: the base's full name.
    Outside(String),
    /// Nothing.
    Missing,
}

/// The bases of a class or interface: as written, and what they are.
pub(crate) fn bases(evaluator: &Evaluator<'_, '_>, class: SymbolRef) -> Vec<(String, Value)> {
    let program = evaluator.program;
    let facts = program.file(class.file);
    let symbol = program.symbol(class);
    if symbol.kind != SymbolKind::Type || matches!(facts.text(symbol.signature), "type" | "enum") {
        return Vec::new();
    }
    let Some(scope) = program.parent(class) else { return Vec::new() };
    let written = facts.text(symbol.type_text);
    let names = written.split('|').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| (name.to_string(), type_named(evaluator, scope, name))).collect()
}

/// Looks a property up in a class and its bases.
pub(super) fn class_member(
    evaluator: &Evaluator<'_, '_>,
    class: SymbolRef,
    name: &str,
    side: Side,
) -> ClassMember {
    in_order(evaluator, vec![Value::Type(class)], name, side)
}

/// Looks a property up in the bases alone.
pub(super) fn above(
    evaluator: &Evaluator<'_, '_>,
    class: SymbolRef,
    name: &str,
    side: Side,
) -> ClassMember {
    let mut open: Vec<Value> =
        bases(evaluator, class).into_iter().map(|(_, value)| value).collect();
    open.reverse();
    in_order(evaluator, open, name, side)
}

/// `open` is a stack: what is asked first lies on top.
fn in_order(
    evaluator: &Evaluator<'_, '_>,
    mut open: Vec<Value>,
    name: &str,
    side: Side,
) -> ClassMember {
    let mut seen = FxHashSet::default();
    let mut outside = None;
    let mut signature = None;
    while let Some(value) = open.pop() {
        let class = match value {
            Value::Type(class) | Value::Function(class) => class,
            Value::External(base) | Value::ExternalObject(base) => {
                outside.get_or_insert(base);
                continue;
            }
            _ => continue,
        };
        if seen.len() >= MAX_CLASSES || !seen.insert(class) {
            continue;
        }
        match own_member(evaluator, class, name, side) {
            Some(ClassMember::Method(method, owner)) if is_signature(evaluator, method) => {
                signature.get_or_insert((method, owner));
            }
            Some(found) => return found,
            None => {}
        }
        let mut above: Vec<Value> =
            bases(evaluator, class).into_iter().map(|(_, value)| value).collect();
        above.reverse();
        open.extend(above);
    }
    match (signature, outside) {
        (Some((method, owner)), _) => ClassMember::Method(method, owner),
        (None, Some(base)) => ClassMember::Outside(base),
        (None, None) => ClassMember::Missing,
    }
}

/// Whether a method has no body.
pub(super) fn is_signature(evaluator: &Evaluator<'_, '_>, method: SymbolRef) -> bool {
    evaluator.program.symbol(method).modifiers.has(Modifiers::DECLARATION)
}

/// What a class itself has under a name.
fn own_member(
    evaluator: &Evaluator<'_, '_>,
    class: SymbolRef,
    name: &str,
    side: Side,
) -> Option<ClassMember> {
    let program = evaluator.program;
    let mut best = None;
    if program.symbol(class).kind == SymbolKind::Type {
        for found in program.members(class, name) {
            let symbol = program.symbol(found);
            let text = program.file(found.file).text(symbol.signature);
            let is_static = symbol.modifiers.has(Modifiers::STATIC);
            if symbol.kind != SymbolKind::Method
                || text.starts_with("set ")
                || is_static != (side == Side::Class)
            {
                continue;
            }
            // An overload's implementation says more than its signatures.
            if best.is_none_or(|best| is_signature(evaluator, best)) {
                best = Some(found);
            }
        }
    }
    if let Some(best) = best {
        return Some(ClassMember::Method(best, class));
    }
    match stored(evaluator, class, name, side) {
        Some(Value::Function(function)) => return Some(ClassMember::Method(function, class)),
        Some(Value::Unknown) | None => {}
        Some(known) => return Some(ClassMember::Value(known)),
    }
    if is_object(program, class) || program.symbol(class).kind != SymbolKind::Type {
        return None;
    }
    let field = program.member(class, name, SymbolKind::Variable)?;
    match evaluator.step(|| declared(evaluator, field)) {
        Value::Unknown => None,
        known => Some(ClassMember::Value(known)),
    }
}

/// Methods of classes below that replace, or implement, one of a class.
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
        for below in program.javascript.below.get(&at).map_or(&[][..], |list| &list[..]) {
            if seen.len() < MAX_CLASSES && *below != class && seen.insert(*below) {
                open.push(*below);
                if let Some(ClassMember::Method(method, _)) =
                    own_member(evaluator, *below, name, Side::Object)
                    && !is_signature(evaluator, method)
                {
                    found.push(method);
                }
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}
