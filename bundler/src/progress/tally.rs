//! Counts items without duplicates.

use std::collections::HashMap;

/// One item.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entry {
    pub(crate) bytes: u64,
    pub(crate) came: u64,
    pub(crate) skipped: u64,
    pub(crate) done: bool,
}

/// Sums over all items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Bytes of everything.
    pub(crate) total: u64,
    /// Bytes that came in this run.
    pub(crate) came: u64,
    /// Bytes that were there.
    pub(crate) skipped: u64,
    /// All items.
    pub(crate) items: u64,
    /// Items that are not complete.
    pub(crate) open: u64,
    /// Those of them whose size nobody said: the total grows by it when they are complete.
    pub(crate) unsized_items: u64,
}

/// All items of a run.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    entries: HashMap<String, Entry>,
    pub(crate) sums: Sums,
}

impl Tally {
    /// False when the item is known already.
    pub(crate) fn plan(&mut self, item: &str, bytes: u64) -> bool {
        if self.entries.contains_key(item) {
            return false;
        }
        let entry = Entry { bytes, ..Entry::default() };
        self.entries.insert(item.to_owned(), entry);
        self.sums.total += bytes;
        self.sums.items += 1;
        self.sums.open += 1;
        self.sums.unsized_items += u64::from(bytes == 0);
        true
    }

    /// Bytes that came.
    pub(crate) fn advance(&mut self, item: &str, bytes: u64) {
        let entry = self.entries.entry(item.to_owned()).or_default();
        entry.came += bytes;
        self.sums.came += bytes;
    }

    /// Bytes that were there.
    pub(crate) fn skip(&mut self, item: &str, bytes: u64) {
        let entry = self.entries.entry(item.to_owned()).or_default();
        entry.skipped += bytes;
        self.sums.skipped += bytes;
    }

    /// The item as it ended; `None` when it had ended before.
    pub(crate) fn done(&mut self, item: &str) -> Option<Entry> {
        let entry = self.entries.get_mut(item).filter(|entry| !entry.done)?;
        entry.done = true;
        self.sums.unsized_items -= u64::from(entry.bytes == 0);
        // What nobody knew before counts now.
        let real = (entry.came + entry.skipped).max(entry.bytes);
        self.sums.total += real - entry.bytes;
        entry.bytes = real;
        self.sums.open = self.sums.open.saturating_sub(1);
        Some(entry.clone())
    }
}
