//! From a name to digests: the index, the manifest for a platform, its configuration, its signature.

use std::collections::HashSet;

use cg_bundle_format::Digest;

use super::cosign;
use super::resolved::{ImageRequest, ResolvedBlob, ResolvedImage};
use super::session::{Registry, Repository};
use crate::cache::Cache;
use crate::error::Error;
use crate::source::oci::{self, Document, MOST_JSON, Manifest, Platform, choose};

/// Finds an image. Manifest and configuration are in the cache afterwards, layers are not.
pub(crate) fn resolve(
    registry: &Registry,
    request: &ImageRequest,
    cache: &Cache,
) -> Result<ResolvedImage, Error> {
    let wanted = Platform::parse(&request.platform)?;
    let repository = registry.repository(&request.reference, request.insecure_http_loopback)?;
    let asked = Asked { request, repository: &repository, cache };
    let tag = repository.image.tag().unwrap_or("latest").to_owned();
    let name = repository.image.digest().map_or(tag, str::to_owned);
    let first = asked.document(&name)?;
    let mut index = None;
    let (manifest, found) = match first.document {
        Document::Manifest(manifest) => (manifest, first.facts),
        Document::Index(entries) => {
            index = Some(first.facts.digest);
            let chosen = choose(&entries, &wanted).map_err(|problem| asked.refused(problem))?;
            let digest = chosen.sha256().map_err(|problem| asked.refused(problem))?;
            let second = asked.document(&digest.to_string())?;
            match second.document {
                Document::Manifest(manifest) if second.facts.size == chosen.size => {
                    (manifest, second.facts)
                }
                _ => return Err(asked.refused(format!("{digest} is not what the index says"))),
            }
        }
    };
    oci::check_image(&manifest).map_err(|problem| asked.refused(problem))?;
    let platform = asked.platform(&manifest)?;
    if !wanted.takes(&platform) {
        return Err(asked.refused(format!("it is for {platform}, {wanted} was asked for")));
    }
    let candidates: Vec<Digest> = index.into_iter().chain([found.digest]).collect();
    let signatures = match &request.cosign_key {
        Some(key) => vec![cosign::check(&repository, &candidates, key)?],
        None => Vec::new(),
    };
    let mut image = ResolvedImage {
        reference: request.reference.clone(),
        digest: found.digest,
        media_type: found.media_type,
        size: found.size,
        // What was asked for, without a variant that only the image names: the lock is held against it.
        platform: request.platform.clone(),
        index,
        insecure_http_loopback: request.insecure_http_loopback,
        blobs: Vec::new(),
        signatures,
    };
    image.blobs = blobs(&manifest, &image).map_err(|problem| asked.refused(problem))?;
    Ok(image)
}

struct Asked<'a> {
    request: &'a ImageRequest,
    repository: &'a Repository<'a>,
    cache: &'a Cache,
}

struct Found {
    document: Document,
    facts: Facts,
}

struct Facts {
    digest: Digest,
    size: u64,
    media_type: String,
}

impl Asked<'_> {
    fn refused(&self, problem: impl Into<String>) -> Error {
        Error::Refused {
            what: format!("image {}", self.request.reference),
            problem: problem.into(),
        }
    }

    /// A manifest or index; held against its digest where it was asked for by one.
    fn document(&self, name: &str) -> Result<Found, Error> {
        let Some(answer) = self.repository.manifest(name)? else {
            return Err(Error::Network {
                what: format!("image {}", self.request.reference),
                from: self.repository.host().to_owned(),
                problem: format!("{} has no {name}", self.repository.image.repository()),
                remedy: "check name and tag, and that these credentials may read it",
            });
        };
        let digest = Digest::of(&answer.bytes);
        if name.contains(':') && name != digest.to_string() {
            return Err(self.refused(format!("{name} was asked for, what came is {digest}")));
        }
        let (document, media_type) = oci::parse(&answer.bytes, &answer.media_type)
            .map_err(|problem| self.refused(problem))?;
        self.cache.insert_bytes(&answer.bytes)?;
        let facts = Facts { digest, size: answer.bytes.len() as u64, media_type };
        Ok(Found { document, facts })
    }

    /// The platform that the image's configuration says.
    fn platform(&self, manifest: &Manifest) -> Result<Platform, Error> {
        let digest = manifest.config.sha256().map_err(|problem| self.refused(problem))?;
        let bytes = match self.cache.get(&digest) {
            Some(path) => std::fs::read(&path).map_err(Error::io("cannot read", &path))?,
            None => self.configuration(&digest, manifest.config.size)?,
        };
        serde_json::from_slice(&bytes)
            .map_err(|e| self.refused(format!("its configuration names no platform: {e}")))
    }

    fn configuration(&self, digest: &Digest, size: u64) -> Result<Vec<u8>, Error> {
        let answer = self.repository.small_blob(&digest.to_string(), MOST_JSON)?;
        let Some(answer) = answer else {
            return Err(self.refused(format!("the registry has no configuration {digest}")));
        };
        let (found, bytes) = (Digest::of(&answer.bytes), answer.bytes.len() as u64);
        if found != *digest || bytes != size {
            return Err(self.refused(format!(
                "its configuration is {found} with {bytes} bytes; {digest} with {size} was asked for"
            )));
        }
        self.cache.insert_bytes(&answer.bytes)?;
        Ok(answer.bytes)
    }
}

/// The manifest, the configuration and the layers, each once.
fn blobs(manifest: &Manifest, image: &ResolvedImage) -> Result<Vec<ResolvedBlob>, String> {
    let mut seen = HashSet::from([image.digest]);
    let mut blobs = vec![ResolvedBlob {
        digest: image.digest,
        size: image.size,
        media_type: image.media_type.clone(),
    }];
    for part in [&manifest.config].into_iter().chain(&manifest.layers) {
        let digest = part.sha256()?;
        if seen.insert(digest) {
            let media_type = part.media_type.clone();
            blobs.push(ResolvedBlob { digest, size: part.size, media_type });
        }
    }
    Ok(blobs)
}
