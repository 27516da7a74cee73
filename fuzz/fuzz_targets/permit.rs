//! Fuzz target `permit`; what it does stands in `src/site.rs`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| codegraph_fuzz::site::permit(data));
