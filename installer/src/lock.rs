//! One installer at a time: an exclusive lock that the kernel drops when the process ends, however it ends.
//! A lock of the process, not of the open file: no child that was just being started can keep it.
//!
//! The programs that an installer runs may outlive one that is killed. They keep a second lock, of the open
//! file that they inherit, and the next installer waits until the last of them has ended: what it puts in
//! order is not changed under its hands.

use std::fs::File;
use std::io;

use rustix::fs::FlockOperation;
use rustix::io::{Errno, FdFlags};

use crate::error::{Context, Error};
use crate::files;
use crate::host::{Host, HostPaths};

/// Held for as long as the installer changes the host.
pub struct Lock {
    _installer: File,
    _programs: File,
}

/// Takes the lock, or says who is in the way. Waits for programs that an installer left behind; `say` is told so.
pub fn take(host: &dyn Host, paths: &HostPaths, say: &dyn Fn(&str)) -> Result<Lock, Error> {
    files::make_dir(host, &paths.state(), 0o700)?;
    let path = paths.lock();
    let installer = host.open(&path, 0o600).at("cannot open", &path)?;
    match rustix::fs::fcntl_lock(&installer, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK | Errno::ACCESS) => return Err(Error::Locked(path)),
        Err(error) => return Err(io::Error::from(error)).at("cannot lock", &path),
    }
    let path = path.with_extension("programs");
    let programs = host.open(&path, 0o600).at("cannot open", &path)?;
    let lock = |how| rustix::io::retry_on_intr(|| rustix::fs::flock(&programs, how));
    let taken = match lock(FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => {
            say("waiting for a program that an interrupted run left behind");
            lock(FlockOperation::LockExclusive)
        }
        other => other,
    };
    taken
        .and_then(|()| rustix::io::fcntl_setfd(&programs, FdFlags::empty()))
        .map_err(io::Error::from)
        .at("cannot lock", &path)?;
    Ok(Lock { _installer: installer, _programs: programs })
}
