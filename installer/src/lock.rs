//! One installer at a time: an exclusive lock that the kernel drops when the process ends, however it ends.
//! A lock of the process, not of the open file: no child that was just being started can keep it.

use std::fs::File;

use rustix::fs::FlockOperation;

use crate::error::{Context, Error};
use crate::files;
use crate::host::{Host, HostPaths};

/// Held for as long as the installer changes the host.
pub struct Lock {
    _file: File,
}

/// Takes the lock, or says who is in the way.
pub fn take(host: &dyn Host, paths: &HostPaths) -> Result<Lock, Error> {
    files::make_dir(host, &paths.state(), 0o700)?;
    let path = paths.lock();
    let file = host.open(&path, 0o600).at("cannot open", &path)?;
    match rustix::fs::fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Lock { _file: file }),
        Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::ACCESS) => Err(Error::Locked(path)),
        Err(error) => Err(std::io::Error::from(error)).at("cannot lock", &path),
    }
}
