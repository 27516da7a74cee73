//! Runs of bits in a bit set of 64-bit words.

pub(super) fn mask(word: usize, start: u32, end: u32) -> u64 {
    let low = (start as usize).saturating_sub(word * 64).min(64);
    let high = (end as usize).saturating_sub(word * 64).min(64);
    let below = |n: usize| if n == 64 { u64::MAX } else { (1u64 << n) - 1 };
    below(high) & !below(low)
}

pub(super) fn words_of(start: u32, end: u32) -> std::ops::Range<usize> {
    if start >= end { 0..0 } else { start as usize / 64..(end as usize).div_ceil(64) }
}

pub(super) fn set(bits: &mut [u64], start: u32, end: u32) {
    for word in words_of(start, end) {
        bits[word] |= mask(word, start, end);
    }
}

pub(super) fn clear(bits: &mut [u64], start: u32, end: u32) {
    for word in words_of(start, end) {
        bits[word] &= !mask(word, start, end);
    }
}

pub(super) fn ones(bits: &[u64], start: u32, end: u32) -> impl Iterator<Item = u32> + '_ {
    words_of(start, end).flat_map(move |word| {
        let mut rest = bits[word] & mask(word, start, end);
        std::iter::from_fn(move || {
            let bit = rest.trailing_zeros();
            (rest != 0).then(|| {
                rest &= rest - 1;
                word as u32 * 64 + bit
            })
        })
    })
}
