//! `fingerprint PATH`: what goes to the site on paper.

use std::path::Path;

use cg_bundle_format::{BundleReader, Digest, Limits, Root};
use serde::Serialize;

use crate::cli::{Fingerprint, SheetForm};
use crate::commands::{Form, report};
use crate::error::Error;
use crate::keys::ring;
use crate::keys::sheet::Sheet;

/// Largest root.json in bytes.
const MOST_BYTES: u64 = 64 << 10;

#[derive(Serialize)]
struct Report {
    root_fingerprint: Digest,
}

/// Prints SHA-256 of the newest root of a key folder, of a root.json, or of volumes.
pub(crate) fn run(args: &Fingerprint, form: Form) -> Result<(), Error> {
    let path = &args.path;
    let (fingerprint, root) = if path.join("root/00001.json").exists() {
        let chain = ring::read_chain(path)?;
        let root = chain.roots.last().map(|signed| signed.root.clone());
        (chain.fingerprint(), root)
    } else if path.extension().is_some_and(|ending| ending == "json") {
        let bytes = read_root(path)?;
        (Some(Digest::of(&bytes)), Some(bytes))
    } else {
        eprintln!(
            "note: this is what the medium says; it proves nothing until it is compared with the one that came another way"
        );
        (BundleReader::open(std::slice::from_ref(path))?.claimed_fingerprint(), None)
    };
    let fingerprint =
        fingerprint.ok_or_else(|| Error::Usage(format!("{} holds no root", path.display())))?;
    let text = match args.sheet {
        None => format!("{}\n", fingerprint.hex()),
        Some(form) => sheet(form, fingerprint, root.as_deref(), path)?,
    };
    match &args.out {
        Some(out) => {
            std::fs::write(out, text).map_err(Error::io("cannot write", out))?;
            report(form, &Report { root_fingerprint: fingerprint }, &format!("{}\n", out.display()))
        }
        None => report(form, &Report { root_fingerprint: fingerprint }, &text),
    }
}

fn sheet(
    form: SheetForm,
    fingerprint: Digest,
    root: Option<&[u8]>,
    path: &Path,
) -> Result<String, Error> {
    let parse = |bytes| Root::parse(bytes, &Limits::default());
    let root = root
        .map(parse)
        .transpose()
        .map_err(|problem| Error::Config { file: path.to_owned(), problem })?;
    let sheet = Sheet { fingerprint, root: root.as_ref() };
    Ok(match form {
        SheetForm::Text => sheet.text(),
        SheetForm::Html => sheet.html(),
    })
}

fn read_root(path: &Path) -> Result<Vec<u8>, Error> {
    let size = std::fs::metadata(path).map_err(Error::io("cannot read", path))?.len();
    if size > MOST_BYTES {
        return Err(Error::Usage(format!(
            "{} has {size} bytes; a root.json has at most {MOST_BYTES}",
            path.display()
        )));
    }
    std::fs::read(path).map_err(Error::io("cannot read", path))
}
