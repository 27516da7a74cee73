//! Identities of files and nodes.

use std::fmt;

/// Number of a file within its project. Given once per path and never reused; 0 is the key of
/// nodes that belong to no file (external methods, types without a declaration).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileKey(pub u32);

impl FileKey {
    /// The key of nodes that belong to no file.
    pub const NONE: Self = Self(0);
}

/// Position of a node in its file, counted in preorder from 0 (the FILE node).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeIndex(pub u32);

impl NodeIndex {
    /// "No node": absent parent, unresolved reference.
    pub const NONE: Self = Self(u32::MAX);
    /// The FILE node.
    pub const FILE: Self = Self(0);

    /// The index, or nothing for [`NodeIndex::NONE`].
    pub fn get(self) -> Option<usize> {
        (self != Self::NONE).then_some(self.0 as usize)
    }

    /// Whether this is a node at all.
    pub fn is_some(self) -> bool {
        self != Self::NONE
    }
}

/// Identity of a node within one snapshot: file key in the upper 32 bits, preorder index below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub i64);

impl NodeId {
    /// Joins file key and preorder index. File keys stay below 2^31, so ids are never negative.
    pub fn new(file: FileKey, index: NodeIndex) -> Self {
        Self((i64::from(file.0) << 32) | i64::from(index.0))
    }

    /// The file the node belongs to.
    pub fn file(self) -> FileKey {
        FileKey((self.0 >> 32) as u32)
    }

    /// The node's preorder index in its file.
    pub fn index(self) -> NodeIndex {
        NodeIndex((self.0 & 0xffff_ffff) as u32)
    }
}

/// BLAKE3 of a file's bytes as they lie on disk.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash(pub [u8; 32]);

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}
