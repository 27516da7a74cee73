//! TLS on a closed site: an authority of this host's own and a server certificate, or what the site brings.
//!
//! The authority has no end: nobody reissues it in the field. The server's certificate lives as long as
//! every common client accepts, a timer makes it anew months before its end, and what the site brought
//! is never touched, only warned about.

mod bring;
mod ensure;
mod issue;
mod keys;
mod read;

use std::path::PathBuf;

use serde::Serialize;

use crate::clock;
use crate::error::Error;
use crate::files;
use crate::host::HostPaths;
use crate::preflight::{Line, Verdict};

pub use bring::{Brought, bring, check_brought};
pub use ensure::{Done, Wish, check_names, ensure};
pub use read::Certificate;

/// The organisation in the names of what is made here; by it our own certificates are known.
pub const ORGANISATION: &str = "CodeGraph appliance";
/// Units that read the certificate when they start.
pub const USED_BY: [&str; 1] = ["codegraph-registry.service"];
/// The private key of the server, as the credential is named.
pub const SERVER_KEY: &str = "tls.key";
/// The private key of the authority; no service gets it.
pub const AUTHORITY_KEY: &str = "tls-authority.key";
/// Days before the end at which people are warned.
const WARN_DAYS: u64 = 60;
/// Bytes of a file with certificates or a key.
const MAX_BYTES: u64 = 256 << 10;
const DAY: u64 = 86_400;

/// Where the parts lie.
#[derive(Debug, Clone)]
pub struct Places {
    /// The server's certificate and those after it.
    pub server: PathBuf,
    /// Its key.
    pub server_key: PathBuf,
    /// The authority's certificate, for clients to trust.
    pub authority: PathBuf,
    /// Its key; absent where the site brings the certificate.
    pub authority_key: PathBuf,
}

impl Places {
    /// The places below these paths.
    pub fn of(paths: &HostPaths) -> Self {
        Self {
            server: paths.tls().join("server.crt"),
            server_key: paths.credentials().join(SERVER_KEY),
            authority: paths.tls().join("ca.crt"),
            authority_key: paths.credentials().join(AUTHORITY_KEY),
        }
    }
}

/// Who made the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Maker {
    /// There is none.
    #[default]
    Nobody,
    /// This installer.
    Installer,
    /// The site.
    Site,
}

/// What there is of certificates.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Found {
    /// Who made the server's certificate.
    pub maker: Maker,
    /// The server's certificate.
    pub server: Option<Certificate>,
    /// The authority's certificate.
    pub authority: Option<Certificate>,
    /// What is wrong with the files, in words.
    pub problem: Option<String>,
    /// Seconds since 1970 when it was looked.
    pub at: u64,
}

/// Looks at the certificates. Damaged files are told in `problem`, not as an error.
pub fn look(paths: &HostPaths, now: u64) -> Result<Found, Error> {
    let places = Places::of(paths);
    let mut found = Found { at: now, ..Found::default() };
    let mut problems = Vec::new();
    for (path, slot) in
        [(&places.server, &mut found.server), (&places.authority, &mut found.authority)]
    {
        match read::file(path) {
            Ok(certificates) => *slot = certificates.into_iter().next(),
            Err(Error::State { problem, .. }) => {
                problems.push(format!("{} is damaged: {problem}", path.display()));
            }
            Err(other) => return Err(other),
        }
    }
    found.maker = match &found.server {
        None => Maker::Nobody,
        Some(server) if server.is_ours() => Maker::Installer,
        Some(_) => Maker::Site,
    };
    // Who may not read the key cannot tell whether it fits.
    if let Some(server) = &found.server
        && let Ok(Some(key)) = files::read_bounded(&places.server_key, MAX_BYTES)
    {
        match keys::public_of(&key) {
            Ok(public) if public.as_ref().is_none_or(|public| *public == server.public_key) => {}
            Ok(_) => problems.push(format!(
                "{} is not the key of {}",
                places.server_key.display(),
                places.server.display()
            )),
            Err(words) => problems.push(format!("{}: {words}", places.server_key.display())),
        }
    } else if found.server.is_some() && !places.server_key.exists() {
        problems.push(format!("{} is missing", places.server_key.display()));
    }
    found.problem = (!problems.is_empty()).then(|| problems.join("; "));
    Ok(found)
}

/// What is to be said about the certificates: for preflight, status and doctor.
pub fn lines(found: &Found) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(problem) = &found.problem {
        lines.push(
            Line::good("certificate", "damaged", "")
                .but(Verdict::Warns, format!("{problem}; {}", remedy(found.maker))),
        );
    }
    for (check, certificate) in [("certificate", &found.server), ("authority", &found.authority)] {
        let Some(certificate) = certificate else { continue };
        let until = clock::text(certificate.not_after);
        let text = format!("{} until {}", certificate.names_text(), &until[..10]);
        let line = Line::good(check, text, "");
        let left = certificate.days_left(found.at);
        lines.push(if certificate.not_before > found.at {
            let from = clock::text(certificate.not_before);
            line.but(
                Verdict::Warns,
                format!(
                    "the {check} is good from {from} only; {}, and look at the clock of this host",
                    remedy(found.maker)
                ),
            )
        } else if left == 0 {
            line.but(
                Verdict::Warns,
                format!("the {check} ran out on {until}; {}", remedy(found.maker)),
            )
        } else if left <= WARN_DAYS {
            line.but(
                Verdict::Warns,
                format!("the {check} runs out in {left} days, on {until}; {}", remedy(found.maker)),
            )
        } else {
            line
        });
    }
    lines
}

/// The warnings alone.
pub fn warnings(paths: &HostPaths, now: u64) -> Result<Vec<String>, Error> {
    let lines = lines(&look(paths, now)?);
    Ok(lines.into_iter().map(|line| line.advice).filter(|advice| !advice.is_empty()).collect())
}

fn remedy(maker: Maker) -> &'static str {
    match maker {
        Maker::Site => {
            "bring a new one with `codegraph-install certificates import --cert FILE --key FILE`"
        }
        Maker::Installer | Maker::Nobody => {
            "run `codegraph-install certificates renew`, and see why codegraph-certificates.timer did not"
        }
    }
}

#[cfg(test)]
mod tests;
