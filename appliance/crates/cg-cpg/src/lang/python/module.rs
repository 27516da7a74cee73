//! Module names from paths and relative imports.

/// The dotted name of the module at `path`.
pub(super) fn module_of(path: &str) -> String {
    let stem = path
        .rsplit_once('.')
        .map_or(path, |(stem, extension)| if extension.contains('/') { path } else { stem });
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    stem.split('/').filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>().join(".")
}

/// The package that relative imports of the file at `path` start from.
pub(super) fn package_of(path: &str, module: &str) -> String {
    let is_package = path.rsplit('/').next().is_some_and(|file| file.starts_with("__init__."));
    match (is_package, module.rsplit_once('.')) {
        (true, _) => module.to_owned(),
        (false, Some((package, _))) => package.to_owned(),
        (false, None) => String::new(),
    }
}

/// `..a.b` seen from `package` as an absolute name; other names unchanged.
pub(super) fn absolute(entity: &str, package: &str) -> String {
    let name = entity.trim_start_matches('.');
    let dots = entity.len() - name.len();
    if dots == 0 {
        return entity.to_owned();
    }
    let mut base = package;
    for _ in 1..dots {
        base = base.rsplit_once('.').map_or("", |(parent, _)| parent);
    }
    match (base.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (false, true) => base.to_owned(),
        (false, false) => format!("{base}.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{absolute, module_of, package_of};

    #[test]
    fn modules_are_named_after_their_path() {
        assert_eq!(module_of("pkg/mod.py"), "pkg.mod");
        assert_eq!(module_of("pkg/__init__.py"), "pkg");
        assert_eq!(module_of("./a/b.pyi"), "a.b");
        assert_eq!(module_of("bin/tool"), "bin.tool");
        assert_eq!(module_of("__init__.py"), "__init__");
    }

    #[test]
    fn relative_imports_start_at_the_package() {
        assert_eq!(package_of("p/q/m.py", "p.q.m"), "p.q");
        assert_eq!(package_of("p/q/__init__.py", "p.q"), "p.q");
        assert_eq!(absolute(".x", "p.q"), "p.q.x");
        assert_eq!(absolute("..x.y", "p.q"), "p.x.y");
        assert_eq!(absolute("....x", "p.q"), "x");
        assert_eq!(absolute("a.b", "p.q"), "a.b");
        assert_eq!(absolute("..", "p.q"), "p");
    }
}
