//! Every number that bounds what a hostile layer can make the reader do.

/// Bounds; each names what it stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that one layer decodes to: stops a bomb.
    pub layer_bytes: u64,
    /// Tar entries in one layer: stops ten million empty files.
    pub entries: u64,
    /// Bytes of one database of rpm: it is held in memory.
    pub database_bytes: u64,
    /// Bytes of one list in plain text: it is held in memory, and parsing takes as much again.
    pub list_bytes: u64,
    /// Bytes of all databases of one image together.
    pub held_bytes: u64,
    /// Bytes of one licence text or one long name.
    pub text_bytes: u64,
    /// Packages of one image, and files of interest.
    pub packages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            layer_bytes: 64 << 30,
            entries: 5_000_000,
            database_bytes: 64 << 20,
            list_bytes: 16 << 20,
            held_bytes: 96 << 20,
            text_bytes: 1 << 20,
            packages: 100_000,
        }
    }
}
