//! What is kept in memory about a segment's ids: the latest id and, after 1,000 look-ups in the index, a filter with
//! false positives. With these, most look-ups of an absent id need no read of the segment's index. An event whose id
//! was chosen by its sender is looked up when it arrives. A segment needs no look-up for an id that is later than its
//! latest one.
//!
//! It knows ids as numbers and bytes, and nothing of files.

use std::{
    ops::RangeInclusive,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use auditlog_core::id::EventId;
use xxhash_rust::xxh3::xxh3_64;

/// The number of look-ups in the index that take about as long as building a filter, which reads all ids of a segment.
const LOOK_UPS_BEFORE_FILTER: u32 = 1_000;

/// The current knowledge about a segment's ids.
#[derive(Default)]
pub(super) struct KnownIds {
    /// The latest id; `None` where the data file does not state it.
    latest: OnceLock<Option<EventId>>,
    look_ups: AtomicU32,
    filter: OnceLock<IdFilter>,
}

impl KnownIds {
    /// Whether the segment may contain the id.
    pub(super) fn may_hold(&self, id: EventId) -> bool {
        // Most are new, and so later than everything sealed.
        let latest = self.latest.get().copied().flatten();
        latest.is_none_or(|latest| id <= latest) && self.filter.get().is_none_or(|filter| filter.may_hold(id))
    }

    /// The latest id, obtained from `read` the first time.
    pub(super) fn latest(&self, read: impl FnOnce() -> Option<EventId>) -> Option<EventId> {
        *self.latest.get_or_init(read)
    }

    /// Counts a look-up in the index.
    pub(super) fn count_look_up(&self) {
        self.look_ups.fetch_add(1, Ordering::Relaxed);
    }

    /// Builds a filter of all ids, which `read` returns, once the number of look-ups justifies it.
    pub(super) fn filter_when_due(&self, read: impl FnOnce() -> Option<Vec<EventId>>) {
        let is_due = |look_ups| look_ups >= LOOK_UPS_BEFORE_FILTER && self.filter.get().is_none();
        // The thread that takes the count builds the filter. Others continue to use the index meanwhile.
        if !is_due(self.look_ups.load(Ordering::Relaxed)) || !is_due(self.look_ups.swap(0, Ordering::Relaxed)) {
            return;
        }
        if let Some(ids) = read() {
            let _ = self.filter.set(IdFilter::of(&ids));
        }
    }
}

/// A set of ids with false positives. Nearly all ids of a segment were created within a short time, which is stored as
/// such; the others are in a Bloom filter. It takes about half a bit for each event.
struct IdFilter {
    /// The range of milliseconds in which most were created.
    usual: RangeInclusive<u64>,
    others: BloomFilter,
}

impl IdFilter {
    fn of(ids: &[EventId]) -> Self {
        let mut times: Vec<u64> = ids.iter().map(EventId::millis).collect();
        times.sort_unstable();
        let usual = shortest_span(&times);
        let others = || ids.iter().filter(|id| !usual.contains(&id.millis()));
        let mut filter = BloomFilter::new(others().count());
        others().for_each(|id| filter.insert(*id));
        Self { usual, others: filter }
    }

    fn may_hold(&self, id: EventId) -> bool {
        self.usual.contains(&id.millis()) || self.others.may_hold(id)
    }
}

/// The shortest interval that contains nineteen of twenty times, which are sorted.
fn shortest_span(times: &[u64]) -> RangeInclusive<u64> {
    let inside = (times.len() * 19).div_ceil(20).max(1);
    let spans = times.windows(inside).filter_map(|span| Some(*span.first()?..=*span.last()?));
    // An empty interval contains no time.
    spans.min_by_key(|span| span.end() - span.start()).unwrap_or(RangeInclusive::new(1, 0))
}

/// Burton H. Bloom's filter with ten bits for each value and seven of them checked: one in a hundred absent values
/// passes. The places are derived from two halves of one hash (Kirsch and Mitzenmacher, "Less Hashing, Same
/// Performance").
struct BloomFilter {
    words: Vec<u64>,
}

impl BloomFilter {
    const BITS_PER_VALUE: usize = 10;
    const PLACES: u64 = 7;

    fn new(values: usize) -> Self {
        Self { words: vec![0; (values * Self::BITS_PER_VALUE).div_ceil(64)] }
    }

    fn insert(&mut self, id: EventId) {
        for (word, bit) in self.places(id) {
            if let Some(word) = self.words.get_mut(word) {
                *word |= bit;
            }
        }
    }

    fn may_hold(&self, id: EventId) -> bool {
        !self.words.is_empty()
            && self.places(id).all(|(word, bit)| self.words.get(word).is_some_and(|word| word & bit != 0))
    }

    fn places(&self, id: EventId) -> impl Iterator<Item = (usize, u64)> + use<> {
        let hash = xxh3_64(id.as_bytes());
        let (first, step) = (hash >> 32, hash & 0xffff_ffff | 1);
        let bits = (self.words.len() as u64 * 64).max(1);
        (0..Self::PLACES).map(move |number| {
            let place = first.wrapping_add(number.wrapping_mul(step)) % bits;
            (usize::try_from(place / 64).unwrap_or(usize::MAX), 1 << (place % 64))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use auditlog_core::timestamp::Timestamp;

    use super::*;

    /// Ids of `count` events in as many milliseconds from `start` on; `salt` makes different ids of the same times.
    fn ids(start: u64, count: u64, salt: u64) -> Vec<EventId> {
        let id = |number: u64| {
            let time = Timestamp::from_micros(i64::try_from((start + number) * 1_000).unwrap());
            let mut random = [0; 10];
            let hash = xxh3_64(&[number.to_be_bytes(), salt.to_be_bytes()].concat());
            random[2..].copy_from_slice(&hash.to_be_bytes());
            EventId::from_parts(time, random)
        };
        (0..count).map(id).collect()
    }

    #[test]
    fn a_filter_holds_its_ids_and_few_others() {
        let late = ids(1_000, 300, 1);
        let all = [late.clone(), ids(1_000_000, 9_700, 1)].concat();
        let filter = IdFilter::of(&all);
        assert!(all.iter().all(|id| filter.may_hold(*id)));
        let held = |strangers: Vec<EventId>| strangers.iter().filter(|id| filter.may_hold(**id)).count();
        assert!(held(ids(1_000, 10_000, 2)) < 300, "as late as others");
        assert!(held(ids(500_000, 10_000, 2)) < 300, "at no time of theirs");
        assert_eq!(held(ids(1_000_500, 100, 2)), 100, "when most were made");
        assert!(filter.others.words.len() * 64 < 10_000, "{} words", filter.others.words.len());
    }

    #[test]
    fn a_filter_is_made_once_it_pays_and_never_again() {
        let known = KnownIds::default();
        let reads = Cell::new(0);
        let read = || {
            reads.set(reads.get() + 1);
            Some(ids(1_000, 100, 1))
        };
        let stranger = EventId::from_parts(Timestamp::from_micros(0), [7; 10]);
        known.filter_when_due(read);
        assert!(reads.get() == 0 && known.may_hold(stranger));
        for _ in 0..2 {
            (0..LOOK_UPS_BEFORE_FILTER).for_each(|_| known.count_look_up());
            known.filter_when_due(read);
            assert_eq!(reads.get(), 1);
            assert!(!known.may_hold(stranger));
        }
    }

    #[test]
    fn filters_of_few_ids_hold_them() {
        let stranger = EventId::from_parts(Timestamp::from_micros(i64::MAX), [7; 10]);
        for count in 0..50 {
            let all = ids(77, count, 3);
            let filter = IdFilter::of(&all);
            assert!(all.iter().all(|id| filter.may_hold(*id)), "{count}");
            assert!(!filter.may_hold(stranger) || count == 0, "{count}");
        }
        assert!(!IdFilter::of(&[]).may_hold(stranger));
    }
}
