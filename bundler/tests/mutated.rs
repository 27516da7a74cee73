//! The fuzzer's targets in a short, repeatable run: every file of the corpus as it is, cut off, and bent in
//! many ways that are the same in each run. The long run is `cargo +nightly fuzz run TARGET` in `fuzz/`.

#![allow(clippy::expect_used, reason = "a test ends where something is not as it must be")]

#[path = "../src/error.rs"]
#[allow(dead_code, reason = "only what the parsers need of it is used")]
mod error;
#[path = "../src"]
#[allow(dead_code, reason = "as above")]
mod bundler {
    pub(crate) mod gguf;
    pub(crate) mod safetensors;
}
#[path = "../src/source"]
#[allow(dead_code, unused_imports, reason = "as above")]
mod source {
    pub(crate) mod oci;
}
#[path = "../../fuzz/src/entries.rs"]
#[allow(unreachable_pub, reason = "this is its second home")]
mod entries;
#[path = "../../fuzz/src/genuine.rs"]
#[allow(unreachable_pub, reason = "as above")]
mod genuine;
#[path = "../../fuzz/src/index.rs"]
#[allow(unreachable_pub, reason = "as above")]
mod index;
#[path = "../../fuzz/src/site.rs"]
#[allow(unreachable_pub, reason = "as above")]
mod site;
#[path = "../../fuzz/src/targets.rs"]
#[allow(missing_docs, unreachable_pub, reason = "as above")]
mod targets;

use std::path::Path;

/// Bent inputs for each target.
const ROUNDS: u64 = 1500;
/// What JSON, tar and binary headers are sensitive to.
const TOKENS: [&[u8]; 18] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b",",
    b":",
    b"0",
    b"-1",
    b"null",
    b"1e999",
    b"18446744073709551615",
    b"\x80",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"../",
    b"\n\n",
];

/// splitmix64: the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end.max(1) as u64) as usize
    }
}

/// One to four changes of the kinds that fuzzers make.
fn bent(good: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len() + 1);
        let end = (at + numbers.below(64)).min(bytes.len());
        match numbers.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
            1 if at < bytes.len() => bytes[at] = numbers.below(256) as u8,
            2 => drop(bytes.drain(at..end)),
            3 => {
                let again = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, again));
            }
            4 => drop(bytes.splice(at..at, TOKENS[numbers.below(TOKENS.len())].iter().copied())),
            5 => {
                let token = TOKENS[numbers.below(TOKENS.len())];
                let end = (at + token.len()).min(bytes.len());
                drop(bytes.splice(at..end, token.iter().copied()));
            }
            6 => bytes.truncate(at),
            _ => {
                let from = numbers.below(other.len() + 1);
                let to = (from + numbers.below(128)).min(other.len());
                drop(bytes.splice(at..end, other[from..to].iter().copied()));
            }
        }
    }
    bytes
}

#[test]
fn no_parser_stumbles_over_the_corpus_or_over_what_becomes_of_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for (number, (name, target)) in targets::TARGETS.into_iter().enumerate() {
        let mut files: Vec<_> = std::fs::read_dir(folder.join(name))
            .unwrap_or_else(|error| panic!("corpus of {name}: {error}"))
            .map(|entry| entry.expect("corpus can be listed").path())
            .collect();
        files.sort();
        let seeds: Vec<Vec<u8>> =
            files.iter().map(|file| std::fs::read(file).expect("corpus can be read")).collect();
        assert!(!seeds.is_empty(), "{name}");
        for seed in &seeds {
            target(seed);
            (0..40).for_each(|part| target(&seed[..seed.len() * part / 40]));
        }
        let mut numbers = Numbers(number as u64);
        for _ in 0..ROUNDS {
            let (one, other) = (numbers.below(seeds.len()), numbers.below(seeds.len()));
            target(&bent(&seeds[one], &seeds[other], &mut numbers));
        }
    }
}

#[test]
fn the_commands_for_the_walk_make_genuine_volumes_too() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/tar_reader");
    let made = |name: &str| entries::made(&std::fs::read(folder.join(name)).expect(name));
    assert_eq!(made("genuine"), genuine::VOLUME);
    // The order of chunks is free, and the index follows it.
    assert_ne!(made("reversed"), genuine::VOLUME);
    assert!(genuine::accepted(&made("reversed")).is_some());
    for name in ["missing", "link", "bent", "flipped"] {
        assert!(genuine::accepted(&made(name)).is_none(), "{name}");
    }
}
