//! Owns the skewed random choice: a few values often, most of them seldom, as in real logs.

use rand::{Rng, rngs::StdRng};

/// An index below `count`, the first ones far more often than the last.
pub(super) fn skewed_index(rng: &mut StdRng, count: usize) -> usize {
    let uniform: f64 = rng.random();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place below a small count")]
    #[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
    let index = (uniform.powi(3) * count as f64) as usize;
    index.min(count.saturating_sub(1))
}

/// One of several, the first ones far more often than the last.
pub(super) fn skewed<'a, T>(rng: &mut StdRng, choices: &'a [T]) -> &'a T {
    &choices[skewed_index(rng, choices.len())]
}

/// One of several, each equally often.
pub(super) fn any<'a, T>(rng: &mut StdRng, choices: &'a [T]) -> &'a T {
    &choices[rng.random_range(0..choices.len())]
}

/// Returns true with this probability in percent.
pub(super) fn percent(rng: &mut StdRng, chance: u32) -> bool {
    rng.random_ratio(chance, 100)
}
