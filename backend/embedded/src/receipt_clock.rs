//! Owns `received_at`, the time at which events are received. From one event of a log to a later one it goes backwards
//! by at most [`FALL_MAX_MICROS`].
//!
//! When the system clock is set back further, this clock stands still at that bound until the system clock has caught
//! up, so a running server accepts events whatever its clock does. If the system clock is more than a day behind the
//! newest event when the server starts, it is wrong now, or it was wrong when that event was received. The server then
//! refuses to start until the operator decides which.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

use auditlog_core::{
    clock::Clock,
    store::AppendError,
    timestamp::{MICROS_PER_DAY, MICROS_PER_SECOND, Timestamp},
};

/// The permitted fall of `received_at` from one event of a log to a later one: requests overtake each other.
pub(crate) const FALL_MAX_MICROS: i64 = 60 * MICROS_PER_SECOND;
/// A clock further behind the newest event is plainly wrong.
const BEHIND_MAX_MICROS: i64 = MICROS_PER_DAY;

/// The clock that assigns `received_at` to events. Only the writer reports received events to it.
pub(crate) struct ReceiptClock {
    clock: Arc<dyn Clock>,
    /// The latest `received_at` since the clock was last reset, in microseconds since 1970.
    newest: AtomicI64,
    /// Whether the underlying clock is behind and this one stands still. Used to log it once.
    is_held: AtomicBool,
}

impl ReceiptClock {
    pub(crate) fn new(clock: Arc<dyn Clock>, newest: Timestamp) -> Self {
        Self { clock, newest: AtomicI64::new(newest.as_micros()), is_held: AtomicBool::new(false) }
    }

    /// The time of the underlying clock.
    pub(crate) fn shown(&self) -> Timestamp {
        self.clock.now()
    }

    /// The latest `received_at` since the clock was last reset.
    pub(crate) fn newest(&self) -> Timestamp {
        Timestamp::from_micros(self.newest.load(Ordering::Relaxed))
    }

    /// Whether a request may still be appended.
    pub(crate) fn check(&self, received_at: Timestamp) -> Result<(), AppendError> {
        let newest = self.newest();
        if received_at.as_micros() >= newest.as_micros().saturating_sub(FALL_MAX_MICROS) {
            return Ok(());
        }
        Err(AppendError::ClockBehind { received_at, newest })
    }

    /// Records events that are durable.
    pub(crate) fn received(&self, at: Timestamp) {
        self.newest.fetch_max(at.as_micros(), Ordering::Relaxed);
    }

    /// Restarts from this time, which is durable.
    pub(crate) fn reset(&self, at: Timestamp) {
        self.newest.store(at.as_micros(), Ordering::Relaxed);
    }
}

impl Clock for ReceiptClock {
    fn now(&self) -> Timestamp {
        let shown = self.shown();
        let floor = Timestamp::from_micros(self.newest().as_micros().saturating_sub(FALL_MAX_MICROS));
        let is_behind = shown < floor;
        if is_behind != self.is_held.load(Ordering::Relaxed)
            && is_behind != self.is_held.swap(is_behind, Ordering::Relaxed)
        {
            if is_behind {
                tracing::warn!(%shown, held_at = %floor, "the system's clock was set back: the time of receipt is held");
            } else {
                tracing::info!(%shown, "the system's clock has caught up");
            }
        }
        if is_behind { floor } else { shown }
    }
}

/// Why a clock that shows `now` is plainly wrong, given an event received at `newest`.
pub(crate) fn why_behind(now: Timestamp, newest: Timestamp) -> Option<String> {
    let is_far_behind = now.as_micros().saturating_add(BEHIND_MAX_MICROS) < newest.as_micros();
    is_far_behind.then(|| format!("an event was received at {newest}, more than a day later"))
}

/// The latest `received_at` after one more event: the writer lets it fall further than permitted only where the clock
/// was reset.
pub(crate) fn newest_after(newest: Timestamp, received_at: Timestamp) -> Timestamp {
    let is_reset = received_at.as_micros() < newest.as_micros().saturating_sub(FALL_MAX_MICROS);
    if is_reset { received_at } else { newest.max(received_at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(i64);

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(self.0)
        }
    }

    #[test]
    fn a_clock_that_is_put_back_is_held_at_the_most_it_may_fall() {
        let newest = 100 * MICROS_PER_DAY;
        for (behind, expected) in [
            (-5, -5),
            (0, 0),
            (FALL_MAX_MICROS, FALL_MAX_MICROS),
            (FALL_MAX_MICROS + 1, FALL_MAX_MICROS),
            (MICROS_PER_DAY, FALL_MAX_MICROS),
            (MICROS_PER_DAY + 1, FALL_MAX_MICROS),
        ] {
            let clock = ReceiptClock::new(Arc::new(Fixed(newest - behind)), Timestamp::from_micros(newest));
            assert_eq!(clock.now().as_micros(), newest - expected, "{behind} behind");
            assert_eq!(clock.check(clock.now()), Ok(()), "{behind} behind");
            assert_eq!(why_behind(clock.shown(), clock.newest()).is_some(), behind > MICROS_PER_DAY, "{behind} behind");
        }
    }

    #[test]
    fn only_a_reset_makes_the_newest_receipt_fall() {
        let after = |newest, received| newest_after(Timestamp::from_micros(newest), Timestamp::from_micros(received));
        assert_eq!(after(5, 9).as_micros(), 9);
        assert_eq!(after(FALL_MAX_MICROS, 0).as_micros(), FALL_MAX_MICROS);
        assert_eq!(after(FALL_MAX_MICROS + 1, 0).as_micros(), 0);
    }
}
