//! Backups by tier: numbered by time, each with its SHA-256 beside it, the oldest of a tier removed.

use std::io::Read;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::clock;
use crate::context::Context;

/// Bytes read at once.
const BLOCK: usize = 1 << 20;
/// Longest file with a SHA-256 in it.
const MAX_SUM: u64 = 4096;

/// How often a backup is made, and so how much is lost at most.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Tier {
    /// At most an hour is lost; a day of them is kept.
    Hourly,
    /// At most a day is lost; thirty days of them are kept.
    Daily,
    /// At most a week is lost; a quarter of a year of them is kept.
    Weekly,
}

impl Tier {
    const fn name(self) -> &'static str {
        match self {
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
        }
    }

    const fn keep(self) -> usize {
        match self {
            Self::Hourly => 24,
            Self::Daily => 30,
            Self::Weekly => 12,
        }
    }
}

/// Makes a backup of the tier and removes the oldest ones.
pub(super) async fn backup(
    context: &Context,
    tier: Tier,
    keep: Option<NonZeroUsize>,
) -> anyhow::Result<ExitCode> {
    let folder = context.data.backups();
    let file = folder.join(file_name(tier, clock::now_ms()));
    let draft = super::draft(context, &file).await?;
    let sum = sum_of(&draft)?;
    // First the sum: a backup that is there has one.
    write_sum(&file, &sum)?;
    super::keep(&draft, &file)?;
    let removed = prune(&folder, tier, keep.map_or(tier.keep(), NonZeroUsize::get), &file)?;
    let bytes = std::fs::metadata(&file)?.len();
    let report = json!({ "file": file, "bytes": bytes, "sha256": sum, "removed": removed });
    context.output.report(&report, |_| {
        format!("{} ({bytes} bytes); {} old ones removed", file.display(), removed.len())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// `daily-20261123T213000Z.db`: sorts by time.
fn file_name(tier: Tier, now_ms: i64) -> String {
    let at = clock::rfc3339(now_ms - now_ms.rem_euclid(1000));
    format!("{}-{}.db", tier.name(), at.replace(['-', ':'], ""))
}

/// Removes the oldest backups of the tier beyond `keep`, and what runs that were cut off have left of it.
fn prune(folder: &Path, tier: Tier, keep: usize, newest: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut backups = Vec::new();
    let mut others = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with(&format!("{}-", tier.name())) {
            continue;
        }
        match name.ends_with(".db") {
            true => backups.push(path),
            false => others.push(path),
        }
    }
    // The clock may have been set back: what was made just now stays under any name.
    backups.retain(|path| path != newest);
    backups.sort();
    let surplus = (backups.len() + 1).saturating_sub(keep);
    let removed: Vec<PathBuf> = backups.drain(..surplus.min(backups.len())).collect();
    for path in &removed {
        super::remove_if_there(path)?;
    }
    // Sums without a backup, drafts.
    for path in others.iter().filter(|path| !path.with_extension("").is_file()) {
        super::remove_if_there(path)?;
    }
    for path in others.iter().filter(|path| path.extension().is_some_and(|e| e == "partial")) {
        super::remove_if_there(path)?;
    }
    Ok(removed)
}

/// The file with the SHA-256 of a backup, as `sha256sum --check` reads it.
fn sum_file(backup: &Path) -> PathBuf {
    let mut name = backup.file_name().unwrap_or_default().to_os_string();
    name.push(".sha256");
    backup.with_file_name(name)
}

fn write_sum(backup: &Path, sum: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let place = sum_file(backup);
    let draft = super::draft_of(&place);
    super::remove_if_there(&draft)?;
    let name = backup.file_name().unwrap_or_default().to_string_lossy();
    let mut out = super::private_file(&draft)?;
    writeln!(out, "{sum}  {name}")?;
    super::put_in_place(&draft, &place)?;
    Ok(())
}

/// How a snapshot differs from the SHA-256 beside it; none where it does not, or where there is none.
pub(super) fn difference(snapshot: &Path) -> anyhow::Result<Option<String>> {
    let place = sum_file(snapshot);
    let mut text = String::new();
    match std::fs::File::open(&place) {
        Ok(file) => file.take(MAX_SUM).read_to_string(&mut text)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let wanted = text.split_whitespace().next().unwrap_or_default();
    let found = sum_of(snapshot)?;
    if wanted == found {
        return Ok(None);
    }
    Ok(Some(format!(
        "{} is damaged: its SHA-256 is {found}, {} says {wanted}; nothing was changed; take another backup",
        snapshot.display(),
        place.display()
    )))
}

fn sum_of(file: &Path) -> anyhow::Result<String> {
    let mut file = std::fs::File::open(file)?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK];
    loop {
        let count = file.read(&mut block)?;
        if count == 0 {
            return Ok(hex::encode(hasher.finalize()));
        }
        hasher.update(&block[..count]);
    }
}
