//! Owns what is known of one tenant's log.

use std::collections::HashSet;

use crate::corpus::EventNumber;

/// Stands in the dense list for a place that nothing is known of.
const UNKNOWN: u64 = u64::MAX;

/// One event that the server answered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Which event.
    pub number: EventNumber,
    /// The place it was given.
    pub sequence: u64,
}

/// What is known of one tenant's log. Eight bytes an event: places are dense.
#[derive(Debug, Default)]
pub struct TenantRecord {
    by_sequence: Vec<u64>,
    acknowledged: u64,
    in_doubt: HashSet<EventNumber>,
}

/// A part of it, to compare answers with.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    first_sequence: u64,
    by_sequence: Vec<u64>,
    /// Events that may be there once or not at all.
    pub in_doubt: HashSet<EventNumber>,
}

impl TenantRecord {
    /// Notes a receipt.
    pub(super) fn acknowledge(&mut self, receipt: Acknowledgement) -> Result<(), String> {
        self.in_doubt.remove(&receipt.number);
        let place = usize::try_from(receipt.sequence).map_err(|error| error.to_string())?;
        if place >= self.by_sequence.len() {
            self.by_sequence.resize(place + 1, UNKNOWN);
        }
        let known = std::mem::replace(&mut self.by_sequence[place], receipt.number.0);
        if known == receipt.number.0 {
            return Ok(());
        }
        self.acknowledged += 1;
        if known == UNKNOWN {
            return Ok(());
        }
        Err(format!("events {known} and {} were both acknowledged as sequence {place}", receipt.number.0))
    }

    pub(super) fn doubt(&mut self, numbers: impl Iterator<Item = EventNumber>) {
        self.in_doubt.extend(numbers);
    }

    pub(super) fn snapshot(&self, first_sequence: u64) -> Snapshot {
        let first = usize::try_from(first_sequence).unwrap_or(usize::MAX).min(self.by_sequence.len());
        Snapshot { first_sequence, by_sequence: self.by_sequence[first..].to_vec(), in_doubt: self.in_doubt.clone() }
    }

    pub(super) const fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    pub(super) fn in_doubt(&self) -> u64 {
        u64::try_from(self.in_doubt.len()).unwrap_or(u64::MAX)
    }
}

impl Snapshot {
    /// The first sequence it speaks of.
    #[must_use]
    pub const fn first_sequence(&self) -> u64 {
        self.first_sequence
    }

    /// The sequence behind the last acknowledged one.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.first_sequence + u64::try_from(self.by_sequence.len()).unwrap_or(0)
    }

    /// The event acknowledged at a sequence.
    #[must_use]
    pub fn at(&self, sequence: u64) -> Option<EventNumber> {
        let place = usize::try_from(sequence.checked_sub(self.first_sequence)?).ok()?;
        self.by_sequence.get(place).copied().filter(|&number| number != UNKNOWN).map(EventNumber)
    }

    /// Every acknowledged event with its sequence, in order.
    pub fn acknowledged(&self) -> impl Iterator<Item = Acknowledgement> {
        (self.first_sequence..)
            .zip(&self.by_sequence)
            .filter(|&(_, &number)| number != UNKNOWN)
            .map(|(sequence, &number)| Acknowledgement { number: EventNumber(number), sequence })
    }
}
