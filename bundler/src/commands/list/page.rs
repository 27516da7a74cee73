//! The list as text for a terminal and as a page for a printer.

use cg_bundle_format::{Carriage, Purpose};

use super::Listing;
use crate::{html, size, table};

/// A headed table.
struct Section {
    heading: &'static str,
    titles: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

fn facts(listing: &Listing) -> Vec<(&'static str, String)> {
    vec![
        (
            "release",
            format!(
                "{} {}, line {}, counter {}",
                listing.product, listing.version, listing.line, listing.release_counter
            ),
        ),
        ("for", listing.arch.clone()),
        ("issued", listing.issued.clone()),
        ("name of the release", listing.release.hex()),
        ("root fingerprint", grouped(&listing.root_fingerprint.hex())),
        ("signed by", listing.signed_by.join(" ")),
        (
            "content",
            format!(
                "{} blobs, {} bytes ({})",
                listing.blobs,
                listing.bytes,
                size::show(listing.bytes)
            ),
        ),
        (
            "carried here",
            format!(
                "{} bytes ({}) in {} volumes",
                listing.carried_bytes,
                size::show(listing.carried_bytes),
                listing.volumes.len()
            ),
        ),
    ]
}

/// What the reader must not overlook.
fn warnings(listing: &Listing) -> Vec<String> {
    let mut warnings = Vec::new();
    if listing.trust == "unproven" {
        warnings.push("Not proven: the root came on the same medium. Compare the root fingerprint with the one that came another way.".to_owned());
    }
    if listing.purpose == Purpose::Development {
        warnings.push("Signed with development keys: for trying out only.".to_owned());
    }
    if !listing.missing_volumes.is_empty() {
        let numbers: Vec<String> = listing.missing_volumes.iter().map(u32::to_string).collect();
        warnings.push(format!("Missing volumes: {}.", numbers.join(", ")));
    }
    warnings.extend(listing.notes.iter().cloned());
    warnings
}

/// Digits in groups of four, to be compared by eye.
fn grouped(hex: &str) -> String {
    let digits: Vec<char> = hex.chars().collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn sections(listing: &Listing) -> Vec<Section> {
    let has_sums = listing.volumes.iter().any(|volume| volume.sha256.is_some());
    let volumes = listing.volumes.iter().map(|v| {
        let mut row = vec![v.number.to_string(), v.name.clone(), v.bytes.to_string()];
        row.extend(v.sha256.clone());
        row
    });
    let components = listing
        .components
        .iter()
        .map(|c| vec![c.name.clone(), c.need.to_owned(), size::show(c.bytes), c.summary.clone()]);
    let images = listing.images.iter().map(|i| {
        vec![
            i.reference.clone(),
            i.platform.clone(),
            i.digest.hex(),
            i.source.clone(),
            i.checked.clone(),
        ]
    });
    let models = listing.models.iter().map(|m| {
        vec![
            m.id.clone(),
            format!("{} {}", m.kind, m.format),
            m.licence.clone(),
            size::show(m.bytes),
            m.digest.hex(),
            m.source.clone(),
        ]
    });
    let files = listing.files.iter().map(|f| {
        let carried = if f.carriage == Carriage::Carried { "yes" } else { "no" };
        vec![
            f.path.clone(),
            f.role.as_str().to_owned(),
            f.bytes.to_string(),
            carried.to_owned(),
            f.checked.clone(),
            f.digest.hex(),
        ]
    });
    let packages = listing
        .packages
        .iter()
        .map(|p| vec![p.name.clone(), p.version.clone(), p.kind.clone(), p.licence.clone()]);
    let licences = listing.licences.iter().map(|l| vec![l.licence.clone(), l.packages.to_string()]);
    vec![
        Section {
            heading: "Volumes",
            titles: if has_sums {
                &["no#", "file", "bytes#", "SHA-256"]
            } else {
                &["no#", "file", "bytes#"]
            },
            rows: volumes.collect(),
        },
        Section {
            heading: "Components",
            titles: &["name", "need", "size#", "summary"],
            rows: components.collect(),
        },
        Section {
            heading: "Images",
            titles: &["reference", "platform", "digest", "from", "checked there"],
            rows: images.collect(),
        },
        Section {
            heading: "Models",
            titles: &["id", "kind", "licence", "size#", "digest", "from"],
            rows: models.collect(),
        },
        Section {
            heading: "Licences",
            titles: &["licence", "packages#"],
            rows: licences.collect(),
        },
        Section {
            heading: "Packages",
            titles: &["name", "version", "kind", "licence"],
            rows: packages.collect(),
        },
        Section {
            heading: "Files",
            titles: &["path", "kind", "bytes#", "carried", "checked", "digest"],
            rows: files.collect(),
        },
    ]
}

/// For a terminal.
pub(super) fn text(listing: &Listing) -> String {
    let mut out = String::new();
    for (name, value) in facts(listing) {
        out.push_str(&format!("{name:<20} {}\n", table::plain(&value)));
    }
    for warning in warnings(listing) {
        out.push_str(&format!("WARNING              {}\n", table::plain(&warning)));
    }
    for section in sections(listing) {
        if !section.rows.is_empty() {
            out.push_str(&format!("\n{}\n", section.heading));
            out.push_str(&table::render(section.titles, &section.rows));
        }
    }
    out
}

/// For a printer.
pub(super) fn html(listing: &Listing) -> String {
    let mut body = String::new();
    for warning in warnings(listing) {
        body.push_str(&format!("<p class=\"warn\">{}</p>\n", html::escape(&warning)));
    }
    let facts = facts(listing).into_iter().map(|(name, value)| vec![name.to_owned(), value]);
    body.push_str(&html::table("Release", &["", ""], &facts.collect::<Vec<_>>()));
    for section in sections(listing) {
        body.push_str(&html::table(section.heading, section.titles, &section.rows));
    }
    body.push_str("<h2>Approval</h2>\n<table class=\"sign\">\n");
    for role in ["Requested by", "Checked by", "Approved by"] {
        body.push_str(&format!("<tr><td>{role}</td><td>Date</td><td>Signature</td></tr>\n"));
    }
    body.push_str("</table>\n");
    let title = format!("Transfer list: {} {}", listing.product, listing.version);
    html::page(&title, &body)
}
