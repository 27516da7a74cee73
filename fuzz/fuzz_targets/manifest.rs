#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| codegraph_fuzz::targets::manifest(data));
