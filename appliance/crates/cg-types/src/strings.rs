//! Interned strings of one file.

use std::collections::HashMap;

/// Number of a string in its [`Strings`]; 0 is the empty string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StrId(pub u32);

impl StrId {
    /// The empty string, also "not set".
    pub const EMPTY: Self = Self(0);
}

/// Append-only table of distinct strings.
#[derive(Clone, Debug)]
pub struct Strings {
    ids: HashMap<Box<str>, StrId>,
    texts: Vec<Box<str>>,
}

impl Default for Strings {
    fn default() -> Self {
        let mut table = Self { ids: HashMap::new(), texts: Vec::new() };
        table.intern("");
        table
    }
}

impl Strings {
    /// The number of `text`, given now if it is new.
    pub fn intern(&mut self, text: &str) -> StrId {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = StrId(self.texts.len() as u32);
        self.texts.push(text.into());
        self.ids.insert(text.into(), id);
        id
    }

    /// The text behind a number of this table.
    pub fn get(&self, id: StrId) -> &str {
        &self.texts[id.0 as usize]
    }

    /// All texts, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }

    /// Number of strings, the empty one included.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Never true: the empty string is always there.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}
