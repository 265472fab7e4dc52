//! Owns repeatable randomness: the same seed produces the same events on every machine. Knows nothing about events.

/// A `SplitMix64` generator. Not for secrets: hammer must be able to recreate an event from its number alone.
#[derive(Debug, Clone)]
pub struct Dice(u64);

/// Mixes a value over all 64 bits; no two values have the same result.
#[must_use]
pub const fn mix(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Dice {
    /// A random source that is determined by its seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        let rolled = mix(self.0);
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        rolled
    }

    /// A uniform number below `bound`; 0 if `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.roll()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// True once in `times` on average.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// True in this many of a hundred cases on average.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A rank below `bound` where rank r is about 1/(r+1) as likely as rank 0: Zipf's law with exponent 1, by inverting
    /// its continuous form, which costs one exponential instead of a rejection loop.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "53 bits of a die are plenty, and the result is positive and below a bound that was an integer"
    )]
    pub fn ranked_below(&mut self, bound: u64) -> u64 {
        let unit = (self.roll() >> 11) as f64 / (1_u64 << 53) as f64;
        let rank = (unit * (bound as f64 + 1.0).ln()).exp() as u64;
        rank.saturating_sub(1).min(bound.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_follow_zipf() {
        let mut dice = Dice::new(7);
        let mut counts = [0_u32; 100];
        for _ in 0..100_000 {
            counts[usize::try_from(dice.ranked_below(100)).unwrap()] += 1;
        }
        assert!(counts[0] > 2 * counts[3], "rank 0 is drawn far more often than rank 3: {counts:?}");
        assert!(counts.iter().all(|&count| count > 0), "every rank is drawn: {counts:?}");
    }

    #[test]
    fn numbers_stay_below_their_bound() {
        let mut dice = Dice::new(1);
        for bound in 1..1_000 {
            assert!(dice.below(bound) < bound);
            assert!(dice.ranked_below(bound) < bound);
        }
    }
}
