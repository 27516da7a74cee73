//! Fuzz target `index`; what it does stands in `src/index.rs`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| codegraph_fuzz::index::index(data));
