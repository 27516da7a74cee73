//! Front ends: one file a language, from syntax tree to graph nodes.
//!
//! A front end is a function `lower(tree, builder)` that fills the [`Builder`]; it never fails and never
//! recurses. What the passes expect of its nodes is written at [`crate::builder`].

mod c;
mod go;
mod java;
mod javascript;
mod python;
mod rust;

use std::borrow::Cow;

use cg_types::Language;
use tree_sitter::Tree;

use crate::builder::Builder;

/// Number of grammars: one a language, and TSX.
pub(crate) const GRAMMARS: usize = Language::ALL.len() + 1;

/// The number of the grammar that reads a file of a language.
pub(crate) fn grammar_number(language: Language, path: &str) -> usize {
    match language {
        // In TSX `<T>x` is an element, not a cast.
        Language::TypeScript if path.ends_with(".tsx") => Language::ALL.len(),
        _ => language as usize,
    }
}

/// The grammar with a number.
pub(crate) fn grammar_of(number: usize) -> tree_sitter::Language {
    match Language::ALL.get(number) {
        Some(language) => grammar(*language),
        None => tree_sitter_typescript::LANGUAGE_TSX.into(),
    }
}

/// The grammar of a language.
pub(crate) fn grammar(language: Language) -> tree_sitter::Language {
    match language {
        Language::C => tree_sitter_c::LANGUAGE.into(),
        Language::Cpp => tree_sitter_cpp::LANGUAGE.into(),
        Language::Go => tree_sitter_go::LANGUAGE.into(),
        Language::Java => tree_sitter_java::LANGUAGE.into(),
        Language::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
        Language::Python => tree_sitter_python::LANGUAGE.into(),
        Language::Rust => tree_sitter_rust::LANGUAGE.into(),
        Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    }
}

/// The text that the parser gets: every offset is that of the file's own text.
pub(crate) fn view(language: Language, text: &str) -> Cow<'_, str> {
    match language {
        Language::Cpp => c::view(text),
        _ => Cow::Borrowed(text),
    }
}

/// Fills the builder from a syntax tree of the builder's language.
pub(crate) fn lower<'t>(language: Language, tree: &'t Tree, b: &mut Builder<'t>) {
    match language {
        Language::C | Language::Cpp => c::lower(tree, b),
        Language::Go => go::lower(tree, b),
        Language::Java => java::lower(tree, b),
        Language::JavaScript | Language::TypeScript => javascript::lower(tree, b),
        Language::Python => python::lower(tree, b),
        Language::Rust => rust::lower(tree, b),
    }
}
