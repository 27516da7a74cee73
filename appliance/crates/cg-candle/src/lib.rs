//! Text embeddings by a BERT encoder (MiniLM class) on the processor.

mod batch;
mod embedder;
mod error;

pub use embedder::{Embedder, EmbedderOptions, Embeddings};
pub use error::Error;

#[cfg(test)]
mod tests;
