//! The errors of the OCI Distribution Specification, as its clients understand them.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;

/// A refusal with the specification's code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("this repository has no such blob")]
    BlobUnknown,
    #[error("this repository has no such manifest or tag")]
    ManifestUnknown,
    #[error(
        "several registries have an image of this name; ask by digest, or with the registry's host before the name"
    )]
    ManifestAmbiguous,
    #[error("no such repository")]
    NameUnknown,
    #[error("not the name of a repository")]
    NameInvalid,
    #[error("not a SHA-256 digest")]
    DigestInvalid,
    #[error("not a tag")]
    TagInvalid,
    #[error("`n` is a number from 0 to 10000")]
    PageInvalid,
    #[error("this registry only reads: images come with the next release")]
    Unsupported,
    #[error("the store's copy is damaged or missing; `codegraph-install repair` brings it back")]
    Damaged,
    #[error("the range lies outside of the blob")]
    RangeInvalid { size: u64 },
    #[error("nothing is here")]
    NothingHere,
}

impl Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::BlobUnknown => "BLOB_UNKNOWN",
            Self::ManifestUnknown | Self::ManifestAmbiguous => "MANIFEST_UNKNOWN",
            Self::NameUnknown => "NAME_UNKNOWN",
            Self::NameInvalid => "NAME_INVALID",
            Self::DigestInvalid => "DIGEST_INVALID",
            Self::TagInvalid => "TAG_INVALID",
            Self::PageInvalid => "PAGINATION_NUMBER_INVALID",
            Self::Unsupported => "UNSUPPORTED",
            Self::Damaged | Self::NothingHere => "UNKNOWN",
            Self::RangeInvalid { .. } => "RANGE_INVALID",
        }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::BlobUnknown
            | Self::ManifestUnknown
            | Self::ManifestAmbiguous
            | Self::NameUnknown
            | Self::NothingHere => StatusCode::NOT_FOUND,
            Self::NameInvalid | Self::DigestInvalid | Self::TagInvalid | Self::PageInvalid => {
                StatusCode::BAD_REQUEST
            }
            Self::Unsupported => StatusCode::METHOD_NOT_ALLOWED,
            Self::RangeInvalid { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Damaged => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if let Self::RangeInvalid { size } = self {
            response.insert_header((header::CONTENT_RANGE, format!("bytes */{size}")));
        }
        if *self == Self::Unsupported {
            response.insert_header((header::ALLOW, "GET, HEAD"));
        }
        let error = json!({"code": self.code(), "message": self.to_string(), "detail": null});
        response.json(json!({"errors": [error]}))
    }
}
