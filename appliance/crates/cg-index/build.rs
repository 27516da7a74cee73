//! Gives the extractor its version: a hash over the sources of all crates that make rows and facts of a
//! file, and over the versions of what they are built with. Snapshots of another version share nothing.

use std::path::{Path, PathBuf};

/// Crates beside this one.
const CRATES: [&str; 4] = ["../cg-types", "../cg-cpg", "../cg-link", "../cg-graph-store"];

fn main() {
    let mut files: Vec<PathBuf> = vec!["src".into(), "../../../Cargo.lock".into()];
    files.extend(CRATES.map(|folder| Path::new(folder).join("src")));
    let mut hasher = blake3::Hasher::new();
    while let Some(path) = files.pop() {
        println!("cargo:rerun-if-changed={}", path.display());
        if path.is_dir() {
            let mut inside: Vec<_> = std::fs::read_dir(&path)
                .expect("a folder of sources can be listed")
                .map(|entry| entry.expect("a folder of sources can be listed").path())
                .collect();
            inside.sort();
            files.extend(inside);
        } else {
            hasher.update(path.to_string_lossy().as_bytes());
            hasher.update(&std::fs::read(&path).unwrap_or_default());
        }
    }
    println!("cargo:rustc-env=EXTRACTOR={}", hasher.finalize().to_hex());
}
