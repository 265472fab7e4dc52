//! Owns the access to time and randomness. No other code may take them from the environment.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::timestamp::Timestamp;

/// Reads the wall-clock time. Injected everywhere, so that tests set the time.
pub trait Clock: Send + Sync + 'static {
    /// The time now, UTC, in microseconds.
    fn now(&self) -> Timestamp;
}

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock before 1970 reads as 1970; the store refuses to start on a clock that is plainly wrong.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }
}

/// Fills buffers with unpredictable bytes: salt seeds, event ids, key secrets.
pub trait Entropy: Send + Sync + 'static {
    /// Fills all of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}
