//! `keygen --development DIR`.

use cg_bundle_format::Digest;
use serde::Serialize;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::cli::Keygen;
use crate::commands::{Form, report};
use crate::error::Error;
use crate::keys::ring;

#[derive(Serialize)]
struct Report<'a> {
    folder: &'a str,
    root_fingerprint: Digest,
    purpose: &'a str,
}

/// Makes the keys and prints the fingerprint of their root.
pub(crate) fn run(args: &Keygen, form: Form) -> Result<(), Error> {
    let fingerprint = ring::create_development(&args.development, now()?)?;
    eprintln!("********************************************************************************");
    eprintln!("*  DEVELOPMENT KEYS. One root key and one release key lie unprotected in one    *");
    eprintln!("*  folder. Whoever reads that folder can sign releases. Never ship a release    *");
    eprintln!("*  that is signed with them: installers say DEVELOPMENT for as long as they run.*");
    eprintln!("********************************************************************************");
    let folder = args.development.display().to_string();
    let text = format!("{}\n", fingerprint.hex());
    eprintln!("keys and root chain are in {folder}; the fingerprint of the root:");
    report(
        form,
        &Report { folder: &folder, root_fingerprint: fingerprint, purpose: "development" },
        &text,
    )
}

/// The clock's time as it stands in signed files.
pub(crate) fn now() -> Result<String, Error> {
    OffsetDateTime::now_utc()
        .format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z"))
        .map_err(|e| Error::Unexpected(e.to_string()))
}
