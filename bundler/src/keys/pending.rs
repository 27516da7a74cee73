//! The next root while it collects signatures: `pending/` in the key folder.

use std::path::{Path, PathBuf};

use cg_bundle_format::{
    Digest, Error as FormatError, KeyId, Limits, ROOT_PREFIX, Root, RootChain, Signatures,
    SignedRoot, SigningKey, TrustAnchor,
};

use crate::error::Error;
use crate::keys::request::{Kind, Request};
use crate::keys::ring;

/// A root that is not yet part of the chain.
#[derive(Debug)]
pub(crate) struct Pending {
    folder: PathBuf,
    chain: RootChain,
    /// The root before it.
    pub(crate) old: Option<Root>,
    /// The root that is to come.
    pub(crate) root: Root,
    bytes: Vec<u8>,
    signatures: Signatures,
}

/// Where a pending root stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// It is part of the chain now.
    Complete,
    /// Signatures are missing.
    Waiting,
}

fn files(folder: &Path) -> (PathBuf, PathBuf, PathBuf) {
    let folder = folder.join("pending");
    (folder.join("root.json"), folder.join("root.sig.json"), folder.join("root.request.json"))
}

/// Whether a root waits for signatures in this key folder.
pub(crate) fn is_there(folder: &Path) -> bool {
    files(folder).0.exists()
}

/// Forgets the root that waits for signatures.
pub(crate) fn discard(folder: &Path) -> Result<(), Error> {
    let folder = folder.join("pending");
    std::fs::remove_dir_all(&folder).map_err(Error::io("cannot remove", &folder))
}

impl Pending {
    /// Puts a new root up for signature and writes the request for signers in other rooms.
    pub(crate) fn create(folder: &Path, root: Root) -> Result<Self, Error> {
        if is_there(folder) {
            return Err(Error::Usage(format!(
                "{} holds a root that waits for signatures; complete it with `sign`, or drop it with `root discard`",
                folder.join("pending").display()
            )));
        }
        root.check(&Limits::default()).map_err(Error::Usage)?;
        let chain = ring::read_chain(folder)?;
        let old = chain.roots.last().map(|_| ring::newest(folder, &chain)).transpose()?;
        let bytes = root.to_bytes();
        let pending = Self {
            folder: folder.to_owned(),
            chain,
            old,
            root,
            bytes,
            signatures: Signatures::default(),
        };
        let (root_file, _, request) = files(folder);
        let parent = folder.join("pending");
        std::fs::create_dir_all(&parent).map_err(Error::io("cannot create", &parent))?;
        std::fs::write(&root_file, &pending.bytes)
            .map_err(Error::io("cannot write", &root_file))?;
        pending.write_signatures()?;
        pending.request().write(&request)?;
        Ok(pending)
    }

    /// Reads the root that waits for signatures.
    pub(crate) fn read(folder: &Path) -> Result<Self, Error> {
        let (root_file, signature_file, _) = files(folder);
        let read = |path: &Path| std::fs::read(path).map_err(Error::io("cannot read", path));
        let bytes = read(&root_file)?;
        let config = |file: &Path, problem| Error::Config { file: file.to_owned(), problem };
        let limits = Limits::default();
        let root = Root::parse(&bytes, &limits).map_err(|e| config(&root_file, e))?;
        let signatures = Signatures::parse(&read(&signature_file)?, &limits)
            .map_err(|e| config(&signature_file, e))?;
        let chain = ring::read_chain(folder)?;
        let old = chain.roots.last().map(|_| ring::newest(folder, &chain)).transpose()?;
        Ok(Self { folder: folder.to_owned(), chain, old, root, bytes, signatures })
    }

    /// What goes to the signers.
    pub(crate) fn request(&self) -> Request {
        Request::new(Kind::Root, &self.bytes, self.chain.roots.last().map(|old| &old.root[..]))
    }

    /// The path of the request.
    pub(crate) fn request_file(&self) -> PathBuf {
        files(&self.folder).2
    }

    /// SHA-256 of the root that is to come.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }

    /// Signs with keys at hand.
    pub(crate) fn sign(&mut self, keys: &[SigningKey]) -> Result<State, Error> {
        let made = Signatures::make(ROOT_PREFIX, &self.bytes, &keys.iter().collect::<Vec<_>>());
        self.add(&made)
    }

    /// Adds signatures; when both thresholds are reached the root joins the chain.
    pub(crate) fn add(&mut self, new: &Signatures) -> Result<State, Error> {
        for signature in &new.signatures {
            let id = signature.key_id;
            let key = self.key(id).ok_or_else(|| {
                Error::Usage(format!(
                    "key {id} is a root key neither of the former root nor of this one; its signature is worth nothing here"
                ))
            })?;
            if !key.verifies(ROOT_PREFIX, &self.bytes, &signature.signature) {
                return Err(Error::Refused {
                    what: format!("signature by key {id}"),
                    problem: format!("it is not over this root.json ({})", self.digest()),
                });
            }
        }
        self.signatures.merge(new);
        self.write_signatures()?;
        let signed =
            SignedRoot { root: self.bytes.clone(), signatures: self.signatures.to_bytes() };
        let mut chain = self.chain.clone();
        chain.roots.push(signed.clone());
        // From the root before: so that both thresholds count.
        let anchor = self.chain.roots.last().map_or(&self.bytes, |old| &old.root);
        let anchor = TrustAnchor::Fingerprint(Digest::of(anchor));
        match chain.verify(&anchor, &Limits::default()) {
            Ok(_) => {
                ring::append(&self.folder, self.root.version, &signed)?;
                discard(&self.folder)?;
                Ok(State::Complete)
            }
            Err(FormatError::Threshold { .. }) => Ok(State::Waiting),
            Err(other) => Err(other.into()),
        }
    }

    /// For each threshold: whose root it is, how many of how many signatures are there, who may give the others.
    pub(crate) fn missing(&self) -> Vec<String> {
        let signed = |id: &KeyId| self.signatures.signatures.iter().any(|s| s.key_id == *id);
        let mut lines = Vec::new();
        for (whose, root) in self.old.iter().map(|old| ("former", old)).chain([("new", &self.root)])
        {
            let (done, open): (Vec<&KeyId>, Vec<&KeyId>) =
                root.root.keys.iter().partition(|id| signed(id));
            if (done.len() as u64) < root.root.threshold {
                let open: Vec<String> = open.iter().map(ToString::to_string).collect();
                lines.push(format!(
                    "{} of {} signatures by the root keys of the {whose} root are there; still possible: {}",
                    done.len(),
                    root.root.threshold,
                    open.join(" ")
                ));
            }
        }
        lines
    }

    fn key(&self, id: KeyId) -> Option<&cg_bundle_format::PublicKey> {
        let of = |root: &'_ Root| root.root.keys.contains(&id);
        let new = Some(&self.root).filter(|root| of(root)).and_then(|root| root.key(id));
        new.or_else(|| self.old.as_ref().filter(|root| of(root)).and_then(|root| root.key(id)))
    }

    fn write_signatures(&self) -> Result<(), Error> {
        let file = files(&self.folder).1;
        std::fs::write(&file, self.signatures.to_bytes()).map_err(Error::io("cannot write", &file))
    }
}
