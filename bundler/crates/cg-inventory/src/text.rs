//! Short texts of strangers.

/// Longest name, version or licence in bytes.
const MOST: usize = 256;

/// The text without space around it; `None` where it is empty, long, or holds control characters.
pub(crate) fn short(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.len() <= MOST && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}
