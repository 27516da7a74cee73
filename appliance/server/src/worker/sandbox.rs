//! What a worker may do, taken away from it by itself before it starts a thread or reads a foreign
//! byte: limits, file system by Landlock, system calls by seccomp. None of it can be undone.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
};
use rustix::process::{Resource, Rlimit, setrlimit};

use super::error::CPU_SECONDS;
use super::protocol::Isolation;
use super::seccomp;

/// Memory beside what the task itself was given: code, stacks of threads, the allocator's slack.
const OVERHEAD_BYTES: u64 = 512 << 20;

/// Read by every worker: the memory limits of its control group. DuckDB looks at them when it
/// opens a file, and ends the process when they exist but cannot be read.
const LIMITS_OF_THE_GROUP: [&str; 2] = ["/proc/self/cgroup", "/sys/fs/cgroup"];

/// The rights of a worker.
#[derive(Clone, Debug)]
pub(super) struct Sandbox {
    /// Files and folders (with all below) that may be read.
    pub(super) read: Vec<PathBuf>,
    /// Folders in which files may be made, changed and removed.
    pub(super) write: Vec<PathBuf>,
    /// Memory for the task, in bytes. Counts private writable memory, so that mapped files do not
    /// count; a small overhead comes on top.
    pub(super) memory_bytes: u64,
    /// Largest file that may be written, in bytes.
    pub(super) file_bytes: u64,
    /// Open files.
    pub(super) open_files: u64,
    /// What to do where the kernel has no Landlock.
    pub(super) isolation: Isolation,
}

/// Why a worker does not run.
#[derive(Debug, thiserror::Error)]
pub(super) enum SandboxError {
    /// A limit could not be set.
    #[error("cannot set the limit on {what}: {source}")]
    Limit {
        /// Which.
        what: &'static str,
        /// What the system says.
        #[source]
        source: rustix::io::Errno,
    },
    /// A path that the task needs cannot be opened.
    #[error("cannot allow access to {path}: {reason}")]
    Path {
        /// Which.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Landlock is missing or refused.
    #[error(
        "this kernel does not confine the worker's file access ({0}); use a kernel with Landlock (5.13 or later), or \
         set the worker isolation to `dangerous_without_landlock`"
    )]
    Landlock(String),
    /// The system call filter was refused.
    #[error("cannot filter system calls: {0}")]
    Seccomp(String),
}

impl Sandbox {
    /// Takes everything else away from this process. Must run while it has one thread.
    pub(super) fn enter(&self) -> Result<(), SandboxError> {
        // Fails where the process leads a group already; it has no terminal then either.
        let _ = rustix::process::setsid();
        self.limit()?;
        rustix::thread::set_no_new_privs(true)
            .map_err(|source| SandboxError::Limit { what: "privileges", source })?;
        match (self.confine_files(), self.isolation) {
            (Ok(()), _) => {}
            (Err(SandboxError::Landlock(_)), Isolation::DangerousWithoutLandlock) => {}
            (Err(error), _) => return Err(error),
        }
        seccomp::apply().map_err(SandboxError::Seccomp)
    }

    fn limit(&self) -> Result<(), SandboxError> {
        let limits = [
            (Resource::Data, "memory", self.memory_bytes.saturating_add(OVERHEAD_BYTES)),
            (Resource::Cpu, "processor time", CPU_SECONDS),
            (Resource::Fsize, "file size", self.file_bytes),
            (Resource::Nofile, "open files", self.open_files),
            (Resource::Core, "core dumps", 0),
        ];
        for (resource, what, value) in limits {
            // A lower limit from outside stays.
            let present = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
            let value = Some(value.min(present));
            setrlimit(resource, Rlimit { current: value, maximum: value })
                .map_err(|source| SandboxError::Limit { what, source })?;
        }
        Ok(())
    }

    fn confine_files(&self) -> Result<(), SandboxError> {
        let refused = |error: landlock::RulesetError| SandboxError::Landlock(error.to_string());
        // What a kernel does not know yet is left out; version 1 is the least.
        let ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(ABI::V5))
            .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(ABI::V4)))
            .and_then(|ruleset| ruleset.scope(Scope::from_all(ABI::V6)))
            .and_then(Ruleset::create)
            .map_err(refused)?;
        let read = AccessFs::ReadFile | AccessFs::ReadDir;
        let write = read
            | AccessFs::WriteFile
            | AccessFs::Truncate
            | AccessFs::MakeReg
            | AccessFs::MakeDir
            | AccessFs::RemoveFile
            | AccessFs::RemoveDir
            | AccessFs::Refer;
        let mut ruleset = ruleset;
        let group = LIMITS_OF_THE_GROUP.map(PathBuf::from);
        let readable = self.read.iter().chain(group.iter().filter(|path| path.exists()));
        let paths =
            readable.map(|path| (path, read)).chain(self.write.iter().map(|path| (path, write)));
        for (path, access) in paths {
            let access = if path.is_dir() { access } else { access & AccessFs::from_file(ABI::V5) };
            let file = open(path)?;
            ruleset = ruleset.add_rule(PathBeneath::new(file, access)).map_err(refused)?;
        }
        let status = ruleset.restrict_self().map_err(refused)?;
        match status.ruleset {
            RulesetStatus::NotEnforced => {
                Err(SandboxError::Landlock("Landlock is absent or disabled".into()))
            }
            RulesetStatus::PartiallyEnforced | RulesetStatus::FullyEnforced => Ok(()),
        }
    }
}

fn open(path: &Path) -> Result<PathFd, SandboxError> {
    PathFd::new(path)
        .map_err(|error| SandboxError::Path { path: path.to_owned(), reason: error.to_string() })
}
