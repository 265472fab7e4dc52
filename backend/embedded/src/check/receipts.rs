//! Owns the rule that an event's `received_at` is at most one minute before that of any earlier event of its log since
//! the last clock reset. The parts of a log are checked in any order.

use auditlog_core::{event::Event, store::SequenceSpan, timestamp::Timestamp};

/// The permitted fall of the time of receipt within a log, in microseconds: requests that are handled at the same time
/// are committed in any order.
const FALL_MAX_MICROS: i64 = 60_000_000;

/// The action that the server records where an operator has set the clock back.
const CLOCK_RESET: &str = "clock.reset";
/// The service of the server's own events, which no producer may use.
const OWN_SERVICE: &str = "auditlog";

/// The maximum number of listed falls.
const FALLS_MAX: usize = 1_000;

/// The times of receipt of a log, as parts without gaps.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    parts: Vec<PartReceipts>,
    falls: Vec<Fall>,
}

/// A time of receipt that is too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fall {
    pub(super) sequence: u64,
    pub(super) received_at: Timestamp,
    /// The latest time before it.
    pub(super) after: Timestamp,
}

/// Consecutive events.
#[derive(Debug)]
struct PartReceipts {
    first: u64,
    next: u64,
    /// The earliest one that the events before it could contradict: none before a reset.
    earliest: Option<(Timestamp, u64)>,
    /// Whether the events after it are compared with this part alone.
    is_reset: bool,
    /// The latest one since the last reset.
    latest: Timestamp,
}

impl Receipts {
    /// Adds the next event of a part, or the first one of another.
    pub(super) fn add(&mut self, sequence: u64, event: &Event) {
        let received_at = event.received_at;
        let is_reset = event.action == CLOCK_RESET && event.source.service == OWN_SERVICE;
        if self.parts.last().is_none_or(|part| part.next != sequence) {
            let latest = received_at;
            let part = PartReceipts { first: sequence, next: sequence, earliest: None, is_reset: false, latest };
            self.parts.push(part);
        }
        let Some(part) = self.parts.last_mut() else { return };
        part.next = sequence + 1;
        if is_reset {
            (part.is_reset, part.latest) = (true, received_at);
            return;
        }
        if !part.is_reset && part.earliest.is_none_or(|(earliest, _)| received_at < earliest) {
            part.earliest = Some((received_at, sequence));
        }
        if falls(part.latest, received_at) {
            if self.falls.len() < FALLS_MAX {
                self.falls.push(Fall { sequence, received_at, after: part.latest });
            }
            // One fall is one finding, and not one for each event after it.
            part.latest = received_at;
        }
        part.latest = part.latest.max(received_at);
    }

    /// Adds parts that were read elsewhere.
    pub(super) fn append(&mut self, mut other: Self) {
        self.parts.append(&mut other.parts);
        self.falls.append(&mut other.falls);
    }

    /// Every fall, by sequence.
    pub(super) fn falls(mut self) -> Vec<Fall> {
        self.parts.sort_by_key(|part| part.first);
        let mut latest: Option<Timestamp> = None;
        for part in &self.parts {
            let contradicted = latest.zip(part.earliest).filter(|(latest, (earliest, _))| falls(*latest, *earliest));
            if let Some((after, (received_at, sequence))) = contradicted
                && !self.falls.iter().any(|fall| fall.sequence == sequence)
            {
                self.falls.push(Fall { sequence, received_at, after });
            }
            let stands_alone = part.is_reset || contradicted.is_some();
            latest = Some(latest.filter(|_| !stands_alone).map_or(part.latest, |latest| latest.max(part.latest)));
        }
        self.falls.sort_by_key(|fall| fall.sequence);
        self.falls
    }
}

impl Fall {
    pub(super) fn span(&self) -> SequenceSpan {
        SequenceSpan { first: self.sequence, last: self.sequence }
    }
}

fn falls(latest: Timestamp, received_at: Timestamp) -> bool {
    received_at.as_micros().saturating_add(FALL_MAX_MICROS) < latest.as_micros()
}

#[cfg(test)]
mod tests {
    use auditlog_conformance::fixtures;
    use auditlog_core::id::TenantId;

    use super::*;

    fn event(second: i64, action: &str, service: &str) -> Event {
        let entropy = fixtures::SeededEntropy::new(1);
        let stored = fixtures::event(&serde_json::json!({}));
        let tenant = TenantId::parse("acme").unwrap();
        let batch = fixtures::prepare(&tenant, Timestamp::from_micros(second * 1_000_000), &[stored], &entropy);
        let mut event = *batch.events.into_iter().next().unwrap().event;
        event.action = action.to_owned();
        event.source.service = service.to_owned();
        event
    }

    fn falls_of(parts: &[&[(u64, i64)]], resets: &[u64]) -> Vec<u64> {
        let mut receipts = Receipts::default();
        for (sequence, second) in parts.iter().copied().flatten() {
            let action = if resets.contains(sequence) { "clock.reset" } else { "a.b" };
            receipts.add(*sequence, &event(*second, action, "auditlog"));
        }
        receipts.falls().iter().map(|fall| fall.sequence).collect()
    }

    #[test]
    fn a_fall_of_more_than_a_minute_is_found_once_within_parts_and_between_them() {
        let whole = [(0, 100), (1, 160), (2, 100), (3, 99), (4, 99), (5, 161)];
        assert_eq!(falls_of(&[&whole], &[]), [3]);
        for cut in 1..whole.len() {
            let (one, other) = whole.split_at(cut);
            assert_eq!(falls_of(&[other, one], &[]).len(), 1, "cut at {cut}");
        }
    }

    #[test]
    fn a_reset_by_the_server_may_fall_and_nobody_elses() {
        let whole = [(0, 500), (1, 100), (2, 110)];
        assert_eq!(falls_of(&[&whole], &[1]), Vec::<u64>::new());
        assert_eq!(falls_of(&[&whole[1..], &whole[..1]], &[1]), Vec::<u64>::new());
        let mut receipts = Receipts::default();
        receipts.add(0, &event(500, "a.b", "shop"));
        receipts.add(1, &event(100, "clock.reset", "shop"));
        assert_eq!(receipts.falls().len(), 1);
    }
}
