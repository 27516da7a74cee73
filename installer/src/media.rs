//! The media of one release, of which not all need to be there at once: what lies on those that are there is
//! used, then the others are asked for, in any order.

mod wish;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cg_bundle_format::{BundleReader, Digest, Payload, TrustAnchor, VolumeFile};

use self::wish::Wish;
use crate::error::Error;
use crate::host::HostPaths;
use crate::ingest::Lack;
use crate::progress::Talk;
use crate::trust_policy::{self, Accepted, Claims};
use crate::trust_state;

/// Entries of a folder that are looked at.
const MOST_ENTRIES: usize = 10_000;

/// The volumes of a release that are there now.
pub struct Media {
    places: Vec<PathBuf>,
    anchor: TrustAnchor,
    payload: Payload,
    used: BTreeSet<String>,
    seen: BTreeSet<u32>,
}

impl Media {
    /// Signature, policy and headers of the volumes at `places`: enough for a plan, in a moment whatever the size.
    pub fn open(
        paths: &HostPaths,
        places: &[PathBuf],
        claims: &Claims,
    ) -> Result<(Self, Accepted), Error> {
        let bundle = BundleReader::open(places)?;
        let anchor = trust_state::anchor(paths, claims.said)?;
        let release = bundle.verify_signature(&anchor.anchor)?;
        let accepted = trust_policy::accept(paths, claims, anchor.first_trust, &release)?;
        let payload = release.scan()?;
        let (used, seen) = (names(&payload), numbers(&payload));
        let places = places.to_vec();
        Ok((Self { places, anchor: anchor.anchor, payload, used, seen }, accepted))
    }

    /// What is there.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The same without the way to others.
    pub fn into_payload(self) -> Payload {
        self.payload
    }

    /// File names of all volumes that were there so far.
    pub fn used(&self) -> &BTreeSet<String> {
        &self.used
    }

    /// Their numbers.
    pub fn seen(&self) -> &BTreeSet<u32> {
        &self.seen
    }

    /// Lets go of the media, has a person put in others that bring what is lacking, and opens those. Volumes
    /// that are `finished` are not asked for. Where nobody can be asked, says what is lacking; `fate` tells
    /// what became of the media that were there.
    pub fn exchange(
        self,
        lack: Lack,
        finished: &BTreeSet<u32>,
        talk: Talk,
        fate: &'static str,
    ) -> Result<Self, Error> {
        let wish = Wish::new(&self.payload, &lack, finished);
        let wrong = |fault: &cg_bundle_format::Error| {
            matches!(fault, cg_bundle_format::Error::Refused { .. })
        };
        // Bytes that are not the signed ones are a refusal, unless somebody is there to say that the medium is bad.
        let refused = lack.faults.iter().any(wrong) && !talk.can_ask();
        if (refused || wish.is_none())
            && let Some(error) = lack.into_error(&self.payload)
        {
            return Err(error.into());
        }
        if !talk.can_ask() {
            return Err(wish.error(fate));
        }
        let release = self.payload.release().digest();
        let Self { places, anchor, payload, mut used, mut seen } = self;
        // A medium that is held open cannot be taken out.
        drop(payload);
        loop {
            if !talk.ask(&wish.question()) {
                return Err(wish.error(fate));
            }
            match reopen(&places, &anchor, release, talk) {
                Err(error) => talk.say(&format!("not usable: {error}")),
                Ok(None) => {
                    talk.say(&format!("no volume of this release lies in {}", list(&places)))
                }
                Ok(Some(payload)) if !wish.is_met_by(&payload) => {
                    talk.say("the volumes that are there now are not the ones that are needed");
                }
                Ok(Some(payload)) => {
                    used.extend(names(&payload));
                    seen.extend(numbers(&payload));
                    return Ok(Self { places, anchor, payload, used, seen });
                }
            }
        }
    }
}

/// The volumes of `release` that lie at the places now; those of others are left alone.
fn reopen(
    places: &[PathBuf],
    anchor: &TrustAnchor,
    release: Digest,
    talk: Talk,
) -> Result<Option<Payload>, Error> {
    let mut ours = Vec::new();
    for file in volumes(places) {
        match BundleReader::open(std::slice::from_ref(&file)) {
            Ok(bundle) if bundle.claimed_release() == release => ours.push(file),
            Ok(_) => talk.say(&format!("{} belongs to another release", file.display())),
            Err(error) => talk.say(&format!("not usable: {error}")),
        }
    }
    if ours.is_empty() {
        return Ok(None);
    }
    let verified = BundleReader::open(&ours)?.verify_signature(anchor)?;
    if verified.digest() != release {
        return Ok(None);
    }
    Ok(Some(verified.scan()?))
}

/// Volume files in the folders that were named, and in those of the files that were named: the next medium
/// comes to the same place under another file name.
fn volumes(places: &[PathBuf]) -> BTreeSet<PathBuf> {
    let folders: BTreeSet<PathBuf> = places
        .iter()
        .map(|place| match place.parent() {
            _ if place.is_dir() => place.clone(),
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        })
        .collect();
    let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok());
    let files = entries.flat_map(|entries| entries.take(MOST_ENTRIES).flatten());
    let is_volume = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "cgb");
    files.map(|entry| entry.path()).filter(is_volume).collect()
}

fn names(payload: &Payload) -> BTreeSet<String> {
    payload.release().volumes().iter().map(|volume| file_name(volume.path())).collect()
}

fn numbers(payload: &Payload) -> BTreeSet<u32> {
    payload.release().volumes().iter().map(VolumeFile::number).collect()
}

/// The last part of a path, as text.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn list(places: &[PathBuf]) -> String {
    places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", ")
}
