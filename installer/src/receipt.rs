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
    /// In use again, by the operator's wish.
    RolledBack,
}

impl ResultWord {
    /// Whether the release was in use from then on.
    pub fn is_in_use(self) -> bool {
        self != Self::TakenBack
    }
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

/// Signs and writes receipt number `number` of this host; returns its file name.
///
/// The number is chosen before the work that the receipt tells of: done again after a power loss, the same
/// work writes the same name.
pub fn write(
    host: &dyn Host,
    paths: &HostPaths,
    key: &SigningKey,
    number: u64,
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
        ResultWord::RolledBack => "rolled-back",
    };
    let name = format!("{number:06}-{}-{word}.json", receipt.release.version);
    let signature = key.sign(RECEIPT_PREFIX, &bytes);
    files::replace(host, &folder.join(format!("{name}.sig")), signature.as_bytes(), 0o600)?;
    files::replace(host, &folder.join(&name), &bytes, 0o600)?;
    Ok(name)
}

/// The number of the next receipt.
pub fn next_number(paths: &HostPaths) -> Result<u64, Error> {
    let newest = names(paths)?.pop();
    let number = newest.as_deref().and_then(|name| name.split('-').next()?.parse::<u64>().ok());
    Ok(number.unwrap_or(0) + 1)
}

/// The newest receipt by which `generation` is in use, unverified.
pub fn of_generation(paths: &HostPaths, generation: u64) -> Result<Option<Receipt>, Error> {
    let found = path_of(paths, generation)?;
    found.map(|path| read(&path)).transpose()
}

/// A receipt's exact bytes and their signature by the host's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReceipt {
    /// What was signed, after [`RECEIPT_PREFIX`].
    pub bytes: Vec<u8>,
    /// 64 bytes.
    pub signature: Vec<u8>,
}

/// The receipt of the generation in use as it was signed; where none is in use, the newest one.
pub fn newest_signed(
    paths: &HostPaths,
    current: Option<u64>,
) -> Result<Option<SignedReceipt>, Error> {
    let of_current = match current {
        Some(generation) => path_of(paths, generation)?,
        None => None,
    };
    let newest = || names(paths).map(|mut names| Some(paths.receipts().join(names.pop()?)));
    let Some(path) = of_current.map_or_else(newest, |path| Ok(Some(path)))? else {
        return Ok(None);
    };
    let read = |path: &Path| files::read_bounded(path, MAX_BYTES).map(Option::unwrap_or_default);
    let mut beside = path.clone().into_os_string();
    beside.push(".sig");
    Ok(Some(SignedReceipt { bytes: read(&path)?, signature: read(Path::new(&beside))? }))
}

fn path_of(paths: &HostPaths, generation: u64) -> Result<Option<PathBuf>, Error> {
    for name in names(paths)?.into_iter().rev() {
        let path = paths.receipts().join(name);
        let receipt = read(&path)?;
        if receipt.generation == generation && receipt.result.is_in_use() {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn read(path: &Path) -> Result<Receipt, Error> {
    let bytes = files::read_bounded(path, MAX_BYTES)?.unwrap_or_default();
    serde_json::from_slice(&bytes)
        .map_err(|error| Error::State { path: path.to_path_buf(), problem: error.to_string() })
}

/// File names of the receipts, oldest first.
fn names(paths: &HostPaths) -> Result<Vec<String>, Error> {
    let folder = paths.receipts();
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).at("cannot list", &folder),
    };
    let mut names: Vec<String> = Vec::new();
    for entry in entries.take(MAX_RECEIPTS) {
        let name = entry.at("cannot list", &folder)?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".json") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
