//! Languages that have a front end.

/// A source language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// C, headers included.
    C,
    /// C++.
    Cpp,
    /// Go.
    Go,
    /// Java.
    Java,
    /// JavaScript, JSX included.
    JavaScript,
    /// Python 3.
    Python,
    /// Rust.
    Rust,
    /// TypeScript, TSX included.
    TypeScript,
}

impl Language {
    /// Every language, in the order of its number.
    pub const ALL: &'static [Self] = &[
        Self::C,
        Self::Cpp,
        Self::Go,
        Self::Java,
        Self::JavaScript,
        Self::Python,
        Self::Rust,
        Self::TypeScript,
    ];

    /// The name used in the graph, in reports and in filters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::C => "c",
            Self::Cpp => "cpp",
            Self::Go => "go",
            Self::Java => "java",
            Self::JavaScript => "javascript",
            Self::Python => "python",
            Self::Rust => "rust",
            Self::TypeScript => "typescript",
        }
    }

    /// The language that a file name's extension (without the dot) stands for.
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension {
            "c" | "h" => Some(Self::C),
            "c++" | "cc" | "cpp" | "cppm" | "cxx" | "h++" | "hh" | "hpp" | "hxx" | "inl"
            | "ipp" | "ixx" | "tcc" | "tpp" => Some(Self::Cpp),
            "go" => Some(Self::Go),
            "java" => Some(Self::Java),
            "js" | "mjs" | "cjs" | "jsx" => Some(Self::JavaScript),
            "py" | "pyi" | "pyw" => Some(Self::Python),
            "rs" => Some(Self::Rust),
            "ts" | "mts" | "cts" | "tsx" => Some(Self::TypeScript),
            _ => None,
        }
    }

    /// The language that the interpreter in a `#!` line stands for.
    pub fn of_shebang(first_line: &str) -> Option<Self> {
        let line = first_line.strip_prefix("#!")?;
        let is_python = line.split(['/', ' ', '\t']).any(|word| {
            word.strip_prefix("python")
                .is_some_and(|v| v.chars().all(|c| c.is_ascii_digit() || c == '.'))
        });
        let is_node =
            line.split(['/', ' ', '\t']).any(|word| matches!(word, "node" | "nodejs" | "bun"));
        match (is_python, is_node) {
            (true, _) => Some(Self::Python),
            (false, true) => Some(Self::JavaScript),
            (false, false) => None,
        }
    }
}
