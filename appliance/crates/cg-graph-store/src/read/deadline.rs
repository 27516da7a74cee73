//! Stops a statement when its time is over.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};
use duckdb::Connection;

/// How often a statement that does not stop is told again.
const AGAIN: Duration = Duration::from_millis(50);

/// Runs `work`, interrupting the connection after `limit`. Tells whether that happened.
pub(super) fn limited<T>(
    connection: &Connection,
    limit: Duration,
    work: impl FnOnce() -> T,
) -> (T, bool) {
    let handle = connection.interrupt_handle();
    let fired = AtomicBool::new(false);
    let (done, wait) = bounded::<()>(0);
    let result = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut pause = limit;
            while wait.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                fired.store(true, Ordering::Relaxed);
                handle.interrupt();
                pause = AGAIN;
            }
        });
        let result = work();
        drop(done);
        result
    });
    (result, fired.into_inner())
}
