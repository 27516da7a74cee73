//! A package's header: two counts, an index of 16 bytes an entry, and a store of data; big endian.

use crate::bytes::{be32, size};
use crate::{Package, PackageKind};

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const LICENCE: u32 = 1014;
const ARCH: u32 = 1022;
const SOURCE: u32 = 1044;
/// Types of data.
const INT32: u32 = 4;
const STRING: u32 = 6;
const I18N_STRING: u32 = 9;
/// Bounds that rpm itself sets.
const MOST_ENTRIES: u32 = 0xffff;
const MOST_TEXT: usize = 4096;
/// Names and versions are short; all of them could point to the same bytes.
const MOST_NAME: usize = 256;

/// What a header describes.
#[derive(Debug)]
pub(super) enum Parsed {
    Package(Package),
    /// A public key, which rpm keeps as if it were a package.
    Key,
}

/// Parses a header; `None` where it is damaged.
pub(super) fn parse(blob: &[u8]) -> Option<Parsed> {
    let entries = be32(blob, 0).filter(|count| (1..=MOST_ENTRIES).contains(count))?;
    let start = 8 + size(entries) * 16;
    let store = blob.get(start..start.checked_add(size(be32(blob, 4)?))?)?;
    let find = |tag: u32| {
        (0..size(entries)).map(|number| 8 + number * 16).find(|&at| be32(blob, at) == Some(tag))
    };
    let text = |tag: u32, most: usize| {
        let at = find(tag)?;
        if !matches!(be32(blob, at + 4)?, STRING | I18N_STRING) {
            return None;
        }
        let rest = store.get(size(be32(blob, at + 8)?)..)?;
        let end = rest.iter().position(|&byte| byte == 0).filter(|end| *end <= most)?;
        Some(String::from_utf8_lossy(&rest[..end]).into_owned())
    };
    let name = |tag: u32| text(tag, MOST_NAME);
    let epoch = find(EPOCH).and_then(|at| {
        let offset = (be32(blob, at + 4)? == INT32).then_some(be32(blob, at + 8)?)?;
        be32(store, size(offset))
    });
    let own = name(NAME).filter(|name| !name.is_empty())?;
    if own == "gpg-pubkey" {
        return Some(Parsed::Key);
    }
    Some(Parsed::Package(Package {
        kind: PackageKind::Rpm,
        version: format!("{}-{}", name(VERSION)?, name(RELEASE)?),
        arch: name(ARCH).unwrap_or_default(),
        epoch: epoch.map_or(0, u64::from),
        source: name(SOURCE).unwrap_or_default(),
        licences: text(LICENCE, MOST_TEXT)
            .into_iter()
            .filter(|licence| !licence.is_empty())
            .collect(),
        name: own,
    }))
}
