//! The real MiniLM against numbers from an independent implementation.

use std::path::PathBuf;

use crate::{Embedder, EmbedderOptions, Error, batch};

const SENTENCES: [&str; 3] = [
    "How does the parser handle nested brackets?",
    "int max(int a, int b) { return a > b ? a : b; }",
    "Граф вызовов функции main()",
];

/// First components of the vectors of [`SENTENCES`]. Made with BERT written in numpy in double
/// precision (embeddings, 6 layers of attention and exact GELU, mean over tokens, length 1) from
/// the same weights, with a word-piece tokenizer of its own over the model's `vocab.txt`.
const FIRST: [[f32; 24]; 3] = [
    [
        -0.042279, 0.03716, 0.066476, -0.021283, -0.060316, -0.075104, -0.018814, 0.014058,
        0.047635, -0.012856, -0.012728, -0.03321, -0.013972, 0.004399, 0.106518, 0.061068,
        -0.092469, -0.020659, 0.020825, -0.088833, 0.056254, 0.013674, -0.150136, -0.013948,
    ],
    [
        0.063518, 0.016211, -0.02835, -0.125862, -0.119708, -0.044592, -0.033977, 0.055368,
        -0.056711, -0.012404, -0.072681, 0.076191, 0.060901, 0.060829, 0.011588, 0.038186, 0.01494,
        0.073356, -0.131493, -0.086639, 0.002186, -0.026313, -0.059927, -0.003429,
    ],
    [
        0.024038, 0.015354, -0.074033, -0.00955, -0.003047, -0.006035, 0.054285, 0.06326,
        -0.012133, -0.074739, 0.004355, 0.042726, -0.023881, 0.086832, -0.050106, -0.068872,
        -0.030356, 0.049488, 0.038755, 0.019642, -0.082889, -0.016922, 0.060993, -0.022875,
    ],
];

/// Products of the vectors with each other, and sums of absolute components: they depend on all
/// 384 components. Same source.
const PRODUCTS: [(usize, usize, f32); 3] = [(0, 1, 0.151455), (0, 2, 0.017999), (1, 2, 0.123009)];
const ABSOLUTE_SUMS: [f32; 3] = [15.654122, 15.442536, 15.77028];

/// 400 words of one token each, cut at 256 tokens: first components from the same source. A
/// tokenizer left at the 128 tokens of its file gives other numbers.
const LONG: [f32; 8] =
    [0.017911, -0.029631, -0.01202, -0.055028, -0.032697, 0.034026, 0.060383, -0.035966];

fn folder() -> PathBuf {
    let cache = std::env::var_os("CODEGRAPH_CACHE").map(PathBuf::from).unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("HOME").expect("HOME is set")).join(".cache/codegraph")
    });
    let folder = cache.join("deps/generation/models/all-minilm-l6-v2");
    assert!(folder.exists(), "{} is missing: run `make deps`", folder.display());
    folder
}

fn minilm() -> Embedder {
    let options = EmbedderOptions { folder: folder(), threads: 2, max_tokens: 256 };
    Embedder::load(&options).unwrap()
}

fn product(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    product(a, b) / (product(a, a) * product(b, b)).sqrt()
}

#[test]
fn vectors_equal_those_of_an_independent_implementation() {
    let result = minilm().embed(&SENTENCES).unwrap();
    assert_eq!((result.cut, result.tokens), (0, 12 + 22 + 20));
    for ((vector, first), sum) in result.vectors.iter().zip(FIRST).zip(ABSOLUTE_SUMS) {
        assert_eq!(vector.len(), 384);
        assert!((product(vector, vector) - 1.0).abs() < 1e-5);
        assert!(cosine(&vector[..24], &first) >= 0.9999);
        for (ours, theirs) in vector.iter().zip(first) {
            assert!((ours - theirs).abs() < 1e-4, "{ours} instead of {theirs}");
        }
        let ours: f32 = vector.iter().map(|x| x.abs()).sum();
        assert!((ours - sum).abs() < 1e-2, "{ours} instead of {sum}");
    }
    for (a, b, expected) in PRODUCTS {
        let ours = product(&result.vectors[a], &result.vectors[b]);
        assert!((ours - expected).abs() < 1e-4, "{ours} instead of {expected}");
    }
}

#[test]
fn a_long_text_is_cut_at_256_tokens_and_not_at_the_128_of_the_file() {
    let words = ["alpha", "beta", "gamma", "delta"];
    let text = (0..400).map(|i| words[i % 4]).collect::<Vec<_>>().join(" ");
    let result = minilm().embed(&[text]).unwrap();
    assert_eq!((result.cut, result.tokens), (1, 256));
    assert!(cosine(&result.vectors[0][..8], &LONG) >= 0.9999);
}

#[test]
fn neighbours_in_a_batch_do_not_change_a_vector() {
    let model = minilm();
    let long = "the quick brown fox jumps over the lazy dog ".repeat(12);
    let together = model.embed(&[SENTENCES[0], &long, SENTENCES[2]]).unwrap();
    for (index, text) in [(0, SENTENCES[0]), (2, SENTENCES[2])] {
        let alone = model.embed(&[text]).unwrap();
        assert!(cosine(&alone.vectors[0], &together.vectors[index]) > 0.99999);
    }
}

#[test]
fn odd_texts_have_vectors_too() {
    let texts = ["", "\t\r\n", "\u{0}\u{7}", "🦀🦀🦀", &"x".repeat(60_000), &"((((".repeat(5_000)];
    for vector in minilm().embed(&texts).unwrap().vectors {
        assert!((product(&vector, &vector) - 1.0).abs() < 1e-4);
    }
    assert!(minilm().embed::<&str>(&[]).unwrap().vectors.is_empty());
}

#[test]
fn a_damaged_model_is_an_error_that_names_the_file() {
    let broken = tempfile::tempdir().unwrap();
    let options = EmbedderOptions { folder: broken.path().to_owned(), threads: 1, max_tokens: 256 };
    let missing = Embedder::load(&options).err().unwrap().to_string();
    assert!(missing.contains("config.json"), "{missing}");
    for name in ["config.json", "tokenizer.json"] {
        std::fs::copy(folder().join(name), broken.path().join(name)).unwrap();
    }
    let whole = std::fs::read(folder().join("model.safetensors")).unwrap();
    std::fs::write(broken.path().join("model.safetensors"), &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(Embedder::load(&options), Err(Error::Model { .. })));
    let too_long = EmbedderOptions { max_tokens: 513, folder: folder(), threads: 1 };
    assert!(matches!(Embedder::load(&too_long), Err(Error::Model { .. })));
}

#[test]
fn batches_hold_every_text_once_and_stay_within_the_budget() {
    let lengths: Vec<usize> = (0..500).map(|i| (i * 37) % 256 + 1).collect();
    let batches = batch::plan(&lengths, 4096);
    let mut seen: Vec<usize> = batches.iter().flatten().copied().collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..500).collect::<Vec<_>>());
    for batch in &batches {
        let longest = batch.iter().map(|&i| lengths[i]).max().unwrap();
        assert!(longest * batch.len() <= 4096);
        assert!(batch.len() <= 64);
    }
    assert_eq!(batch::plan(&[9000], 4096), [[0]]);
    assert!(batch::plan(&[], 4096).is_empty());
}
