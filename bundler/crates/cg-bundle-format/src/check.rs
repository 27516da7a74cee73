//! What a manifest must fulfil beyond its types. Runs after the signature was checked.

use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::FORMAT_VERSION;
use crate::{
    Blob, CHUNK_SIZE, Carriage, Digest, Encoding, Limits, MIN_CHUNK_SIZE, Manifest, json, names,
};

/// Builds of one file: for every host, and for each kind of accelerator.
const MOST_BUILDS: usize = 8;
/// Dotted names that `critical` may list: everything that this reader acts upon.
const UNDERSTOOD: [&str; 20] = [
    "advise_after",
    "alternatives",
    "artifacts",
    "blobs",
    "blobs.carriage",
    "blobs.encoding",
    "components",
    "disk",
    "format_note",
    "front",
    "images",
    "migrates_from",
    "minimum_installer",
    "models",
    "placements",
    "release_counter",
    "replaces",
    "requires",
    "sboms",
    "issued",
];

impl Manifest {
    /// Parses and checks the exact, already trusted bytes of a `release.json`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, String> {
        let manifest: Self = json::parse(bytes, limits.json_depth)?;
        manifest.check(limits)?;
        Ok(manifest)
    }

    /// The bytes that are signed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        json::write(self)
    }

    /// The blob of this name, with its number in the list.
    #[must_use]
    pub fn blob(&self, digest: &Digest) -> Option<(usize, &Blob)> {
        self.blobs.iter().enumerate().find(|(_, blob)| blob.digest == *digest)
    }

    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn check(&self, limits: &Limits) -> Result<(), String> {
        if self.format != FORMAT_VERSION {
            return Err(format!(
                "format {} is unknown; this program reads format {FORMAT_VERSION}",
                self.format
            ));
        }
        if let Some(field) =
            self.critical.iter().find(|field| !UNDERSTOOD.contains(&field.as_str()))
        {
            return Err(format!(
                "critical field {field:?} is unknown to this program; use a newer one"
            ));
        }
        for (what, text) in [
            ("product", &self.product),
            ("line", &self.line),
            ("version", &self.version),
            ("arch", &self.arch),
            ("minimum_installer", &self.minimum_installer),
        ] {
            let plain = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
            if text.is_empty()
                || text.len() > 64
                || !text.chars().all(plain)
                || text.starts_with('.')
            {
                return Err(format!("{what} {text:?} must be 1 to 64 letters, digits or . _ + -"));
            }
        }
        self.check_texts()?;
        check_time("issued", &self.issued)?;
        if !self.advise_after.is_empty() {
            check_time("advise_after", &self.advise_after)?;
        }
        for (what, count) in [
            ("blobs", self.blobs.len()),
            ("placements", self.placements.len()),
            ("components", self.components.len()),
            ("front", self.front.len()),
            ("images", self.images.len()),
            ("artifacts", self.artifacts.len()),
            ("models", self.models.len()),
            ("sboms", self.sboms.len()),
            ("disk", self.disk.len()),
        ] {
            if count > limits.items {
                return Err(format!("{count} {what}; at most {} are allowed", limits.items));
            }
        }
        let components = self.check_components()?;
        self.check_needs()?;
        let blobs = self.check_blobs(&components, limits)?;
        self.check_front(&blobs, limits)?;
        self.check_placements(&components, &blobs)?;
        self.check_references(&components, &blobs)
    }

    fn check_components(&self) -> Result<BTreeSet<&str>, String> {
        let mut names = BTreeSet::new();
        for component in &self.components {
            let plain =
                component.name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
            if component.name.is_empty() || component.name.len() > 64 || !plain {
                return Err(format!(
                    "component {:?} must be 1 to 64 letters, digits or . _ -",
                    component.name
                ));
            }
            if !names.insert(component.name.as_str()) {
                return Err(format!("component {:?} is listed twice", component.name));
            }
        }
        Ok(names)
    }

    fn check_blobs(
        &self,
        components: &BTreeSet<&str>,
        limits: &Limits,
    ) -> Result<BTreeMap<Digest, &Blob>, String> {
        let mut blobs = BTreeMap::new();
        let mut total = 0u64;
        for blob in &self.blobs {
            let name = blob.digest;
            if blobs.insert(name, blob).is_some() {
                return Err(format!("blob {name} is listed twice"));
            }
            known(components, &blob.component, &format!("blob {name}"))?;
            if blob.size > limits.blob_bytes || blob.stored_size > limits.blob_bytes {
                return Err(format!("blob {name} is larger than {} bytes", limits.blob_bytes));
            }
            if !blob.chunk_size.is_power_of_two()
                || !(MIN_CHUNK_SIZE..=CHUNK_SIZE).contains(&blob.chunk_size)
            {
                return Err(format!(
                    "blob {name}: chunk size {} must be a power of two from {MIN_CHUNK_SIZE} to {CHUNK_SIZE}",
                    blob.chunk_size
                ));
            }
            if blob.chunk_count() > Blob::MAX_CHUNKS {
                return Err(format!("blob {name} has more than {} chunks", Blob::MAX_CHUNKS));
            }
            let same = blob.size == blob.stored_size && blob.digest == blob.stored_digest;
            match blob.encoding {
                Encoding::Identity if !same => {
                    return Err(format!(
                        "blob {name} is stored as it is, but its sizes or digests differ"
                    ));
                }
                Encoding::Zstd if blob.size == 0 || blob.stored_size == 0 => {
                    return Err(format!("blob {name} is empty and must be stored as it is"));
                }
                Encoding::Identity | Encoding::Zstd => {}
            }
            total = total
                .checked_add(blob.size)
                .and_then(|sum| sum.checked_add(blob.stored_size))
                .ok_or("the sizes of all blobs overflow")?;
        }
        Ok(blobs)
    }

    fn check_front(&self, blobs: &BTreeMap<Digest, &Blob>, limits: &Limits) -> Result<(), String> {
        let mut paths = BTreeSet::new();
        let mut seen = BTreeSet::new();
        for front in &self.front {
            let path = &front.path;
            let blob = blobs
                .get(&front.blob)
                .ok_or_else(|| format!("front entry {path}: blob {} is not listed", front.blob))?;
            if !names::allowed_in_front(path) {
                return Err(format!("front entry {path} bears a name that the format uses itself"));
            }
            if !paths.insert(path.as_str().to_ascii_lowercase()) || !seen.insert(front.blob) {
                return Err(format!("front entry {path}: its path or its blob is listed twice"));
            }
            if blob.encoding != Encoding::Identity
                || blob.carriage != Carriage::Carried
                || blob.size > limits.front_bytes
            {
                return Err(format!(
                    "front entry {path} must be carried, stored as it is, and at most {} bytes",
                    limits.front_bytes
                ));
            }
        }
        Ok(())
    }

    fn check_placements(
        &self,
        components: &BTreeSet<&str>,
        blobs: &BTreeMap<Digest, &Blob>,
    ) -> Result<(), String> {
        let mut owners: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for placement in &self.placements {
            let path = &placement.path;
            known(components, &placement.component, &format!("placement {path}"))?;
            if !blobs.contains_key(&placement.blob) {
                return Err(format!("placement {path}: blob {} is not listed", placement.blob));
            }
            // Names that differ in case only would fall together on some file systems.
            let takers = owners.entry(path.as_str().to_ascii_lowercase()).or_default();
            let component = placement.component.as_str();
            let exclude = |other: &&str| self.exclude_each_other(component, other);
            if !takers.iter().all(exclude) || takers.len() >= MOST_BUILDS {
                return Err(format!("placement {path} is listed twice (case is ignored)"));
            }
            takers.push(component);
        }
        for path in owners.keys() {
            for (end, _) in path.match_indices('/') {
                if owners.contains_key(&path[..end]) {
                    return Err(format!("placement {path} lies below a placement that is a file"));
                }
            }
        }
        for reserved in ["models.lock", "images.lock", "release.json"] {
            if owners.contains_key(reserved) {
                return Err(format!("placement {reserved} is written by the installer itself"));
            }
        }
        Ok(())
    }

    fn check_references(
        &self,
        components: &BTreeSet<&str>,
        blobs: &BTreeMap<Digest, &Blob>,
    ) -> Result<(), String> {
        let manifests = self.images.iter().map(|i| (&i.reference, i.digest, i.size, &i.component));
        let artifacts =
            self.artifacts.iter().map(|a| (&a.reference, a.digest, a.size, &a.component));
        let mut references = BTreeSet::new();
        for (reference, digest, size, component) in manifests.chain(artifacts) {
            known(components, component, &format!("image or artifact {reference:?}"))?;
            if blobs.get(&digest).is_none_or(|blob| blob.size != size) {
                return Err(format!(
                    "image or artifact {reference:?}: no blob {digest} of {size} bytes is listed"
                ));
            }
            if reference.is_empty() || reference.len() > 256 || !references.insert(reference) {
                return Err(format!(
                    "image or artifact {reference:?} has no name, a too long name, or stands twice"
                ));
            }
        }
        let mut ids = BTreeSet::new();
        for model in &self.models {
            known(components, &model.component, &format!("model {:?}", model.id))?;
            if !ids.insert(&model.id) {
                return Err(format!("model {:?} is listed twice", model.id));
            }
            let below = format!("{}/", model.path);
            let placed = |path: &str| path == model.path.as_str() || path.starts_with(&below);
            if !self
                .placements
                .iter()
                .any(|p| placed(p.path.as_str()) && p.component == model.component)
            {
                return Err(format!(
                    "model {:?}: nothing of component {:?} is placed at {}",
                    model.id, model.component, model.path
                ));
            }
        }
        for sbom in &self.sboms {
            if !blobs.contains_key(&sbom.blob) {
                return Err(format!("bill of material: blob {} is not listed", sbom.blob));
            }
        }
        for need in &self.disk {
            known(components, &need.component, "disk need")?;
        }
        Ok(())
    }
}

fn known(components: &BTreeSet<&str>, name: &str, what: &str) -> Result<(), String> {
    if components.contains(name) {
        Ok(())
    } else {
        Err(format!("{what} names component {name:?}, which is not listed"))
    }
}

/// `YYYY-MM-DDThh:mm:ssZ`, digits where digits belong; the calendar is not consulted.
fn check_time(what: &str, text: &str) -> Result<(), String> {
    let shape = text.len() == 20
        && text
            .bytes()
            .zip("0000-00-00T00:00:00Z".bytes())
            .all(|(byte, shape)| if shape == b'0' { byte.is_ascii_digit() } else { byte == shape });
    if shape { Ok(()) } else { Err(format!("{what} {text:?} must look like 2026-11-23T08:00:00Z")) }
}
