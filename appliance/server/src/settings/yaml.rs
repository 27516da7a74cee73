//! A configuration file as a flat list of keys with their lines. Knows YAML, not our keys.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::error::SettingsError;

/// Largest configuration file that is read, in bytes.
pub(crate) const MAX_FILE_BYTES: u64 = 1 << 20;
/// Deepest nesting of sections.
const MAX_DEPTH: usize = 16;

/// A value as the file has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Raw {
    Null,
    Flag(bool),
    Integer(i64),
    Other(String),
    Text(String),
    List(Vec<String>),
    /// A section without any key, or a list of something that is not text.
    Shape(&'static str),
}

/// One key of the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Names of the sections and of the key, joined by dots.
    pub(crate) path: String,
    /// The value.
    pub(crate) raw: Raw,
    /// Line of the key, from 1.
    pub(crate) line: u64,
}

/// Reads the text of a file; `name` is for messages.
pub(crate) fn parse(text: &str, name: &str) -> Result<Vec<Entry>, SettingsError> {
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Vec::new());
    }
    let root: Node = serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(0, |location| location.line());
        let cause = error.without_snippet().to_string();
        let cause = cause.lines().next().unwrap_or("unreadable").to_owned();
        SettingsError::Yaml { place: format!("{name}:{line}"), cause }
    })?;
    let mut entries = Vec::new();
    let sections = match root {
        Node::Map(sections) => sections,
        Node::Scalar(Raw::Null) => return Ok(entries),
        _ => {
            let cause = "the file must hold sections with keys".to_owned();
            return Err(SettingsError::Yaml { place: format!("{name}:1"), cause });
        }
    };
    flatten(String::new(), sections, 0, name, &mut entries)?;
    Ok(entries)
}

fn flatten(
    prefix: String,
    map: Vec<(Spanned<String>, Node)>,
    depth: usize,
    name: &str,
    entries: &mut Vec<Entry>,
) -> Result<(), SettingsError> {
    for (key, node) in map {
        let line = key.referenced.line();
        let path = if prefix.is_empty() { key.value } else { format!("{prefix}.{}", key.value) };
        match node {
            Node::Map(inner) if depth >= MAX_DEPTH && !inner.is_empty() => {
                let cause = format!("`{path}` is nested deeper than {MAX_DEPTH} sections");
                return Err(SettingsError::Yaml { place: format!("{name}:{line}"), cause });
            }
            Node::Map(inner) if inner.is_empty() => {
                entries.push(Entry { path, raw: Raw::Null, line });
            }
            Node::Map(inner) => flatten(path, inner, depth + 1, name, entries)?,
            Node::Scalar(raw) => entries.push(Entry { path, raw, line }),
            Node::List(items) => {
                let texts: Option<Vec<String>> = items
                    .into_iter()
                    .map(|item| match item {
                        Node::Scalar(Raw::Text(text)) => Some(text),
                        Node::Scalar(Raw::Integer(number)) => Some(number.to_string()),
                        _ => None,
                    })
                    .collect();
                let raw = texts.map_or(Raw::Shape("a list of something else than text"), Raw::List);
                entries.push(Entry { path, raw, line });
            }
        }
    }
    Ok(())
}

enum Node {
    Map(Vec<(Spanned<String>, Node)>),
    List(Vec<Node>),
    Scalar(Raw),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a section, a list or a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(Raw::Flag(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(Raw::Integer(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        let raw = i64::try_from(value).map_or_else(|_| Raw::Other(value.to_string()), Raw::Integer);
        Ok(Node::Scalar(raw))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Scalar(Raw::Other(value.to_string())))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(Raw::Text(value.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Raw::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Raw::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}
