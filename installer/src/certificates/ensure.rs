//! Makes what is missing of the site's certificates, and anew what runs out. Each part is decided from
//! what lies there, so a run that was stopped anywhere is completed by the next.

use std::path::Path;

use p256::ecdsa::SigningKey;

use super::issue::{self, Serial};
use super::read::{self, Certificate};
use super::{MAX_BYTES, Places, keys};
use crate::error::{Context as _, Error};
use crate::host::{Host, HostPaths};
use crate::{clock, files, trust_state};

/// Days before its end at which a certificate is made anew: twice as long as people are warned.
const RENEW_DAYS: u64 = 120;
/// Names that every host answers to itself.
const OWN_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// Names in one certificate.
const MAX_NAMES: usize = 100;

/// What is wanted of the certificate that is made here.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Further names and addresses.
    pub names: Vec<String>,
    /// Make it anew although it is good.
    pub is_forced: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// All is good and stays as it is.
    Kept,
    /// The server's certificate was made.
    Made,
    /// The site brought its own; it is never changed.
    OfTheSite,
}

/// Makes what is missing or runs out. What the site brought stays untouched.
pub fn ensure(host: &dyn Host, paths: &HostPaths, wish: &Wish) -> Result<Done, Error> {
    let places = Places::of(paths);
    check_names(&wish.names)?;
    let server = read::file(&places.server)?.into_iter().next();
    if is_of_the_site(&places, server.as_ref())? {
        if wish.names.is_empty() && !wish.is_forced {
            return Ok(Done::OfTheSite);
        }
        return Err(Error::Usage(format!(
            "{} was brought by the site and is never changed here; bring another one with `codegraph-install certificates import`, or remove it to have one made",
            places.server.display()
        )));
    }
    let now = now(host, paths)?;
    files::make_dir(host, &paths.credentials(), 0o700)?;
    files::make_dir(host, &paths.tls(), 0o755)?;
    let authority_key = key(host, &places.authority_key)?;
    let authority = authority(host, paths, &places, &authority_key)?;
    let server_key = key(host, &places.server_key)?;
    let names = names(paths, server.as_ref(), &wish.names);
    let is_good = |server: &Certificate| {
        !wish.is_forced
            && server.is_issued_by(&authority)
            && server.public_key == public_of(&server_key)
            && server.not_before <= now
            && server.days_left(now) > RENEW_DAYS
            && names.iter().all(|name| server.names.contains(name))
    };
    if server.as_ref().is_some_and(is_good) {
        return Ok(Done::Kept);
    }
    let make = issue::Server {
        names: &names,
        key: &server_key,
        now,
        authority: &authority,
        authority_key: &authority_key,
    };
    let pem = issue::server(&make, serial(host, &places.server)?)
        .map_err(|problem| cannot(&places.server, problem))?;
    files::replace(host, &places.server, pem.as_bytes(), 0o644)?;
    Ok(Done::Made)
}

/// Refuses what no certificate can be made for.
pub fn check_names(names: &[String]) -> Result<(), Error> {
    match names.iter().find(|name| !issue::is_name(name)) {
        None => Ok(()),
        Some(bad) => Err(Error::Usage(format!("{bad:?} is neither a host's name nor an address"))),
    }
}

/// Whether the site brought the certificate. Files of the site that are not complete are an error.
fn is_of_the_site(places: &Places, server: Option<&Certificate>) -> Result<bool, Error> {
    let has_own_authority = places.authority_key.exists();
    match server {
        Some(server) if server.is_ours() => Ok(false),
        Some(server) => {
            let Some(key) = files::read_bounded(&places.server_key, MAX_BYTES)? else {
                return Err(incomplete(places, "its key is missing"));
            };
            match keys::public_of(&key) {
                Ok(public) if public.as_ref().is_none_or(|bits| *bits == server.public_key) => {
                    Ok(true)
                }
                Ok(_) => Err(incomplete(places, "the key belongs to another certificate")),
                Err(words) => Err(incomplete(places, &words)),
            }
        }
        None if places.server_key.exists() && !has_own_authority => {
            Err(incomplete(places, "the certificate is missing"))
        }
        None => Ok(false),
    }
}

fn incomplete(places: &Places, what: &str) -> Error {
    Error::Usage(format!(
        "the site's certificate {} and its key {} do not make a pair: {what}; bring both with --tls-cert and --tls-key (or `codegraph-install certificates import`), or remove both to have them made",
        places.server.display(),
        places.server_key.display()
    ))
}

/// The authority's certificate: made where it is missing or belongs to another key.
fn authority(
    host: &dyn Host,
    paths: &HostPaths,
    places: &Places,
    key: &SigningKey,
) -> Result<Certificate, Error> {
    let there = read::file(&places.authority)?.into_iter().next();
    if let Some(there) = there.filter(|there| there.public_key == public_of(key)) {
        return Ok(there);
    }
    let name = host_name(paths).unwrap_or_else(|| "this host".to_owned());
    let pem = issue::authority(&name, key, serial(host, &places.authority)?)
        .map_err(|problem| cannot(&places.authority, problem))?;
    files::replace(host, &places.authority, pem.as_bytes(), 0o644)?;
    let made = read::chain(pem.as_bytes()).map_err(|problem| cannot(&places.authority, problem))?;
    made.into_iter().next().ok_or_else(|| cannot(&places.authority, "it is empty".to_owned()))
}

/// The key in this place: the one that lies there, or a new one.
fn key(host: &dyn Host, place: &Path) -> Result<SigningKey, Error> {
    if let Some(pem) = files::read_bounded(place, MAX_BYTES)? {
        return keys::from_pem(&pem).map_err(|problem| Error::State {
            path: place.to_path_buf(),
            problem: format!(
                "{problem}; restore it from a backup, or remove it to have a new one made"
            ),
        });
    }
    let key = keys::make(host, place)?;
    let pem = keys::to_pem(&key).map_err(|problem| cannot(place, problem))?;
    files::replace(host, place, pem.as_bytes(), 0o600)?;
    Ok(key)
}

/// The clock, but never before the newest time that a trusted key has signed.
fn now(host: &dyn Host, paths: &HostPaths) -> Result<u64, Error> {
    let signed = trust_state::read(paths)?.and_then(|trust| clock::seconds(&trust.newest_issued));
    Ok(host.now().max(signed.unwrap_or(0)))
}

/// The host's name first, then what the former certificate had, then what is asked for.
fn names(paths: &HostPaths, former: Option<&Certificate>, asked: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let former = former.map_or(&[][..], |former| &former.names);
    let own = OWN_NAMES.map(str::to_owned);
    let names = host_name(paths).into_iter().chain(own).chain(former.iter().cloned());
    for name in names.chain(asked.iter().cloned()) {
        if !all.contains(&name) && all.len() < MAX_NAMES {
            all.push(name);
        }
    }
    all
}

fn host_name(paths: &HostPaths) -> Option<String> {
    let places = [paths.at("/etc/hostname"), paths.machine("/proc/sys/kernel/hostname")];
    places.iter().find_map(|place| {
        let bytes = files::read_bounded(place, 4096).ok()??;
        let text = String::from_utf8_lossy(&bytes);
        let name = text.lines().map(str::trim).find(|l| !l.is_empty() && !l.starts_with('#'))?;
        (issue::is_name(name) && !name.starts_with('*')).then(|| name.to_ascii_lowercase())
    })
}

fn public_of(key: &SigningKey) -> Vec<u8> {
    key.verifying_key().to_encoded_point(false).as_bytes().to_vec()
}

fn serial(host: &dyn Host, place: &Path) -> Result<Serial, Error> {
    let mut serial = Serial::default();
    host.random(&mut serial).at("cannot get random bytes for", place)?;
    Ok(serial)
}

fn cannot(place: &Path, problem: String) -> Error {
    Error::Io {
        action: "cannot make",
        path: place.to_path_buf(),
        source: std::io::Error::other(problem),
    }
}
