//! Which of several methods of one name a call means, by the number and the types of its arguments.

use cg_types::Modifiers;

use super::Evaluator;
use super::java::{object_type, parameters};
use super::java_types::{Named, PRIMITIVES, outside_bases, resolve, upwards};
use crate::facts::{Call, Expr, ExprId, SymbolKind};
use crate::links::Confidence;
use crate::program::{Program, SymbolRef, Value};

/// The outcome of a choice.
pub(super) enum Chosen {
    One(SymbolRef, Confidence),
    /// The arguments do not tell which.
    Several(Vec<SymbolRef>),
    Nothing,
}

/// What is known of an argument.
#[derive(Debug)]
enum Passed {
    Object(Named),
    /// A lambda or a method reference.
    Function,
    Unknown,
}

/// Chooses among methods of one name.
pub(super) fn choose(
    evaluator: &Evaluator<'_, '_>,
    scope: SymbolRef,
    call: &Call,
    list: &[SymbolRef],
) -> Chosen {
    let program = evaluator.program;
    let operands = call.operands.0 as usize..call.operands.1 as usize;
    let operands = program.file(scope.file).operands.get(operands).unwrap_or(&[]);
    let fits = |method: &&SymbolRef| {
        let count = parameters(program, **method).len();
        let symbol = program.symbol(**method);
        let is_variadic = symbol.modifiers.has(Modifiers::VARIADIC);
        symbol.kind == SymbolKind::Method
            && (count == operands.len() || (is_variadic && operands.len() + 1 >= count))
    };
    let by_count: Vec<SymbolRef> = list.iter().filter(fits).copied().collect();
    match by_count.as_slice() {
        [] => return Chosen::Nothing,
        [only] => return Chosen::One(*only, Confidence::Proven),
        _ => {}
    }
    let passed: Vec<Passed> =
        operands.iter().map(|operand| argument(evaluator, scope, *operand)).collect();
    let mut best: Vec<SymbolRef> = Vec::new();
    let mut best_points = 0;
    for method in &by_count {
        let Some(points) = points(program, *method, &passed) else { continue };
        if best.is_empty() || points > best_points {
            best = vec![*method];
            best_points = points;
        } else if points == best_points {
            best.push(*method);
        }
    }
    let all_known =
        passed.iter().all(|one| matches!(one, Passed::Object(Named::Type(_) | Named::Outside(_))));
    match best.as_slice() {
        [] => Chosen::Several(by_count),
        [only] if all_known => Chosen::One(*only, Confidence::Proven),
        [only] => Chosen::One(*only, Confidence::Likely),
        _ => Chosen::Several(best),
    }
}

fn argument(evaluator: &Evaluator<'_, '_>, scope: SymbolRef, operand: ExprId) -> Passed {
    let program = evaluator.program;
    if operand == ExprId::UNKNOWN {
        return Passed::Unknown;
    }
    if let Expr::Declared(symbol) = program.file(scope.file).expr(operand)
        && program.file(scope.file).symbol(symbol).kind == SymbolKind::Method
    {
        return Passed::Function;
    }
    match evaluator.value(scope, operand) {
        Value::Type(_) | Value::External(_) | Value::Unknown => Passed::Unknown,
        Value::Function(_) => Passed::Function,
        value => match object_type(program, &value) {
            Named::Unknown => Passed::Unknown,
            known => Passed::Object(known),
        },
    }
}

/// How well the arguments fit a method; nothing where one does not.
fn points(program: &Program<'_>, method: SymbolRef, passed: &[Passed]) -> Option<u32> {
    let wanted = parameters(program, method);
    let is_variadic = program.symbol(method).modifiers.has(Modifiers::VARIADIC);
    // Java looks at variadic methods only when no other fits.
    let mut total = u32::from(!is_variadic);
    for (index, one) in passed.iter().enumerate() {
        let last = wanted.len().saturating_sub(1);
        let parameter = wanted.get(index.min(last)).copied().unwrap_or("");
        let mut found = fit(program, method, one, parameter);
        if is_variadic && index >= last {
            let element = parameter.strip_suffix("[]").unwrap_or(parameter);
            let as_element = fit(program, method, one, element);
            found = if passed.len() == wanted.len() { found.max(as_element) } else { as_element };
        }
        total += found? * 2;
    }
    Some(total)
}

fn fit(program: &Program<'_>, method: SymbolRef, passed: &Passed, wanted: &str) -> Option<u32> {
    let is_value = PRIMITIVES.contains(&wanted);
    match passed {
        Passed::Unknown => Some(1),
        Passed::Function => (!is_value && !is_closed(wanted)).then_some(2),
        Passed::Object(Named::Unknown) => Some(1),
        Passed::Object(Named::Outside(name)) if PRIMITIVES.contains(&name.as_str()) => {
            value_fit(name, wanted)
        }
        Passed::Object(Named::Outside(name)) => outside_fit(program, method, name, wanted),
        Passed::Object(Named::Type(of)) => {
            if wanted == OBJECT {
                return Some(1);
            }
            if is_value || is_closed(wanted) || wanted.ends_with(']') {
                return None;
            }
            match resolve(program, method, wanted) {
                Named::Type(parameter) if parameter == *of => Some(EXACT),
                Named::Type(parameter) => {
                    let at = upwards(program, *of).iter().position(|one| *one == parameter)?;
                    Some(EXACT - at.min(5) as u32)
                }
                Named::Outside(name) => {
                    let outside = outside_bases(program, *of);
                    match outside.iter().any(|base| last(base) == last(&name)) {
                        true => Some(EXACT - 1),
                        false => (!outside.is_empty()).then_some(1),
                    }
                }
                Named::Unknown => Some(1),
            }
        }
    }
}

/// A primitive value.
fn value_fit(name: &str, wanted: &str) -> Option<u32> {
    const WIDER: &[&str] = &["byte", "short", "int", "long", "float", "double"];
    if name == wanted {
        return Some(EXACT);
    }
    let rank = |one: &str| WIDER.iter().position(|other| *other == one);
    if PRIMITIVES.contains(&wanted) {
        let from = if name == "char" { rank("short") } else { rank(name) };
        return match (from, rank(wanted)) {
            (Some(from), Some(to)) if from < to => Some(EXACT - (to - from) as u32),
            _ => None,
        };
    }
    match wanted {
        OBJECT | "java.lang.Comparable" | "java.io.Serializable" => Some(1),
        "java.lang.Number" => (!matches!(name, "boolean" | "char")).then_some(1),
        _ => (boxed(name) == wanted).then_some(2),
    }
}

/// An object of a type outside of the repository.
fn outside_fit(program: &Program<'_>, method: SymbolRef, name: &str, wanted: &str) -> Option<u32> {
    if wanted == OBJECT {
        return Some(1);
    }
    if PRIMITIVES.contains(&wanted) {
        return (last(name) == last(boxed(wanted))).then_some(2);
    }
    if name.ends_with(']') != wanted.ends_with(']') {
        return None;
    }
    match resolve(program, method, wanted) {
        // What is outside does not know the types of the repository.
        Named::Type(_) => None,
        Named::Outside(parameter) if last(&parameter) == last(name) => Some(EXACT),
        Named::Outside(parameter) if is_closed(&parameter) || parameter.ends_with(']') => None,
        Named::Outside(parameter) if is_closed(name) => match last(&parameter) {
            "CharSequence" if last(name) == "String" => Some(EXACT - 1),
            "Number" if !matches!(last(name), "String" | "Boolean" | "Character" | "Class") => {
                Some(EXACT - 1)
            }
            "Comparable" | "Serializable" | "Constable" => Some(2),
            _ => None,
        },
        _ => Some(1),
    }
}

/// Points of an argument of just the type that is wanted; less for what has to be converted.
const EXACT: u32 = 9;
const OBJECT: &str = "java.lang.Object";

/// Types that nothing is below of.
fn is_closed(name: &str) -> bool {
    matches!(
        last(name),
        "String"
            | "Boolean"
            | "Byte"
            | "Short"
            | "Integer"
            | "Long"
            | "Character"
            | "Float"
            | "Double"
            | "Class"
            | "StringBuilder"
            | "StringBuffer"
    )
}

fn boxed(name: &str) -> &'static str {
    match name {
        "boolean" => "java.lang.Boolean",
        "byte" => "java.lang.Byte",
        "short" => "java.lang.Short",
        "int" => "java.lang.Integer",
        "long" => "java.lang.Long",
        "char" => "java.lang.Character",
        "float" => "java.lang.Float",
        "double" => "java.lang.Double",
        _ => "",
    }
}

fn last(name: &str) -> &str {
    name.rsplit(['.', '$']).next().unwrap_or(name)
}
