//! Certificates that the site brings: checked before anything is written, then kept as they are.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{MAX_BYTES, Places, keys, read};
use crate::clock;
use crate::error::Error;
use crate::files;
use crate::host::{Host, HostPaths};

/// Files that the site brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// The server's certificate, and those between it and the authority.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The authority's certificate.
    pub authority: Option<PathBuf>,
}

/// What was read and found good.
pub struct Read {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
    authority: Option<Vec<u8>>,
}

/// Reads and checks the files; writes nothing.
pub fn check_brought(host: &dyn Host, brought: &Brought) -> Result<Read, Error> {
    let certificate = read_file(&brought.certificate)?;
    let key = Zeroizing::new(read_file(&brought.key)?);
    let authority = brought.authority.as_deref().map(read_file).transpose()?;
    check(host, brought, &certificate, &key, authority.as_deref())?;
    Ok(Read { certificate, key, authority })
}

/// Checks the files and puts them in place of what was there.
pub fn bring(host: &dyn Host, paths: &HostPaths, brought: &Brought) -> Result<(), Error> {
    let Read { certificate, key, authority } = check_brought(host, brought)?;
    let places = Places::of(paths);
    files::make_dir(host, &paths.credentials(), 0o700)?;
    files::make_dir(host, &paths.tls(), 0o755)?;
    files::replace(host, &places.server_key, &key, 0o600)?;
    files::replace(host, &places.server, &certificate, 0o644)?;
    match authority {
        Some(authority) => files::replace(host, &places.authority, &authority, 0o644)?,
        None => files::remove(host, &places.authority)?,
    }
    // Last: as long as it is there, nothing that was lost on the way is taken for lost by the site.
    files::remove(host, &places.authority_key)
}

fn check(
    host: &dyn Host,
    brought: &Brought,
    certificate: &[u8],
    key: &[u8],
    authority: Option<&[u8]>,
) -> Result<(), Error> {
    let refuse = |path: &Path, problem: String| {
        Error::Usage(format!("{} cannot be used: {problem}; nothing was changed", path.display()))
    };
    let chain = read::chain(certificate).map_err(|words| refuse(&brought.certificate, words))?;
    let public = keys::public_of(key).map_err(|words| refuse(&brought.key, words))?;
    let Some(server) = chain.first() else { return Ok(()) };
    if public.is_some_and(|public| public != server.public_key) {
        let problem = format!("it is not the key of {}", brought.certificate.display());
        return Err(refuse(&brought.key, problem));
    }
    if server.is_ours() {
        let problem =
            "it was made by this installer; `codegraph-install certificates renew` makes it anew";
        return Err(refuse(&brought.certificate, problem.to_owned()));
    }
    if server.not_after <= host.now() {
        let problem = format!("it ran out on {}", clock::text(server.not_after));
        return Err(refuse(&brought.certificate, problem));
    }
    for pair in chain.windows(2) {
        if !pair[0].is_issued_by(&pair[1]) {
            let problem = format!(
                "{} is followed by {}, which did not issue it",
                pair[0].subject, pair[1].subject
            );
            return Err(refuse(&brought.certificate, problem));
        }
    }
    if let (Some(pem), Some(path), Some(last)) = (authority, &brought.authority, chain.last()) {
        let roots = read::chain(pem).map_err(|words| refuse(path, words))?;
        let is_root = |root: &read::Certificate| last.is_issued_by(root) || last == root;
        if !roots.iter().any(is_root) {
            let problem = format!("it did not issue {}, which names {}", last.subject, last.issuer);
            return Err(refuse(path, problem));
        }
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    files::read_bounded(path, MAX_BYTES)?
        .ok_or_else(|| Error::Usage(format!("{} is not there", path.display())))
}
