//! How much text fits into a model's context. Pure. An estimate: the server counts exactly and
//! refuses what does not fit, and then less is sent.

/// Tokens for instructions, template and the lines between the pieces.
const OVERHEAD_TOKENS: u32 = 200;

/// Tokens of a text, rather too many than too few: code has about three bytes a token, and a
/// Cyrillic letter is often a token of its own.
pub(crate) fn tokens(text: &str) -> u32 {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let others = text.chars().filter(|c| !c.is_ascii()).count();
    u32::try_from(ascii * 2 / 5 + others + 1).unwrap_or(u32::MAX)
}

/// Tokens left for evidence.
pub(crate) fn for_evidence(context: u32, answer: u32, question: &str, wanted: u32) -> u32 {
    context.saturating_sub(answer).saturating_sub(OVERHEAD_TOKENS + tokens(question)).min(wanted)
}
