//! Interned strings of one file.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::OnceLock;

/// Number of a string in its [`Strings`]; 0 is the empty string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StrId(pub u32);

impl StrId {
    /// The empty string, also "not set".
    pub const EMPTY: Self = Self(0);
}

/// Append-only table of distinct strings, numbered in the order of their first use.
///
/// All texts lie in one buffer; a table of open slots finds them. The hash is keyed by a random number of
/// the process, so that no file can be made whose names all fall into one slot; numbers do not depend on it.
#[derive(Clone, Debug)]
pub struct Strings {
    bytes: String,
    /// End of each text in `bytes`; a text begins where the one before ends.
    ends: Vec<u32>,
    /// Upper half of the hash of each text.
    tags: Vec<u32>,
    /// Number of the string plus one; 0 is an open slot. The length is a power of two.
    slots: Vec<u32>,
}

impl Default for Strings {
    fn default() -> Self {
        let mut table =
            Self { bytes: String::new(), ends: Vec::new(), tags: Vec::new(), slots: vec![0; 64] };
        table.intern("");
        table
    }
}

impl Strings {
    /// The number of `text`, given now if it is new.
    #[inline]
    pub fn intern(&mut self, text: &str) -> StrId {
        let hash = hash(text.as_bytes());
        let slot = match self.probe(text, hash) {
            Ok(id) => return id,
            Err(slot) => slot,
        };
        let id = self.ends.len() as u32;
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len() as u32);
        self.tags.push((hash >> 32) as u32);
        self.slots[slot] = id + 1;
        if self.ends.len() * 2 > self.slots.len() {
            self.grow();
        }
        StrId(id)
    }

    /// The number of `text`, if it has one.
    pub fn find(&self, text: &str) -> Option<StrId> {
        self.probe(text, hash(text.as_bytes())).ok()
    }

    /// The text behind a number of this table.
    #[inline]
    pub fn get(&self, id: StrId) -> &str {
        let at = id.0 as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.bytes[start..self.ends[at] as usize]
    }

    /// All texts, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len() as u32).map(|id| self.get(StrId(id)))
    }

    /// Number of strings, the empty one included.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Never true: the empty string is always there.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The string's number, or the open slot where it belongs.
    #[inline]
    fn probe(&self, text: &str, hash: u64) -> Result<StrId, usize> {
        let mask = self.slots.len() - 1;
        let tag = (hash >> 32) as u32;
        let mut at = (hash >> 32) as usize & mask;
        loop {
            match self.slots[at] {
                0 => return Err(at),
                number => {
                    let id = number - 1;
                    if self.tags[id as usize] == tag && self.get(StrId(id)) == text {
                        return Ok(StrId(id));
                    }
                }
            }
            at = (at + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        self.slots.clear();
        self.slots.resize(mask + 1, 0);
        for (id, tag) in self.tags.iter().enumerate() {
            let mut at = *tag as usize & mask;
            while self.slots[at] != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = id as u32 + 1;
        }
    }
}

/// Folded multiplication over words of eight bytes, keyed for the process.
#[inline]
fn hash(bytes: &[u8]) -> u64 {
    static KEY: OnceLock<[u64; 2]> = OnceLock::new();
    let [key, salt] = *KEY.get_or_init(|| {
        let state = RandomState::new();
        [state.hash_one(1u8), state.hash_one(2u8) | 1]
    });
    let mut state = key ^ (bytes.len() as u64);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = fold(state ^ u64::from_le_bytes(*word), salt);
    }
    let mut last = [0u8; 8];
    last[..rest.len()].copy_from_slice(rest);
    let state = fold(state ^ u64::from_le_bytes(last), salt);
    fold(state, 0x9e37_79b9_7f4a_7c15)
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_first_use_and_find_their_texts() {
        let mut table = Strings::default();
        let texts: Vec<String> = (0..10_000).map(|i| format!("name_{}", i % 3_000)).collect();
        let ids: Vec<StrId> = texts.iter().map(|text| table.intern(text)).collect();
        assert_eq!(table.len(), 3_001);
        assert_eq!(ids[0], StrId(1));
        assert_eq!(ids[3_001], StrId(2));
        for (text, id) in texts.iter().zip(&ids) {
            assert_eq!(table.get(*id), text);
            assert_eq!(table.find(text), Some(*id));
        }
        assert_eq!(table.find("nobody"), None);
        assert_eq!(table.iter().nth(1), Some("name_0"));
        assert_eq!(table.intern(""), StrId::EMPTY);
    }
}
