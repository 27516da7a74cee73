//! Go types as the source writes them: pointers taken off, elements, keys and results read.

/// A type without pointers and brackets around it.
fn bare(text: &str) -> &str {
    let mut text = text.trim();
    // Each turn takes something off, so the loop ends.
    loop {
        let before = text;
        text = text.trim_start_matches('*').trim();
        if let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            text = inner.trim();
        }
        if text == before {
            return text;
        }
    }
}

/// The name of a type, generics stripped: `*pkg.List[T]` is `pkg.List`; nothing for a type without a name.
pub(super) fn name(text: &str) -> Option<&str> {
    let text = bare(text);
    let path = &text[..text.find('[').unwrap_or(text.len())];
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let keyword = matches!(path, "" | "map" | "chan" | "func" | "struct" | "interface");
    (!keyword && path.chars().all(is_name) && !path.starts_with('.')).then_some(path)
}

/// What an array, slice, map or channel holds.
pub(super) fn element(text: &str) -> Option<&str> {
    let text = bare(text);
    if let Some(rest) = text.strip_prefix("...") {
        return Some(rest.trim());
    }
    if let Some(rest) = channel(text) {
        return Some(rest);
    }
    let rest = text.strip_prefix("map").unwrap_or(text).strip_prefix('[')?;
    let end = closing(rest)?;
    Some(rest[end + 1..].trim())
}

/// What the first variable of a `range` loop gets, where it is no number.
pub(super) fn key(text: &str) -> Option<&str> {
    let text = bare(text);
    if let Some(rest) = channel(text) {
        return Some(rest);
    }
    let rest = text.strip_prefix("map[")?;
    Some(rest[..closing(rest)?].trim())
}

fn channel(text: &str) -> Option<&str> {
    ["<-chan ", "chan<- ", "chan "].iter().find_map(|word| text.strip_prefix(word)).map(str::trim)
}

/// The results of a function type.
pub(super) fn results(text: &str) -> Option<&str> {
    let rest = bare(text).strip_prefix("func(")?;
    Some(rest[closing(rest)? + 1..].trim())
}

/// The n-th of several results; the only one is the first.
pub(super) fn nth(text: &str, n: u32) -> Option<&str> {
    let text = text.trim();
    match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(list) => parts(list).nth(n as usize).map(str::trim),
        None => (n == 0).then_some(text),
    }
}

/// Number of parameters in a signature.
pub(super) fn arity(signature: &str) -> usize {
    let Some(rest) = signature.trim().strip_prefix('(') else { return 0 };
    let list = &rest[..closing(rest).unwrap_or(rest.len())];
    parts(list).filter(|part| !part.trim().is_empty()).count()
}

/// Where the bracket is that closes the one before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => return Some(at),
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The parts between commas outside of brackets.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |c: char| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    })
}

#[cfg(test)]
mod tests {
    use super::{arity, element, key, name, nth, results};

    #[test]
    fn names_lose_pointers_and_generics() {
        assert_eq!(name("*pkg.List[map[K]V]"), Some("pkg.List"));
        assert_eq!(name("(**T)"), Some("T"));
        for other in ["[]T", "map[K]V", "func()", "struct{ a int }", "(A, B)", "", "chan T"] {
            assert_eq!(name(other), None, "{other}");
        }
    }

    #[test]
    fn what_holds_others_tells_them() {
        assert_eq!(element("map[[2]K]*V"), Some("*V"));
        assert_eq!(element("...T"), Some("T"));
        assert_eq!(element("<-chan T"), Some("T"));
        assert_eq!(element("[4][]T"), Some("[]T"));
        assert_eq!(element("T"), None);
        assert_eq!(key("map[a.K]V"), Some("a.K"));
        assert_eq!(key("[]T"), None);
        assert_eq!(results("func(a func(), b int) (T, error)"), Some("(T, error)"));
    }

    #[test]
    fn lists_are_parted_outside_of_brackets() {
        assert_eq!(nth("(map[A]B, func(a, b int) C, error)", 1), Some("func(a, b int) C"));
        assert_eq!(nth("T", 0), Some("T"));
        assert_eq!(nth("T", 1), None);
        assert_eq!(arity("(a, b int, f func(x, y int)) error"), 3);
        assert_eq!(arity("()"), 0);
    }
}
