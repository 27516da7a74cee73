//! From a path to what is asked for. Repositories have slashes in their names, so the end decides.

use crate::digest::Digest;
use crate::names;
use crate::refusal::Refusal;

/// A request for something.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Whether this is a registry.
    Version,
    /// The repositories.
    Catalogue,
    /// The tags of a repository.
    Tags(String),
    /// A manifest.
    Manifest(String, Reference),
    /// A blob.
    Blob(String, Digest),
    /// What refers to a manifest.
    Referrers(String, Digest),
}

/// How a manifest is named.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// By tag.
    Tag(String),
    /// By digest.
    Digest(Digest),
}

/// What `path` asks for.
pub(crate) fn asked(path: &str) -> Result<Asked, Refusal> {
    // The one character of these paths that clients may write in two ways.
    let path = path.replace("%3A", ":").replace("%3a", ":");
    let rest = match path.strip_prefix("/v2") {
        Some("" | "/") => return Ok(Asked::Version),
        Some(rest) => rest.strip_prefix('/').ok_or(Refusal::NothingHere)?,
        None => return Err(Refusal::NothingHere),
    };
    if rest == "_catalog" {
        return Ok(Asked::Catalogue);
    }
    let (before, last) = rest.rsplit_once('/').ok_or(Refusal::NothingHere)?;
    let (name, kind) = before.rsplit_once('/').ok_or(Refusal::NothingHere)?;
    let asked = match (kind, last) {
        ("tags", "list") => Asked::Tags(name.to_owned()),
        ("manifests", _) => Asked::Manifest(name.to_owned(), reference(last)?),
        ("blobs", _) => Asked::Blob(name.to_owned(), digest(last)?),
        ("referrers", _) => Asked::Referrers(name.to_owned(), digest(last)?),
        _ => return Err(Refusal::NothingHere),
    };
    if names::is_repository(name) { Ok(asked) } else { Err(Refusal::NameInvalid) }
}

fn reference(text: &str) -> Result<Reference, Refusal> {
    if text.contains(':') {
        return digest(text).map(Reference::Digest);
    }
    if names::is_tag(text) { Ok(Reference::Tag(text.to_owned())) } else { Err(Refusal::TagInvalid) }
}

fn digest(text: &str) -> Result<Digest, Refusal> {
    text.parse().map_err(|()| Refusal::DigestInvalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_path_decides_what_is_asked_for() {
        let empty = Digest::of(b"");
        let name = || "a/manifests/b".to_owned();
        assert_eq!(asked("/v2"), Ok(Asked::Version));
        assert_eq!(asked("/v2/"), Ok(Asked::Version));
        assert_eq!(asked("/v2/_catalog"), Ok(Asked::Catalogue));
        assert_eq!(asked("/v2/a/manifests/b/tags/list"), Ok(Asked::Tags(name())));
        assert_eq!(
            asked("/v2/a/manifests/b/manifests/1"),
            Ok(Asked::Manifest(name(), Reference::Tag("1".to_owned())))
        );
        let by_digest = Ok(Asked::Manifest("a".to_owned(), Reference::Digest(empty)));
        assert_eq!(asked(&format!("/v2/a/manifests/{empty}")), by_digest);
        let encoded = format!("/v2/a/manifests/{empty}").replace(':', "%3A");
        assert_eq!(asked(&encoded), by_digest);
        assert_eq!(asked(&format!("/v2/a/blobs/{empty}")), Ok(Asked::Blob("a".to_owned(), empty)));
    }

    #[test]
    fn what_cannot_be_a_name_is_refused_before_anything_is_opened() {
        for (path, refusal) in [
            ("/v2/../../etc/manifests/latest", Refusal::NameInvalid),
            ("/v2//manifests/latest", Refusal::NameInvalid),
            ("/v2/A/manifests/latest", Refusal::NameInvalid),
            ("/v2/a%2fb/manifests/latest", Refusal::NameInvalid),
            ("/v2/a/manifests/.hidden", Refusal::TagInvalid),
            ("/v2/a/manifests/sha256:00", Refusal::DigestInvalid),
            ("/v2/a/blobs/sha256:../../../etc/passwd", Refusal::NothingHere),
            ("/v2/a/blobs/passwd", Refusal::DigestInvalid),
            ("/v2/a/blobs/uploads/", Refusal::NothingHere),
            ("/v2x", Refusal::NothingHere),
            ("/", Refusal::NothingHere),
            ("/v1/_catalog", Refusal::NothingHere),
        ] {
            assert_eq!(asked(path), Err(refusal), "{path}");
        }
    }
}
