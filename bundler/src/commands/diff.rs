//! `diff A B`: what another release would change.

use cg_bundle_format::Digest;
use serde::Serialize;
use serde_json::Value;

use crate::cli::Diff;
use crate::commands::{Form, report};
use crate::compare::{self, Change, Moved, Properties};
use crate::error::Error;
use crate::opened::Opened;
use crate::{size, table};

#[derive(Serialize)]
struct Report {
    a: Side,
    b: Side,
    same: bool,
    release: Vec<Change>,
    components: Vec<Change>,
    images: Vec<Change>,
    models: Vec<Change>,
    packages: Vec<Change>,
    files: Vec<Change>,
    bytes: Moved,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Side {
    product: String,
    version: String,
    release: Digest,
    trust: &'static str,
}

impl Side {
    fn of(opened: &Opened) -> Self {
        Self {
            product: opened.manifest.product.clone(),
            version: opened.manifest.version.clone(),
            release: opened.release,
            trust: opened.trust,
        }
    }
}

/// Compares.
pub(crate) fn run(args: &Diff, form: Form) -> Result<(), Error> {
    let open = |path: &std::path::PathBuf| {
        Opened::open(std::slice::from_ref(path), args.root_fingerprint.as_deref())
    };
    let (a, b) = (open(&args.a)?, open(&args.b)?);
    let mut notes = Vec::new();
    let packages = match (a.packages(), b.packages()) {
        (Ok(a), Ok(b)) => compare::changes(&compare::packages(&a), &compare::packages(&b)),
        (a, b) => {
            for (side, problem) in [("first", a.err()), ("second", b.err())] {
                notes.extend(problem.map(|problem| {
                    format!("packages are not compared; the {side} release: {problem}")
                }));
            }
            Vec::new()
        }
    };
    let (of_a, of_b) = (&a.manifest, &b.manifest);
    let pair = |things: fn(&cg_bundle_format::Manifest) -> compare::Things| {
        compare::changes(&things(of_a), &things(of_b))
    };
    let value = Report {
        a: Side::of(&a),
        b: Side::of(&b),
        same: a.release == b.release,
        release: pair(compare::release),
        components: pair(compare::components),
        images: pair(compare::images),
        models: pair(compare::models),
        packages,
        files: pair(compare::files),
        bytes: compare::moved(of_a, of_b),
        notes,
    };
    report(form, &value, &text(&value))
}

fn text(report: &Report) -> String {
    let side = |side: &Side| format!("{} {} ({})", side.product, side.version, side.release);
    let mut out = format!("- {}\n+ {}\n", side(&report.a), side(&report.b));
    if report.same {
        out.push_str("the same release\n");
        return table_safe(&out);
    }
    for (heading, changes) in [
        ("release", &report.release),
        ("components", &report.components),
        ("images", &report.images),
        ("models", &report.models),
        ("packages", &report.packages),
        ("files", &report.files),
    ] {
        if !changes.is_empty() {
            let count = |pick: fn(&Change) -> bool| changes.iter().filter(|c| pick(c)).count();
            out.push_str(&format!(
                "\n{heading}: {} added, {} removed, {} changed\n",
                count(|c| c.before.is_none()),
                count(|c| c.after.is_none()),
                count(|c| c.before.is_some() && c.after.is_some()),
            ));
            for change in changes {
                out.push_str(&line(change));
            }
        }
    }
    let bytes = &report.bytes;
    out.push_str(&format!(
        "\na host that has the first lacks {} blobs: {} to carry, {} in its store; {} blobs ({}) are no longer used\n",
        bytes.new_blobs,
        size::show(bytes.new_stored_bytes),
        size::show(bytes.new_bytes),
        bytes.gone_blobs,
        size::show(bytes.gone_bytes),
    ));
    out.push_str(&format!(
        "in a store: {} before, {} after\n",
        size::show(bytes.bytes_before),
        size::show(bytes.bytes_after)
    ));
    for note in &report.notes {
        out.push_str(&format!("note: {note}\n"));
    }
    table_safe(&out)
}

/// Names come from the bundle: no line of them may reach the terminal as a command.
fn table_safe(text: &str) -> String {
    text.lines().map(|line| table::plain(line) + "\n").collect()
}

fn line(change: &Change) -> String {
    let all = |properties: &Properties| {
        let shown = properties.iter().filter(|(_, value)| !is_empty(value));
        shown.map(|(name, value)| format!("{name} {}", show(value))).collect::<Vec<_>>().join(", ")
    };
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => {
            let none = Value::Null;
            let parts: Vec<String> = change
                .differing()
                .into_iter()
                .map(|name| {
                    let (before, after) =
                        (before.get(name).unwrap_or(&none), after.get(name).unwrap_or(&none));
                    let name = if name == "value" { String::new() } else { format!("{name} ") };
                    format!("{name}{} -> {}", show(before), show(after))
                })
                .collect();
            format!("  ~ {}: {}\n", change.name, parts.join(", "))
        }
        (None, Some(after)) => format!("  + {}: {}\n", change.name, all(after)),
        (before, _) => {
            format!("  - {}: {}\n", change.name, before.as_ref().map(all).unwrap_or_default())
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

/// Names of the bundle stand on one line each.
fn show(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "none".to_owned(),
        Value::String(text) => text.replace(['\n', '\r'], " "),
        other => other.to_string(),
    }
}
