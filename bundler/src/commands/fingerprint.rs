//! `fingerprint PATH`: what goes to the site on paper.

use cg_bundle_format::{BundleReader, Digest};
use serde::Serialize;

use crate::cli::Fingerprint;
use crate::commands::{Form, report};
use crate::error::Error;
use crate::keyring;

/// Largest root.json in bytes.
const MOST_BYTES: u64 = 64 << 10;

#[derive(Serialize)]
struct Report {
    root_fingerprint: Digest,
}

/// Prints SHA-256 of the newest root of a key folder, of a root.json, or of volumes.
pub(crate) fn run(args: &Fingerprint, form: Form) -> Result<(), Error> {
    let path = &args.path;
    let fingerprint = if path.join("root/00001.json").exists() {
        keyring::read_chain(path)?.fingerprint()
    } else if path.extension().is_some_and(|ending| ending == "json") {
        let size = std::fs::metadata(path).map_err(Error::io("cannot read", path))?.len();
        if size > MOST_BYTES {
            return Err(Error::Usage(format!(
                "{} has {size} bytes; a root.json has at most {MOST_BYTES}",
                path.display()
            )));
        }
        Some(Digest::of(&std::fs::read(path).map_err(Error::io("cannot read", path))?))
    } else {
        eprintln!(
            "note: this is what the medium says; it proves nothing until it is compared with the one that came another way"
        );
        BundleReader::open(std::slice::from_ref(path))?.claimed_fingerprint()
    };
    let fingerprint =
        fingerprint.ok_or_else(|| Error::Usage(format!("{} holds no root", path.display())))?;
    report(form, &Report { root_fingerprint: fingerprint }, &format!("{}\n", fingerprint.hex()))
}
