//! Fuzz target `tar_reader`; what it does stands in `src/entries.rs`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| codegraph_fuzz::entries::tar_reader(data));
