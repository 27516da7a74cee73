//! The footer of a DuckDB extension: for which version and platform it was made.
//!
//! A file ends with eight fields of 32 bytes (from last to first: `4`, platform, version of DuckDB, version of the
//! extension, kind of interface, three that are not used) and a signature of 256 bytes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::config::{Config, Files, Loaded};
use crate::error::Error;

const FIELD: usize = 32;
const FOOTER: usize = 512;

/// What the footer says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Footer {
    pub(crate) platform: String,
    pub(crate) duckdb: String,
    pub(crate) version: String,
    pub(crate) interface: String,
}

/// Reads the footer.
pub(crate) fn read(path: &Path) -> Result<Footer, String> {
    let mut file = File::open(path).map_err(|e| e.to_string())?;
    let mut footer = [0; FOOTER];
    let back = -i64::try_from(FOOTER).map_err(|e| e.to_string())?;
    file.seek(SeekFrom::End(back))
        .and_then(|_| file.read_exact(&mut footer))
        .map_err(|_| "too short for an extension of DuckDB".to_owned())?;
    parse(&footer)
}

fn parse(footer: &[u8; FOOTER]) -> Result<Footer, String> {
    let field = |number: usize| -> Result<String, String> {
        let bytes = &footer[(8 - number) * FIELD..(9 - number) * FIELD];
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(FIELD);
        let text = std::str::from_utf8(&bytes[..end]).ok().filter(|text| {
            text.bytes().all(|byte| byte.is_ascii_graphic()) && bytes[end..].iter().all(|b| *b == 0)
        });
        text.map(str::to_owned).ok_or_else(|| "the footer holds no text".to_owned())
    };
    if field(1).ok().as_deref() != Some("4") {
        return Err("the footer of an extension of DuckDB is missing".to_owned());
    }
    Ok(Footer { platform: field(2)?, duckdb: field(3)?, version: field(4)?, interface: field(5)? })
}

/// Version and platform must be those of the product; returns what stands in the lock.
pub(crate) fn check(
    config: &Loaded<Config>,
    entry: &Files,
    path: &Path,
) -> Result<BTreeMap<String, String>, Error> {
    let problem = |problem: String| config.problem(format!("{}: {problem}", path.display()));
    let footer = read(path).map_err(problem)?;
    let version = entry.version.as_deref().ok_or_else(|| {
        problem("an extension needs `version`, the version of DuckDB that it is for".to_owned())
    })?;
    // An extension on the stable interface names the oldest version that can load it.
    let stable =
        footer.interface.starts_with("C_STRUCT") && footer.interface != "C_STRUCT_UNSTABLE";
    let wanted = format!("v{}", version.trim_start_matches('v'));
    if footer.duckdb != wanted && !stable {
        return Err(problem(format!(
            "made for DuckDB {}, but `version` says {wanted}; take the extension of that version",
            footer.duckdb
        )));
    }
    let platform = match config.value.arch.as_str() {
        "x86_64" => "linux_amd64".to_owned(),
        "aarch64" => "linux_arm64".to_owned(),
        other => format!("linux_{other}"),
    };
    if footer.platform != platform {
        return Err(problem(format!(
            "made for {}, but the bundle is for {platform}; take the extension of that platform",
            footer.platform
        )));
    }
    let facts = [
        ("duckdb", footer.duckdb),
        ("interface", footer.interface),
        ("platform", footer.platform),
        ("version", footer.version),
    ];
    Ok(facts.map(|(name, value)| (name.to_owned(), value)).into())
}
