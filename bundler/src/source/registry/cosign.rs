//! Signatures by cosign with a key: stored under the tag `sha256-<hex>.sig`, each layer a signed payload
//! ("simple signing") whose signature stands in an annotation.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cg_bundle_format::Digest;
use serde::Deserialize;

use super::public_key::PublicKey;
use super::resolved::CheckedSignature;
use super::session::Repository;
use crate::error::Error;
use crate::source::oci::{self, Descriptor, Document};

const PAYLOAD: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const TYPE: &str = "cosign container image signature";
/// Largest payload in bytes.
const MOST_PAYLOAD: usize = 64 << 10;
/// Most signatures that are looked at.
const MOST_SIGNATURES: usize = 64;

#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Image {
    docker_manifest_digest: String,
}

/// Finds a good signature over one of `candidates`, or refuses the image.
pub(crate) fn check(
    repository: &Repository<'_>,
    candidates: &[Digest],
    key_file: &Path,
) -> Result<CheckedSignature, Error> {
    let key = PublicKey::read(key_file)?;
    let refused =
        |problem: String| Error::Refused { what: format!("image {}", repository.image), problem };
    let mut seen = 0;
    for covers in candidates {
        let Some(answer) = repository.manifest(&format!("sha256-{}.sig", covers.hex()))? else {
            continue;
        };
        let (document, _) = oci::parse(&answer.bytes, &answer.media_type)
            .map_err(|p| refused(format!("its signature: {p}")))?;
        let Document::Manifest(manifest) = document else {
            return Err(refused("its signature is no manifest".to_owned()));
        };
        for layer in manifest.layers.iter().take(MOST_SIGNATURES) {
            seen += 1;
            if let Some(payload) = signed_payload(repository, layer, &key)?
                && says(&payload, covers)
            {
                return Ok(CheckedSignature {
                    scheme: "cosign".to_owned(),
                    key: key.id,
                    covers: *covers,
                    payload: Digest::of(&payload),
                });
            }
        }
    }
    Err(refused(match seen {
        0 => format!("it carries no signature; {} must have signed it", key_file.display()),
        _ => format!("none of its {seen} signatures is by {} over this image", key_file.display()),
    }))
}

/// The payload, when this key signed it.
fn signed_payload(
    repository: &Repository<'_>,
    layer: &Descriptor,
    key: &PublicKey,
) -> Result<Option<Vec<u8>>, Error> {
    let signature = layer.annotations.get(SIGNATURE).and_then(|text| STANDARD.decode(text).ok());
    let (Some(signature), PAYLOAD, Ok(digest)) =
        (signature, layer.media_type.as_str(), layer.sha256())
    else {
        return Ok(None);
    };
    let Some(answer) = repository.small_blob(&digest.to_string(), MOST_PAYLOAD)? else {
        return Ok(None);
    };
    let good = Digest::of(&answer.bytes) == digest && key.verifies(&answer.bytes, &signature);
    Ok(good.then_some(answer.bytes))
}

/// Nothing of a payload is read before its signature was found good.
fn says(payload: &[u8], covers: &Digest) -> bool {
    serde_json::from_slice::<Payload>(payload).is_ok_and(|payload| {
        payload.critical.kind == TYPE
            && payload.critical.image.docker_manifest_digest == covers.to_string()
    })
}
