//! Which of several functions of a name a call means: by the number of arguments, then by their types.

use cg_types::Modifiers;

use super::tables::{path_of, seen};
use super::types::{aliased, class_named, joined, listed};
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
    listed(list).filter(|one| !one.is_empty()).collect()
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
        given.iter().zip(wanted).map(|(given, wanted)| likeness(program, *of, given, wanted)).sum()
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
        Value::Written(scope, text) => plain(program, *scope, text),
        Value::Made(of) | Value::Instance(of) => program.name(*of).to_owned(),
        _ => String::new(),
    }
}

/// The last name of a type without `const` and reference; an alias gives what it stands for.
fn plain(program: &Program<'_>, scope: SymbolRef, text: &str) -> String {
    let text = text.trim_start_matches("const ").trim_end_matches(['&', ' ']);
    let whole = if text.ends_with(['*', ']']) {
        text.to_owned()
    } else {
        aliased(program, scope, text).into_owned()
    };
    whole.rsplit("::").next().unwrap_or(&whole).to_owned()
}

/// How well an argument fits a parameter of a function.
fn likeness(program: &Program<'_>, of: SymbolRef, given: &str, wanted: &str) -> u32 {
    let written = wanted;
    let wanted = plain(program, of, wanted);
    if given.is_empty() || wanted.is_empty() {
        return 1;
    }
    if given == wanted {
        return 4;
    }
    let is_pointer = |text: &str| text.ends_with(['*', ']']);
    if matches!(wanted.as_str(), "string" | "string_view") && given == "char*"
        || is_made_from(program, of, written, given)
    {
        return 3;
    }
    if is_number(given) && is_number(&wanted) {
        return 2;
    }
    u32::from(is_pointer(given) == is_pointer(&wanted) && !is_number(given) && !is_number(&wanted))
}

/// Whether the class that a parameter names has a constructor of just that argument.
fn is_made_from(program: &Program<'_>, of: SymbolRef, wanted: &str, given: &str) -> bool {
    let Some(class) = class_named(program, of, wanted) else { return false };
    let path = joined(path_of(program, class), program.name(class)).into_owned();
    let constructors = program.cpp.functions.get(path.as_str()).into_iter().flatten();
    constructors.into_iter().any(|one| {
        let text = program.file(one.file).text(program.symbol(*one).signature);
        matches!(parameters(text)[..], [only] if plain(program, *one, only) == given)
    })
}

fn is_number(text: &str) -> bool {
    const WORDS: &[&str] = &["int", "long", "short", "unsigned", "char", "double", "float", "bool"];
    text.split(' ').all(|word| WORDS.contains(&word)) || text.ends_with("_t")
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
