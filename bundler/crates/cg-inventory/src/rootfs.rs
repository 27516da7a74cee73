//! The files of interest of an image, layer over layer, as an overlay file system would show them.

use std::collections::BTreeMap;
use std::io::{self, Read};

use crate::tar::{Archive, Entry, Kind};
use crate::tracked::{self, Interest};
use crate::{Inventory, Limits, Package, copyright, inventory, layer, npm, pypi};

/// Marks a file that a layer takes away.
const WHITEOUT: &str = ".wh.";
/// Marks a folder of which nothing of the layers below is seen.
const OPAQUE: &str = ".wh..wh..opq";
/// Notes kept; an image with more is broken in one way many times.
const MOST_NOTES: usize = 20;
/// Characters of a note.
const MOST_NOTE: usize = 1000;

/// A layer could not be read to its end.
#[derive(Debug, thiserror::Error)]
#[error("layer {layer} cannot be read: {source}")]
pub struct Error {
    /// Counted from 1, the lowest first.
    pub layer: usize,
    /// Why.
    pub source: io::Error,
}

/// What is kept of a path.
#[derive(Debug, Clone)]
pub(crate) enum Held {
    Database(Vec<u8>),
    Licences(Vec<String>),
    /// What describes one package.
    Package(Option<Box<Package>>),
    /// A documentation folder that is another one's: its name.
    SameDocAs(String),
}

/// The image so far.
#[derive(Debug)]
pub struct Rootfs {
    limits: Limits,
    files: BTreeMap<String, Held>,
    notes: Vec<String>,
    layers: usize,
    /// Bytes in memory, counted upwards while a layer is read.
    held: u64,
}

impl Rootfs {
    /// An empty image.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, files: BTreeMap::new(), notes: Vec::new(), layers: 0, held: 0 }
    }

    /// Puts the next layer on top; `stored` is its blob: tar, gzip or zstd. After an error what was read
    /// of the layer counts, and a note says so.
    ///
    /// # Errors
    /// [`Error`] where the layer is damaged or beyond a limit.
    pub fn apply(&mut self, stored: impl Read) -> Result<(), Error> {
        self.layers += 1;
        let mut upper = BTreeMap::new();
        let outcome = self.walk(stored, &mut upper);
        self.files.append(&mut upper);
        self.held = self.files.iter().map(|(path, held)| weight(path, held)).sum();
        outcome.map_err(|source| {
            let error = Error { layer: self.layers, source };
            self.note(format!("{error}; packages in it may be left out"));
            error
        })
    }

    /// What the image holds.
    #[must_use]
    pub fn inventory(self) -> Inventory {
        inventory_of(self.files, self.notes, &self.limits)
    }

    fn note(&mut self, text: String) {
        if self.notes.len() < MOST_NOTES {
            // Names in a stranger's layer must not steer the terminal on which the note is read.
            let text = text.chars().map(|c| if c.is_control() { '?' } else { c });
            self.notes.push(text.take(MOST_NOTE).collect());
        }
    }

    fn hold(&mut self, path: &str, held: Held, upper: &mut BTreeMap<String, Held>) {
        self.held += weight(path, &held);
        if self.held > self.limits.held_bytes
            || self.files.len() + upper.len() > 4 * self.limits.packages
        {
            self.note(format!("/{path} is beyond the limits of memory; it was not read"));
            return;
        }
        upper.insert(path.to_owned(), held);
    }

    fn walk(&mut self, stored: impl Read, upper: &mut BTreeMap<String, Held>) -> io::Result<()> {
        let plain = layer::decoded(stored, self.limits.layer_bytes)?;
        let mut archive = Archive::new(plain, self.limits.text_bytes);
        let mut count = 0;
        while let Some(entry) = archive.next()? {
            count += 1;
            if count > self.limits.entries {
                let problem = format!("more than {} entries", self.limits.entries);
                return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
            }
            let Some(path) = tracked::normal(&entry.name) else { continue };
            if !self.whiteout(&path) {
                self.entry(&path, &entry, &mut archive, upper)?;
            }
        }
        Ok(())
    }

    /// Takes away from the layers below. They are apart from this one: the order inside of a layer does not matter.
    fn whiteout(&mut self, path: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if name == OPAQUE {
            self.remove_below(folder);
            return true;
        }
        let Some(gone) = name.strip_prefix(WHITEOUT) else { return false };
        let gone = if folder.is_empty() { gone.to_owned() } else { format!("{folder}/{gone}") };
        self.files.remove(&gone);
        self.remove_below(&gone);
        true
    }

    fn remove_below(&mut self, folder: &str) {
        if folder.is_empty() {
            self.files.clear();
            return;
        }
        let (from, to) = (format!("{folder}/"), format!("{folder}0"));
        let below: Vec<String> = self.files.range(from..to).map(|(path, _)| path.clone()).collect();
        for path in below {
            self.files.remove(&path);
        }
    }

    fn entry(
        &mut self,
        path: &str,
        entry: &Entry,
        archive: &mut Archive<impl Read>,
        upper: &mut BTreeMap<String, Held>,
    ) -> io::Result<()> {
        // Whatever is not a folder takes the place of a folder below it, and the other way round.
        if entry.kind != Kind::Folder {
            self.remove_below(path);
        }
        self.files.remove(path);
        upper.remove(path);
        if let (Kind::Symlink(target), Some(_)) = (&entry.kind, tracked::doc_folder(path)) {
            let target = target.rsplit('/').next().unwrap_or_default();
            if target.len() <= 256 {
                self.hold(path, Held::SameDocAs(target.to_owned()), upper);
            }
            return Ok(());
        }
        let Some(interest) = tracked::interest(path) else { return Ok(()) };
        match &entry.kind {
            Kind::File => {
                let most = match interest {
                    Interest::Copyright | Interest::Pypi | Interest::Npm => self.limits.text_bytes,
                    Interest::List => self.limits.list_bytes,
                    Interest::Database => self.limits.database_bytes,
                };
                if entry.size > most.min(self.limits.held_bytes.saturating_sub(self.held)) {
                    self.note(format!(
                        "/{path} has {} bytes, which is beyond the limit; it was not read",
                        entry.size
                    ));
                    return Ok(());
                }
                let bytes = archive.content(entry.size)?;
                let held = match interest {
                    Interest::Copyright => Held::Licences(copyright::licences(&bytes)),
                    Interest::Pypi => Held::Package(pypi::package(&bytes).map(Box::new)),
                    Interest::Npm => Held::Package(npm::package(&bytes).map(Box::new)),
                    Interest::Database | Interest::List => Held::Database(bytes),
                };
                self.hold(path, held, upper);
            }
            Kind::HardLink(target) => {
                let target = tracked::normal(target).unwrap_or_default();
                let same = upper.get(&target).or_else(|| self.files.get(&target)).cloned();
                match same {
                    Some(held) => self.hold(path, held, upper),
                    None => self.note(format!("/{path} is a link to /{target}; it was not read")),
                }
            }
            // `os-release` is usually a link to the other one, which is read itself.
            Kind::Symlink(_) if tracked::OS_RELEASE.contains(&path) => {}
            // Where they lead to is read itself.
            Kind::Symlink(_)
                if matches!(interest, Interest::Copyright | Interest::Pypi | Interest::Npm) => {}
            Kind::Symlink(target) => {
                self.note(format!("/{path} is a link to {target}; it was not read"));
            }
            Kind::Other => self.note(format!("/{path} is no plain file; it was not read")),
            Kind::Folder => {}
        }
        Ok(())
    }
}

/// Bytes in memory, roughly.
fn weight(path: &str, held: &Held) -> u64 {
    let own = match held {
        Held::Database(bytes) => bytes.len(),
        Held::Licences(names) => names.iter().map(|name| name.len() + 32).sum(),
        Held::Package(package) => package.as_ref().map_or(0, |package| weight_of(package)),
        Held::SameDocAs(name) => name.len(),
    };
    (own + path.len() + 128) as u64
}

fn weight_of(package: &Package) -> usize {
    let licences: usize = package.licences.iter().map(|name| name.len() + 32).sum();
    size_of::<Package>() + package.name.len() + package.version.len() + licences
}

fn inventory_of(files: BTreeMap<String, Held>, notes: Vec<String>, limits: &Limits) -> Inventory {
    let mut found = Inventory { notes, ..Inventory::default() };
    let mut add = |packages: Vec<Package>| found.packages.extend(packages);
    let (mut problems, mut nameless) = (Vec::new(), Vec::new());
    for (path, held) in &files {
        if let Held::Package(package) = held {
            match package {
                Some(package) => add(vec![Package::clone(package)]),
                None => nameless.push(path),
            }
        }
        let Held::Database(bytes) = held else { continue };
        if path == tracked::DPKG_STATUS || path.starts_with(tracked::DPKG_STATUS_FOLDER) {
            add(crate::dpkg::packages(bytes, limits.packages + 1));
        } else if tracked::APK.contains(&path.as_str()) {
            add(crate::apk::packages(bytes, limits.packages + 1));
        } else if path.ends_with(tracked::RPM_WAL) {
            if !bytes.is_empty() {
                problems.push(format!(
                    "/{path} holds changes that were not merged; they were not read"
                ));
            }
        } else if !tracked::OS_RELEASE.contains(&path.as_str()) {
            let (packages, problem) = crate::rpm::packages(bytes, limits.packages);
            add(packages);
            problems.extend(problem.map(|problem| format!("/{path}: {problem}")));
        }
    }
    match nameless.as_slice() {
        [] => {}
        [path] => problems.push(format!("/{path} describes no package")),
        [path, more @ ..] => {
            problems.push(format!("/{path} and {} more files describe no package", more.len()));
        }
    }
    for path in tracked::OS_RELEASE {
        if let (None, Some(Held::Database(bytes))) = (&found.os, files.get(path)) {
            found.os = crate::os_release::parse(bytes);
        }
    }
    found.packages.sort();
    found.packages.dedup();
    if found.packages.len() > limits.packages {
        problems.push(format!(
            "{} packages; only the first {} are listed",
            found.packages.len(),
            limits.packages
        ));
        found.packages.truncate(limits.packages);
    }
    problems.extend(take_licences(&mut found.packages, &files, limits));
    found.notes.extend(problems);
    found
}

/// Gives Debian's packages their licences. Many packages may share one documentation folder, so what they take together is bounded.
fn take_licences(
    packages: &mut [Package],
    files: &BTreeMap<String, Held>,
    limits: &Limits,
) -> Option<String> {
    let mut room = limits.held_bytes;
    let mut left_out = 0u64;
    for package in packages.iter_mut().filter(|p| p.kind == inventory::PackageKind::Deb) {
        let licences = doc_licences(files, &package.name);
        let weight: u64 = licences.iter().map(|name| name.len() as u64 + 32).sum();
        match room.checked_sub(weight) {
            Some(rest) => (room, package.licences) = (rest, licences.to_vec()),
            None => left_out += 1,
        }
    }
    (left_out > 0)
        .then(|| format!("the licences of {left_out} packages are beyond the limits of memory"))
}

/// The licences that a package's documentation names, followed through folders that are links.
fn doc_licences<'a>(files: &'a BTreeMap<String, Held>, package: &'a str) -> &'a [String] {
    let mut name = package;
    for _ in 0..4 {
        match files.get(&format!("{}{name}", tracked::DOC)) {
            Some(Held::SameDocAs(other)) => name = other,
            _ => break,
        }
    }
    match files.get(&format!("{}{name}/copyright", tracked::DOC)) {
        Some(Held::Licences(licences)) => licences,
        _ => &[],
    }
}
