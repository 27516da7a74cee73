//! `os-release`: lines `KEY=value`, as a shell would read them (os-release(5)).

use crate::Os;

/// Longest value that is kept.
const MOST_TEXT: usize = 256;

/// What the file says; `None` without an `ID`.
pub fn parse(bytes: &[u8]) -> Option<Os> {
    let text = String::from_utf8_lossy(bytes);
    let value = |key: &str| {
        text.lines()
            .filter_map(|line| line.trim().split_once('='))
            .find(|(name, _)| *name == key)
            .map(|(_, value)| unquoted(value))
            .unwrap_or_default()
    };
    let id = value("ID");
    (!id.is_empty()).then(|| Os { id, version: value("VERSION_ID"), name: value("PRETTY_NAME") })
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    let inner = ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote).and_then(|value| value.strip_suffix(*quote)));
    inner
        .unwrap_or(value)
        .chars()
        .filter(|c| !c.is_control() && *c != '\\')
        .take(MOST_TEXT)
        .collect()
}
