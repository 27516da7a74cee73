//! Just enough of SQLite's file format to walk one table: <https://www.sqlite.org/fileformat2.html>.
//! Own code, because the file comes from a stranger's image and all that is asked of it is every row of
//! one table; nothing here can do more than read.

use crate::bytes::{be16, be32, size};

const MAGIC: &[u8] = b"SQLite format 3\0";
const TABLE: &[u8] = b"Packages";
/// Trees of SQLite are at most about 20 deep.
const MOST_DEPTH: u32 = 24;
/// The table of tables has five, that of packages two.
const MOST_COLUMNS: usize = 5;

pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Hands out the blob of each row of `Packages`.
pub(super) fn blobs(bytes: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), String> {
    let damaged = || "the SQLite database of rpm is damaged".to_owned();
    let file = File::open(bytes).ok_or_else(damaged)?;
    let mut root = None;
    // The table of tables: type, name, table, root page, SQL.
    file.walk(1, &mut |row| {
        let columns = columns(row)?;
        let is = |at: usize, word: &[u8]| columns.get(at).is_some_and(|column| column.1 == word);
        if is(0, b"table") && is(1, TABLE) {
            let page = columns.get(3)?.1.iter().fold(0u64, |sum, &b| sum << 8 | u64::from(b));
            root = u32::try_from(page).ok();
        }
        Some(())
    })
    .ok_or_else(damaged)?;
    let root = root.ok_or("the database of rpm has no table of packages")?;
    file.walk(root, &mut |row| {
        // hnum, blob
        take(columns(row)?.get(1)?.1);
        Some(())
    })
    .ok_or_else(damaged)
}

struct File<'a> {
    bytes: &'a [u8],
    page_size: usize,
    /// Page size without the bytes that are reserved at its end.
    usable: usize,
}

/// What bounds a walk: each page is visited once in a sound file.
struct Budget {
    pages: usize,
    payload: usize,
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let page_size = match be16(bytes, 16)? {
            1 => 65_536,
            other => usize::from(other),
        };
        let reserved = usize::from(*bytes.get(20)?);
        let sound = page_size.is_power_of_two() && (512..=65_536).contains(&page_size);
        let usable = page_size.checked_sub(reserved).filter(|usable| sound && *usable >= 480)?;
        Some(Self { bytes, page_size, usable })
    }

    fn page(&self, number: u32) -> Option<&'a [u8]> {
        let start = size(number.checked_sub(1)?).checked_mul(self.page_size)?;
        self.bytes.get(start..start + self.page_size)
    }

    /// Every row of the table whose tree begins at `root`.
    fn walk(&self, root: u32, row: &mut dyn FnMut(&[u8]) -> Option<()>) -> Option<()> {
        let mut budget =
            Budget { pages: self.bytes.len() / self.page_size + 1, payload: self.bytes.len() };
        let mut open = vec![(root, 0u32)];
        while let Some((number, depth)) = open.pop() {
            budget.pages = budget.pages.checked_sub(1)?;
            if depth > MOST_DEPTH {
                return None;
            }
            let page = self.page(number)?;
            let head = if number == 1 { 100 } else { 0 };
            let count = usize::from(be16(page, head + 3)?);
            match page.get(head)? {
                0x05 => {
                    let first = open.len();
                    for cell in 0..count {
                        let at = usize::from(be16(page, head + 12 + cell * 2)?);
                        open.push((be32(page, at)?, depth + 1));
                    }
                    open.push((be32(page, head + 8)?, depth + 1));
                    open[first..].reverse();
                    if open.len() > budget.pages + 1 {
                        return None;
                    }
                }
                0x0d => {
                    for cell in 0..count {
                        let at = usize::from(be16(page, head + 8 + cell * 2)?);
                        row(&self.payload(page, at, &mut budget)?)?;
                    }
                }
                _ => return None,
            }
        }
        Some(())
    }

    /// A leaf's cell: length, row id, and as much of the payload as fits; the rest is on other pages.
    fn payload(&self, page: &[u8], at: usize, budget: &mut Budget) -> Option<Vec<u8>> {
        let (length, at) = varint(page, at)?;
        let (_, at) = varint(page, at)?;
        let length = usize::try_from(length).ok()?;
        budget.payload = budget.payload.checked_sub(length)?;
        let most = self.usable - 35;
        let local = if length <= most {
            length
        } else {
            let least = (self.usable - 12) * 32 / 255 - 23;
            let wanted = least + (length - least) % (self.usable - 4);
            if wanted <= most { wanted } else { least }
        };
        let mut payload = page.get(at..at.checked_add(local)?)?.to_vec();
        let mut next = if local < length { be32(page, at + local)? } else { 0 };
        while payload.len() < length {
            budget.pages = budget.pages.checked_sub(1)?;
            let page = self.page(next)?;
            next = be32(page, 0)?;
            let part = (length - payload.len()).min(self.usable - 4);
            payload.extend_from_slice(page.get(4..4 + part)?);
        }
        Some(payload)
    }
}

/// Kind and bytes of the first columns of a record: those of a stranger's can be as many as its bytes.
fn columns(record: &[u8]) -> Option<Vec<(u64, &[u8])>> {
    let (head, mut at) = varint(record, 0)?;
    let head = usize::try_from(head).ok()?;
    let mut data = head;
    let mut columns = Vec::new();
    while at < head && columns.len() < MOST_COLUMNS {
        let (kind, next) = varint(record, at)?;
        at = next;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => (kind - 12) / 2,
        };
        let end = data.checked_add(usize::try_from(length).ok()?)?;
        columns.push((kind, record.get(data..end)?));
        data = end;
    }
    Some(columns)
}

/// Up to nine bytes, seven bits each, the ninth with eight; and where the next thing begins.
fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for count in 0..9 {
        let byte = *bytes.get(at + count)?;
        if count == 8 {
            return Some((value << 8 | u64::from(byte), at + 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, at + count + 1));
        }
    }
    None
}
