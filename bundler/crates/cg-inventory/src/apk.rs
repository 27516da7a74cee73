//! `installed` of apk: lines `X:value`, an empty line after each package.

use crate::{Package, PackageKind};

/// The first `most` packages.
pub fn packages(bytes: &[u8], most: usize) -> Vec<Package> {
    let text = String::from_utf8_lossy(bytes);
    crate::dpkg::paragraphs(&text)
        .filter_map(|fields| {
            let field = |key: &str| {
                fields.iter().find(|(name, _)| *name == key).map_or("", |(_, value)| *value)
            };
            let licence = field("L");
            (!field("P").is_empty()).then(|| Package {
                kind: PackageKind::Apk,
                name: field("P").to_owned(),
                version: field("V").to_owned(),
                arch: field("A").to_owned(),
                epoch: 0,
                source: field("o").to_owned(),
                licences: if licence.is_empty() { vec![] } else { vec![licence.to_owned()] },
            })
        })
        .take(most)
        .collect()
}
