//! The request for a top-up: written when a bundle leaves out what this host lacks, before anything is changed.

use std::path::PathBuf;

use cg_bundle_format::{Blob, Request, VerifiedRelease};

use super::Session;
use crate::error::Error;
use crate::files;

/// Where a request goes.
pub(super) struct Ask {
    /// The file; none where nobody wants one.
    pub(super) file: Option<PathBuf>,
}

impl Ask {
    /// Writes the request for what is absent, and tells in the refusal where it is and what to do with it.
    pub(super) fn explain(
        &self,
        session: &Session<'_>,
        error: Error,
        release: &VerifiedRelease,
        absent: &[&Blob],
    ) -> Error {
        match error {
            Error::Preflight(mut lines) if !absent.is_empty() => {
                lines.push(self.write(session, release, absent));
                Error::Preflight(lines)
            }
            other => other,
        }
    }

    /// What the operator does next.
    fn write(&self, session: &Session<'_>, release: &VerifiedRelease, absent: &[&Blob]) -> String {
        let Some(file) = &self.file else {
            return "run this with --request FILE for a list of them that the packager can use"
                .to_owned();
        };
        let wanted = absent.iter().map(|blob| blob.digest).collect();
        let bytes = Request::new(release.manifest(), release.digest(), &wanted).to_bytes();
        match files::replace(session.host, file, &bytes, 0o644) {
            Ok(()) => format!(
                "a request for them is in {0}: the packager makes a top-up with `codegraph-bundle build --top-up {0}`; then give the same command with --top-up and the folder of its volumes",
                file.display()
            ),
            Err(error) => format!(
                "the request for them could not be written ({error}); name another place with --request FILE"
            ),
        }
    }
}
