//! `codegraph-install receipt export`: the newest receipt, as it was signed.

use std::path::PathBuf;

use serde::Serialize;

use super::Session;
use crate::cli::ReceiptCommand;
use crate::error::Error;
use crate::{facts, files, receipt};

#[derive(Serialize)]
struct Report {
    receipt: PathBuf,
    signature: PathBuf,
}

/// Runs the command.
pub(super) fn run(session: &Session<'_>, command: &ReceiptCommand) -> Result<(), Error> {
    let ReceiptCommand::Export { to } = command;
    let Some(signed) = receipt::newest_signed(&session.paths, facts::current(&session.paths))?
    else {
        return Err(Error::Usage(
            "this host has no receipt: nothing was installed on it yet".to_owned(),
        ));
    };
    let Some(file) = to else {
        let text = String::from_utf8_lossy(&signed.bytes);
        // The caller adds the line end that a receipt ends with.
        (session.out)(text.strip_suffix('\n').unwrap_or(&text));
        return Ok(());
    };
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(".sig");
    let signature = file.with_file_name(name);
    files::replace(session.host, &signature, &signed.signature, 0o644)?;
    files::replace(session.host, file, &signed.bytes, 0o644)?;
    let text = format!("receipt    {}\nsignature  {}\n", file.display(), signature.display());
    session.print(&Report { receipt: file.clone(), signature }, &text);
    Ok(())
}
