//! Packages: the name of a file's own, and the names that imports bind.

/// The package of a file: its folder, in the repository's root the name of the package clause.
pub(super) fn package_of(path: &str, clause: &str) -> String {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    match folder {
        "" => clause.to_owned(),
        _ if clause.ends_with("_test") && !folder.ends_with("_test") => format!("{folder}_test"),
        _ => folder.to_owned(),
    }
}

/// The name that an import without one of its own binds, as far as the path tells it: the last part, without a
/// version (`gopkg.in/yaml.v3`, `example.org/mod/v2`) and without `go-` and `.go` around it.
pub(super) fn import_name(path: &str) -> &str {
    let mut parts = path.rsplit('/').filter(|part| !part.is_empty());
    let mut last = parts.next().unwrap_or("");
    if is_version(last) {
        last = parts.next().unwrap_or(last);
    }
    if let Some((before, version)) = last.rsplit_once('.')
        && (is_version(version) || version == "go")
    {
        last = before;
    }
    let bare = last.strip_prefix("go-").unwrap_or(last);
    let bare = bare.strip_suffix("-go").unwrap_or(bare);
    if bare.is_empty() { last } else { bare }
}

fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::{import_name, package_of};

    #[test]
    fn a_package_is_its_folder() {
        assert_eq!(package_of("a/b/c.go", "b"), "a/b");
        assert_eq!(package_of("a/b/c_test.go", "b_test"), "a/b_test");
        assert_eq!(package_of("c.go", "main"), "main");
    }

    #[test]
    fn imports_bind_the_last_part_without_its_version() {
        let names = [
            ("fmt", "fmt"),
            ("net/http", "http"),
            ("example.org/mod/v2", "mod"),
            ("gopkg.in/yaml.v3", "yaml"),
            ("example.org/go-thing", "thing"),
            ("C", "C"),
            ("v2", "v2"),
            ("", ""),
        ];
        for (path, name) in names {
            assert_eq!(import_name(path), name, "{path}");
        }
    }
}
