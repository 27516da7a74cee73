//! `sbom VOLUMES…`: prints the bill of materials of a bundle.

use cg_bundle_format::BundleReader;

use crate::cli::Sbom;
use crate::commands::{print, verify};
use crate::error::Error;

/// Prints the first bill of materials.
pub(crate) fn run(args: &Sbom) -> Result<(), Error> {
    let anchor = verify::anchor(&args.trust)?;
    let payload = BundleReader::open(&args.volumes)?.verify_signature(&anchor)?.scan()?;
    verify::warn_about(payload.release().root());
    let Some(sbom) = payload.manifest().sboms.first() else {
        return Err(Error::Usage("this bundle carries no bill of materials".to_owned()));
    };
    print(&payload.read_small_blob(&sbom.blob)?)
}
