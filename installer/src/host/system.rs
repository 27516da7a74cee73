//! The real machine.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rand::TryRngCore;

use super::{Host, Outcome, Program, spawn};

/// Most threads that work at once: each holds a chunk of 8 MiB and perhaps a decoder with as large a window.
const MOST_HANDS: usize = 8;

/// The machine that the installer runs on.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemHost;

impl Host for SystemHost {
    fn make_dir(&self, path: &Path, mode: u32) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        fs::DirBuilder::new().mode(mode).create(path)?;
        // The mask of the caller must not decide who can read the programs.
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    }

    fn open(&self, path: &Path, mode: u32) -> io::Result<File> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(mode)
            .custom_flags(i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0))
            .open(path)
    }

    fn write_at(&self, file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
        file.write_all_at(bytes, offset)
    }

    fn set_length(&self, file: &File, length: u64) -> io::Result<()> {
        file.set_len(length)
    }

    fn reserve(&self, file: &File, bytes: u64) -> io::Result<()> {
        match rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, bytes) {
            // This file system cannot; then there is no room that is kept free.
            Err(rustix::io::Errno::OPNOTSUPP) => Ok(()),
            other => Ok(other?),
        }
    }

    fn start_flush(&self, file: &File, offset: u64, length: u64) {
        // What is being written out is not dropped by this; where the hint is not taken, the flush does the work.
        let length = std::num::NonZeroU64::new(length);
        let _ = rustix::fs::fadvise(file, offset, length, rustix::fs::Advice::DontNeed);
    }

    fn hands(&self) -> usize {
        // One more than there are cores: one of them waits for the disk.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        (cores + 1).min(MOST_HANDS)
    }

    fn sync_file(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn symlink(&self, target: &Path, link: &Path) -> io::Result<()> {
        std::os::unix::fs::symlink(target, link)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn set_mode(&self, path: &Path, mode: u32) -> io::Result<()> {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    }

    fn set_owner(&self, path: &Path, uid: u32, gid: u32) -> io::Result<()> {
        std::os::unix::fs::lchown(path, Some(uid), Some(gid))
    }

    fn run(&self, program: &Program) -> io::Result<Outcome> {
        spawn::run(program)
    }

    fn installer(&self) -> io::Result<PathBuf> {
        // Also where its own name is gone: the media may be pulled out by now.
        Ok(PathBuf::from("/proc/self/exe"))
    }

    fn now(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
    }

    fn random(&self, bytes: &mut [u8]) -> io::Result<()> {
        rand::rngs::OsRng.try_fill_bytes(bytes).map_err(io::Error::other)
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        let state = file_system(path)?;
        Ok(state.f_bavail.saturating_mul(state.f_frsize))
    }

    fn free_files(&self, path: &Path) -> io::Result<Option<u64>> {
        let state = file_system(path)?;
        // File systems that make them as needed say 0 of 0.
        Ok((state.f_files > 0).then_some(state.f_favail))
    }
}

/// The file system that holds `path`, or would hold it.
fn file_system(path: &Path) -> io::Result<rustix::fs::StatVfs> {
    let mut here = path;
    loop {
        match rustix::fs::statvfs(here) {
            Err(rustix::io::Errno::NOENT) => match here.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => here = parent,
                _ => here = Path::new("."),
            },
            other => return Ok(other?),
        }
    }
}
