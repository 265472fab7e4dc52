//! The texts of messages: words by Zipf's law, with invented rare words.

use rand::{Rng, rngs::StdRng};
use rand_distr::Zipf;

use super::{
    population::{rank, zipf},
    vocabulary::{SYLLABLES, WORDS},
};

/// The number of distinct words.
const WORDS_MAX: usize = 6_000;

/// Words and their frequencies.
pub(super) struct Phrasebook {
    words: Vec<String>,
    law: Zipf<f64>,
}

impl Phrasebook {
    /// Takes the common words from the list and generates the rare ones.
    pub(super) fn draw(random: &mut StdRng) -> Self {
        let mut words: Vec<String> = WORDS.iter().map(|word| (*word).to_owned()).collect();
        while words.len() < WORDS_MAX {
            let syllables = random.random_range(2..5);
            words.push((0..syllables).map(|_| SYLLABLES[random.random_range(0..SYLLABLES.len())]).collect());
        }
        Self { words, law: zipf(WORDS_MAX, 1.0) }
    }

    /// Appends `count` words to `text`.
    pub(super) fn write_words(&self, count: usize, random: &mut StdRng, text: &mut String) {
        for index in 0..count {
            if index > 0 {
                text.push(' ');
            }
            text.push_str(&self.words[rank(&self.law, random)]);
        }
    }
}
