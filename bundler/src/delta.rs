//! A delta: the same release, with blobs left out that the target proves to have.

use std::collections::BTreeSet;
use std::path::PathBuf;

use cg_bundle_format::{Carriage, Digest, Limits, Manifest, Request};

use crate::cli::Delta;
use crate::error::Error;
use crate::holdings::Holdings;
use crate::opened::read_bounded;
use crate::release::Carry;

/// Which blobs travel.
#[derive(Debug)]
pub(crate) enum Travel {
    /// All.
    Everything,
    /// Those that the target does not have.
    AllBut(Holdings),
    /// Those that a host asked for, by this file.
    Only(PathBuf, Request, BTreeSet<Digest>),
}

impl Travel {
    /// What the command line says.
    pub(crate) fn read(args: &Delta) -> Result<Self, Error> {
        if let Some(file) = &args.top_up {
            let limits = Limits::default();
            let bytes = read_bounded(file, limits.manifest_bytes)?;
            let request = Request::parse(&bytes, &limits)
                .map_err(|problem| Error::Config { file: file.clone(), problem })?;
            let wanted = request.blobs.iter().map(|wanted| wanted.digest).collect();
            return Ok(Self::Only(file.clone(), request, wanted));
        }
        if args.base.is_empty() {
            return Ok(Self::Everything);
        }
        Ok(Self::AllBut(Holdings::read(&args.base)?))
    }

    /// Whether this blob travels.
    pub(crate) fn carriage(&self, digest: &Digest) -> Carriage {
        let travels = match self {
            Self::Everything => true,
            Self::AllBut(holdings) => !holdings.has(digest),
            Self::Only(_, _, wanted) => wanted.contains(digest),
        };
        if travels { Carriage::Carried } else { Carriage::Expected }
    }

    /// Refuses a base or a request that belongs to something else than this release.
    pub(crate) fn check(&self, manifest: &Manifest) -> Result<(), Error> {
        match self {
            Self::Everything => Ok(()),
            Self::AllBut(holdings) => holdings.check(&manifest.product),
            Self::Only(file, request, _) => {
                let problem = |problem: String| Error::Config { file: file.clone(), problem };
                if request.product != manifest.product {
                    return Err(problem(format!(
                        "it asks for product {:?}, this is {:?}",
                        request.product, manifest.product
                    )));
                }
                let known: BTreeSet<Digest> =
                    manifest.blobs.iter().map(|blob| blob.digest).collect();
                let unknown = request.blobs.iter().find(|wanted| !known.contains(&wanted.digest));
                unknown.map_or(Ok(()), |wanted| {
                    Err(problem(format!(
                        "the host lacks {}, which release {} does not have; build the top-up from the configuration and the lock of release {}",
                        wanted.digest, manifest.version, request.version
                    )))
                })
            }
        }
    }
}

/// Decides for each blob whether it travels. Front entries that do not travel are no front entries:
/// the host has them in its store.
pub(crate) fn apply(manifest: &mut Manifest, carriage: Carry<'_>) {
    let mut left_out: BTreeSet<Digest> = BTreeSet::new();
    for blob in &mut manifest.blobs {
        blob.carriage = carriage(&blob.digest);
        if blob.carriage == Carriage::Expected {
            left_out.insert(blob.digest);
        }
    }
    manifest.front.retain(|front| !left_out.contains(&front.blob));
}

/// Bytes that travel.
pub(crate) fn carried_bytes(manifest: &Manifest) -> u64 {
    let carried = manifest.blobs.iter().filter(|blob| blob.carriage == Carriage::Carried);
    carried.map(|blob| blob.stored_size).sum()
}

/// Blobs that the target must have.
pub(crate) fn expected(manifest: &Manifest) -> BTreeSet<Digest> {
    let expected = manifest.blobs.iter().filter(|blob| blob.carriage == Carriage::Expected);
    expected.map(|blob| blob.digest).collect()
}
