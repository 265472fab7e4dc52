//! Owns the record of sent events: when each was due, and the sequence at which it was acknowledged.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;

use crate::tail::TailPlan;

/// The number of kinds of events; a filter selects one of them.
pub(super) const BUCKETS: u64 = 10;

/// An event as a reader gets it. Ordered by sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Delivered {
    pub(super) sequence: u64,
    /// The index among the sent events.
    pub(super) number: u64,
}

/// The sent events. The number of an event is its index among all sent events, in the order in which they are due.
#[derive(Debug)]
pub(super) struct Book {
    events_per_second: u64,
    began: OnceLock<Instant>,
    /// For each event its acknowledged sequence plus one; 0 if it was not acknowledged.
    acknowledged: Vec<AtomicU64>,
}

impl Book {
    pub(super) fn new(plan: &TailPlan) -> Self {
        let acknowledged = (0..plan.events.get()).map(|_| AtomicU64::new(0)).collect();
        Self { events_per_second: plan.events_per_second.get(), began: OnceLock::new(), acknowledged }
    }

    pub(super) fn begin(&self, at: Instant) {
        // Only the first call sets the beginning.
        let _ = self.began.set(at);
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.began.get().map_or(Duration::ZERO, Instant::elapsed)
    }

    pub(super) fn events(&self) -> u64 {
        self.acknowledged.len() as u64
    }

    /// How long after the beginning an event is due.
    pub(super) fn due(&self, number: u64) -> Duration {
        Duration::from_nanos(number.saturating_mul(1_000_000_000) / self.events_per_second)
    }

    pub(super) fn acknowledge(&self, number: u64, sequence: u64) {
        if let Some(place) = usize::try_from(number).ok().and_then(|number| self.acknowledged.get(number)) {
            place.store(sequence + 1, Ordering::Relaxed);
        }
    }

    /// The acknowledged events of a kind, by sequence.
    pub(super) fn expected(&self, is_wanted: impl Fn(u64) -> bool) -> Vec<Delivered> {
        let all = self.acknowledged.iter().zip(0_u64..).filter(|(_, number)| is_wanted(*number));
        let mut expected: Vec<Delivered> = all
            .filter_map(|(place, number)| {
                place.load(Ordering::Relaxed).checked_sub(1).map(|sequence| Delivered { sequence, number })
            })
            .collect();
        expected.sort_unstable();
        expected
    }

    /// The event as it is sent, with a realistic length.
    pub(super) fn event(number: u64) -> String {
        let event = json!({
            "action": "order.update",
            "actor": {"type": "user", "id": format!("user-{}", number % 977), "name": "Somebody with a name"},
            "targets": [{"type": "order", "id": format!("order-{number}")}],
            "source": {"service": "shop", "component": "checkout", "environment": "production"},
            "context": {"ip": "203.0.113.7", "request_id": format!("request-{number}"), "user_agent": "Mozilla/5.0"},
            "message": "The order was changed at checkout, and the change was confirmed to the customer by mail",
            "metadata": {"bucket": format!("b{}", number % BUCKETS), "number": number},
        });
        event.to_string()
    }
}
