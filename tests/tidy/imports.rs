//! Who may import whom. The table is the rule; an edge that is not in it fails the test.

use crate::files;
use std::collections::{BTreeMap, BTreeSet};

/// Our packages and the packages of ours that each may import.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    // vocabulary
    ("cg-types", &[]),
    ("cg-bundle-format", &[]),
    // engines
    ("cg-inventory", &[]),
    ("cg-cpg", &["cg-types"]),
    ("cg-link", &["cg-types"]),
    ("cg-pgq", &["cg-types"]),
    ("cg-auth", &["cg-types"]),
    // adapters
    ("cg-graph-store", &["cg-types", "cg-link", "cg-pgq"]),
    ("cg-store", &["cg-types", "cg-auth"]),
    ("cg-audit", &["cg-types"]),
    ("cg-net", &["cg-types"]),
    ("cg-llm-client", &["cg-types", "cg-net"]),
    ("cg-llama", &[]),
    ("cg-candle", &[]),
    ("cg-registry", &[]),
    // use cases
    ("cg-index", &["cg-types", "cg-cpg", "cg-link", "cg-graph-store"]),
    ("cg-ask", &["cg-types", "cg-graph-store", "cg-llm-client"]),
    // programs
    (
        "codegraph",
        &[
            "cg-types",
            "cg-cpg",
            "cg-link",
            "cg-pgq",
            "cg-auth",
            "cg-graph-store",
            "cg-store",
            "cg-audit",
            "cg-net",
            "cg-llm-client",
            "cg-index",
            "cg-ask",
            "cg-registry",
            "cg-bundle-format",
        ],
    ),
    ("codegraph-llm", &["cg-llama", "cg-candle"]),
    ("codegraph-bundle", &["cg-bundle-format", "cg-inventory"]),
    ("codegraph-install", &["cg-bundle-format"]),
    ("codegraph-e2e", &[]),
    ("codegraph-fuzz", &["cg-bundle-format", "cg-inventory", "codegraph-install"]),
];

/// Foreign crates that are fenced, and the packages that may use them.
const FENCED: &[(&str, &[&str])] = &[
    ("duckdb", &["cg-graph-store"]),
    ("sqlx", &["cg-store"]),
    ("tree-sitter", &["cg-cpg"]),
    ("llama-cpp-2", &["cg-llama"]),
    ("candle-core", &["cg-candle"]),
    ("candle-nn", &["cg-candle"]),
    ("candle-transformers", &["cg-candle"]),
    ("reqwest", &["cg-net", "codegraph-bundle"]),
    ("actix-web", &["codegraph", "codegraph-llm", "cg-registry"]),
];

/// Package name and the names in its `[dependencies]` (development ones are free).
fn manifests() -> BTreeMap<String, BTreeSet<String>> {
    files::with_extension(&["Cargo.toml"])
        .into_iter()
        .filter(|f| f.path != "Cargo.toml")
        .map(|file| {
            let (mut section, mut name, mut imports) =
                (String::new(), String::new(), BTreeSet::new());
            for line in file.text.lines().map(str::trim) {
                if let Some(header) = line.strip_prefix('[') {
                    section = header.trim_end_matches(']').to_owned();
                } else if section == "package" && line.starts_with("name") {
                    name = line.split('"').nth(1).expect("a name in quotes").to_owned();
                } else if section == "dependencies" && !line.starts_with('#') {
                    let import = line.split(['.', '=', ' ']).next().unwrap_or_default();
                    imports.extend((!import.is_empty()).then(|| import.to_owned()));
                }
            }
            (name, imports)
        })
        .collect()
}

#[test]
fn every_import_of_ours_is_in_the_table() {
    let manifests = manifests();
    let ours: BTreeSet<&str> = manifests.keys().map(String::as_str).collect();
    let listed: BTreeSet<&str> = MAY_IMPORT.iter().map(|(name, _)| *name).collect();
    assert_eq!(ours, listed, "packages on disk and packages in the table");
    for (package, allowed) in MAY_IMPORT {
        for import in manifests[*package].iter().filter(|i| ours.contains(i.as_str())) {
            assert!(allowed.contains(&import.as_str()), "`{package}` must not import `{import}`");
        }
    }
}

#[test]
fn heavy_foreign_crates_stay_behind_their_fence() {
    for (package, imports) in manifests() {
        for (foreign, allowed) in FENCED {
            let prefix = format!("{foreign}-");
            let hit = imports
                .iter()
                .find(|i| *i == foreign || (*foreign == "tree-sitter" && i.starts_with(&prefix)));
            assert!(
                hit.is_none() || allowed.contains(&package.as_str()),
                "`{package}` must not use `{foreign}`: it is fenced to {allowed:?}"
            );
        }
    }
}
