//! What is served: repositories, their tags, and everything that is reached from them. Made from the
//! layout's index and from manifests whose bytes have the digest that they are named by.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::digest::Digest;
use crate::document::{Descriptor, Document, SCHEMA_VERSION, is_manifest};
use crate::error::Error;
use crate::layout::Layout;
use crate::names;

/// Names of blobs in all repositories together; beyond it the index is refused.
const MAX_MEMBERS: usize = 200_000;
/// Indexes within indexes.
const MAX_DEPTH: usize = 4;

/// Everything that is served.
#[derive(Debug, Default)]
pub struct Catalogue {
    repositories: BTreeMap<String, Repository>,
    listed: Vec<Listed>,
    members: usize,
}

/// One repository.
#[derive(Debug, Default)]
pub(crate) struct Repository {
    tags: BTreeMap<String, Tagged>,
    manifests: BTreeMap<Digest, Described>,
    blobs: BTreeMap<Digest, u64>,
    referrers: BTreeMap<Digest, Vec<Descriptor>>,
}

/// What a tag stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tagged {
    One(Digest),
    /// Images of several registries have this name: only the digest or the full name says which.
    Several,
}

/// A manifest or index.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) media_type: String,
    pub(crate) size: u64,
}

/// A line of the layout's index.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The name that the packager gave.
    pub reference: String,
    /// Repository and digest, as a puller writes them after the address.
    pub pull: String,
    /// What kind of artifact it is; none for an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// Whether every manifest below it is in the store and whole.
    pub is_whole: bool,
}

/// What `registry list` reports.
#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    /// Container images.
    pub images: Vec<Listed>,
    /// Other OCI artifacts.
    pub artifacts: Vec<Listed>,
}

impl Catalogue {
    /// Reads the layout. A damaged manifest is left out and said in the log; a damaged index is an error.
    ///
    /// # Errors
    /// The index cannot be read, is no index, or names more than a registry can hold.
    pub fn load(layout: &Layout) -> Result<Self, Error> {
        let bytes = layout.index()?;
        let index: Document =
            serde_json::from_slice(&bytes).map_err(|error| layout.damaged(error.to_string()))?;
        if index.schema_version != SCHEMA_VERSION {
            return Err(layout.damaged(format!("`schemaVersion` is not {SCHEMA_VERSION}")));
        }
        let mut catalogue = Self::default();
        for entry in index.manifests {
            let Some(reference) = entry.name().map(str::to_owned) else { continue };
            let digest = entry.digest.parse::<Digest>();
            let (Some(served), Ok(digest)) = (names::served(&reference), digest) else {
                tracing::warn!(reference, "an image with an unlawful name or digest is not served");
                continue;
            };
            let mut is_whole = true;
            for name in &served.repositories {
                let repository = catalogue.repositories.entry(name.clone()).or_default();
                let before = repository.members();
                is_whole &= repository.add(layout, &entry, digest, 0);
                if let Some(tag) = &served.tag {
                    repository.tag(tag, digest);
                }
                catalogue.members += repository.members() - before;
                if catalogue.members > MAX_MEMBERS {
                    return Err(layout.damaged(format!("it leads to over {MAX_MEMBERS} blobs")));
                }
            }
            let pull = format!("{}@{digest}", served.repositories[0]);
            let artifact_type = entry.artifact_type;
            catalogue.listed.push(Listed { reference, pull, artifact_type, is_whole });
        }
        Ok(catalogue)
    }

    /// What is served, for people and programs.
    #[must_use]
    pub fn listing(&self) -> Listing {
        let (images, artifacts) =
            self.listed.iter().cloned().partition(|listed| listed.artifact_type.is_none());
        Listing { images, artifacts }
    }

    pub(crate) fn repository(&self, name: &str) -> Option<&Repository> {
        self.repositories.get(name)
    }

    /// The names of the repositories, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.repositories.keys().map(String::as_str)
    }
}

impl Repository {
    fn members(&self) -> usize {
        self.manifests.len() + self.blobs.len() + self.referrers.len()
    }

    fn tag(&mut self, tag: &str, digest: Digest) {
        let tagged = self.tags.entry(tag.to_owned()).or_insert(Tagged::One(digest));
        if *tagged != Tagged::One(digest) {
            *tagged = Tagged::Several;
        }
    }

    /// Adds a manifest and what it names. True if every manifest on the way is there and whole.
    fn add(&mut self, layout: &Layout, entry: &Descriptor, digest: Digest, depth: usize) -> bool {
        if self.manifests.contains_key(&digest) {
            return true;
        }
        let bytes = match layout.manifest(&digest) {
            Ok(bytes) => bytes,
            Err(error) => {
                // An index may name platforms that the packager left out.
                if depth == 0 || error.kind() != std::io::ErrorKind::NotFound {
                    tracing::warn!(%digest, %error, "a manifest of the store cannot be served");
                }
                return false;
            }
        };
        let document = match serde_json::from_slice::<Document>(&bytes) {
            Ok(document) if document.schema_version == SCHEMA_VERSION => document,
            _ => {
                tracing::warn!(%digest, "what the store's index names is no manifest");
                return false;
            }
        };
        let described =
            Described { media_type: entry.media_type.clone(), size: bytes.len() as u64 };
        self.manifests.insert(digest, described);
        self.refer(entry, &document);
        let mut is_whole = true;
        for child in &document.manifests {
            let Ok(digest) = child.digest.parse() else { continue };
            if is_manifest(&child.media_type) && depth < MAX_DEPTH {
                // Platforms that were left out are no damage: the index still leads to the others.
                self.add(layout, child, digest, depth + 1);
            } else {
                self.blobs.insert(digest, child.size);
            }
        }
        for child in document.config.iter().chain(&document.layers) {
            match child.digest.parse::<Digest>() {
                Ok(digest) => {
                    is_whole &= layout.open(&digest).is_ok_and(|(_, size)| size == child.size);
                    self.blobs.insert(digest, child.size);
                }
                Err(()) => is_whole = false,
            }
        }
        is_whole
    }

    fn refer(&mut self, entry: &Descriptor, document: &Document) {
        let Some(subject) = &document.subject else { return };
        let Ok(subject) = subject.digest.parse::<Digest>() else { return };
        let config = document.config.as_ref().map(|config| config.media_type.clone());
        let referrer = Descriptor {
            artifact_type: document.artifact_type.clone().or(config),
            annotations: document.annotations.clone(),
            ..entry.clone()
        };
        self.referrers.entry(subject).or_default().push(referrer);
    }

    /// The manifest of a tag.
    pub(crate) fn tagged(&self, tag: &str) -> Option<Digest> {
        match self.tags.get(tag)? {
            Tagged::One(digest) => Some(*digest),
            Tagged::Several => None,
        }
    }

    /// Its tags, in order.
    pub(crate) fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.keys().map(String::as_str)
    }

    pub(crate) fn manifest(&self, digest: &Digest) -> Option<&Described> {
        self.manifests.get(digest)
    }

    /// Bytes that a blob must have, if the repository has it. Manifests are blobs, too.
    pub(crate) fn blob(&self, digest: &Digest) -> Option<u64> {
        self.blobs.get(digest).copied().or_else(|| self.manifests.get(digest).map(|m| m.size))
    }

    /// What refers to a manifest.
    pub(crate) fn referrers(&self, digest: &Digest) -> &[Descriptor] {
        self.referrers.get(digest).map_or(&[], Vec::as_slice)
    }
}
