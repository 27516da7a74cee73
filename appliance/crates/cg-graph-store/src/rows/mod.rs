//! From graphs to rows: column buffers, text blocks, node and edge rows, chunks for retrieval.

mod chunk;
mod columns;
mod file;
mod links;
mod text;
mod words;

pub(crate) use columns::{ABSENT, Buffer, Rows};
pub(crate) use file::note_row;
pub use file::{FileEntry, FileRows, Note};
pub(crate) use links::link_rows;
pub use words::split_words;
