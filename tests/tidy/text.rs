//! Rules on the text of single files.

use crate::files;

/// Lines a Rust file may have at most.
const MOST_LINES: usize = 600;

/// Files above the limit. This list may only shrink.
const LONGER: &[&str] = &[];

#[test]
fn every_rust_file_says_what_it_is_responsible_for() {
    for file in files::with_extension(&["rs"]) {
        assert!(file.text.starts_with("//!"), "{} does not open with `//!`", file.path);
    }
}

#[test]
fn files_stay_short() {
    for file in files::with_extension(&["rs"]) {
        let lines = file.text.lines().count();
        let exempt = LONGER.contains(&file.path.as_str());
        assert!(
            lines <= MOST_LINES || exempt,
            "{} has {lines} lines, over {MOST_LINES}: split it",
            file.path
        );
        assert!(
            lines > MOST_LINES || !exempt,
            "{} is short again: take it off the list",
            file.path
        );
    }
}

#[test]
fn unsafe_stands_only_where_it_is_allowed() {
    let allowed = ["appliance/crates/cg-llama/", "appliance/crates/cg-candle/", "tests/tidy/"];
    for file in files::with_extension(&["rs"]) {
        let found = file.text.lines().any(|l| {
            let code = l.split("//").next().unwrap_or_default();
            ["unsafe {", "unsafe fn", "unsafe impl", "allow(unsafe_code", "expect(unsafe_code"]
                .iter()
                .any(|w| code.contains(w))
        });
        let fixture = file.path.contains("/tests/") || file.path.contains("cg-cpg/src/lang/rust");
        assert!(
            !found || fixture || allowed.iter().any(|a| file.path.starts_with(a)),
            "{} has `unsafe`",
            file.path
        );
    }
}

/// One named place for each way out of the process.
#[test]
fn processes_are_spawned_in_named_places_only() {
    let places = [
        "appliance/server/src/worker/spawn.rs",
        "appliance/server/src/model_server/supervisor.rs",
        "appliance/server/src/revision.rs",
        "bundler/src/sbom/crates.rs",
        "installer/src/host/spawn.rs",
    ];
    for file in files::with_extension(&["rs"]) {
        let is_test = file.path.starts_with("tests/")
            || file.path.contains("/tests/")
            || file.path.contains("/examples/");
        if is_test || places.contains(&file.path.as_str()) || file.path.ends_with("build.rs") {
            continue;
        }
        let product = file.text.split("#[cfg(test)]").next().unwrap_or_default();
        assert!(
            !product.contains("Command::new("),
            "{} spawns a process; named places are {places:?}",
            file.path
        );
    }
}

#[test]
fn nothing_names_the_workplace_or_a_registry_host() {
    // Spelled in halves so that this file passes its own rule.
    let banned: Vec<String> = [
        ("../", "shared"),
        ("crates", ".io/api"),
        ("index.", "crates.io"),
        ("pypi", ".org"),
        ("files.python", "hosted"),
        ("registry.", "npmjs"),
        ("deb.", "debian.org"),
        ("/wo", "rk/"),
    ]
    .iter()
    .map(|(a, b)| format!("{a}{b}"))
    .collect();
    for file in files::with_extension(&[
        "rs", "md", "toml", "yaml", "yml", "sh", "py", "Makefile", "service", "json",
    ]) {
        for word in &banned {
            assert!(!file.text.contains(word.as_str()), "{} contains `{word}`", file.path);
        }
    }
}
