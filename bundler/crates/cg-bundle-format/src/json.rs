//! Strict JSON: integers and strings only, no key twice, bounded depth, bounded number of values.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, Serialize};

/// Values of all kinds in one text: an empty text takes two bytes in a file and twenty-four in memory.
/// A manifest of 16 MiB that describes blobs has fewer.
const MOST_VALUES: u32 = 2_000_000;

/// Parses `bytes` after checking their shape; the error is a sentence.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8], depth: u32) -> Result<T, String> {
    let mut shape = serde_json::Deserializer::from_slice(bytes);
    let left = Cell::new(MOST_VALUES);
    Shape { depth, left: &left }.deserialize(&mut shape).map_err(|e| e.to_string())?;
    shape.end().map_err(|e| e.to_string())?;
    serde_json::from_slice(bytes).map_err(|e| e.to_string())
}

/// The one way this crate writes JSON: fields in the order of the type, two spaces, a line end last.
pub(crate) fn write<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .expect("these types have string keys and no failing serialiser");
    bytes.push(b'\n');
    bytes
}

#[derive(Clone, Copy)]
struct Shape<'a> {
    depth: u32,
    left: &'a Cell<u32>,
}

impl Shape<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        self.depth
            .checked_sub(1)
            .map(|depth| Self { depth, ..self })
            .ok_or_else(|| E::custom("nested too deeply"))
    }
}

impl<'de> DeserializeSeed<'de> for Shape<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let left = self.left.get().checked_sub(1);
        self.left
            .set(left.ok_or_else(|| D::Error::custom(format!("more than {MOST_VALUES} values")))?);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Shape<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, a list, a string or a whole number that is not negative")
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while seq.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            map.next_value_seed(inner)?;
            if let Some(twice) = seen.replace(key) {
                return Err(A::Error::custom(format!("key {twice:?} stands twice")));
            }
        }
        Ok(())
    }
}
