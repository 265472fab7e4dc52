//! Owns the record of one tenant's log.

use std::collections::{BTreeMap, HashSet};

use crate::corpus::{EventNumber, dice::Dice};

/// One acknowledged event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The event.
    pub number: EventNumber,
    /// Its sequence.
    pub sequence: u64,
}

/// Consecutive events at consecutive sequences, as in one request: a log of millions of events is thousands of these,
/// and hammer must not use as much memory as it permits the server.
#[derive(Debug, Clone, Copy)]
struct Run {
    number: u64,
    events: u64,
}

/// Runs by their first sequences; they do not overlap.
#[derive(Debug, Clone, Default)]
struct Runs(BTreeMap<u64, Run>);

/// The record of one tenant's log.
#[derive(Debug, Default)]
pub struct TenantRecord {
    runs: Runs,
    acknowledged: u64,
    in_doubt: HashSet<EventNumber>,
}

/// A part of it, to compare answers with.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    first_sequence: u64,
    runs: Runs,
    /// Events that may be present once or not at all.
    pub in_doubt: HashSet<EventNumber>,
}

impl Runs {
    fn at(&self, sequence: u64) -> Option<EventNumber> {
        let (first, run) = self.0.range(..=sequence).next_back()?;
        let place = sequence - first;
        (place < run.events).then_some(EventNumber(run.number + place))
    }

    /// The sequence after the last known one.
    fn end(&self) -> u64 {
        self.0.last_key_value().map_or(0, |(first, run)| first + run.events)
    }

    fn is_free(&self, first: u64, events: u64) -> bool {
        let before = self.0.range(..first + events).next_back();
        before.is_none_or(|(known, run)| known + run.events <= first)
    }

    /// Adds a run to sequences without an event.
    fn insert(&mut self, first: u64, run: Run) {
        if let Some((known, before)) = self.0.range_mut(..first).next_back()
            && known + before.events == first
            && before.number + before.events == run.number
        {
            before.events += run.events;
            return;
        }
        self.0.insert(first, run);
    }

    fn events(&self) -> impl Iterator<Item = Acknowledgement> {
        self.0.iter().flat_map(|(&first, run)| {
            let numbers = run.number..run.number + run.events;
            numbers.zip(first..).map(|(number, sequence)| Acknowledgement { number: EventNumber(number), sequence })
        })
    }
}

impl TenantRecord {
    /// Adds the receipts of a request, and reports each sequence that another event has already.
    pub(super) fn acknowledge(&mut self, receipts: &[Acknowledgement]) -> Vec<String> {
        if !self.in_doubt.is_empty() {
            for receipt in receipts {
                self.in_doubt.remove(&receipt.number);
            }
        }
        let follows = |left: &Acknowledgement, right: &Acknowledgement| {
            left.number.0 + 1 == right.number.0 && left.sequence + 1 == right.sequence
        };
        receipts.chunk_by(follows).flat_map(|neighbours| self.acknowledge_run(neighbours)).collect()
    }

    fn acknowledge_run(&mut self, neighbours: &[Acknowledgement]) -> Vec<String> {
        let Some(first) = neighbours.first() else { return Vec::new() };
        let events = u64::try_from(neighbours.len()).unwrap_or(u64::MAX);
        if self.runs.is_free(first.sequence, events) {
            self.runs.insert(first.sequence, Run { number: first.number.0, events });
            self.acknowledged += events;
            return Vec::new();
        }
        neighbours.iter().filter_map(|receipt| self.acknowledge_one(*receipt).err()).collect()
    }

    fn acknowledge_one(&mut self, receipt: Acknowledgement) -> Result<(), String> {
        let Acknowledgement { number, sequence } = receipt;
        match self.runs.at(sequence) {
            Some(known) if known == number => Ok(()),
            Some(known) => {
                Err(format!("events {} and {} were both acknowledged as sequence {sequence}", known.0, number.0))
            }
            None => {
                self.runs.insert(sequence, Run { number: number.0, events: 1 });
                self.acknowledged += 1;
                Ok(())
            }
        }
    }

    pub(super) fn doubt(&mut self, numbers: impl Iterator<Item = EventNumber>) {
        self.in_doubt.extend(numbers);
    }

    pub(super) fn snapshot(&self, first_sequence: u64) -> Snapshot {
        let reaches = |(first, run): (&u64, &Run)| (first + run.events > first_sequence).then_some((*first, *run));
        let before = self.runs.0.range(..first_sequence).next_back().and_then(reaches);
        let after = self.runs.0.range(first_sequence..).map(|(first, run)| (*first, *run));
        let runs = Runs(before.into_iter().chain(after).collect());
        Snapshot { first_sequence, runs, in_doubt: self.in_doubt.clone() }
    }

    /// A random acknowledged event, each sequence being equally likely.
    pub(super) fn draw(&self, dice: &mut Dice) -> Option<Acknowledgement> {
        let sequence = dice.below(self.runs.end());
        Some(Acknowledgement { number: self.runs.at(sequence)?, sequence })
    }

    pub(super) const fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    pub(super) fn in_doubt(&self) -> u64 {
        u64::try_from(self.in_doubt.len()).unwrap_or(u64::MAX)
    }
}

impl Snapshot {
    /// The first sequence of the part.
    #[must_use]
    pub const fn first_sequence(&self) -> u64 {
        self.first_sequence
    }

    /// The sequence after the last acknowledged one.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.runs.end().max(self.first_sequence)
    }

    /// The event acknowledged at a sequence.
    #[must_use]
    pub fn at(&self, sequence: u64) -> Option<EventNumber> {
        self.runs.at(sequence).filter(|_| sequence >= self.first_sequence)
    }

    /// Every acknowledged event with its sequence, in order.
    pub fn acknowledged(&self) -> impl Iterator<Item = Acknowledgement> {
        self.runs.events().filter(|known| known.sequence >= self.first_sequence)
    }

    /// The sequences before the end without a known event, in order.
    pub fn unknown(&self) -> impl Iterator<Item = u64> {
        let ends = std::iter::once(0).chain(self.runs.0.iter().map(|(first, run)| first + run.events));
        let gaps = ends.zip(self.runs.0.keys()).flat_map(|(end, &first)| end..first);
        gaps.filter(|&sequence| sequence >= self.first_sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipts(number: u64, places: std::ops::Range<u64>) -> Vec<Acknowledgement> {
        (number..)
            .zip(places)
            .map(|(number, sequence)| Acknowledgement { number: EventNumber(number), sequence })
            .collect()
    }

    #[test]
    fn neighbours_are_kept_together_and_found_one_by_one() {
        let mut record = TenantRecord::default();
        assert!(record.acknowledge(&receipts(100, 5..15)).is_empty());
        assert!(record.acknowledge(&receipts(110, 15..20)).is_empty());
        assert!(record.acknowledge(&receipts(50, 1..3)).is_empty());
        assert_eq!((record.runs.0.len(), record.acknowledged()), (2, 17));
        let snapshot = record.snapshot(0);
        assert_eq!(snapshot.at(4), None);
        assert_eq!(snapshot.at(5), Some(EventNumber(100)));
        assert_eq!(snapshot.at(19), Some(EventNumber(114)));
        assert_eq!((snapshot.at(20), snapshot.end()), (None, 20));
        assert_eq!(snapshot.unknown().collect::<Vec<_>>(), [0, 3, 4]);
        let part = record.snapshot(8);
        assert_eq!((part.at(7), part.at(8)), (None, Some(EventNumber(103))));
        assert_eq!(part.acknowledged().count(), 12);
        assert_eq!(part.unknown().count(), 0);
    }

    #[test]
    fn the_same_receipt_again_is_nothing_new_and_another_ones_place_is_named() {
        let mut record = TenantRecord::default();
        record.acknowledge(&receipts(0, 0..10));
        assert!(record.acknowledge(&receipts(4, 4..12)).is_empty());
        assert_eq!(record.acknowledged(), 12);
        let found = record.acknowledge(&receipts(70, 11..13));
        assert_eq!(found, ["events 11 and 70 were both acknowledged as sequence 11"]);
        assert_eq!((record.acknowledged(), record.snapshot(0).at(12)), (13, Some(EventNumber(71))));
    }
}
