//! Every number that bounds what a hostile bundle can make a reader do.

/// Bounds on what is read before and after trust; each names the attack that it stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Volumes in one bundle: stops running out of file handles on a folder full of small files.
    pub volumes: u32,
    /// Entries looked at in one folder: stops an endless listing on hostile media.
    pub folder_entries: u32,
    /// Bytes of `FORMAT` and of each text beside it: stops memory use before any signature is checked.
    pub note_bytes: u64,
    /// Bytes of one `root.json` or one signature file: as above.
    pub root_bytes: u64,
    /// Roots in a chain: stops endless signature checking.
    pub roots: u32,
    /// Keys in a root and signatures in a file: stops endless signature checking.
    pub keys: usize,
    /// Bytes of `release.json`: stops memory use by a huge list (one blob needs about 500 bytes).
    pub manifest_bytes: u64,
    /// Nesting of JSON: stops a parser's recursion.
    pub json_depth: u32,
    /// Bytes of all chunk lists together (32 for each chunk): stops memory use, allows 4 TiB of payload.
    pub chunk_list_bytes: u64,
    /// Blobs, placements, images and models, each: stops quadratic work in checks.
    pub items: usize,
    /// Bytes of one blob, decoded: stops size arithmetic near the end of 64 bits (a 2 GiB payload once passed unseen elsewhere).
    pub blob_bytes: u64,
    /// Bytes of one named front entry: the largest entry that is not a chunk.
    pub front_bytes: u64,
    /// Tar entries in one volume: stops ten million empty entries.
    pub entries: u64,
    /// Bytes that `read_small_blob` returns: stops a manifest that calls a model a text.
    pub small_blob_bytes: u64,
    /// Base-2 logarithm of the largest zstd window: stops memory use by a decoder.
    pub zstd_window_log: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            volumes: 999,
            folder_entries: 10_000,
            note_bytes: 64 << 10,
            root_bytes: 64 << 10,
            roots: 256,
            keys: 64,
            manifest_bytes: 16 << 20,
            json_depth: 16,
            chunk_list_bytes: 16 << 20,
            items: 50_000,
            blob_bytes: 1 << 42,
            front_bytes: 1 << 30,
            entries: 2_000_000,
            small_blob_bytes: 16 << 20,
            zstd_window_log: 23,
        }
    }
}

/// Size of a payload chunk that writers use, in bytes.
pub const CHUNK_SIZE: u64 = 8 << 20;
/// Smallest chunk size that readers accept, in bytes (tests use it).
pub const MIN_CHUNK_SIZE: u64 = 4 << 10;
