//! The edge to the machine: every change of the disk, every process and the clock go through `Host`,
//! so that a test can stop the installer at any single step.

pub mod faulty;
mod paths;
pub mod spawn;
mod system;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

pub use paths::{HostPaths, Target};
pub use spawn::{Outcome, Program};
pub use system::SystemHost;

/// What the installer may do to a machine. Reading is done with `std::fs` directly: it changes nothing.
pub trait Host: Sync {
    /// Creates the folder `path`, whose parent must exist; a folder that is there stays as it is.
    fn make_dir(&self, path: &Path, mode: u32) -> io::Result<()>;
    /// Opens `path` for reading and writing, creating it with `mode` where it is absent; never truncates.
    fn open(&self, path: &Path, mode: u32) -> io::Result<File>;
    /// Writes all of `bytes` at `offset`.
    fn write_at(&self, file: &File, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Cuts or extends an open file to `length` bytes.
    fn set_length(&self, file: &File, length: u64) -> io::Result<()>;
    /// Takes room for `bytes` bytes on the disk for an open file, without writing them.
    fn reserve(&self, file: &File, bytes: u64) -> io::Result<()>;
    /// Lets the disk begin with what was written to this part of a file, without waiting for it.
    fn start_flush(&self, file: &File, offset: u64, length: u64);
    /// How many threads may change the machine at once.
    fn hands(&self) -> usize;
    /// Waits until the contents of an open file are on the disk.
    fn sync_file(&self, file: &File) -> io::Result<()>;
    /// Waits until the names in a folder are on the disk.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// Moves `from` over `to` in one step.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Gives the file `from` a second name.
    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes the symbolic link `link` that holds the text `target`.
    fn symlink(&self, target: &Path, link: &Path) -> io::Result<()>;
    /// Removes a file or a symbolic link.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty folder.
    fn remove_dir(&self, path: &Path) -> io::Result<()>;
    /// Sets the permission bits.
    fn set_mode(&self, path: &Path, mode: u32) -> io::Result<()>;
    /// Sets owner and group by number, without following a link.
    fn set_owner(&self, path: &Path, uid: u32, gid: u32) -> io::Result<()>;
    /// Runs a program to its end, or until its time is over.
    fn run(&self, program: &Program) -> io::Result<Outcome>;
    /// The file of the installer that runs.
    fn installer(&self) -> io::Result<PathBuf>;
    /// Seconds since 1970 by the wall clock, which may be wrong.
    fn now(&self) -> u64;
    /// Fills `bytes` from the kernel's random source.
    fn random(&self, bytes: &mut [u8]) -> io::Result<()>;
    /// Bytes that an unprivileged writer may still use on the file system that holds `path`.
    fn free_bytes(&self, path: &Path) -> io::Result<u64>;
    /// How many more files and folders the file system that holds `path` can take; none where it has no limit.
    fn free_files(&self, path: &Path) -> io::Result<Option<u64>>;
}
