//! `sbom VOLUMES…`: prints the bill of materials of a bundle, or counts its licences.

use cg_bundle_format::BundleReader;
use serde_json::{Value, json};

use crate::cli::Sbom;
use crate::commands::{Form, print, report, verify};
use crate::error::Error;
use crate::sbom::licences;

/// Prints the first bill of materials.
pub(crate) fn run(args: &Sbom, form: Form) -> Result<(), Error> {
    let anchor = verify::anchor(&args.trust)?;
    let payload = BundleReader::open(&args.volumes)?.verify_signature(&anchor)?.scan()?;
    verify::warn_about(payload.release().root());
    let Some(sbom) = payload.manifest().sboms.first() else {
        return Err(Error::Usage("this bundle carries no bill of materials".to_owned()));
    };
    let bytes = payload.read_small_blob(&sbom.blob)?;
    if !args.licences {
        return print(&bytes);
    }
    let document: Value = serde_json::from_slice(&bytes)
        .map_err(|e| Error::Usage(format!("the bill of materials is not JSON: {e}")))?;
    let counts = licences(&document);
    let mut text = String::new();
    for (licence, count) in &counts {
        // Names come from strangers' images; they must not steer the terminal.
        let licence: String =
            licence.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        text.push_str(&format!("{count:>7}  {licence}\n"));
    }
    report(form, &json!({"licences": counts}), &text)
}
