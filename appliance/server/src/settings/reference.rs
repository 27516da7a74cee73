//! The reference page of all keys, made from the table; committed as docs/reference/config.md.

use std::fmt::Write;

use super::schema::{KEYS, Kind};

/// The page in Markdown.
pub(crate) fn page() -> String {
    let mut page = String::from(HEAD);
    let mut section = "";
    for key in KEYS {
        let (own, _) = key.path.split_once('.').unwrap_or((key.path, ""));
        if own != section {
            section = own;
            let _ = write!(
                page,
                "\n## {own}\n\n| key | kind | default | variable | meaning |\n|---|---|---|---|---|\n"
            );
        }
        let kind = match key.kind {
            Kind::Text => "text".to_owned(),
            Kind::Secret => "secret".to_owned(),
            Kind::Path => "path".to_owned(),
            Kind::Flag => "true, false".to_owned(),
            Kind::Integer(min, max) => format!("{min} … {max}"),
            Kind::Choice(words) => words.join(", "),
            Kind::List => "list".to_owned(),
        };
        let default =
            if key.default.is_empty() { "–".into() } else { format!("`{}`", key.default) };
        let variable = key.variable.map_or_else(|| "–".into(), |name| format!("`{name}`"));
        let _ = writeln!(
            page,
            "| `{}` | {kind} | {default} | {variable} | {} |",
            key.path, key.meaning
        );
    }
    page
}

const HEAD: &str = "\
# Configuration

Generated from the table of keys in `appliance/server/src/settings/schema.rs`; a test keeps it true.
`codegraph config show` prints every value in force and where it comes from, `codegraph config check`
what this release refuses or warns of.

A value is taken from the last of these that has it:

1. the default;
2. the file given by `--config` or `CODEGRAPH_CONFIG`;
3. for secrets: a systemd credential named like the key (`LoadCredential=api.jwt_secret:/path`);
4. the variable named in the table; for secrets also `<VARIABLE>_FILE`, the path of a file;
5. the variable `CODEGRAPH__SECTION__KEY` (any key; lists separated by commas or as JSON).

`${NAME}` and `${NAME:-default}` in the file are replaced by variables, `$$` stands for `$`. An unset
variable without a default is an error. Every secret `key` can also be given as `key_file`, the path of
a file that holds it. Unknown keys and values that do not fit are refused with file, line and key.
";
