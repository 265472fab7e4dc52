//! Counts distinct values by their hashes: exactly while there are few, by `HyperLogLog` beyond. The result depends on
//! the set of values and not on the order or the parts they come in.
//!
//! `HyperLogLog` is implemented as Flajolet, Fusy, Gandouet and Meunier describe it ("The analysis of a near-optimal
//! cardinality estimation algorithm", 2007), with 2^14 registers. The correction for small numbers is used; 64-bit
//! hashes make the correction for large numbers unnecessary.

use std::collections::HashSet;

use auditlog_core::{query::DISTINCT_EXACT_MAX, store::Distinct};

/// 2^14 registers: a standard error of 0.81 %.
const REGISTER_BITS: u32 = 14;
const REGISTERS: usize = 1 << REGISTER_BITS;

/// Hashes are random enough already.
type Hashes = HashSet<u64, ahash::RandomState>;

/// A set of distinct values.
#[derive(Debug, Clone)]
pub(super) enum DistinctValues {
    /// The hash of each.
    Few(Hashes),
    /// The registers.
    Many(Box<[u8]>),
}

impl Default for DistinctValues {
    fn default() -> Self {
        Self::Few(Hashes::default())
    }
}

impl DistinctValues {
    /// Adds a value.
    pub(super) fn add(&mut self, hash: u64) {
        match self {
            Self::Many(registers) => note(registers, hash),
            Self::Few(hashes) => {
                hashes.insert(hash);
                if hashes.len() > DISTINCT_EXACT_MAX {
                    *self = Self::Many(registers_of(hashes));
                }
            }
        }
    }

    /// Adds the values of another.
    pub(super) fn merge(&mut self, other: &Self) {
        match other {
            Self::Few(hashes) => hashes.iter().for_each(|hash| self.add(*hash)),
            Self::Many(theirs) => {
                if let Self::Few(hashes) = self {
                    *self = Self::Many(registers_of(hashes));
                }
                let Self::Many(ours) = self else { return };
                for (own, other) in ours.iter_mut().zip(theirs) {
                    *own = (*own).max(*other);
                }
            }
        }
    }

    /// The number of values.
    pub(super) fn count(&self) -> Distinct {
        match self {
            Self::Few(hashes) => Distinct::Exact(hashes.len() as u64),
            Self::Many(registers) => Distinct::Estimated(estimate(registers)),
        }
    }

    /// The approximate memory.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Few(hashes) => hashes.capacity() * 9,
            Self::Many(registers) => registers.len(),
        }
    }
}

fn registers_of(hashes: &Hashes) -> Box<[u8]> {
    let mut registers = vec![0; REGISTERS].into_boxed_slice();
    for hash in hashes {
        note(&mut registers, *hash);
    }
    registers
}

/// The first bits choose a register, which keeps the longest run of zeros before a one in the bits after them.
fn note(registers: &mut [u8], hash: u64) {
    let register = usize::try_from(hash >> (64 - REGISTER_BITS)).unwrap_or(0);
    let rest = hash << REGISTER_BITS;
    let rank = u8::try_from(rest.leading_zeros().min(64 - REGISTER_BITS) + 1).unwrap_or(u8::MAX);
    if let Some(kept) = registers.get_mut(register) {
        *kept = (*kept).max(rank);
    }
}

#[expect(clippy::cast_precision_loss, reason = "the number of registers is small")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate of a count is neither")]
fn estimate(registers: &[u8]) -> u64 {
    let count = registers.len() as f64;
    let sum: f64 = registers.iter().map(|rank| 2_f64.powi(-i32::from(*rank))).sum();
    let bias = 0.7213 / (1.0 + 1.079 / count);
    let estimate = bias * count * count / sum;
    let untouched: f64 = registers.iter().map(|rank| f64::from(u8::from(*rank == 0))).sum();
    // While many registers are empty, their number is a better estimate than the values of the others.
    let is_small = estimate <= 2.5 * count && untouched > 0.0;
    if is_small { (count * (count / untouched).ln()).round() as u64 } else { estimate.round() as u64 }
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    fn hash(number: u64) -> u64 {
        xxh3_64(&number.to_le_bytes())
    }

    #[test]
    fn few_are_counted_and_many_are_estimated_within_three_percent() {
        let mut values = DistinctValues::default();
        let bound = DISTINCT_EXACT_MAX as u64;
        for number in 0..3_000_000_u64 {
            values.add(hash(number));
            values.add(hash(number / 2));
            let count = number + 1;
            if count <= bound {
                assert_eq!(values.count(), Distinct::Exact(count));
            } else if count % 50_000 == 0 || count < bound + 20 {
                let Distinct::Estimated(estimate) = values.count() else { panic!("{count} are counted") };
                assert!(estimate.abs_diff(count) * 100 <= count * 3, "{estimate} of {count}");
            }
        }
    }

    #[test]
    fn parts_tell_together_what_the_whole_does() {
        for total in [5_000_u64, 10_000, 10_001, 200_000] {
            let (mut whole, mut parts) = (DistinctValues::default(), vec![DistinctValues::default(); 7]);
            for number in 0..total {
                whole.add(hash(number));
                parts[(number % 7) as usize].add(hash(number));
                parts[(number % 3) as usize].add(hash(number));
            }
            let mut merged = DistinctValues::default();
            for part in &parts {
                merged.merge(part);
            }
            assert_eq!(merged.count(), whole.count(), "{total}");
        }
    }
}
