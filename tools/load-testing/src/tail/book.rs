//! Owns what was sent: when each event was due, and which place in the log it was acknowledged at.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;

use crate::tail::TailPlan;

/// Events fall into so many kinds, of which a filter asks for one.
pub(super) const BUCKETS: u64 = 10;

/// What was sent. The number of an event is its place among all that are sent, in the order in which they are due.
#[derive(Debug)]
pub(super) struct Book {
    events_per_second: u64,
    began: OnceLock<Instant>,
    /// The sequence that each event was acknowledged with, and one; 0 where it was not.
    acknowledged: Vec<AtomicU64>,
}

impl Book {
    pub(super) fn new(plan: &TailPlan) -> Self {
        let acknowledged = (0..plan.events.get()).map(|_| AtomicU64::new(0)).collect();
        Self { events_per_second: plan.events_per_second.get(), began: OnceLock::new(), acknowledged }
    }

    pub(super) fn begin(&self, at: Instant) {
        // It begins once.
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

    /// The acknowledged events of a kind, by sequence: sequence and number.
    pub(super) fn expected(&self, is_wanted: impl Fn(u64) -> bool) -> Vec<(u64, u64)> {
        let all = self.acknowledged.iter().zip(0_u64..).filter(|(_, number)| is_wanted(*number));
        let mut expected: Vec<(u64, u64)> = all
            .filter_map(|(place, number)| {
                place.load(Ordering::Relaxed).checked_sub(1).map(|sequence| (sequence, number))
            })
            .collect();
        expected.sort_unstable();
        expected
    }

    /// The event as it is sent: about as long as events are.
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
