//! Whether a `.h` file is C or C++: its name does not say.

/// Begins of lines that only C++ has.
const STARTS: &[&str] = &[
    "class ",
    "namespace ",
    "template <",
    "template<",
    "using ",
    "public:",
    "private:",
    "protected:",
    "virtual ",
    "constexpr ",
    "explicit ",
];

/// Whether a header's text is C++: outside of comments a line begins as only C++ lines do, or names something in
/// `std::`.
#[must_use]
pub fn is_cpp_header(text: &str) -> bool {
    let mut in_comment = false;
    text.lines().map(str::trim_start).any(|line| {
        let (code, opens) = match (in_comment, line.find("*/")) {
            (true, None) => return false,
            (true, Some(end)) => (line[end + 2..].trim_start(), line[end + 2..].contains("/*")),
            (false, _) => {
                let start = line.find("/*").unwrap_or(line.len());
                (&line[..start], line.rfind("/*") > line.rfind("*/"))
            }
        };
        in_comment = opens;
        let code = code.split("//").next().unwrap_or(code);
        STARTS.iter().any(|start| code.starts_with(start)) || code.contains("std::")
    })
}

#[cfg(test)]
mod tests {
    use super::is_cpp_header;

    #[test]
    fn headers_tell_their_language() {
        let shared = "#ifdef __cplusplus\nextern \"C\" {\n#endif\n/* class of things */\n/* one\nusing this\n*/ struct s; // std::a\n\nint f(void);\n";
        assert!(!is_cpp_header(shared));
        for cpp in
            ["namespace a {\n}", "  class A;\n", "std::string f();", "struct A {\n private:\n};"]
        {
            assert!(is_cpp_header(cpp), "{cpp}");
        }
    }
}
