//! Bounds the bytes of source that are being worked on, so that memory stays bounded however many
//! files wait for an earlier one.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A number of bytes that may be in flight.
pub(crate) struct Budget {
    most: u64,
    used: Mutex<u64>,
    freed: Condvar,
}

/// Bytes taken from a budget; given back when dropped.
pub(crate) struct Permit {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Budget {
    pub(crate) fn new(most: u64) -> Arc<Self> {
        Arc::new(Self { most, used: Mutex::new(0), freed: Condvar::new() })
    }

    /// Waits until the bytes fit. A file larger than the whole budget waits until nothing else is
    /// in flight. Callers must ask in the order in which results are wanted: then the first of those
    /// that wait is never waited for by one that has its permit.
    pub(crate) fn take(self: &Arc<Self>, bytes: u64) -> Permit {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let mut used = self
            .freed
            .wait_while(used, |used| *used > 0 && *used + bytes > self.most)
            .unwrap_or_else(PoisonError::into_inner);
        *used += bytes;
        Permit { budget: Arc::clone(self), bytes }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *self.budget.used.lock().unwrap_or_else(PoisonError::into_inner) -= self.bytes;
        self.budget.freed.notify_all();
    }
}
