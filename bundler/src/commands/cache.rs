//! `cache status`, `cache gc`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Serialize;

use crate::cache::Cache;
use crate::cli::{CacheGc, CacheStatus};
use crate::commands::{Form, report};
use crate::error::Error;
use crate::lock::Lock;
use crate::memo::Memo;
use crate::reach::{self, Kept};
use crate::size::show;
use crate::table;

/// Files and their bytes.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Sum {
    files: u64,
    bytes: u64,
}

impl Sum {
    fn add(&mut self, kept: &Kept) {
        self.files += 1;
        self.bytes += kept.bytes;
    }
}

#[derive(Debug, Default, Serialize)]
struct Shelf {
    name: String,
    all: Sum,
    needed: Sum,
}

#[derive(Serialize)]
struct Status {
    folder: PathBuf,
    all: Sum,
    /// What the named locks need.
    needed: Sum,
    shelves: Vec<Shelf>,
}

/// Shows what is there.
pub(crate) fn status(args: &CacheStatus, form: Form) -> Result<(), Error> {
    let locks = locks(&args.keep)?;
    let cache = Cache::open(args.place.cache.as_deref())?;
    let found = reach::survey(&cache, &Memo::open(cache.folder())?, &locks)?;
    let mut shelves: BTreeMap<&str, Shelf> = BTreeMap::new();
    for kept in &found {
        let shelf = shelves.entry(&kept.shelf).or_default();
        shelf.name.clone_from(&kept.shelf);
        shelf.all.add(kept);
        if kept.is_needed {
            shelf.needed.add(kept);
        }
    }
    let value = Status {
        folder: cache.folder().to_owned(),
        all: sum(&found, |_| true),
        needed: sum(&found, |kept| kept.is_needed),
        shelves: shelves.into_values().collect(),
    };
    let row = |name: &str, all: Sum, needed: Sum| {
        let mut cells = vec![name.to_owned(), all.files.to_string(), show(all.bytes)];
        if !locks.is_empty() {
            cells.extend([needed.files.to_string(), show(needed.bytes)]);
        }
        cells
    };
    let mut rows: Vec<_> =
        value.shelves.iter().map(|shelf| row(&shelf.name, shelf.all, shelf.needed)).collect();
    rows.push(row("all", value.all, value.needed));
    let titles = ["folder", "files#", "bytes#", "needed files#", "needed bytes#"];
    let titles = if locks.is_empty() { &titles[..3] } else { &titles[..] };
    let text = format!("{}\n{}", value.folder.display(), table::render(titles, &rows));
    report(form, &value, &text)
}

#[derive(Serialize)]
struct Collected {
    folder: PathBuf,
    dry_run: bool,
    removed: Sum,
    kept: Sum,
}

/// Removes what nobody needs.
pub(crate) fn gc(args: &CacheGc, form: Form) -> Result<(), Error> {
    let locks = locks(&args.keep)?;
    let cache = Cache::alone(args.place.cache.as_deref())?;
    let found = reach::survey(&cache, &Memo::open(cache.folder())?, &locks)?;
    if !args.dry_run {
        for kept in found.iter().filter(|kept| !kept.is_needed) {
            fs::remove_file(&kept.path).map_err(Error::io("cannot remove", &kept.path))?;
        }
    }
    let value = Collected {
        folder: cache.folder().to_owned(),
        dry_run: args.dry_run,
        removed: sum(&found, |kept| !kept.is_needed),
        kept: sum(&found, |kept| kept.is_needed),
    };
    let text = format!(
        "{} {} files with {}, kept {} with {}\n",
        if args.dry_run { "would remove" } else { "removed" },
        value.removed.files,
        show(value.removed.bytes),
        value.kept.files,
        show(value.kept.bytes)
    );
    report(form, &value, &text)
}

fn sum(found: &[Kept], counts: impl Fn(&Kept) -> bool) -> Sum {
    let mut sum = Sum::default();
    found.iter().filter(|kept| counts(kept)).for_each(|kept| sum.add(kept));
    sum
}

/// All of them must be readable: what an unreadable one needs would go.
fn locks(paths: &[PathBuf]) -> Result<Vec<Lock>, Error> {
    let read = |path: &PathBuf| {
        Lock::read(path)?.ok_or_else(|| Error::Usage(format!("{} does not exist", path.display())))
    };
    paths.iter().map(read).collect()
}
