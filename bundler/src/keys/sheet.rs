//! The fingerprint sheet: what goes to a site on paper, or is read to it over the telephone.

use cg_bundle_format::{Digest, Purpose, Root};

/// Digits of a group.
const GROUP: usize = 4;
/// Groups of a row.
const ROW: usize = 4;
/// How digits are spoken: plain numerals and the spelling alphabet of ICAO and ITU.
const SPOKEN: [&str; 16] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "alfa",
    "bravo", "charlie", "delta", "echo", "foxtrot",
];

/// What the sheet is about.
#[derive(Debug)]
pub(crate) struct Sheet<'a> {
    pub(crate) fingerprint: Digest,
    /// The root, where it could be read: for its version, keys and thresholds.
    pub(crate) root: Option<&'a Root>,
}

/// The fingerprint in rows of groups of four digits.
pub(crate) fn rows(fingerprint: &Digest) -> Vec<Vec<String>> {
    let hex = fingerprint.hex();
    let digits: Vec<char> = hex.chars().collect();
    digits
        .chunks(GROUP * ROW)
        .map(|row| row.chunks(GROUP).map(|group| group.iter().collect()).collect())
        .collect()
}

/// A group of digits as it is spoken.
pub(crate) fn spoken(group: &str) -> String {
    let word = |digit: char| digit.to_digit(16).map_or("", |value| SPOKEN[value as usize]);
    group.chars().map(word).collect::<Vec<_>>().join(" ")
}

impl Sheet<'_> {
    fn facts(&self) -> Vec<(String, String)> {
        let Some(root) = self.root else { return Vec::new() };
        let purpose = match root.purpose {
            Purpose::Production => "production",
            Purpose::Development => "DEVELOPMENT: for trying out only",
        };
        let role = |role: &cg_bundle_format::RoleKeys| {
            format!("{} of {} keys must sign", role.threshold, role.keys.len())
        };
        vec![
            ("Product".to_owned(), root.product.clone()),
            ("Root version".to_owned(), root.version.to_string()),
            ("Issued".to_owned(), root.issued.clone()),
            ("Purpose".to_owned(), purpose.to_owned()),
            ("Next root".to_owned(), role(&root.root)),
            ("Releases".to_owned(), role(&root.release)),
        ]
    }

    /// For a terminal, a letter or a telephone call.
    pub(crate) fn text(&self) -> String {
        let mut out = String::from("FINGERPRINT OF THE ROOT OF TRUST (SHA-256 of root.json)\n\n");
        for (name, value) in self.facts() {
            out.push_str(&format!("  {name:<14}{value}\n"));
        }
        out.push_str("\nDigits, in rows of four groups:\n\n");
        let rows = rows(&self.fingerprint);
        for (number, row) in rows.iter().enumerate() {
            out.push_str(&format!("  {}   {}\n", number + 1, row.join("  ")));
        }
        out.push_str("\nFor the telephone, group by group; the listener repeats each row:\n\n");
        for (number, row) in rows.iter().enumerate() {
            for (column, group) in row.iter().enumerate() {
                out.push_str(&format!(
                    "  {}.{}  {group}   {}\n",
                    number + 1,
                    column + 1,
                    spoken(group)
                ));
            }
        }
        out.push_str(&format!("\n{HOW}\n"));
        out
    }

    /// One page for printing: no script, no picture, nothing from elsewhere.
    pub(crate) fn html(&self) -> String {
        let facts: String = self
            .facts()
            .iter()
            .map(|(name, value)| {
                format!("<tr><th>{}</th><td>{}</td></tr>", escape(name), escape(value))
            })
            .collect();
        let rows = rows(&self.fingerprint);
        let digits: String = rows
            .iter()
            .enumerate()
            .map(|(number, row)| {
                let cells: String = row.iter().map(|group| format!("<td>{group}</td>")).collect();
                format!("<tr><th>{}</th>{cells}</tr>", number + 1)
            })
            .collect();
        let words: String = rows
            .iter()
            .enumerate()
            .flat_map(|(number, row)| {
                row.iter().enumerate().map(move |(column, group)| {
                    format!(
                        "<tr><th>{}.{}</th><td><code>{group}</code></td><td>{}</td></tr>",
                        number + 1,
                        column + 1,
                        spoken(group)
                    )
                })
            })
            .collect();
        PAGE.replace("@FACTS@", &facts)
            .replace("@DIGITS@", &digits)
            .replace("@WORDS@", &words)
            .replace("@HOW@", &escape(HOW))
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const HOW: &str = "Compare every digit with what `sha256sum root/NNNNN.json` prints for the newest root of the medium, or give the \
digits to `codegraph-install verify --root-fingerprint`. One digit that differs means: stop, and ask the sender. \
This sheet must not travel with the medium.";

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Fingerprint of the root of trust</title>
<style>
@page { size: A4; margin: 18mm }
body { font: 11pt/1.45 sans-serif; color: #000; background: #fff; max-width: 174mm; margin: 0 auto }
h1 { font-size: 16pt } h2 { font-size: 12pt; margin: 7mm 0 2mm }
table { border-collapse: collapse } th { text-align: left; font-weight: normal; color: #444; padding-right: 6mm }
.digits td { font: bold 19pt monospace; padding: 1.5mm 5mm; border: 1px solid #000 }
.words { columns: 2 } .words td, .words th { font-size: 9.5pt; padding-right: 3mm }
.sign td { border-bottom: 1px solid #000; width: 70mm; height: 9mm }
</style></head><body>
<h1>Fingerprint of the root of trust</h1>
<table>@FACTS@</table>
<h2>SHA-256 of root.json</h2>
<table class="digits">@DIGITS@</table>
<h2>For the telephone</h2>
<div class="words"><table>@WORDS@</table></div>
<p>@HOW@</p>
<table class="sign"><tr><th>Given by</th><td></td></tr><tr><th>Taken by</th><td></td></tr><tr><th>Date</th><td></td></tr></table>
</body></html>
"#;
