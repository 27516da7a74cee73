//! Countersignatures: the site's own keys, pinned on this host, must have signed a release too.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cg_bundle_format::{
    KeyId, KeySignature, Part, PublicKey, RELEASE_PREFIX, Signatures, Signed, VerifiedRelease,
};

use crate::error::{Context, Error};
use crate::files;
use crate::host::HostPaths;

/// Ending of countersignature files that are found beside the volumes.
const ENDING: &str = ".countersig.json";
/// Bytes of a key or signature file.
const MAX_BYTES: u64 = 64 << 10;
/// Keys in the folder of pinned keys; entries looked at in a folder of media.
const MAX_KEYS: usize = 64;
const MAX_ENTRIES: usize = 10_000;

/// What this host demands.
#[derive(Debug, Clone)]
pub struct Demand {
    /// The pinned keys.
    pub keys: Vec<PublicKey>,
    /// How many of them must have signed.
    pub threshold: u64,
}

/// Reads the pinned keys: `*.pem` and `*.pub` in `countersign/` of the folder of pins. All of them must sign unless
/// the file `threshold` says how many. None where the folder is absent.
pub fn demand(paths: &HostPaths) -> Result<Option<Demand>, Error> {
    let folder = paths.countersign_keys();
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).at("cannot list", &folder),
    };
    let problem = |path: &Path, problem: String| Error::State { path: path.into(), problem };
    let mut keys: Vec<PublicKey> = Vec::new();
    for entry in entries.take(MAX_KEYS) {
        let path = entry.at("cannot list", &folder)?.path();
        if !path.extension().is_some_and(|ending| ending == "pem" || ending == "pub") {
            continue;
        }
        let text = read_text(&path)?;
        let key = PublicKey::from_pem(&text).map_err(|what| problem(&path, what))?;
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let file = folder.join("threshold");
    let threshold = if file.exists() {
        let text = read_text(&file)?;
        text.trim().parse().map_err(|_| {
            problem(&file, format!("{:?} is no number of keys that must sign", text.trim()))
        })?
    } else {
        keys.len() as u64
    };
    if threshold == 0 || threshold > keys.len() as u64 {
        return Err(problem(
            &folder,
            format!(
                "{threshold} of {} keys are demanded; put the public keys there as .pem files, or remove the folder if nobody is to countersign",
                keys.len()
            ),
        ));
    }
    Ok(Some(Demand { keys, threshold }))
}

/// Counts the countersignatures of a release: those in the bundle, in `files`, and in `*.countersig.json` beside the volumes.
pub fn check(
    demand: &Demand,
    release: &VerifiedRelease,
    files: &[PathBuf],
) -> Result<Vec<KeyId>, Error> {
    let limits = release.limits();
    let mut found = Signatures::parse(release.signature_bytes(), limits).unwrap_or_default();
    for path in beside(release)? {
        // Media may carry those of other releases; only what fits is taken from a file that nobody named.
        let Ok(read) = Signatures::parse(read_text(&path)?.as_bytes(), limits) else { continue };
        let fits = |entry: &KeySignature| {
            let by = |key: &&PublicKey| key.id() == entry.key_id;
            demand.keys.iter().find(by).is_some_and(|key| {
                key.verifies(RELEASE_PREFIX, release.manifest_bytes(), &entry.signature)
            })
        };
        found.merge(&Signatures { signatures: read.signatures.into_iter().filter(fits).collect() });
    }
    for path in files {
        let read = Signatures::parse(read_text(path)?.as_bytes(), limits).map_err(|problem| {
            Error::Usage(format!("{} is no countersignature: {problem}", path.display()))
        })?;
        found.merge(&read);
    }
    let signed = Signed {
        prefix: RELEASE_PREFIX,
        message: release.manifest_bytes(),
        part: Part::Countersignatures,
    };
    found.check_keys(&demand.keys, demand.threshold, &signed).map_err(|error| match error {
        cg_bundle_format::Error::Threshold { valid, needed, .. } => Error::Untrusted(format!(
            "{valid} of {needed} countersignatures that this host demands are there; sign with `codegraph-bundle countersign`, and put the file (*{ENDING}) beside the volumes or name it with --countersignature; missing: {}",
            missing(demand, &found)
        )),
        other => other.into(),
    })
}

fn missing(demand: &Demand, found: &Signatures) -> String {
    let there: BTreeSet<KeyId> = found.signatures.iter().map(|entry| entry.key_id).collect();
    let open = demand.keys.iter().map(PublicKey::id).filter(|id| !there.contains(id));
    open.map(|id| id.to_string()).collect::<Vec<_>>().join(" ")
}

fn beside(release: &VerifiedRelease) -> Result<Vec<PathBuf>, Error> {
    let folders: BTreeSet<&Path> = release
        .volumes()
        .iter()
        .filter_map(|volume| volume.path().parent())
        .map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
        .collect();
    let mut files = Vec::new();
    for folder in folders {
        for entry in fs::read_dir(folder).at("cannot list", folder)?.take(MAX_ENTRIES) {
            let entry = entry.at("cannot list", folder)?;
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_file && entry.file_name().to_string_lossy().ends_with(ENDING) {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    files.truncate(MAX_KEYS);
    Ok(files)
}

fn read_text(path: &Path) -> Result<String, Error> {
    let bytes = files::read_bounded(path, MAX_BYTES)?
        .ok_or_else(|| Error::Usage(format!("{} is not there", path.display())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
