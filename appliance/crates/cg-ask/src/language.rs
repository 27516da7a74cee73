//! The language of a question, as far as it matters for the choice of searches. Pure.

use cg_llm_client::Model;

/// The language a text is written in, by its letters.
pub(crate) fn of(text: &str) -> &'static str {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let cyrillic = text.chars().filter(|c| ('\u{400}'..='\u{52f}').contains(c)).count();
    // Names of functions are Latin in every language, so a fifth is enough.
    if cyrillic * 5 > letters { "ru" } else { "en" }
}

/// Whether a model reads a language. A model that names no languages is taken at its word.
pub(crate) fn fits(model: &Model, language: &str) -> bool {
    let languages = &model.languages;
    languages.is_empty()
        || languages.iter().any(|l| l == language || l == "multilingual" || l == "*")
}
