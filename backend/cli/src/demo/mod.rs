//! Generates audit events that look like those of a company: most events have one of a few actors and actions, the
//! other actors and actions are rare, words follow Zipf's law, nights are quiet, some events arrive late.
//!
//! Everything is derived from the seed and the time span: the same seed and time span produce the same bytes, ids
//! included. This module writes JSON into a string; it knows neither servers nor files.

mod calendar;
mod catalogue;
mod event_text;
mod population;
mod sentence;
mod vocabulary;

use auditlog_core::timestamp::Timestamp;
use rand::{Rng, SeedableRng, rngs::StdRng};

use calendar::Calendar;
use catalogue::Catalogue;
use population::Population;
use sentence::Phrasebook;

/// What to generate.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The seed of the random choices.
    pub(crate) seed: u64,
    /// How many events.
    pub(crate) events: u64,
    /// The earliest possible time.
    pub(crate) from: Timestamp,
    /// The latest possible time.
    pub(crate) until: Timestamp,
    /// The number of tenants, at least one.
    pub(crate) tenants: usize,
}

/// The tenants of the demonstration, in the order they are used.
pub(crate) const TENANTS: [DemoTenant; 5] = [
    DemoTenant { id: "harbor-retail", name: "Harbor Retail" },
    DemoTenant { id: "meridian-bank", name: "Meridian Bank" },
    DemoTenant { id: "alpine-health", name: "Alpine Health" },
    DemoTenant { id: "quarry-software", name: "Quarry Software" },
    DemoTenant { id: "tideway-logistics", name: "Tideway Logistics" },
];

/// A tenant of the demonstration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DemoTenant {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
}

/// How many events in a hundred are much older than their neighbours: a laptop was offline, a queue stood still.
const LATE_PERCENT: u32 = 3;

/// Generates the events of a plan one by one, in the order of their arrival.
pub(crate) struct Generator {
    random: StdRng,
    plan: Plan,
    calendar: Calendar,
    catalogue: Catalogue,
    populations: Vec<Population>,
    phrasebook: Phrasebook,
    made: u64,
    /// The sequence number of the service that numbers its events, without gaps.
    producer_sequence: u64,
}

impl Generator {
    /// Prepares the generation of `plan`.
    pub(crate) fn new(plan: Plan) -> Self {
        let mut random = StdRng::seed_from_u64(plan.seed);
        let people = population_size(plan.events);
        let populations = (0..plan.tenants.max(1)).map(|_| Population::draw(people, &mut random)).collect();
        let phrasebook = Phrasebook::draw(&mut random);
        let calendar = Calendar::new(plan.from, plan.until);
        Self {
            random,
            plan,
            calendar,
            catalogue: Catalogue::new(),
            populations,
            phrasebook,
            made: 0,
            producer_sequence: 0,
        }
    }

    /// Writes the next event into `text`, which is cleared first, and returns the index of its tenant; `None` after the
    /// last event.
    pub(crate) fn next_event(&mut self, text: &mut String) -> Option<usize> {
        if self.made >= self.plan.events {
            return None;
        }
        let occurred_at = self.next_time();
        self.made += 1;
        let tenant = self.next_tenant();
        text.clear();
        event_text::write(
            &mut event_text::Scene {
                number: self.made,
                random: &mut self.random,
                catalogue: &self.catalogue,
                population: &self.populations[tenant],
                phrasebook: &self.phrasebook,
                occurred_at,
                producer_sequence: &mut self.producer_sequence,
            },
            text,
        );
        Some(tenant)
    }

    fn next_time(&mut self) -> Timestamp {
        let time = self.calendar.time_of(self.made, self.plan.events, &mut self.random);
        if !self.random.random_ratio(LATE_PERCENT, 100) {
            return time;
        }
        // Most are minutes late, a few are days late.
        let hours = 72.0 * self.random.random::<f64>().powi(4);
        #[expect(clippy::cast_possible_truncation, reason = "at most three days of microseconds")]
        let late = (hours * 3.6e9) as i64;
        Timestamp::from_micros(time.as_micros().saturating_sub(late).max(self.plan.from.as_micros()))
    }

    /// Tenants differ in size: each has two thirds of the events of the one before it.
    fn next_tenant(&mut self) -> usize {
        let count = self.populations.len();
        (0..count).find(|_| self.random.random_ratio(1, 3)).unwrap_or(0)
    }
}

/// Small samples have few people, so that each of them has several events.
fn population_size(events: u64) -> usize {
    usize::try_from((events / 40).clamp(50, 20_000)).unwrap_or(20_000)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use auditlog_core::{
        event::{EventDraft, parse_event},
        timestamp::MICROS_PER_DAY,
    };
    use serde_json::Value;

    use super::*;

    fn plan(seed: u64, events: u64) -> Plan {
        let until = Timestamp::parse_rfc3339("2026-11-23T08:00:00Z").unwrap();
        let from = Timestamp::from_micros(until.as_micros() - 30 * MICROS_PER_DAY);
        Plan { seed, events, from, until, tenants: 5 }
    }

    fn all(plan: Plan) -> Vec<(usize, String)> {
        let mut generator = Generator::new(plan);
        let mut text = String::new();
        std::iter::from_fn(|| generator.next_event(&mut text).map(|tenant| (tenant, text.clone()))).collect()
    }

    #[test]
    fn a_seed_decides_every_byte() {
        assert_eq!(all(plan(7, 2_000)), all(plan(7, 2_000)));
        assert_ne!(all(plan(7, 10)), all(plan(8, 10)));
    }

    #[test]
    fn ids_are_unique_and_times_lie_in_the_span() {
        let plan = plan(1, 20_000);
        let (from, until) = (plan.from, plan.until);
        let mut ids = HashSet::new();
        for (_, text) in all(plan) {
            let event = parsed(&text);
            assert!(ids.insert(event.id.unwrap()));
            let time = event.occurred_at.unwrap();
            assert!(from <= time && time <= until, "{time}");
        }
    }

    fn parsed(text: &str) -> EventDraft {
        parse_event(text.as_bytes()).unwrap_or_else(|errors| panic!("{errors:?}\n{text}"))
    }

    #[test]
    fn some_events_are_adjusted_and_some_have_an_external_id() {
        let events: Vec<_> = all(plan(3, 1_000)).iter().map(|(_, text)| parsed(text)).collect();
        let adjusted: Vec<_> = events.iter().filter(|event| !event.adjustments.is_empty()).collect();
        assert_eq!(adjusted.len(), 5);
        assert!(adjusted.iter().all(|event| event.context.ip.is_some() && event.context.address.is_some()));
        assert_eq!(events.iter().filter(|event| event.external_id.is_some()).count(), 10);
    }

    #[test]
    fn the_mixture_is_that_of_a_company() {
        let events: Vec<(usize, Value)> = all(plan(1, 20_000))
            .into_iter()
            .map(|(tenant, text)| (tenant, serde_json::from_str(&text).unwrap()))
            .collect();
        let share = |wanted: &dyn Fn(&Value) -> bool| {
            let count = events.iter().filter(|(_, event)| wanted(event)).count();
            u32::try_from(count * 100 / events.len()).unwrap()
        };
        let traced = share(&|event| event["context"]["trace_id"].is_string());
        let succeeded = share(&|event| event["outcome"].is_null());
        assert!((18..23).contains(&traced), "{traced} % carry a trace id");
        assert!((85..96).contains(&succeeded), "{succeeded} % succeed");

        let mut actions: HashMap<&str, u32> = HashMap::new();
        let mut tenants = [0; 5];
        for (tenant, event) in &events {
            *actions.entry(event["action"].as_str().unwrap()).or_default() += 1;
            tenants[*tenant] += 1;
        }
        assert!(actions.len() > 180, "{} actions", actions.len());
        assert!(actions.values().any(|count| *count > 500), "none is common");
        assert!(tenants.iter().all(|count| *count > 500), "{tenants:?}");
    }
}
