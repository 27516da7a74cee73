//! Versions as people write them, compared by number.

/// `1.10.2-rc1` → [1, 10, 2]; what follows another character than a digit or a point does not count.
pub fn numbers(version: &str) -> Vec<u64> {
    let plain = version.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default();
    plain.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// Whether `found` is `oldest` or newer; nothing is older than an empty `oldest`.
pub fn is_enough(found: &str, oldest: &str) -> bool {
    oldest.is_empty() || numbers(found) >= numbers(oldest)
}

#[cfg(test)]
mod tests {
    use super::is_enough;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(is_enough("5.10.0-28-amd64", "5.10"));
        assert!(is_enough("570.86.15", "525.60.13"));
        assert!(!is_enough("5.4.0", "5.10"));
        assert!(!is_enough("4.3.1", "4.4"));
        assert!(is_enough("", "") && !is_enough("", "1"));
    }
}
