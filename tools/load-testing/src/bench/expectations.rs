//! Owns what the answers must be: how many events of the measured tenant have each actor, target and marker. Counted
//! from the corpus, not asked of the server.

use std::{collections::HashMap, num::NonZeroU64};

use crate::{
    corpus::{EventNumber, Facts},
    load::Session,
    record::TenantIndex,
};

/// How many events of the measured tenant match.
#[derive(Debug, Default)]
pub(super) struct Expectations {
    /// By rank, in `actor` or `on_behalf_of`.
    pub actors: HashMap<u64, u64>,
    /// By type and rank.
    pub targets: HashMap<(u64, u64), u64>,
    /// By rank.
    pub markers: HashMap<u64, u64>,
    /// Some events of the tenant, spread over the corpus.
    pub sample: Vec<EventNumber>,
    /// All events of the tenant.
    pub events: u64,
}

impl Expectations {
    /// Counts the events that were sent to the first tenant in batches of this size.
    pub(super) fn of(session: &Session, batch: NonZeroU64) -> Self {
        let mut found = Self::default();
        let plan = session.corpus.plan();
        let numbers = session.record.snapshot(TenantIndex(0), 0);
        for known in numbers.acknowledged() {
            let facts = Facts::draw(plan, known.number);
            found.events += 1;
            *found.actors.entry(facts.actor).or_default() += 1;
            if let Some(principal) = facts.principal.filter(|&principal| principal != facts.actor) {
                *found.actors.entry(principal).or_default() += 1;
            }
            *found.targets.entry((facts.noun, facts.target)).or_default() += 1;
            if let Some(marker) = facts.marker(plan) {
                *found.markers.entry(marker).or_default() += 1;
            }
            // One event of every batch: more than enough keys, and all different.
            if known.number.0 % batch == 13 {
                found.sample.push(known.number);
            }
        }
        found
    }
}
