//! Finds duplicate event ids in a log, in bounded memory.
//!
//! A Bloom filter takes every id that is read; an id that it seems to contain is a candidate. Candidates are few, and a
//! second pass over the ids alone finds which of them really occur twice.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_128_with_seed;

/// The maximum size of the filter in bits: 64 MiB.
const FILTER_BITS_MAX: u64 = 1 << 29;
/// The minimum number of bits for each id, so that one in some 40 of the last ones is a candidate by chance.
const BITS_PER_ID: u64 = 8;
/// The number of bits that an id sets.
const PROBES: u64 = 4;
/// The maximum number of candidates kept in memory. There are more only where many ids are duplicates.
const CANDIDATES_MAX: usize = 1 << 20;

/// The number of passes needed for this many ids.
pub(super) fn passes(ids: u64) -> u64 {
    ids.div_ceil(FILTER_BITS_MAX / BITS_PER_ID).max(1)
}

/// One pass over ids. Each of several passes covers a part of them.
#[derive(Debug)]
pub(super) struct IdFilter {
    bits: Vec<u64>,
    mask: u64,
    pass: u64,
    passes: u64,
    candidates: HashMap<Key, Option<u64>>,
}

/// A hash of tenant and id: two of them are equal by chance once in 2^64 pairs.
type Key = u128;

/// An id that occurs twice in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Duplicate {
    pub(super) first: u64,
    pub(super) second: u64,
}

impl IdFilter {
    pub(super) fn new(ids: u64, pass: u64) -> Self {
        let bits = (ids.max(64) * BITS_PER_ID * 2).min(FILTER_BITS_MAX).next_power_of_two();
        let words = usize::try_from(bits / 64).unwrap_or(usize::MAX);
        Self { bits: vec![0; words], mask: bits - 1, pass, passes: passes(ids), candidates: HashMap::new() }
    }

    /// Adds an id.
    pub(super) fn add(&mut self, tenant_id: &str, id: [u8; 16]) {
        let key = key_of(tenant_id, id);
        if !self.is_looked_at(key) {
            return;
        }
        let [step, start] = [high(key) | 1, low(key)];
        let mut is_known = true;
        for probe in 0..PROBES {
            let bit = start.wrapping_add(probe.wrapping_mul(step)) & self.mask;
            let word = &mut self.bits[usize::try_from(bit / 64).unwrap_or(0)];
            is_known &= *word >> (bit % 64) & 1 == 1;
            *word |= 1 << (bit % 64);
        }
        if is_known && self.candidates.len() < CANDIDATES_MAX {
            self.candidates.insert(key, None);
        }
    }

    fn is_looked_at(&self, key: Key) -> bool {
        // The low bits choose the places in the filter.
        (high(key) >> 32) % self.passes == self.pass
    }

    /// Ends the first step. `None` where no id can occur twice.
    pub(super) fn candidates(self) -> Option<Candidates> {
        let seen = self.candidates;
        (!seen.is_empty()).then_some(Candidates { seen })
    }
}

/// Ids of which some may occur twice.
#[derive(Debug)]
pub(super) struct Candidates {
    seen: HashMap<Key, Option<u64>>,
}

impl Candidates {
    /// Checks an id in the second step.
    pub(super) fn look(&mut self, tenant_id: &str, id: [u8; 16], sequence: u64) -> Option<Duplicate> {
        match self.seen.get_mut(&key_of(tenant_id, id))? {
            Some(first) => Some(Duplicate { first: *first, second: sequence }),
            unseen => {
                *unseen = Some(sequence);
                None
            }
        }
    }
}

fn key_of(tenant_id: &str, id: [u8; 16]) -> Key {
    xxh3_128_with_seed(&id, xxhash_rust::xxh3::xxh3_64(tenant_id.as_bytes()))
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
const fn low(key: Key) -> u64 {
    key as u64
}

const fn high(key: Key) -> u64 {
    low(key >> 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> [u8; 16] {
        [[7; 8], number.to_be_bytes()].concat().try_into().unwrap()
    }

    fn duplicates(tenant: &str, numbers: &[u64]) -> Vec<Duplicate> {
        let mut filter = IdFilter::new(numbers.len() as u64, 0);
        for number in numbers {
            filter.add(tenant, id(*number));
        }
        let Some(mut candidates) = filter.candidates() else { return Vec::new() };
        let looked = numbers.iter().zip(0..).filter_map(|(number, at)| candidates.look(tenant, id(*number), at));
        looked.collect()
    }

    #[test]
    fn an_id_that_comes_twice_is_found_among_many_and_no_other_is() {
        let mut numbers: Vec<u64> = (0..50_000).collect();
        assert_eq!(duplicates("acme", &numbers), []);
        numbers.push(31_415);
        assert_eq!(duplicates("acme", &numbers), [Duplicate { first: 31_415, second: 50_000 }]);
    }

    #[test]
    fn two_tenants_may_have_one_id() {
        let mut filter = IdFilter::new(2, 0);
        for tenant in ["acme", "globex"] {
            filter.add(tenant, id(1));
        }
        assert!(filter.candidates().is_none());
    }

    #[test]
    fn several_passes_look_at_every_id_once() {
        let ids = 3 * FILTER_BITS_MAX / BITS_PER_ID;
        assert_eq!((passes(0), passes(ids), passes(ids + 1)), (1, 3, 4));
        let looked_at = |pass| {
            let filter = IdFilter { passes: 3, pass, ..IdFilter::new(64, 0) };
            (0..3_000).filter(|number| filter.is_looked_at(key_of("acme", id(*number)))).count()
        };
        assert_eq!((0..3).map(looked_at).sum::<usize>(), 3_000);
    }
}
