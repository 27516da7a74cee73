//! Module names from paths.

/// The module that a file is, without its crate's own name where the path does not tell it.
pub(super) fn module_of(path: &str) -> String {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let parts: Vec<&str> =
        stem.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let source = parts.iter().rposition(|part| *part == "src");
    let (package, inside) = match source {
        Some(0) => (None, &parts[1..]),
        Some(at) => (Some(parts[at - 1]), &parts[at + 1..]),
        None => (None, &parts[..]),
    };
    let mut names: Vec<String> = package.into_iter().map(|name| name.replace('-', "_")).collect();
    names.extend(inside.iter().map(|name| (*name).to_owned()));
    let is_folder_file = inside.last().is_some_and(|last| matches!(*last, "lib" | "main" | "mod"));
    if is_folder_file && (source.is_some() || names.len() > 1) {
        names.pop();
    }
    names.join("::")
}

#[cfg(test)]
mod tests {
    use super::module_of;

    #[test]
    fn modules_are_named_after_their_path() {
        assert_eq!(module_of("src/a/b.rs"), "a::b");
        assert_eq!(module_of("src/a/mod.rs"), "a");
        assert_eq!(module_of("src/lib.rs"), "");
        assert_eq!(module_of("crates/net-tools/src/lib.rs"), "net_tools");
        assert_eq!(module_of("crates/net-tools/src/a/b.rs"), "net_tools::a::b");
        assert_eq!(module_of("tests/it/main.rs"), "tests::it");
        assert_eq!(module_of("build.rs"), "build");
        assert_eq!(module_of("main.rs"), "main");
    }
}
