//! The bundle format, version 1: manifest, trust, volumes, read and write. `docs/bundle-format.md`
//! describes it for people who have only `tar`, `sha256sum` and `openssl`.
//!
//! Order is safety here, and the types keep it:
//!
//! ```text
//! BundleReader::open(&paths)          volumes found, bounded headers read, nothing parsed that matters
//!   -> UnverifiedBundle
//!      .verify_signature(&anchor)     root chain proven, signatures counted, then release.json parsed
//!   -> VerifiedRelease                manifest(), missing_volumes(), volumes()
//!      .scan()                        every tar header of every volume held against the manifest
//!   -> Payload                        verify_all(), open_blob(), read_small_blob()
//!      -> VerifiedChunk               bytes whose SHA-256 stood in the signed lists
//! ```

mod attach;
mod check;
mod check_needs;
mod chunks;
mod decode;
mod digest;
mod encode;
mod envelope;
mod error;
mod hint;
mod index;
mod json;
mod keys;
mod limits;
mod locks;
mod manifest;
mod names;
mod needs;
mod note;
mod path;
mod payload;
mod permit;
mod plan;
mod read;
mod release;
mod request;
mod root;
mod scan;
mod signatures;
mod tar;
mod texts;
mod trust;
mod verify;
mod write;

pub use attach::attach_signatures;
pub use chunks::{ChunkLists, ListBuilder};
pub use decode::{BlobDecoder, Checkpoint};
pub use digest::{Digest, Hasher, HasherState};
pub use encode::{FRAME_SIZE, Shrinks, compress, sample_shrinks};
pub use envelope::{Check, Envelope};
pub use error::{Error, Part};
pub use hint::HintRun;
pub use keys::{
    KeyId, PERMIT_PREFIX, PublicKey, RELEASE_PREFIX, ROOT_PREFIX, Signature, SigningKey,
};
pub use limits::{CHUNK_SIZE, Limits, MIN_CHUNK_SIZE};
pub use locks::Selection;
pub use manifest::{
    Artifact, Blob, Carriage, Component, DiskNeed, Encoding, FORMAT_VERSION, Front, Image,
    Manifest, Mode, Model, Need, Origin, Placement, Replaces, Role, Sbom,
};
pub use needs::{Alternative, Requires};
pub use note::{NoteFacts, format_note};
pub use path::PlainPath;
pub use payload::{BlobChunks, ChunkPlace, Payload, VerifiedChunk};
pub use permit::{DowngradePermit, NamedRelease, SignedPermit};
pub use plan::{VolumePlan, plan_volumes};
pub use read::{BundleReader, UnverifiedBundle, VolumeFile};
pub use release::VerifiedRelease;
pub use request::{Request, Wanted};
pub use root::{Algorithm, CounterFloor, Purpose, RoleKeys, Root, RootKey};
pub use signatures::{KeySignature, Signatures, Signed};
pub use texts::shown;
pub use trust::{FirstUse, RootChain, SignedRoot, TrustAnchor, TrustedRoot};
pub use verify::{Survey, VerifyProgress, VerifyReport};
pub use write::{ChunkSource, Take, VolumeName, WriteJob, WriteProgress, write_volumes};
