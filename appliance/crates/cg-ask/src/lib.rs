//! Use case: a question becomes evidence, an answer, and citations that were checked.

mod answer;
mod budget;
mod citations;
mod embed;
mod error;
mod event;
mod evidence;
mod fuse;
mod language;
mod names;
mod ports;
mod prompt;
mod retrieve;
mod verify;

pub use answer::{AskRequest, answer};
pub use embed::embedding_text;
pub use error::AskError;
pub use event::{AnswerKind, AskEvent, Citation, Evidence, NoteCode, Origin};
pub use ports::{ChatModel, GraphAsk};

#[cfg(test)]
mod tests;
