//! Which of several functions of a name a call means: by the number of arguments, then by their types.

use cg_types::Modifiers;

use super::tables::seen;
use crate::facts::Call;
use crate::lang::Evaluator;
use crate::links::Confidence;
use crate::program::{Program, SymbolRef, Value};

/// More equal ones say nothing.
const MAX_EQUAL: usize = 4;

/// The types of the parameters in a signature (`int(a,b)`).
fn parameters(signature: &str) -> Vec<&str> {
    let Some(inner) = signature.strip_suffix(')') else { return Vec::new() };
    let mut depth = 0_i32;
    let open = inner.char_indices().rev().find(|(_, c)| {
        match c {
            ')' => depth += 1,
            '(' if depth == 0 => return true,
            '(' => depth -= 1,
            _ => {}
        }
        false
    });
    let list = open.map_or("", |(at, _)| &inner[at + 1..]);
    let mut depth = 0_i32;
    let split = list.split(move |c: char| {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    split.filter(|one| !one.is_empty()).collect()
}

fn is_declaration(program: &Program<'_>, of: SymbolRef) -> bool {
    program.symbol(of).modifiers.has(Modifiers::DECLARATION)
}

/// Those with a body that a call may mean, and how sure that is. Empty where only declarations are known.
pub(super) fn choose(
    evaluator: &Evaluator<'_, '_>,
    scope: SymbolRef,
    call: &Call,
    list: &[SymbolRef],
) -> (Vec<SymbolRef>, Confidence) {
    let program = evaluator.program;
    let (first, end) = call.operands;
    let count = (end - first) as usize;
    let types =
        |of: SymbolRef| parameters(program.file(of.file).text(program.symbol(of).signature));
    // A declaration that fits better than any body is the one that is called.
    let exact = |of: &&SymbolRef| types(**of).len() == count;
    let fits = |of: &&SymbolRef| {
        let types = types(**of);
        types.len() >= count
            || types.last() == Some(&"...")
            || types.iter().any(|t| t.contains("..."))
    };
    let mut left: Vec<SymbolRef> = list.iter().filter(exact).copied().collect();
    if left.iter().all(|one| is_declaration(program, *one)) {
        let more: Vec<SymbolRef> = list.iter().filter(fits).copied().collect();
        if more.iter().any(|one| !is_declaration(program, *one)) || left.is_empty() {
            left = more;
        }
    }
    left.retain(|one| !is_declaration(program, *one));
    // What only its file sees has the file in its full name.
    let hidden = |one: &SymbolRef| {
        let facts = program.file(one.file);
        one.file != scope.file
            && facts.text(program.symbol(*one).decorator).starts_with(facts.path())
    };
    if left.len() > 1 {
        let open: Vec<SymbolRef> = left.iter().copied().filter(|one| !hidden(one)).collect();
        left = if open.is_empty() { left } else { open };
        left = seen_of_each(program, scope.file, &left);
    }
    match left.len() {
        0 | 1 => return (left, Confidence::Proven),
        _ => {}
    }
    let operands = &program.file(scope.file).operands[first as usize..end as usize];
    let given: Vec<String> = operands
        .iter()
        .map(|operand| text_of(program, &evaluator.value(scope, *operand)))
        .collect();
    let score = |of: &SymbolRef| -> u32 {
        let wanted = types(*of);
        given.iter().zip(wanted).map(|(given, wanted)| likeness(given, wanted)).sum()
    };
    let best = left.iter().map(score).max().unwrap_or(0);
    left.retain(|one| score(one) == best);
    match left.len() {
        1 => (left, Confidence::Likely),
        count if count <= MAX_EQUAL => (left, Confidence::Possible),
        _ => (Vec::new(), Confidence::Possible),
    }
}

/// Of those with the same parameters the ones that a file sees best.
fn seen_of_each(program: &Program<'_>, file: u32, list: &[SymbolRef]) -> Vec<SymbolRef> {
    let signature = |of: SymbolRef| {
        let text = program.file(of.file).text(program.symbol(of).signature);
        (program.file(of.file).text(program.symbol(of).decorator), parameters(text))
    };
    let mut left = Vec::new();
    let mut open = list.to_vec();
    while let Some(first) = open.first().copied() {
        let like = signature(first);
        let (same, others) = open.iter().copied().partition(|one| signature(*one) == like);
        let same: Vec<SymbolRef> = same;
        left.extend(seen(program, file, &same));
        open = others;
    }
    left.sort_unstable();
    left
}

fn text_of(program: &Program<'_>, value: &Value) -> String {
    match value {
        Value::Written(_, text) => text.clone(),
        Value::Made(of) | Value::Instance(of) => program.name(*of).to_owned(),
        _ => String::new(),
    }
}

/// How well an argument fits a parameter.
fn likeness(given: &str, wanted: &str) -> u32 {
    let plain = |text: &str| {
        let text = text.trim_start_matches("const ").trim_end_matches(['&', ' ']);
        text.rsplit("::").next().unwrap_or(text).to_owned()
    };
    let (given, wanted) = (plain(given), plain(wanted));
    if given.is_empty() || wanted.is_empty() {
        return 1;
    }
    if given == wanted {
        return 4;
    }
    let is_pointer = |text: &str| text.ends_with(['*', ']']);
    let is_text = |text: &str| matches!(text, "string" | "string_view" | "Slice" | "StringPiece");
    if is_text(&wanted) && given == "char*" {
        return 3;
    }
    if is_number(&given) && is_number(&wanted) {
        return 2;
    }
    u32::from(
        is_pointer(&given) == is_pointer(&wanted) && !is_number(&given) && !is_number(&wanted),
    )
}

fn is_number(text: &str) -> bool {
    const WORDS: &[&str] = &["int", "long", "short", "unsigned", "char", "double", "float", "bool"];
    text.split(' ').all(|word| WORDS.contains(&word))
        || text.ends_with("_t")
        || matches!(text, "Int" | "UInt" | "Int64" | "UInt64" | "LargestInt" | "LargestUInt")
}

#[cfg(test)]
mod tests {
    use super::parameters;

    #[test]
    fn parameters_stand_in_the_last_brackets() {
        assert_eq!(parameters("int(a,std::map<b,c>&,int(*)(d,e))").len(), 3);
        assert_eq!(parameters("void()").len(), 0);
        assert_eq!(parameters("void(*)(int)(char)"), ["char"]);
    }
}
