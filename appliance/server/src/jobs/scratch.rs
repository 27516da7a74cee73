//! Scratch folders of runs. Each lies beside a lock file that its run holds as long as it lives, so that whoever
//! comes next can tell what a killed run left, and removes it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cg_store::FolderLock;

use crate::clock;
use crate::data_dir::DataDir;

/// Without a lock file, what is older than this belongs to no run.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A folder of one run; removed when dropped.
pub(crate) struct Scratch {
    path: PathBuf,
    _lock: FolderLock,
}

impl Scratch {
    /// A new, empty folder. What killed runs left is removed first, so that its space is free for this one.
    pub(crate) fn new(data: &DataDir) -> anyhow::Result<Self> {
        sweep(data)?;
        let path = data.scratch().join(clock::new_id());
        // First the lock: a folder that has none yet would look like a dead run's.
        let lock = FolderLock::take(&lock_of(&path))?;
        std::fs::create_dir(&path)?;
        Ok(Self { path, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
        let _ = std::fs::remove_file(lock_of(&self.path));
    }
}

/// Removes what dead runs left; how many things were removed.
pub(crate) fn sweep(data: &DataDir) -> std::io::Result<usize> {
    let mut removed = 0;
    for entry in std::fs::read_dir(data.scratch())? {
        let path = entry?.path();
        let lock = lock_of(&path);
        let gone = if path.is_dir() && lock.is_file() {
            let held = FolderLock::take(&lock);
            held.is_ok()
                && std::fs::remove_dir_all(&path).and_then(|()| std::fs::remove_file(&lock)).is_ok()
        } else if path.extension().is_some_and(|ending| ending == "lock") {
            // Its folder may be about to be made; one without a folder costs nothing.
            !path.with_extension("").is_dir()
                && is_old(&path)
                && std::fs::remove_file(&path).is_ok()
        } else if path.is_dir() {
            is_old(&path) && std::fs::remove_dir_all(&path).is_ok()
        } else {
            is_old(&path) && std::fs::remove_file(&path).is_ok()
        };
        removed += usize::from(gone);
    }
    Ok(removed)
}

/// Whether a file has not been written for a day.
pub(crate) fn is_old(path: &Path) -> bool {
    let modified = std::fs::symlink_metadata(path).and_then(|meta| meta.modified());
    modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > DAY))
}

fn lock_of(folder: &Path) -> PathBuf {
    folder.with_extension("lock")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Scratch, sweep};
    use crate::data_dir::DataDir;

    #[test]
    fn what_a_dead_run_left_is_removed_and_what_a_living_one_has_stays() {
        let root = tempfile::tempdir().unwrap();
        let data = DataDir::new(root.path().to_path_buf());
        data.create().unwrap();
        let living = Scratch::new(&data).unwrap();
        let dead = data.scratch().join("dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join("graph.duckdb.partial"), "rows").unwrap();
        fs::write(data.scratch().join("dead.lock"), "4711\n").unwrap();
        // A run of an earlier release has no lock: its age decides.
        let earlier = data.scratch().join("earlier");
        fs::create_dir(&earlier).unwrap();

        assert_eq!(sweep(&data).unwrap(), 1);
        assert!(!dead.exists() && !data.scratch().join("dead.lock").exists());
        assert!(living.path().is_dir() && earlier.is_dir());

        let path = living.path().to_path_buf();
        drop(living);
        assert!(!path.exists() && !path.with_extension("lock").exists());
    }
}
