//! Owns the keys that are queried: drawn at random from the corpus, so that the same seed produces the same queries,
//! for this server and for every peer.

use std::collections::HashSet;

use serde::Serialize;

use crate::{
    bench::expectations::Expectations,
    corpus::{Corpus, actor_id, dice::Dice, external_id, marker_word, request_id, target_id},
};

/// How many common words are counted in addition to the one that peers are asked about.
const COMMON_TOKENS: u64 = 200;

/// Keys with events of the measured tenant, and the number of events if it is not one.
#[derive(Debug, Serialize)]
pub(super) struct Keys {
    pub events: u64,
    pub ids: Vec<String>,
    pub request_ids: Vec<String>,
    /// Those of the same events; none in the standard corpus, which peers get too.
    #[serde(skip)]
    pub external_ids: Vec<String>,
    pub actors: Vec<(String, u64)>,
    pub targets: Vec<(String, u64)>,
    /// One marker for every few thousand events.
    pub rare_tokens: Vec<(String, u64)>,
    pub common_token: String,
    /// The next most common words. Each is counted once, on this server only, because it caches its counts.
    #[serde(skip)]
    pub common_tokens: Vec<String>,
}

impl Keys {
    /// Draws this many different keys of each kind, or as many as exist.
    pub(super) fn draw(corpus: &Corpus, expectations: &Expectations, needles: usize) -> Self {
        let mut dice = Dice::new(corpus.plan().seed);
        let mut sample = expectations.sample.clone();
        shuffle(&mut sample, &mut dice);
        // Targets are drawn by event, so frequent ones are likely to be among them, but each is queried once.
        let mut seen = HashSet::new();
        let mut targets = Vec::new();
        for facts in sample.iter().map(|&number| corpus.facts(number)) {
            if targets.len() < needles && seen.insert((facts.noun, facts.target)) {
                let events = expectations.targets.get(&(facts.noun, facts.target)).copied().unwrap_or(0);
                targets.push((target_id(&facts), events));
            }
        }
        sample.truncate(needles);
        let mut actors: Vec<_> = expectations.actors.iter().map(|(&rank, &events)| (actor_id(rank), events)).collect();
        shuffle(&mut actors, &mut dice);
        actors.truncate(needles);
        let markers = expectations.markers.iter();
        let mut rare_tokens: Vec<_> = markers.map(|(&rank, &events)| (marker_word(rank), events)).collect();
        shuffle(&mut rare_tokens, &mut dice);
        rare_tokens.truncate(needles);
        Self {
            events: expectations.events,
            ids: sample.iter().map(|&number| corpus.id(number).to_string()).collect(),
            request_ids: sample.iter().map(|&number| request_id(corpus, &corpus.facts(number))).collect(),
            external_ids: sample.iter().filter_map(|&number| external_id(corpus, &corpus.facts(number))).collect(),
            actors,
            targets,
            rare_tokens,
            common_token: corpus.word(1).to_owned(),
            common_tokens: (2..2 + COMMON_TOKENS).map(|rank| corpus.word(rank).to_owned()).collect(),
        }
    }
}

fn shuffle<T>(list: &mut [T], dice: &mut Dice) {
    for last in (1..list.len()).rev() {
        let other = usize::try_from(dice.below(last as u64 + 1)).unwrap_or(0);
        list.swap(last, other);
    }
}
