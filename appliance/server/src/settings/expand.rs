//! `${NAME}` and `${NAME:-default}` in values. Pure: variables come in as a function.

/// The variable that is missing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Missing(pub(crate) String);

/// Replaces every reference. An unset or empty variable takes the default; without a default an
/// unset one is an error. `$$` stands for `$`; any other `$` is left as it is. What was put in is
/// not looked at again.
pub(crate) fn expand<'a>(
    text: &str,
    variable: impl Fn(&str) -> Option<&'a str>,
) -> Result<String, Missing> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        let tail = &rest[at..];
        if let Some(after) = tail.strip_prefix("$$") {
            result.push('$');
            rest = after;
            continue;
        }
        let Some((name, default, after)) = reference(tail) else {
            result.push('$');
            rest = &tail[1..];
            continue;
        };
        let value = variable(name);
        match (value, default) {
            (Some(value), _) if !value.is_empty() => result.push_str(value),
            (_, Some(default)) => result.push_str(default),
            (Some(empty), None) => result.push_str(empty),
            (None, None) => return Err(Missing(name.to_owned())),
        }
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

/// Splits `${NAME}…` or `${NAME:-default}…` into name, default and what follows.
fn reference(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let inner = text.strip_prefix("${")?;
    let end = inner.find('}')?;
    let (body, after) = (&inner[..end], &inner[end + 1..]);
    let (name, default) = match body.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (body, None),
    };
    let mut letters = name.chars();
    let starts = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let goes_on = letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    (starts && goes_on).then_some((name, default, after))
}
