//! Owns the measurement of charts: groups by value and by time, facets, and a whole dashboard. Each is measured the
//! first time, when nothing is cached, and again.

use std::{collections::HashMap, time::Instant};

use auditlog_core::timestamp::Timestamp;
use serde::Deserialize;

use super::{Asking, Expected, Goal, PAGE, Query, REPEATS};
use crate::{
    api::encode_parameter,
    bench::{
        Row,
        expectations::{Charts, Expectations},
    },
    campaign::Fault,
    corpus::NOUNS,
    load::Latencies,
};

const ACTIONS: &str = "/api/v1/events/aggregate?group_by=action&limit=1000";
const HOURS: &str = "/api/v1/events/aggregate?group_by=occurred_at&interval=hour";
const ACTORS: &str = "/api/v1/events/aggregate?distinct=actor";
const FACETS: &str = "/api/v1/events/facets";
const CHART: Goal = Goal { bar: "≤30", aim: "10" };
const DENIED: &str = "&outcome.status=denied";

/// The number of different filters; no answer under them is cached.
const FILTERS: usize = 20;
/// The tenant's log also holds the creation of the tenant and its key.
const OWN_EVENTS: u64 = 2;
/// The default number of fields of facets.
const FACET_FIELDS: usize = 10;

/// A group of an answer, by its value or the start of its interval.
#[derive(Debug)]
pub(super) struct Group {
    label: String,
    events: u64,
}

/// The checked parts of an answer.
#[derive(Debug, Deserialize)]
pub(super) struct ChartAnswer {
    count: u64,
    #[serde(default)]
    groups: Option<GroupsAnswer>,
    #[serde(default)]
    facets: Option<Vec<GroupsAnswer>>,
}

#[derive(Debug, Deserialize)]
struct GroupsAnswer {
    buckets: Vec<Bucket>,
}

#[derive(Debug, Deserialize)]
struct Bucket {
    #[serde(alias = "from")]
    value: String,
    count: u64,
}

impl Asking<'_> {
    pub(super) async fn charts(&mut self, expectations: &Expectations) -> Result<(), Fault> {
        let (all, denied) = (&expectations.all, &expectations.denied);
        self.chart("terms by action", ACTIONS.to_owned(), terms(all)).await?;
        self.chart("hourly histogram", HOURS.to_owned(), hours(all)).await?;
        self.chart("terms by action, matching 3 %", format!("{ACTIONS}{DENIED}"), terms(denied)).await?;
        self.chart("hourly histogram, matching 3 %", format!("{HOURS}{DENIED}"), hours(denied)).await?;
        self.under_filters("terms by action", ACTIONS, all).await?;
        self.under_filters("hourly histogram", HOURS, all).await?;
        self.pair(
            "different actors",
            Query { target: ACTORS.to_owned(), expected: Expected::Events(expectations.events) },
        )
        .await?;
        self.pair("ten facets", Query { target: FACETS.to_owned(), expected: Expected::Events(expectations.events) })
            .await?;
        self.dashboard().await
    }

    async fn chart(&mut self, what: &str, target: String, groups: Vec<Group>) -> Result<(), Fault> {
        self.pair(what, Query { target, expected: Expected::Groups(groups.into()) }).await
    }

    async fn pair(&mut self, what: &str, query: Query) -> Result<(), Fault> {
        self.ask(format!("{what}, first"), vec![query.clone()], CHART).await?;
        self.ask(format!("{what}, again"), vec![query; REPEATS], CHART).await
    }

    async fn under_filters(&mut self, what: &str, target: &str, all: &Charts) -> Result<(), Fault> {
        let query = |noun: &&str| {
            let events = all.actions.range(format!("{noun}.")..format!("{noun}/")).map(|(_, events)| events).sum();
            let filter = encode_parameter(&format!("{noun}.*"));
            Query { target: format!("{target}&action={filter}"), expected: Expected::Events(events) }
        };
        let queries = NOUNS.iter().take(FILTERS).map(query).collect();
        self.ask(format!("{what}, each filter first"), queries, CHART).await
    }

    /// The requests of a dashboard that is reloaded, sent together.
    async fn dashboard(&mut self) -> Result<(), Fault> {
        let newest = format!("/api/v1/events?limit={PAGE}");
        let mut latencies = Latencies::default();
        for _ in 0..REPEATS {
            let asked = Instant::now();
            for target in [&newest, HOURS, FACETS] {
                self.get(target).await?;
            }
            latencies.note(asked.elapsed());
        }
        let found = latencies.percentiles();
        let row = Row::of(format!("dashboard again: newest 50, histogram, facets ({} times)", found.requests));
        self.report.add(row.with("p50 ms", found.p50_ms).with("p99 ms", found.p99_ms).bar("≤10", ""));
        Ok(())
    }
}

fn terms(charts: &Charts) -> Vec<Group> {
    charts.actions.iter().map(|(label, events)| Group { label: label.clone(), events: *events }).collect()
}

fn hours(charts: &Charts) -> Vec<Group> {
    let label = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000).to_string();
    charts.hours.iter().map(|(seconds, events)| Group { label: label(*seconds), events: *events }).collect()
}

/// Every group must be present with its number of events, except for groups outside the corpus.
pub(super) fn compare_groups(answer: &ChartAnswer, expected: &[Group]) -> Result<(), String> {
    let buckets = answer.groups.as_ref().map(|groups| groups.buckets.as_slice()).unwrap_or_default();
    let mut left: HashMap<&str, u64> = buckets.iter().map(|bucket| (bucket.value.as_str(), bucket.count)).collect();
    for Group { label, events } in expected {
        let found = left.remove(label.as_str()).unwrap_or_default();
        match found.checked_sub(*events) {
            Some(more) => drop(left.insert(label, more)),
            None => return Err(format!("{found} events of {label} instead of {events}")),
        }
    }
    let more: u64 = left.values().sum();
    if more <= OWN_EVENTS { Ok(()) } else { Err(format!("{more} events too many")) }
}

pub(super) fn compare_count(answer: &ChartAnswer, events: u64) -> Result<(), String> {
    if !(events..=events + OWN_EVENTS).contains(&answer.count) {
        return Err(format!("{} events instead of {events}", answer.count));
    }
    match answer.facets.as_ref().map(Vec::len) {
        Some(fields) if fields != FACET_FIELDS => Err(format!("{fields} facets instead of {FACET_FIELDS}")),
        _ => Ok(()),
    }
}
