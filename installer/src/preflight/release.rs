//! What the release says of itself: installer, clock, what it can take the place of, what it leaves out.

use super::{Line, Question, Release, Verdict};
use crate::{clock, sizes, versions};

/// This program.
const INSTALLER: &str = env!("CARGO_PKG_VERSION");

pub(super) fn lines(question: &Question<'_>) -> Vec<Line> {
    let now = question.facts.machine.clock;
    let Some(release) = &question.release else {
        return vec![Line::good("clock", clock::text(now), ""), installed(question)];
    };
    let mut lines = vec![installer(release), installed(question)];
    lines.extend(times(release, now));
    lines.extend(left_out(release));
    lines
}

fn installer(release: &Release<'_>) -> Line {
    let need = &release.manifest.minimum_installer;
    let line = Line::good("installer", INSTALLER, need);
    if versions::is_enough(INSTALLER, need) {
        return line;
    }
    line.but(
        Verdict::Blocks,
        format!(
            "the release needs codegraph-install {need} or newer, this is {INSTALLER}; use the one that came with the bundle"
        ),
    )
}

/// The release in use, and whether its data can be taken along.
fn installed(question: &Question<'_>) -> Line {
    let existing = &question.facts.existing;
    let Some(number) = existing.current else {
        return Line::good("installed", "nothing", "");
    };
    let version = existing.current_version.as_deref().unwrap_or("of unknown version");
    let line = Line::good("installed", format!("generation {number}, {version}"), "");
    let Some(release) = &question.release else { return line };
    let manifest = release.manifest;
    let takes = |from: &String| Some(from.as_str()) == existing.current_version.as_deref();
    if manifest.version == version || manifest.migrates_from.iter().any(takes) {
        return line;
    }
    let line = Line { need: manifest.migrates_from.join(", "), ..line };
    if manifest.migrates_from.is_empty() {
        return line.but(
            Verdict::Note,
            "the release does not say whose data it can migrate; its own program decides, and is taken back if it cannot",
        );
    }
    line.but(
        Verdict::Blocks,
        format!(
            "release {} can migrate the data of {}, installed is {version}; install one of these first",
            manifest.version,
            manifest.migrates_from.join(", ")
        ),
    )
}

/// The clock may be wrong: nothing is refused for it.
fn times(release: &Release<'_>, now: u64) -> Vec<Line> {
    let manifest = release.manifest;
    let line = Line::good("clock", clock::text(now), format!("{} or later", manifest.issued));
    let mut lines = vec![if clock::seconds(&manifest.issued).is_some_and(|issued| now < issued) {
        line.but(
                Verdict::Warns,
                format!(
                    "the clock of this host says {}, the release was issued {}; receipts, certificates and logs will bear wrong times",
                    clock::text(now),
                    manifest.issued
                ),
            )
    } else {
        line
    }];
    if clock::seconds(&manifest.advise_after).is_some_and(|advise| now > advise) {
        lines.push(Line::good("age", format!("issued {}", manifest.issued), "").but(
            Verdict::Warns,
            format!("the release is old: a newer one was advised after {}", manifest.advise_after),
        ));
    }
    lines
}

/// Blobs that nothing on the media carries and the store does not hold.
fn left_out(release: &Release<'_>) -> Option<Line> {
    let bytes: u64 = release.absent.iter().map(|blob| blob.size).fold(0, u64::saturating_add);
    let first = release.absent.first()?;
    let found = format!("{} blobs missing", release.absent.len());
    Some(Line::good("blobs", found, "all").but(
        Verdict::Blocks,
        format!(
            "the bundle leaves out {} blobs ({}) that this host does not have, or has damaged; the first is {}; bring a bundle that carries everything, or a top-up",
            release.absent.len(),
            sizes::text(bytes),
            first.digest
        ),
    ))
}
