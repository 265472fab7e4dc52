//! Owns the expected answers: how many events of the measured tenant have each actor, target and marker, each action
//! and hour. Counted from the corpus, not queried from the server.

use std::collections::BTreeMap;

use crate::corpus::{Ending, EventNumber, Facts, Plan, action};

const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// One event in this many is kept to be queried: enough for a thousand different keys even of a small corpus.
const SAMPLE_EVERY: u64 = 50;

/// How many events of the measured tenant match. Ordered maps, because keys are drawn from them at random and the same
/// seed must produce the same queries.
#[derive(Debug, Default)]
pub(super) struct Expectations {
    /// By rank, in `actor` or `on_behalf_of`.
    pub actors: BTreeMap<u64, u64>,
    /// By type and rank.
    pub targets: BTreeMap<(u64, u64), u64>,
    /// By rank.
    pub markers: BTreeMap<u64, u64>,
    /// Some events of the tenant, spread over the corpus.
    pub sample: Vec<EventNumber>,
    /// All events of the tenant.
    pub events: u64,
    /// Their distribution over actions and hours.
    pub all: Charts,
    /// The distribution of the denied ones.
    pub denied: Charts,
}

/// The distribution of events over actions and hours.
#[derive(Debug, Clone, Default)]
pub(super) struct Charts {
    pub actions: BTreeMap<String, u64>,
    /// By the start of the hour, in seconds since 1970.
    pub hours: BTreeMap<i64, u64>,
}

impl Charts {
    /// The number of events.
    pub(super) fn events(&self) -> u64 {
        self.hours.values().sum()
    }

    fn note(&mut self, facts: &Facts) {
        *self.actions.entry(action(facts)).or_default() += 1;
        let hour = facts.occurred_at.as_micros().div_euclid(MICROS_PER_HOUR) * 3_600;
        *self.hours.entry(hour).or_default() += 1;
    }
}

impl Expectations {
    /// Counts these events, which belong to one tenant.
    pub(super) fn of(plan: &Plan, numbers: impl Iterator<Item = EventNumber>) -> Self {
        let mut found = Self::default();
        for number in numbers {
            let facts = Facts::draw(plan, number);
            found.events += 1;
            found.all.note(&facts);
            if facts.ending == Ending::Denied {
                found.denied.note(&facts);
            }
            *found.actors.entry(facts.actor).or_default() += 1;
            if let Some(principal) = facts.principal.filter(|&principal| principal != facts.actor) {
                *found.actors.entry(principal).or_default() += 1;
            }
            *found.targets.entry((facts.noun, facts.target)).or_default() += 1;
            if let Some(marker) = facts.marker(plan) {
                *found.markers.entry(marker).or_default() += 1;
            }
            if number.0 % SAMPLE_EVERY == 13 {
                found.sample.push(number);
            }
        }
        // Events come in the order in which the server assigned sequences, which differs between runs.
        found.sample.sort_unstable();
        found
    }
}
