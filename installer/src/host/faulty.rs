//! A machine that fails at one chosen step: for tests that stop the installer everywhere, once each.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Host, Outcome, Program};

/// What happens at the chosen step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The power goes: this step is done by half and none after it is done at all.
    Death,
    /// As death, and what was written to files and not flushed is lost too: the disk holds zeros in its place.
    PowerLoss,
    /// The disk is full: this step and every later write fail; removing and running still work.
    DiskFull,
    /// Nothing fails by itself: something else happens to the machine before this step.
    Elsewhere,
}

/// Answers in the place of a real process.
pub type Answer = Box<dyn Fn(&Program) -> io::Result<Outcome> + Send + Sync>;

/// A host that counts the changing steps and fails at number `at` (from 1; 0 never fails).
pub struct FaultyHost<H> {
    inner: H,
    fault: Fault,
    at: u64,
    steps: AtomicU64,
    answer: Option<Answer>,
    time: Option<u64>,
    installer: Option<PathBuf>,
    log: Mutex<Vec<String>>,
    unflushed: Mutex<Vec<Written>>,
    elsewhere: Option<Box<dyn Fn() + Send + Sync>>,
}

/// Bytes that only the memory holds.
struct Written {
    file: File,
    inode: (u64, u64),
    offset: u64,
    length: usize,
}

impl<H: Host> FaultyHost<H> {
    /// Wraps `inner`.
    pub fn new(inner: H, fault: Fault, at: u64) -> Self {
        Self {
            inner,
            fault,
            at,
            steps: AtomicU64::new(0),
            answer: None,
            time: None,
            installer: None,
            log: Mutex::new(Vec::new()),
            unflushed: Mutex::new(Vec::new()),
            elsewhere: None,
        }
    }

    /// Answers instead of every process.
    #[must_use]
    pub fn answering(mut self, answer: Answer) -> Self {
        self.answer = Some(answer);
        self
    }

    /// What happens before the chosen step where the fault is [`Fault::Elsewhere`].
    #[must_use]
    pub fn meanwhile(mut self, act: Box<dyn Fn() + Send + Sync>) -> Self {
        self.elsewhere = Some(act);
        self
    }

    /// Sets the clock.
    #[must_use]
    pub fn at_time(mut self, seconds: u64) -> Self {
        self.time = Some(seconds);
        self
    }

    /// Takes `file` for the installer that runs.
    #[must_use]
    pub fn as_installer(mut self, file: PathBuf) -> Self {
        self.installer = Some(file);
        self
    }

    /// How many changing steps were asked for.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::SeqCst)
    }

    /// The changing steps in order, one line each.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().map(|lines| lines.clone()).unwrap_or_default()
    }

    fn step(&self, words: String) -> Result<(), Stop> {
        let number = self.steps.fetch_add(1, Ordering::SeqCst) + 1;
        if let Ok(mut log) = self.log.lock() {
            log.push(words);
        }
        match (self.at, self.fault) {
            (0, _) => Ok(()),
            (at, _) if number < at => Ok(()),
            (at, Fault::Death | Fault::PowerLoss) => {
                if number == at {
                    self.lose();
                }
                let error = io::Error::other("the machine stopped here");
                Err(Stop { is_first: number == at && self.fault == Fault::Death, error })
            }
            (at, Fault::Elsewhere) => {
                if let Some(act) = self.elsewhere.as_ref().filter(|_| number == at) {
                    act();
                }
                Ok(())
            }
            (_, Fault::DiskFull) => {
                Err(Stop { is_first: false, error: io::Error::from(io::ErrorKind::StorageFull) })
            }
        }
    }

    /// What was not flushed is gone.
    fn lose(&self) {
        if self.fault != Fault::PowerLoss {
            return;
        }
        for lost in self.unflushed.lock().iter_mut().flat_map(|all| all.drain(..)) {
            let length = lost.file.metadata().map_or(0, |state| state.len());
            let end = (lost.offset + lost.length as u64).min(length);
            let zeros = vec![0; usize::try_from(end.saturating_sub(lost.offset)).unwrap_or(0)];
            // A file that cannot be written any more has nothing to lose.
            let _ = self.inner.write_at(&lost.file, lost.offset, &zeros);
        }
    }

    fn remember(&self, file: &File, offset: u64, length: usize) -> io::Result<()> {
        if self.fault == Fault::PowerLoss
            && let Ok(mut all) = self.unflushed.lock()
        {
            all.push(Written { file: file.try_clone()?, inode: inode(file)?, offset, length });
        }
        Ok(())
    }

    fn flushed(&self, file: &File) -> io::Result<()> {
        if self.fault == Fault::PowerLoss
            && let Ok(mut all) = self.unflushed.lock()
        {
            let inode = inode(file)?;
            all.retain(|written| written.inode != inode);
        }
        Ok(())
    }

    fn plain<T>(&self, words: String, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self.step(words) {
            Ok(()) => act(),
            Err(stop) => Err(stop.error),
        }
    }
}

fn inode(file: &File) -> io::Result<(u64, u64)> {
    let state = file.metadata()?;
    Ok((state.dev(), state.ino()))
}

struct Stop {
    is_first: bool,
    error: io::Error,
}

impl<H: Host> Host for FaultyHost<H> {
    fn make_dir(&self, path: &Path, mode: u32) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        self.plain(format!("make_dir {}", path.display()), || self.inner.make_dir(path, mode))
    }

    fn open(&self, path: &Path, mode: u32) -> io::Result<File> {
        self.plain(format!("open {}", path.display()), || self.inner.open(path, mode))
    }

    fn write_at(&self, file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
        match self.step(format!("write {} bytes at {offset}", bytes.len())) {
            Ok(()) => {
                self.remember(file, offset, bytes.len())?;
                self.inner.write_at(file, offset, bytes)
            }
            Err(stop) => {
                if stop.is_first {
                    // A torn write: half of the bytes reached the disk.
                    self.inner.write_at(file, offset, &bytes[..bytes.len() / 2])?;
                }
                Err(stop.error)
            }
        }
    }

    fn set_length(&self, file: &File, length: u64) -> io::Result<()> {
        self.plain(format!("set_length {length}"), || self.inner.set_length(file, length))
    }

    fn reserve(&self, file: &File, bytes: u64) -> io::Result<()> {
        self.plain(format!("reserve {bytes}"), || self.inner.reserve(file, bytes))
    }

    fn start_flush(&self, file: &File, offset: u64, length: u64) {
        self.inner.start_flush(file, offset, length);
    }

    /// One: the steps come in the same order each time.
    fn hands(&self) -> usize {
        1
    }

    fn sync_file(&self, file: &File) -> io::Result<()> {
        self.plain("sync_file".to_owned(), || {
            self.flushed(file)?;
            self.inner.sync_file(file)
        })
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.plain(format!("sync_dir {}", path.display()), || self.inner.sync_dir(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.plain(format!("rename {}", to.display()), || self.inner.rename(from, to))
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.plain(format!("hard_link {}", to.display()), || self.inner.hard_link(from, to))
    }

    fn symlink(&self, target: &Path, link: &Path) -> io::Result<()> {
        self.plain(format!("symlink {}", link.display()), || self.inner.symlink(target, link))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        if self.fault == Fault::DiskFull {
            return self.inner.remove_file(path);
        }
        self.plain(format!("remove_file {}", path.display()), || self.inner.remove_file(path))
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        if self.fault == Fault::DiskFull {
            return self.inner.remove_dir(path);
        }
        self.plain(format!("remove_dir {}", path.display()), || self.inner.remove_dir(path))
    }

    fn set_mode(&self, path: &Path, mode: u32) -> io::Result<()> {
        self.plain(format!("set_mode {}", path.display()), || self.inner.set_mode(path, mode))
    }

    fn set_owner(&self, path: &Path, uid: u32, gid: u32) -> io::Result<()> {
        self.plain(format!("set_owner {}", path.display()), || self.inner.set_owner(path, uid, gid))
    }

    fn run(&self, program: &Program) -> io::Result<Outcome> {
        if self.fault == Fault::DiskFull {
            return match &self.answer {
                Some(answer) => answer(program),
                None => self.inner.run(program),
            };
        }
        self.plain(format!("run {}", program.line()), || match &self.answer {
            Some(answer) => answer(program),
            None => self.inner.run(program),
        })
    }

    fn installer(&self) -> io::Result<PathBuf> {
        self.installer.clone().map_or_else(|| self.inner.installer(), Ok)
    }

    fn now(&self) -> u64 {
        self.time.unwrap_or_else(|| self.inner.now())
    }

    fn random(&self, bytes: &mut [u8]) -> io::Result<()> {
        self.inner.random(bytes)
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        self.inner.free_bytes(path)
    }

    fn free_files(&self, path: &Path) -> io::Result<Option<u64>> {
        self.inner.free_files(path)
    }
}
