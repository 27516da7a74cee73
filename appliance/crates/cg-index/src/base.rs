//! What of a repository is as it was in the base of a former snapshot.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use cg_link::FileFacts;
use cg_types::FileKey;

use crate::facts_file::BaseFacts;
use crate::job::{Base, IndexJob};
use crate::keys::Keyed;
use crate::source;

/// The parts of a run over a base.
pub(crate) struct Reuse {
    /// Files to analyse, in the order of keys.
    pub(crate) changed: Vec<Keyed>,
    /// Files of the base that are changed or gone, in the order of keys.
    pub(crate) hidden: Vec<FileKey>,
    /// Facts of the files that are as they were.
    pub(crate) facts: Vec<FileFacts>,
}

/// Compares a repository with a base. Nothing if the base is of no use: damaged, made in another way,
/// or too much differs from it.
pub(crate) fn compare(job: &IndexJob, files: &[Keyed], base: &Base) -> Option<Reuse> {
    let facts = BaseFacts::read(job, base)?;
    let same = same(&job.source, files, &facts, job.threads);
    let mut kept = Vec::new();
    let mut changed = Vec::new();
    for (file, same) in files.iter().zip(same) {
        if same { kept.push(file.key) } else { changed.push(file.clone()) }
    }
    let bytes = |files: &[Keyed]| files.iter().map(|file| file.file.bytes).sum::<u64>();
    let limit = bytes(files) / 100 * u64::from(base.max_changed_percent);
    if bytes(&changed) > limit && base.max_changed_percent < 100 {
        return None;
    }
    let mut hidden: Vec<FileKey> =
        facts.keys().map(FileKey).filter(|key| kept.binary_search(key).is_err()).collect();
    hidden.sort_unstable();
    Some(Reuse { changed, hidden, facts: facts.facts(&kept)? })
}

/// Whether each file has the bytes that it had.
fn same(root: &Path, files: &[Keyed], facts: &BaseFacts, threads: usize) -> Vec<bool> {
    let next = AtomicUsize::new(0);
    let mut same = vec![false; files.len()];
    let found: Vec<Vec<usize>> = std::thread::scope(|scope| {
        let work = || {
            let mut found = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(file) = files.get(at) else { return found };
                let Some(hash) = facts.hash(file.key) else { continue };
                if source::hash(&root.join(&file.file.path)) == Some(hash) {
                    found.push(at);
                }
            }
        };
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).collect()
    });
    found.into_iter().flatten().for_each(|at| same[at] = true);
    same
}
