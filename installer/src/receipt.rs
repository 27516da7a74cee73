//! The receipt: a signed record of what arrived, from which volumes, and what came of it.
//! It goes into the site's audit file and back to the packager as the base of the next delta.

use std::fs;
use std::path::{Path, PathBuf};

use cg_bundle_format::{Digest, SigningKey};
use serde::{Deserialize, Serialize};

use crate::error::{Context, Error};
use crate::files;
use crate::host::{Host, HostPaths};
use crate::trust_state::FirstTrust;

/// What stands in front of a receipt's bytes when they are signed.
pub const RECEIPT_PREFIX: &str = "codegraph receipt format 1\n";
/// Receipts and folders looked at when the newest one is sought.
const MAX_RECEIPTS: usize = 10_000;
/// Bytes of one receipt: 50,000 blobs of about 100 bytes.
const MAX_BYTES: u64 = 16 << 20;

/// What happened to a release on this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Always 1.
    pub format: u64,
    /// The key of the host that signs, by its id.
    pub host: String,
    /// When, by the host's clock, `YYYY-MM-DDThh:mm:ssZ`.
    pub at: String,
    /// Version of the installer.
    pub installer: String,
    /// What came of it.
    pub result: ResultWord,
    /// Why, where it was taken back.
    pub reason: String,
    /// The generation.
    pub generation: u64,
    /// The generation in use before.
    pub replaced: Option<u64>,
    /// The release.
    pub release: ReleaseName,
    /// How the root came to be trusted.
    pub first_trust: FirstTrust,
    /// Fingerprint of the root that the release was checked against.
    pub root_fingerprint: Digest,
    /// Keys that signed the release.
    pub signed_by: Vec<String>,
    /// Keys of the site that countersigned; empty where the host demands none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countersigned_by: Vec<String>,
    /// Nonce of the permit by which an older release was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downgrade_permit: Option<Digest>,
    /// File names of the volumes.
    pub volumes: Vec<String>,
    /// Everything in the store that belongs to the release.
    pub blobs: Vec<HeldBlob>,
    /// What the health gate found; empty where it was skipped.
    pub gate: Vec<String>,
}

/// What came of an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResultWord {
    /// In use, and the health gate was passed.
    Installed,
    /// In use; the operator skipped the health gate.
    InstalledUngated,
    /// Taken back, because the health gate was not passed.
    TakenBack,
}

/// Names a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseName {
    /// Product.
    pub product: String,
    /// Release line.
    pub line: String,
    /// Version.
    pub version: String,
    /// Processor architecture.
    pub arch: String,
    /// Counter within the line.
    pub counter: u64,
    /// SHA-256 of `release.json`.
    pub digest: Digest,
}

/// A blob that the host holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBlob {
    /// Its SHA-256.
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
}

/// Signs and writes a receipt; returns its file name.
pub fn write(
    host: &dyn Host,
    paths: &HostPaths,
    key: &SigningKey,
    receipt: &Receipt,
) -> Result<String, Error> {
    let folder = paths.receipts();
    files::make_dir(host, &folder, 0o700)?;
    let mut bytes =
        serde_json::to_vec_pretty(receipt).expect("a receipt holds only texts and numbers");
    bytes.push(b'\n');
    let word = match receipt.result {
        ResultWord::Installed | ResultWord::InstalledUngated => "installed",
        ResultWord::TakenBack => "taken-back",
    };
    // The same run done again after a power loss writes the same name: one receipt for one result.
    let name = format!("{:06}-{}-{word}.json", receipt.generation, receipt.release.version);
    let signature = key.sign(RECEIPT_PREFIX, &bytes);
    files::replace(host, &folder.join(format!("{name}.sig")), signature.as_bytes(), 0o600)?;
    files::replace(host, &folder.join(&name), &bytes, 0o600)?;
    Ok(name)
}

/// The newest receipt of an installed release, unverified: for people to look at.
pub fn newest(paths: &HostPaths) -> Result<Option<Receipt>, Error> {
    let Some(path) = newest_path(paths)? else { return Ok(None) };
    let bytes = files::read_bounded(&path, MAX_BYTES)?.unwrap_or_default();
    let receipt = serde_json::from_slice(&bytes)
        .map_err(|error| Error::State { path: path.clone(), problem: error.to_string() })?;
    Ok(Some(receipt))
}

/// A receipt's exact bytes and their signature by the host's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReceipt {
    /// What was signed, after [`RECEIPT_PREFIX`].
    pub bytes: Vec<u8>,
    /// 64 bytes.
    pub signature: Vec<u8>,
}

/// The newest receipt as it was signed.
pub fn newest_signed(paths: &HostPaths) -> Result<Option<SignedReceipt>, Error> {
    let Some(path) = newest_path(paths)? else { return Ok(None) };
    let read = |path: &Path| files::read_bounded(path, MAX_BYTES).map(Option::unwrap_or_default);
    let mut beside = path.clone().into_os_string();
    beside.push(".sig");
    Ok(Some(SignedReceipt { bytes: read(&path)?, signature: read(Path::new(&beside))? }))
}

fn newest_path(paths: &HostPaths) -> Result<Option<PathBuf>, Error> {
    let folder = paths.receipts();
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).at("cannot list", &folder),
    };
    let mut names: Vec<String> = Vec::new();
    for entry in entries.take(MAX_RECEIPTS) {
        let name = entry.at("cannot list", &folder)?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".json") {
            names.push(name);
        }
    }
    Ok(names.iter().max().map(|name| folder.join(name)))
}
