//! How long a user must wait after failed logins: steps that slow a guesser down without giving
//! anybody the power to lock somebody else out for long.

use std::time::Duration;

/// The wait after this many failures in a row.
#[must_use]
pub fn wait_after(failures: i64) -> Duration {
    Duration::from_secs(match failures {
        ..=2 => 0,
        3..=8 => 3,
        9..=24 => 5,
        25..=99 => 10,
        _ => 600,
    })
}
