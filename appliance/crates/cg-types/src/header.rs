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

/// Whether a header's text is C++: a line begins as only C++ lines do, or names something in `std::`.
#[must_use]
pub fn is_cpp_header(text: &str) -> bool {
    text.lines().map(str::trim_start).any(|line| {
        let is_comment = line.starts_with("//") || line.starts_with('*') || line.starts_with("/*");
        !is_comment
            && (STARTS.iter().any(|start| line.starts_with(start)) || line.contains("std::"))
    })
}

#[cfg(test)]
mod tests {
    use super::is_cpp_header;

    #[test]
    fn headers_tell_their_language() {
        let shared = "#ifdef __cplusplus\nextern \"C\" {\n#endif\n/* class of things */\n * using this\nstruct s;\nint f(void);\n";
        assert!(!is_cpp_header(shared));
        for cpp in
            ["namespace a {\n}", "  class A;\n", "std::string f();", "struct A {\n private:\n};"]
        {
            assert!(is_cpp_header(cpp), "{cpp}");
        }
    }
}
