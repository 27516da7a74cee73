//! Room on each file system, by what each phase puts there.

use super::{Line, Question, Release, Verdict};
use crate::facts::{Disk, Folder};
use crate::sizes;

/// Room for the journal, receipts and the control store of a new installation.
const STATE_BYTES: u64 = 16 << 20;
/// Room that a new installation's data need before anything is indexed.
const DATA_BYTES: u64 = 64 << 20;
/// A journal line for each chunk, folders, links.
const OVERHEAD_BYTES: u64 = 4 << 20;

/// One line for each file system.
pub(super) fn lines(question: &Question<'_>) -> Vec<Line> {
    question.facts.disks.iter().map(|disk| line(question, disk)).collect()
}

fn line(question: &Question<'_>, disk: &Disk) -> Line {
    let needs: Vec<(&str, u64)> =
        disk.folders.iter().flat_map(|folder| of_folder(question, *folder)).collect();
    let sum = |only_ours: bool| -> u64 {
        let counted = needs.iter().filter(|(phase, _)| !only_ours || *phase != "images");
        counted.map(|(_, bytes)| *bytes).fold(0, u64::saturating_add)
    };
    let (ours, all) = (sum(true), sum(false));
    let words: Vec<String> = needs
        .iter()
        .filter(|(_, bytes)| *bytes > 0)
        .map(|(phase, bytes)| format!("{phase} {}", sizes::text(*bytes)))
        .collect();
    let place = disk.path.display();
    let free = disk.free_bytes;
    let found = format!("{place}: {} free", sizes::text(free));
    let good = Line::good("disk", found, words.join(" + "));
    if free < ours {
        good.but(
            Verdict::Blocks,
            format!(
                "the file system of {place} has {free} bytes free ({}), {ours} bytes are needed ({})",
                sizes::text(free),
                sizes::text(ours)
            ),
        )
    } else if free < all {
        good.but(
            Verdict::Warns,
            format!(
                "the file system of {place} has {} free; podman needs {} more there to unpack the images of the release",
                sizes::text(free),
                sizes::text(all - free)
            ),
        )
    } else {
        good
    }
}

fn of_folder(question: &Question<'_>, folder: Folder) -> Vec<(&'static str, u64)> {
    let stated = |release: &Release<'_>, phase: &str| -> u64 {
        let needs = release.manifest.disk.iter();
        needs
            .filter(|need| need.phase == phase && release.selection.has(&need.component))
            .map(|need| need.bytes)
            .fold(0, u64::saturating_add)
    };
    match (folder, &question.release) {
        // `ingest` is counted from the blobs themselves.
        (Folder::Product, Some(release)) => vec![
            ("ingest", release.store_bytes),
            ("generation", stated(release, "generation").saturating_add(OVERHEAD_BYTES)),
        ],
        (Folder::Product, None) => Vec::new(),
        (Folder::Data, release) => {
            // The snapshot, what a migration that writes everything anew puts into the store's log, and the
            // copy of the snapshot that is the way back.
            let is_switch = release.is_some() && question.facts.existing.current.is_some();
            let copy = if is_switch { question.facts.existing.store_bytes } else { 0 };
            let copies = [("snapshot", copy), ("migration", copy), ("way back", copy)];
            [("data", DATA_BYTES)].into_iter().chain(copies).collect()
        }
        (Folder::State, _) => vec![("state", STATE_BYTES)],
        // Unpacked by podman, only where there is one.
        (Folder::Images, Some(release)) if question.facts.machine.podman.is_some() => {
            vec![("images", stated(release, "images"))]
        }
        (Folder::Images, _) => Vec::new(),
    }
}
