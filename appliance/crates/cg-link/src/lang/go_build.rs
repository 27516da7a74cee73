//! Which Go files a plain build takes: Linux on the commonest processor, cgo, no tags of its own.
//! Rules: <https://pkg.go.dev/cmd/go#hdr-Build_constraints>.

/// Platforms that a file's name or its constraint may name, beside ours.
const OTHERS: &[&str] = &[
    "386",
    "aix",
    "android",
    "arm",
    "arm64",
    "darwin",
    "dragonfly",
    "freebsd",
    "illumos",
    "ios",
    "js",
    "loong64",
    "mips",
    "mips64",
    "mips64le",
    "mipsle",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "ppc64",
    "ppc64le",
    "riscv64",
    "s390x",
    "solaris",
    "wasip1",
    "wasm",
    "windows",
    "zos",
];
/// Tags that a plain build sets, beside those of the language's version.
const SET: &[&str] = &["amd64", "cgo", "gc", "linux", "unix"];
/// Parentheses and negations followed.
const MAX_DEPTH: usize = 32;

/// Whether a plain build takes the file with this path and what stands behind its `//go:build` (empty: nothing).
/// What cannot be read holds nothing back.
pub(super) fn is_plain(path: &str, constraint: &str) -> bool {
    is_named_for_linux(path) && (constraint.is_empty() || holds(constraint).unwrap_or(true))
}

fn is_named_for_linux(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.strip_suffix(".go").unwrap_or(name);
    let stem = stem.strip_suffix("_test").unwrap_or(stem);
    let mut parts = stem.split('_');
    parts.next();
    !parts.any(|part| OTHERS.binary_search(&part).is_ok())
}

/// The value of an expression of tags, `||`, `&&`, `!` and parentheses; none where it is no such expression.
fn holds(text: &str) -> Option<bool> {
    let mut reader = Reader { rest: text };
    let value = reader.either(MAX_DEPTH)?;
    reader.rest.trim_start().is_empty().then_some(value)
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn takes(&mut self, sign: &str) -> bool {
        let found = self.rest.trim_start().strip_prefix(sign);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn either(&mut self, depth: usize) -> Option<bool> {
        let mut value = self.both(depth)?;
        while self.takes("||") {
            value |= self.both(depth)?;
        }
        Some(value)
    }

    fn both(&mut self, depth: usize) -> Option<bool> {
        let mut value = self.one(depth)?;
        while self.takes("&&") {
            value &= self.one(depth)?;
        }
        Some(value)
    }

    fn one(&mut self, depth: usize) -> Option<bool> {
        let depth = depth.checked_sub(1)?;
        if self.takes("!") {
            return self.one(depth).map(|value| !value);
        }
        if self.takes("(") {
            let value = self.either(depth)?;
            return self.takes(")").then_some(value);
        }
        let text = self.rest.trim_start();
        let is_tag = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let (tag, rest) = text.split_at(text.find(|c| !is_tag(c)).unwrap_or(text.len()));
        self.rest = rest;
        let is_version = tag.strip_prefix("go1").is_some_and(|rest| rest.starts_with('.'));
        (!tag.is_empty()).then(|| is_version || SET.contains(&tag))
    }
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn files_name_their_platform() {
        for path in ["a/sys_linux.go", "windows.go", "a_b.go"] {
            assert!(is_plain(path, ""), "{path}");
        }
        assert!(!is_plain("a/sys_windows_test.go", "") && !is_plain("a_linux_arm64.go", ""));
    }

    #[test]
    fn constraints_are_worked_out() {
        for (constraint, value) in [
            ("!purego && !appengine", true),
            ("purego || appengine", false),
            ("(linux && 386) || (darwin && !cgo)", false),
            ("go1.18", true),
            ("ignore", false),
            ("!(windows||plan9)&&cgo", true),
            ("linux &&", true),
        ] {
            assert_eq!(is_plain("a.go", constraint), value, "{constraint}");
        }
    }
}
