//! Signing in another room: a request carries a document to the key, a response carries signatures back.

use std::io::{Read, Write};
use std::path::Path;

use cg_bundle_format::{
    Digest, DowngradePermit, KeyId, KeySignature, Limits, Manifest, PERMIT_PREFIX, PublicKey,
    RELEASE_PREFIX, ROOT_PREFIX, Root, Signatures, SigningKey,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Most bytes of a request: a manifest of 16 MiB, written as a JSON text.
const MOST_BYTES: u64 = 40 << 20;

/// What is to be signed. Decides what stands in front of the document when it is signed; a file cannot choose that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// `root.json`, by root keys.
    Root,
    /// `release.json`, by release keys.
    Release,
    /// `release.json`, by a key of the customer.
    Countersignature,
    /// A downgrade permit, by release keys.
    Permit,
}

impl Kind {
    /// What stands in front of the document.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Root => ROOT_PREFIX,
            Self::Release | Self::Countersignature => RELEASE_PREFIX,
            Self::Permit => PERMIT_PREFIX,
        }
    }
}

/// The way to the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) format: u64,
    pub(crate) kind: Kind,
    /// The exact text that is to be signed.
    pub(crate) document: String,
    /// The text of the root whose keys count (for a new root: the one before it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) root: Option<String>,
}

/// The way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Response {
    pub(crate) format: u64,
    pub(crate) kind: Kind,
    /// SHA-256 of the document.
    pub(crate) digest: Digest,
    pub(crate) signatures: Vec<KeySignature>,
    /// The text itself, where it is short and nobody else keeps it: a permit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) document: Option<String>,
}

impl Request {
    pub(crate) fn new(kind: Kind, document: &[u8], root: Option<&[u8]>) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { format: 1, kind, document: text(document), root: root.map(text) }
    }

    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let request: Self = read_json(path)?;
        check_format(path, request.format)?;
        Ok(request)
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        write_json(path, self)
    }

    /// SHA-256 of the document.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(self.document.as_bytes())
    }

    /// What a signer must know, read from the document itself.
    pub(crate) fn describe(&self) -> Result<Vec<String>, String> {
        let limits = Limits::default();
        let bytes = self.document.as_bytes();
        match self.kind {
            Kind::Root => Ok(describe_root(&Root::parse(bytes, &limits)?)),
            Kind::Release | Kind::Countersignature => {
                Ok(describe_release(&Manifest::parse(bytes, &limits)?))
            }
            Kind::Permit => Ok(describe_permit(&DowngradePermit::parse(bytes, &limits)?)),
        }
    }

    /// Refuses a key whose signature would be worth nothing.
    pub(crate) fn check_signer(&self, key: &PublicKey) -> Result<(), Error> {
        let limits = Limits::default();
        let parse = |text: &str| {
            Root::parse(text.as_bytes(), &limits)
                .map_err(|problem| Error::Usage(format!("the root in the request: {problem}")))
        };
        let id = key.id();
        let root = self.root.as_deref().map(parse).transpose()?;
        let is_known = match self.kind {
            Kind::Countersignature => true,
            Kind::Root => {
                let old = root.is_some_and(|root| root.root.keys.contains(&id));
                old || parse(&self.document)?.root.keys.contains(&id)
            }
            Kind::Release | Kind::Permit => root.is_some_and(|r| r.release.keys.contains(&id)),
        };
        if is_known {
            return Ok(());
        }
        let role = if self.kind == Kind::Root { "root" } else { "release" };
        Err(Error::Usage(format!(
            "key {id} is not among the {role} keys of the root that counts; its signature would be worth nothing"
        )))
    }

    /// Signs the document.
    pub(crate) fn sign(&self, keys: &[SigningKey]) -> Response {
        let keys: Vec<&SigningKey> = keys.iter().collect();
        let made = Signatures::make(self.kind.prefix(), self.document.as_bytes(), &keys);
        Response {
            format: 1,
            kind: self.kind,
            digest: self.digest(),
            signatures: made.signatures,
            document: (self.kind == Kind::Permit).then(|| self.document.clone()),
        }
    }
}

impl Response {
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let response: Self = read_json(path)?;
        check_format(path, response.format)?;
        Ok(response)
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        write_json(path, self)
    }

    /// The signatures, without their frame.
    pub(crate) fn signatures(&self) -> Signatures {
        Signatures { signatures: self.signatures.clone() }
    }

    /// Adds the signatures of another response to the same request.
    pub(crate) fn merge(&mut self, other: &Self) -> Result<(), Error> {
        if (self.kind, self.digest) != (other.kind, other.digest) {
            return Err(Error::Usage(format!(
                "the responses answer different requests: {} and {}",
                self.digest, other.digest
            )));
        }
        let mut signatures = self.signatures();
        signatures.merge(&other.signatures());
        self.signatures = signatures.signatures;
        Ok(())
    }
}

fn ids(keys: &[KeyId]) -> String {
    keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn describe_root(root: &Root) -> Vec<String> {
    let mut lines = vec![
        format!("root of {}, version {}, {:?}", root.product, root.version, root.purpose),
        format!("issued        {}", root.issued),
        format!("root keys     {} of: {}", root.root.threshold, ids(&root.root.keys)),
        format!("release keys  {} of: {}", root.release.threshold, ids(&root.release.keys)),
    ];
    let floors = root.counter_floors.iter();
    lines.extend(floors.map(|f| format!("line {} starts again from {}", f.line, f.counter)));
    lines
}

fn describe_release(manifest: &Manifest) -> Vec<String> {
    let bytes: u64 = manifest.blobs.iter().map(|blob| blob.size).sum();
    vec![
        format!("release {} {} for {}", manifest.product, manifest.version, manifest.arch),
        format!("line          {}, counter {}", manifest.line, manifest.release_counter),
        format!("issued        {}", manifest.issued),
        format!("blobs         {} ({})", manifest.blobs.len(), crate::size::show(bytes)),
    ]
}

fn describe_permit(permit: &DowngradePermit) -> Vec<String> {
    vec![
        format!("downgrade permit for host {}", permit.host),
        format!("from          line {}, counter {}", permit.from.line, permit.from.counter),
        format!("to            line {}, counter {}", permit.to.line, permit.to.counter),
        format!("reason        {}", permit.reason),
    ]
}

fn check_format(path: &Path, format: u64) -> Result<(), Error> {
    if format == 1 {
        return Ok(());
    }
    let problem = format!("format {format} is unknown; use a newer codegraph-bundle");
    Err(Error::Config { file: path.to_owned(), problem })
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let file = std::fs::File::open(path).map_err(Error::io("cannot read", path))?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(Error::io("cannot read", path))?;
    let problem = |problem: String| Error::Config { file: path.to_owned(), problem };
    if bytes.len() as u64 > MOST_BYTES {
        return Err(problem(format!("larger than {MOST_BYTES} bytes")));
    }
    serde_json::from_slice(&bytes).map_err(|e| problem(e.to_string()))
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let mut bytes =
        serde_json::to_vec_pretty(value).map_err(|e| Error::Unexpected(e.to_string()))?;
    bytes.push(b'\n');
    let mut file = std::fs::File::create(path).map_err(Error::io("cannot write", path))?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(Error::io("cannot write", path))
}
