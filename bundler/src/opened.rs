//! A release opened to be looked at: volumes, or a bare `release.json`.

use std::path::{Path, PathBuf};

use cg_bundle_format::{BundleReader, Digest, Limits, Manifest, Payload, TrustAnchor};

use crate::commands::verify;
use crate::error::Error;
use crate::packages::{self, Package};

/// A release and how far it was proven.
#[derive(Debug)]
pub(crate) struct Opened {
    /// What it says.
    pub(crate) manifest: Manifest,
    /// SHA-256 of `release.json`.
    pub(crate) release: Digest,
    /// How trust was reached, in a word.
    pub(crate) trust: &'static str,
    /// The volumes; none for a bare `release.json`.
    pub(crate) payload: Option<Payload>,
}

impl Opened {
    /// Opens volumes or one `release.json`. Without a fingerprint nothing is proven, and stderr says so.
    pub(crate) fn open(paths: &[PathBuf], fingerprint: Option<&str>) -> Result<Self, Error> {
        if let [path] = paths
            && path.extension().is_some_and(|ending| ending == "json")
        {
            return Self::document(path);
        }
        let anchor = anchor(fingerprint)?;
        let release = BundleReader::open(paths)?.verify_signature(&anchor)?;
        verify::warn_about(release.root());
        Ok(Self {
            manifest: release.manifest().clone(),
            release: release.digest(),
            trust: verify::trust_word(release.root()),
            payload: Some(release.scan()?),
        })
    }

    fn document(path: &Path) -> Result<Self, Error> {
        let limits = Limits::default();
        let bytes = read_bounded(path, limits.manifest_bytes)?;
        let manifest = Manifest::parse(&bytes, &limits)
            .map_err(|problem| Error::Config { file: path.to_owned(), problem })?;
        eprintln!("note: {} bears no signature; nothing of it is proven", path.display());
        Ok(Self { manifest, release: Digest::of(&bytes), trust: "unproven", payload: None })
    }

    /// The packages that the bill of materials lists, or a sentence that says why they are not known.
    pub(crate) fn packages(&self) -> Result<Vec<Package>, String> {
        let Some(sbom) = self.manifest.sboms.first() else {
            return Err("the release has no bill of materials".to_owned());
        };
        let Some(payload) = &self.payload else {
            return Err(
                "a release.json has no bill of materials beside it; name the volumes".to_owned()
            );
        };
        let bytes = payload.read_small_blob(&sbom.blob).map_err(|e| e.to_string())?;
        packages::packages(&bytes)
    }
}

/// Where trust starts, for commands that may look at what is not proven.
pub(crate) fn anchor(fingerprint: Option<&str>) -> Result<TrustAnchor, Error> {
    match fingerprint {
        Some(text) => Ok(TrustAnchor::Fingerprint(Digest::from_paper(text)?)),
        None => {
            eprintln!(
                "note: nothing below is proven; compare the fingerprint with the one that came another way, then use --root-fingerprint"
            );
            Ok(TrustAnchor::DangerousFirstUse)
        }
    }
}

/// Reads a file that must not be larger than `most` bytes.
pub(crate) fn read_bounded(path: &Path, most: u64) -> Result<Vec<u8>, Error> {
    use std::io::Read;
    let meta = std::fs::metadata(path).map_err(Error::io("cannot read", path))?;
    let problem = |problem: String| Error::Config { file: path.to_owned(), problem };
    if !meta.is_file() {
        return Err(problem("it is no regular file".to_owned()));
    }
    let file = std::fs::File::open(path).map_err(Error::io("cannot read", path))?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(Error::io("cannot read", path))?;
    if bytes.len() as u64 > most {
        return Err(problem(format!("larger than {most} bytes")));
    }
    Ok(bytes)
}
