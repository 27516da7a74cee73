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

/// The types of parameters and results in a signature, without names and packages, for comparing; `->` parts
/// them.
pub(super) fn without_packages(signature: &str) -> Vec<String> {
    let Some(rest) = signature.trim().strip_prefix('(') else { return Vec::new() };
    let end = closing(rest).unwrap_or(rest.len());
    let mut types = list_types(&rest[..end]);
    types.push("->".to_owned());
    let results = rest.get(end + 1..).unwrap_or("").trim();
    match results.strip_prefix('(') {
        Some(inner) => types.extend(list_types(&inner[..closing(inner).unwrap_or(inner.len())])),
        None => types.extend(list_types(results)),
    }
    types
}

/// The types of a list in which all have names (`a, b int`) or none.
fn list_types(list: &str) -> Vec<String> {
    let all: Vec<&str> = parts(list).map(str::trim).filter(|part| !part.is_empty()).collect();
    let typed = |part: &str| -> Option<String> {
        let (name, rest) = part.split_once(' ')?;
        let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let is_word = matches!(name, "chan" | "func" | "map" | "struct" | "interface");
        (is_name && !is_word).then(|| plain_type(rest))
    };
    if all.iter().all(|part| typed(part).is_none()) {
        return all.into_iter().map(plain_type).collect();
    }
    let mut types: Vec<String> = Vec::new();
    let mut last = String::new();
    for part in all.into_iter().rev() {
        last = typed(part).unwrap_or(last);
        types.push(last.clone());
    }
    types.reverse();
    types
}

/// A type without packages, white space and parameter names; aliases of the language are replaced.
fn plain_type(text: &str) -> String {
    if text.starts_with("func") || text.contains(" func(") {
        return "func".to_owned();
    }
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(std::iter::once(' ')) {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        if c == '.' && !word.is_empty() {
            word.clear();
            continue;
        }
        out.push_str(match word.as_str() {
            "byte" => "uint8",
            "rune" => "int32",
            other => other,
        });
        word.clear();
        if !c.is_whitespace() {
            out.push(c);
        }
    }
    out.replace("interface{}", "any")
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
    use super::{element, key, name, nth, results, without_packages};

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
        let types = |text: &str| without_packages(text).join(" ");
        assert_eq!(types("(a, b int, f func(x, y int)) error"), "int int func -> error");
        assert_eq!(types("(pb.Name, []*x.B) (n int, err error)"), "Name []*B -> int error");
        assert_eq!(types("()"), "->");
        assert_eq!(types("(v ...interface{}) byte"), "...any -> uint8");
    }
}
