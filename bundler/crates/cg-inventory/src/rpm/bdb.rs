//! The hash tables of Berkeley DB in which rpm kept packages before 4.16: pages of pairs, long values on
//! pages of their own.

use crate::bytes::{be16, be32, le16, le32, size};

const HASH_MAGIC: u32 = 0x0006_1561;
const META_HASH: u8 = 8;
const PAGE_HASH_UNSORTED: u8 = 2;
const PAGE_OVERFLOW: u8 = 7;
const PAGE_HASH: u8 = 13;
const ITEM_INLINE: u8 = 1;
const ITEM_ELSEWHERE: u8 = 3;
const PAGE_HEAD: usize = 26;
/// The smallest header; rpm also keeps a counter of four bytes in the same table.
const LEAST: usize = 16;

/// Byte order of the machine that wrote the file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    Little,
    Big,
}

/// The byte order, where this is such a file.
pub(super) fn order(bytes: &[u8]) -> Option<Order> {
    if le32(bytes, 12)? == HASH_MAGIC {
        Some(Order::Little)
    } else if be32(bytes, 12)? == HASH_MAGIC {
        Some(Order::Big)
    } else {
        None
    }
}

/// Hands out each package's header.
pub(super) fn blobs(bytes: &[u8], order: Order, take: &mut dyn FnMut(&[u8])) -> Result<(), String> {
    let damaged = || "the Berkeley database of rpm is damaged".to_owned();
    let file = File::open(bytes, order).ok_or_else(damaged)?;
    file.read(take).ok_or_else(damaged)
}

struct File<'a> {
    bytes: &'a [u8],
    order: Order,
    page_size: usize,
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8], order: Order) -> Option<Self> {
        let file = Self { bytes, order, page_size: 0 };
        let page_size = size(file.u32(bytes, 20)?);
        let sound = page_size.is_power_of_two() && (512..=65_536).contains(&page_size);
        (sound && *bytes.get(25)? == META_HASH).then_some(Self { page_size, ..file })
    }

    fn u16(&self, bytes: &[u8], at: usize) -> Option<usize> {
        match self.order {
            Order::Little => le16(bytes, at),
            Order::Big => be16(bytes, at),
        }
        .map(usize::from)
    }

    fn u32(&self, bytes: &[u8], at: usize) -> Option<u32> {
        match self.order {
            Order::Little => le32(bytes, at),
            Order::Big => be32(bytes, at),
        }
    }

    fn page(&self, number: usize) -> Option<&'a [u8]> {
        let start = number.checked_mul(self.page_size)?;
        self.bytes.get(start..start + self.page_size)
    }

    fn read(&self, take: &mut dyn FnMut(&[u8])) -> Option<()> {
        let pages = self.bytes.len() / self.page_size;
        // Long values do not share pages in a sound file.
        let mut left = pages;
        for number in 1..pages {
            let page = self.page(number)?;
            if !matches!(page[25], PAGE_HASH | PAGE_HASH_UNSORTED) {
                continue;
            }
            let entries = self.u16(page, 20)?;
            let place = |item: usize| self.u16(page, PAGE_HEAD + item * 2);
            // Keys and values take turns; items lie from the end of the page towards its start, so that they
            // fill it once at most.
            let mut room = self.page_size;
            for item in (1..entries).step_by(2) {
                let (at, end) = (place(item)?, place(item - 1)?);
                let value = page.get(at..end)?;
                room = room.checked_sub(value.len())?;
                match *value.first()? {
                    ITEM_INLINE if value.len() > LEAST => take(&value[1..]),
                    ITEM_ELSEWHERE => {
                        let first = self.u32(value, 4)?;
                        let length = size(self.u32(value, 8)?);
                        let value = self.long(first, length, &mut left)?;
                        if value.len() >= LEAST {
                            take(&value);
                        }
                    }
                    _ => {}
                }
            }
        }
        Some(())
    }

    fn long(&self, first: u32, length: usize, left: &mut usize) -> Option<Vec<u8>> {
        if length > self.bytes.len() {
            return None;
        }
        let mut value = Vec::with_capacity(length);
        let mut next = first;
        while value.len() < length {
            *left = left.checked_sub(1)?;
            let page = self.page(size(next))?;
            if page[25] != PAGE_OVERFLOW {
                return None;
            }
            let count = self.u16(page, 22)?.min(length - value.len());
            value.extend_from_slice(page.get(PAGE_HEAD..PAGE_HEAD.checked_add(count)?)?);
            next = self.u32(page, 16)?;
        }
        Some(value)
    }
}
