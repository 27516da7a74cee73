//! Rust types as the source writes them: references and smart pointers taken off, generics read.

/// Wrappers that a method call looks through.
const POINTERS: &[&str] = &[
    "Box",
    "Rc",
    "Arc",
    "Pin",
    "Cow",
    "Ref",
    "RefMut",
    "MutexGuard",
    "RwLockReadGuard",
    "RwLockWriteGuard",
];

/// A type's path without generics, and its generic arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written<'t> {
    pub(super) path: &'t str,
    pub(super) arguments: Vec<&'t str>,
    pub(super) form: Form,
}

/// How a type is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// By name.
    Plain,
    /// `dyn Trait`, `impl Trait`: some type that has the trait.
    SomeOf,
}

/// Reads a type, looking through references and smart pointers.
pub(super) fn read(text: &str) -> Written<'_> {
    let mut text = text.trim();
    let mut form = Form::Plain;
    // Each turn takes something off, so the loop ends.
    loop {
        let before = text;
        text = text.trim_start_matches(['&', '*', '(']).trim_start();
        if let Some(rest) = text.strip_prefix('\'') {
            text = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').trim_start();
        }
        for word in ["mut ", "const "] {
            text = text.strip_prefix(word).unwrap_or(text).trim_start();
        }
        for word in ["dyn ", "impl "] {
            if let Some(rest) = text.strip_prefix(word) {
                text = rest.trim_start();
                form = Form::SomeOf;
            }
        }
        let (path, arguments) = split(text);
        let last = path.rsplit("::").next().unwrap_or(path);
        let pointee = arguments.iter().find(|argument| !argument.starts_with('\''));
        match pointee {
            Some(inner) if POINTERS.contains(&last) => text = inner,
            _ if text == before => return Written { path, arguments, form },
            _ => {}
        }
    }
}

/// What is inside of an Option or Result.
pub(super) fn inner(text: &str) -> Option<&str> {
    let written = read(text);
    let last = written.path.rsplit("::").next().unwrap_or(written.path);
    if matches!(last, "Option" | "Result" | "Poll") {
        written.arguments.first().copied()
    } else {
        None
    }
}

/// A path and the generic arguments behind it.
fn split(text: &str) -> (&str, Vec<&str>) {
    let end =
        text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let path = text[..end].trim_end_matches(':');
    let Some(rest) = text[end..].trim_start().strip_prefix('<') else { return (path, Vec::new()) };
    let mut arguments = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    let bytes = rest.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'<' | b'(' | b'[' => depth += 1,
            b'>' if at > 0 && bytes[at - 1] == b'-' => {}
            b'>' if depth == 0 => {
                arguments.push(rest[start..at].trim());
                return (path, arguments);
            }
            b'>' | b')' | b']' => depth -= 1,
            b',' if depth == 0 => {
                arguments.push(rest[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    (path, arguments)
}

#[cfg(test)]
mod tests {
    use super::{Form, inner, read};

    #[test]
    fn references_and_smart_pointers_are_looked_through() {
        assert_eq!(read("&'a mut Foo<T, U>").path, "Foo");
        assert_eq!(read("&mut a::b::Foo").path, "a::b::Foo");
        assert_eq!(read("Arc<Mutex<Foo>>").path, "Mutex");
        assert_eq!(
            read("Box<dyn Shape + Send>"),
            super::Written { path: "Shape", arguments: vec![], form: Form::SomeOf }
        );
        assert_eq!(read("impl Iterator<Item = u8>").path, "Iterator");
        assert_eq!(read("").path, "");
        assert_eq!(read("(((").path, "");
    }

    #[test]
    fn options_and_results_have_an_inside() {
        assert_eq!(inner("Result<Vec<u8>, Error>"), Some("Vec<u8>"));
        assert_eq!(inner("Option<fn(u8) -> Foo>"), Some("fn(u8) -> Foo"));
        assert_eq!(inner("io::Result<()>"), Some("()"));
        assert_eq!(inner("Foo"), None);
    }
}
