//! Licences in Debian's `copyright` files: the fields of the machine-readable form (DEP-5), else the
//! names of the common licences that the text points to.

use std::collections::BTreeSet;

use crate::dpkg::paragraphs;

/// Where Debian keeps the texts of licences that many packages share.
const COMMON: &str = "/usr/share/common-licenses/";
/// Most licences of one package, and the longest name.
const MOST: usize = 64;
const MOST_TEXT: usize = 200;

/// The licences that a copyright file names, sorted.
pub fn licences(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut found = BTreeSet::new();
    let machine_readable = text.lines().take(50).any(|line| {
        line.to_ascii_lowercase().starts_with("format:") && line.contains("copyright-format")
    });
    if machine_readable {
        for fields in paragraphs(&text) {
            let has = |name: &str| fields.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
            // A paragraph of a licence alone holds its text; only files and the whole say what applies.
            if has("Files") || has("Format") {
                let named = fields.iter().filter(|(key, _)| key.eq_ignore_ascii_case("License"));
                found.extend(named.map(|(_, value)| (*value).to_owned()));
            }
        }
    } else {
        for (at, _) in text.match_indices(COMMON) {
            let name: String = text[at + COMMON.len()..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || ".-+".contains(*c))
                .collect();
            found.insert(name.trim_end_matches('.').to_owned());
        }
    }
    let fits = |name: &String| !name.is_empty() && name.len() <= MOST_TEXT;
    found.into_iter().filter(fits).take(MOST).collect()
}
