//! The answers: one function for each thing that can be asked for.

use std::io;

use actix_web::body::SizedStream;
use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;

use crate::body;
use crate::catalogue::{Catalogue, Repository};
use crate::digest::Digest;
use crate::document::OCI_INDEX;
use crate::loaded::Registry;
use crate::range::{self, Wanted};
use crate::refusal::Refusal;
use crate::route::{self, Asked, Reference};

/// Lines of a page at most, and where the client names no number.
const MAX_PAGE: usize = 10_000;
/// What a digest names never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// The part of a list that is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    n: Option<String>,
    last: Option<String>,
    artifact_type: Option<String>,
}

/// Answers any request.
pub(crate) async fn answer(
    request: HttpRequest,
    registry: web::Data<Registry>,
    page: Result<web::Query<Page>, actix_web::Error>,
) -> Result<HttpResponse, Refusal> {
    let path = request.path();
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(if path.starts_with("/v2") {
            Refusal::Unsupported
        } else {
            Refusal::NothingHere
        });
    }
    let asked = route::asked(path)?;
    let page = page.map(web::Query::into_inner).map_err(|_| Refusal::PageInvalid)?;
    let catalogue = registry.catalogue().await;
    match asked {
        Asked::Version => Ok(ok().json(json!({}))),
        Asked::Catalogue => {
            let (names, link) = page.cut(catalogue.names(), "/v2/_catalog")?;
            Ok(linked(link).json(json!({"repositories": names})))
        }
        Asked::Tags(name) => {
            let repository = find(&catalogue, &name)?;
            let (tags, link) = page.cut(repository.tags(), &format!("/v2/{name}/tags/list"))?;
            Ok(linked(link).json(json!({"name": name, "tags": tags})))
        }
        Asked::Manifest(name, reference) => {
            manifest(&request, registry, find(&catalogue, &name)?, &name, &reference).await
        }
        Asked::Blob(name, digest) => {
            let size = find(&catalogue, &name)?.blob(&digest).ok_or(Refusal::BlobUnknown)?;
            blob(&request, registry, digest, size).await
        }
        Asked::Referrers(name, digest) => Ok(referrers(find(&catalogue, &name)?, &digest, &page)),
    }
}

fn find<'a>(catalogue: &'a Catalogue, name: &str) -> Result<&'a Repository, Refusal> {
    catalogue.repository(name).ok_or(Refusal::NameUnknown)
}

async fn manifest(
    request: &HttpRequest,
    registry: web::Data<Registry>,
    repository: &Repository,
    name: &str,
    reference: &Reference,
) -> Result<HttpResponse, Refusal> {
    let digest = match reference {
        Reference::Digest(digest) => *digest,
        Reference::Tag(tag) if repository.tags().any(|known| known == tag) => {
            repository.tagged(tag).ok_or(Refusal::ManifestAmbiguous)?
        }
        Reference::Tag(_) => return Err(Refusal::ManifestUnknown),
    };
    let described = repository.manifest(&digest).ok_or(Refusal::ManifestUnknown)?;
    let read = web::block(move || registry.layout.manifest(&digest)).await;
    let bytes = read.map_err(io::Error::other).and_then(|read| read).map_err(|error| {
        tracing::error!(%digest, %error, "a manifest of the store cannot be read");
        Refusal::Damaged
    })?;
    let mut response = ok();
    response
        .insert_header(("Docker-Content-Digest", digest.to_string()))
        .insert_header((header::ETAG, format!("\"{digest}\"")))
        .insert_header((header::CONTENT_TYPE, described.media_type.as_str()));
    if is_known(request, &digest) {
        return Ok(HttpResponse::NotModified().finish());
    }
    let peer = request.peer_addr().map(|address| address.ip().to_string());
    tracing::info!(name, %digest, method = %request.method(), peer, "manifest");
    Ok(body(request, &mut response, bytes))
}

async fn blob(
    request: &HttpRequest,
    registry: web::Data<Registry>,
    digest: Digest,
    size: u64,
) -> Result<HttpResponse, Refusal> {
    let opened = web::block(move || registry.layout.open(&digest)).await;
    let opened = opened.map_err(io::Error::other).and_then(|opened| opened);
    let file = match opened {
        Ok((file, there)) if there == size => file,
        Ok((_, there)) => {
            tracing::error!(%digest, size, there, "a blob of the store has the wrong size");
            return Err(Refusal::Damaged);
        }
        // The platform's layers that the packager left out.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Refusal::BlobUnknown),
        Err(error) => {
            tracing::error!(%digest, %error, "a blob of the store cannot be read");
            return Err(Refusal::Damaged);
        }
    };
    if is_known(request, &digest) {
        return Ok(HttpResponse::NotModified().finish());
    }
    let (start, length) = match ranged(request, &digest, size) {
        Wanted::Whole => (0, size),
        Wanted::Part { start, length } => (start, length),
        Wanted::Outside => return Err(Refusal::RangeInvalid { size }),
    };
    let mut response = if length == size { ok() } else { HttpResponse::PartialContent() };
    if length != size {
        let end = start + length - 1;
        response.insert_header((header::CONTENT_RANGE, format!("bytes {start}-{end}/{size}")));
    }
    response
        .insert_header(("Docker-Content-Digest", digest.to_string()))
        .insert_header((header::ETAG, format!("\"{digest}\"")))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CACHE_CONTROL, FOREVER))
        .insert_header((header::CONTENT_TYPE, "application/octet-stream"));
    if request.method() == Method::HEAD {
        return Ok(headers_only(&mut response, length));
    }
    Ok(response.body(SizedStream::new(length, body::part(file, start, length))))
}

fn referrers(repository: &Repository, digest: &Digest, page: &Page) -> HttpResponse {
    let wanted = page.artifact_type.as_deref();
    let is_wanted = |found: Option<&str>| wanted.is_none() || found == wanted;
    let all = repository.referrers(digest).iter();
    let found: Vec<_> = all.filter(|one| is_wanted(one.artifact_type.as_deref())).collect();
    let mut response = ok();
    if wanted.is_some() {
        response.insert_header(("OCI-Filters-Applied", "artifactType"));
    }
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": found});
    // `json` would overwrite the media type.
    response.insert_header((header::CONTENT_TYPE, OCI_INDEX)).body(index.to_string())
}

/// The bytes, or for HEAD their count.
fn body(request: &HttpRequest, response: &mut HttpResponseBuilder, bytes: Vec<u8>) -> HttpResponse {
    if request.method() == Method::HEAD {
        return headers_only(response, bytes.len() as u64);
    }
    response.body(bytes)
}

/// The headers of an answer whose body would have `length` bytes.
fn headers_only(response: &mut HttpResponseBuilder, length: u64) -> HttpResponse {
    let nothing = stream::empty::<io::Result<Bytes>>();
    response.body(SizedStream::new(length, nothing))
}

fn ranged(request: &HttpRequest, digest: &Digest, size: u64) -> Wanted {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let is_other = text(header::IF_RANGE).is_some_and(|tag| tag != format!("\"{digest}\""));
    match text(header::RANGE) {
        Some(range) if !is_other => range::wanted(range, size),
        _ => Wanted::Whole,
    }
}

/// Whether the client has it already.
fn is_known(request: &HttpRequest, digest: &Digest) -> bool {
    let held = request.headers().get(header::IF_NONE_MATCH);
    held.and_then(|value| value.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == format!("\"{digest}\"")))
}

fn ok() -> HttpResponseBuilder {
    HttpResponse::Ok()
}

fn linked(link: Option<String>) -> HttpResponseBuilder {
    let mut response = ok();
    if let Some(link) = link {
        response.insert_header((header::LINK, link));
    }
    response
}

impl Page {
    /// The lines after `last`, `n` of them; and the link to the next page, if there is one.
    fn cut<'a>(
        &self,
        lines: impl Iterator<Item = &'a str>,
        path: &str,
    ) -> Result<(Vec<&'a str>, Option<String>), Refusal> {
        let count = match self.n.as_deref().map(str::parse::<usize>) {
            None => MAX_PAGE,
            Some(Ok(n)) if n <= MAX_PAGE => n,
            Some(_) => return Err(Refusal::PageInvalid),
        };
        let after = self.last.as_deref();
        let mut rest = lines.skip_while(|line| after.is_some_and(|last| *line <= last));
        let page: Vec<&str> = rest.by_ref().take(count).collect();
        let next = match page.last() {
            Some(last) if rest.next().is_some() => {
                Some(format!("<{path}?n={count}&last={last}>; rel=\"next\""))
            }
            _ => None,
        };
        Ok((page, next))
    }
}
