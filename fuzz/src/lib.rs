//! The parsers that read what strangers wrote, as functions over bytes: for the fuzzer here, and for the
//! short run in `cargo test` (`bundler/tests/mutated.rs`), which includes the same files.

#[path = "../../bundler/src/error.rs"]
#[allow(dead_code, reason = "only what the parsers need of it is used")]
mod error;
#[path = "../../bundler/src"]
#[allow(dead_code, reason = "as above")]
mod bundler {
    pub(crate) mod gguf;
    pub(crate) mod safetensors;
}
#[path = "../../bundler/src/source"]
#[allow(dead_code, unused_imports, reason = "as above")]
mod source {
    pub(crate) mod oci;
}
pub mod entries;
pub mod genuine;
pub mod index;
pub mod site;
pub mod targets;
