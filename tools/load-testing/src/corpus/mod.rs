//! The events that hammer sends: invented, but with the size and shape of real ones, a few very common values and many
//! rare ones. An event is a pure function of the plan and its number, so it can be sent again, recognised and queried
//! without being stored.

mod content;
pub mod dice;
mod facts;
mod render;
mod vocabulary;

use auditlog_core::{
    id::EventId,
    timestamp::{MICROS_PER_DAY, Timestamp},
};
pub use content::Content;
pub use facts::{ACTORS, EVENTS_PER_MARKER, Ending, Facts, MARKER_EVERY, TARGETS};
pub use render::{action, actor_id, address, external_id, marker_word, request_id, target_id};
pub use vocabulary::{NOUNS, RARE_CODE, RARE_DOMAIN, RARE_STAGE};

use self::vocabulary::Vocabulary;

/// The number of an event in a corpus, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventNumber(pub u64);

/// The parameters that determine a corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The seed; two seeds have no event id in common.
    pub seed: u64,
    /// How many events are spread over the span. Later numbers start again at its beginning.
    pub events: u64,
    /// The newest time of an event.
    pub newest: Timestamp,
    /// The distance to the oldest time, in microseconds.
    pub span_micros: u64,
    /// What the events contain.
    pub content: Content,
}

impl Plan {
    /// A plan over the thirty days before `newest`.
    #[must_use]
    pub fn over_thirty_days(seed: u64, events: std::num::NonZeroU64, newest: Timestamp) -> Self {
        let span_micros = 30 * MICROS_PER_DAY.unsigned_abs();
        Self { seed, events: events.get(), newest, span_micros, content: Content::Standard }
    }

    /// The same plan for events of this content.
    #[must_use]
    pub fn of(self, content: Content) -> Self {
        Self { content, ..self }
    }

    /// The number of marker words: each is in [`EVENTS_PER_MARKER`] events or a few less.
    #[must_use]
    pub fn markers(&self) -> u64 {
        (self.events / MARKER_EVERY).div_ceil(EVENTS_PER_MARKER).max(1)
    }
}

/// A plan with its vocabulary.
#[derive(Debug, Clone)]
pub struct Corpus {
    plan: Plan,
    vocabulary: Vocabulary,
}

impl Corpus {
    /// The corpus of a plan.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self { plan, vocabulary: Vocabulary::default() }
    }

    /// The plan it follows.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The facts of an event.
    #[must_use]
    pub fn facts(&self, number: EventNumber) -> Facts {
        Facts::draw(&self.plan, number)
    }

    /// The id of an event.
    #[must_use]
    pub fn id(&self, number: EventNumber) -> EventId {
        self.facts(number).id(&self.plan)
    }

    /// Appends the event's JSON to `out` and returns its id.
    pub fn write_event(&self, number: EventNumber, out: &mut Vec<u8>) -> EventId {
        let facts = self.facts(number);
        let id = facts.id(&self.plan);
        render::write(self, &facts, out);
        id
    }

    /// The message word with this rank; rank 0 is the most common.
    #[must_use]
    pub fn word(&self, rank: u64) -> &str {
        self.vocabulary.word(rank)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, num::NonZeroU64};

    use serde_json::Value;
    use sha2::{Digest as _, Sha256};

    use super::*;

    fn corpus() -> Corpus {
        let newest = Timestamp::parse_rfc3339("2026-11-01T00:00:00Z").unwrap();
        Corpus::new(Plan::over_thirty_days(42, NonZeroU64::new(20_000).unwrap(), newest))
    }

    fn events(corpus: &Corpus) -> Vec<(Value, usize)> {
        (0..corpus.plan().events)
            .map(|number| {
                let mut text = Vec::new();
                corpus.write_event(EventNumber(number), &mut text);
                (serde_json::from_slice(&text).unwrap(), text.len())
            })
            .collect()
    }

    #[test]
    fn events_have_the_size_and_mix_of_real_ones() {
        let corpus = corpus();
        let events = events(&corpus);
        let mean = events.iter().map(|(_, size)| size).sum::<usize>() / events.len();
        assert!((690..=740).contains(&mean), "mean size {mean}");
        let share = |pointer: &str| events.iter().filter(|(event, _)| event.pointer(pointer).is_some()).count() / 200;
        assert!((18..=22).contains(&share("/context/trace_id")), "{} % trace ids", share("/context/trace_id"));
        let distinct = |pointer: &str| {
            events.iter().filter_map(|(event, _)| event.pointer(pointer)?.as_str()).collect::<HashSet<_>>().len()
        };
        assert_eq!(distinct("/id"), events.len());
        assert_eq!(distinct("/context/request_id"), events.len());
        assert!(distinct("/action") > 150 && distinct("/action") <= 200, "{} actions", distinct("/action"));
        assert!(distinct("/actor/id") > 3_000, "{} actors", distinct("/actor/id"));
    }

    #[test]
    fn three_events_of_a_hundred_are_late() {
        let corpus = corpus();
        let mut newest = 0;
        let mut late = 0;
        for number in 0..corpus.plan().events {
            let time = corpus.facts(EventNumber(number)).occurred_at.as_micros();
            late += usize::from(time + 10_000_000 < newest);
            newest = newest.max(time);
        }
        assert!((400..=800).contains(&late), "{late} of 20,000 are late");
    }

    #[test]
    fn an_event_is_the_same_whenever_it_is_made() {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let id = corpus().write_event(EventNumber(77), &mut first);
        assert_eq!(corpus().write_event(EventNumber(77), &mut second), id);
        assert_eq!(first, second);
        assert_eq!(corpus().id(EventNumber(77)), id);
    }

    /// Figures of different versions are comparable only if they are of the same events.
    #[test]
    fn the_standard_events_stay_as_they_were() {
        let corpus = corpus();
        let mut text = Vec::new();
        for number in 0..2_000 {
            corpus.write_event(EventNumber(number), &mut text);
        }
        let hash = <[u8; 32]>::from(Sha256::digest(&text)).map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(hash, "9211859e42cde1b3e6fc0309f1964c38ad81b20cc7dcae30ab1192dbaf21adb3");
    }

    #[test]
    fn extended_events_have_the_facts_of_the_standard_ones_and_more() {
        let standard = corpus();
        let extended = Corpus::new(standard.plan().clone().of(Content::Extended));
        let (standard, extended) = (events(&standard), events(&extended));
        let mut external_ids = HashSet::new();
        let mut domains = HashSet::new();
        for ((standard, _), (extended, _)) in standard.iter().zip(&extended) {
            for same in ["/id", "/occurred_at", "/action", "/actor/id", "/context", "/message", "/metadata/plan"] {
                assert_eq!(standard.pointer(same), extended.pointer(same), "{same}");
            }
            external_ids.extend(extended["external_id"].as_str());
            domains.extend(extended["actor"]["email"].as_str().and_then(|email| email.split_once('@')));
            assert!(extended["metadata"]["labels"]["app"].is_string() && extended["metadata"]["tags"].is_array());
        }
        assert!(external_ids.len() * 2 > extended.len(), "{} external ids", external_ids.len());
        let domains: HashSet<_> = domains.into_iter().map(|(_, domain)| domain).collect();
        assert!(domains.len() > 3, "{domains:?}");
        let mean = extended.iter().map(|(_, size)| size).sum::<usize>() / extended.len();
        assert!((880..=1_000).contains(&mean), "mean size {mean}");
    }

    #[test]
    fn a_marker_word_stands_in_twelve_events_at_most() {
        let newest = Timestamp::parse_rfc3339("2026-11-01T00:00:00Z").unwrap();
        let plan = Plan::over_thirty_days(42, NonZeroU64::new(200_000).unwrap(), newest);
        let mut counts = vec![0; usize::try_from(plan.markers()).unwrap()];
        for number in 0..plan.events {
            if let Some(marker) = Facts::draw(&plan, EventNumber(number)).marker(&plan) {
                counts[usize::try_from(marker).unwrap()] += 1;
            }
        }
        assert!(counts.iter().all(|count| (8..=12).contains(count)), "{counts:?}");
    }
}
