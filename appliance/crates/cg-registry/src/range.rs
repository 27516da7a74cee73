//! The `Range` header: one range of bytes; whatever else is written there is answered with the whole.

/// A part of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of it.
    Whole,
    /// These bytes.
    Part { start: u64, length: u64 },
    /// Nothing that the blob has.
    Outside,
}

/// What `header` wants of a blob of `size` bytes (RFC 9110, section 14).
pub(crate) fn wanted(header: &str, size: u64) -> Wanted {
    let Some(range) = header.trim().strip_prefix("bytes=") else { return Wanted::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Wanted::Whole };
    match (number(first), number(last)) {
        (Number::One(start), Number::One(end)) if start > end => Wanted::Whole,
        (Number::One(start), _) if start >= size => Wanted::Outside,
        (Number::One(start), Number::One(end)) => {
            Wanted::Part { start, length: end.min(size - 1) - start + 1 }
        }
        (Number::One(start), Number::None) => Wanted::Part { start, length: size - start },
        (Number::None, Number::One(0)) => Wanted::Outside,
        (Number::None, Number::One(_)) if size == 0 => Wanted::Outside,
        (Number::None, Number::One(count)) => {
            let length = count.min(size);
            Wanted::Part { start: size - length, length }
        }
        _ => Wanted::Whole,
    }
}

enum Number {
    None,
    One(u64),
    Bad,
}

fn number(text: &str) -> Number {
    match text.trim() {
        "" => Number::None,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            // A number beyond all sizes is a number all the same.
            Number::One(digits.parse().unwrap_or(u64::MAX))
        }
        _ => Number::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_as_the_rfc_says() {
        let part = |start, length| Wanted::Part { start, length };
        for (header, size, expected) in [
            ("bytes=0-499", 10_000, part(0, 500)),
            ("bytes=500-999", 10_000, part(500, 500)),
            ("bytes=-500", 10_000, part(9_500, 500)),
            ("bytes=9500-", 10_000, part(9_500, 500)),
            ("bytes=0-0", 10_000, part(0, 1)),
            ("bytes=9999-20000", 10_000, part(9_999, 1)),
            ("bytes=-20000", 10_000, part(0, 10_000)),
            ("bytes=10000-", 10_000, Wanted::Outside),
            ("bytes=99999999999999999999-", 10_000, Wanted::Outside),
            ("bytes=-0", 10_000, Wanted::Outside),
            ("bytes=0-", 0, Wanted::Outside),
            ("bytes=-1", 0, Wanted::Outside),
            ("bytes=0-0,-1", 10_000, Wanted::Whole),
            ("bytes=5-4", 10_000, Wanted::Whole),
            ("bytes=-", 10_000, Wanted::Whole),
            ("bytes=a-b", 10_000, Wanted::Whole),
            ("items=0-1", 10_000, Wanted::Whole),
            ("", 10_000, Wanted::Whole),
        ] {
            assert_eq!(wanted(header, size), expected, "{header}");
        }
    }
}
