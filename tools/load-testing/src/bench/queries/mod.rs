//! Owns the measurement of queries: one after the other over one connection, every answer checked.

mod charts;
mod pasted;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use charts::Group;

use crate::{
    api::{Address, Answer, Call, Client, EventAnswer, PageAnswer, encode_parameter},
    bench::{Report, Row, expectations::Expectations, keys::Keys},
    campaign::Fault,
    corpus::{EVENTS_PER_MARKER, RARE_CODE},
    load::{Latencies, Session},
    record::Kind,
};

/// Events on a typical page.
const PAGE: u64 = 50;
/// How many different keys are looked up while caches are cold.
const COLD_NEEDLES: usize = 100;
/// How often a query without different keys is repeated.
const REPEATS: usize = 200;
/// The time limit for one kind of query: over 100 million events a count takes seconds.
const ASKING_MAX: Duration = Duration::from_mins(1);

/// The expected shape of an answer.
#[derive(Debug, Clone)]
enum Expected {
    /// One event, not a page.
    Event,
    /// A page with this many events.
    Page(u64),
    /// A page with at least this many events.
    AtLeast(u64),
    /// A page of one event, with the total.
    Counted,
    /// Exactly these groups.
    Groups(Arc<[Group]>),
    /// This many events.
    Events(u64),
}

/// A query with the answer that it must get.
#[derive(Debug, Clone)]
struct Query {
    target: String,
    expected: Expected,
}

/// The figures that the report compares a latency with.
#[derive(Debug, Clone, Copy)]
struct Goal {
    /// The bar that must be met.
    bar: &'static str,
    /// The aim beyond it.
    aim: &'static str,
}

impl Goal {
    const NONE: Self = Self { bar: "", aim: "" };
}

const NEEDLE: Goal = Goal { bar: "≤3 (p50)", aim: "1" };
const PAGE_GOAL: Goal = Goal { bar: "≤5", aim: "1" };

struct Asking<'a> {
    session: &'a Session,
    client: Client,
    report: &'a mut Report,
}

/// Measures every query of the design's table.
pub(super) async fn measure(
    session: &Session,
    address: Address,
    keys: &Keys,
    expectations: &Expectations,
    report: &mut Report,
) -> Result<(), Fault> {
    let mut asking = Asking { session, client: Client::new(address), report };
    asking.needles(keys).await?;
    asking.pages(keys).await?;
    asking.free_text(keys).await?;
    asking.pasted(keys).await?;
    asking.charts(expectations).await
}

/// Measures the first queries after a start: neither the server nor the kernel has any part of the log in memory.
pub(super) async fn measure_cold(
    session: &Session,
    address: Address,
    keys: &Keys,
    report: &mut Report,
) -> Result<(), Fault> {
    let mut asking = Asking { session, client: Client::new(address), report };
    let expected = Expected::Page(PAGE.min(keys.events));
    let newest = Query { target: format!("/api/v1/events?limit={PAGE}"), expected };
    asking.ask("cold: newest 50, unfiltered", vec![newest], Goal::NONE).await?;
    // The last keys, so that the first ones are still cold afterwards.
    let cold = |queries: Vec<Query>| queries.into_iter().rev().take(COLD_NEEDLES).collect();
    asking.ask("cold: event id", cold(events_of(&keys.ids)), Goal::NONE).await?;
    asking.ask("cold: actor", cold(pages_of("actor", &keys.actors)), Goal::NONE).await
}

impl Asking<'_> {
    async fn needles(&mut self, keys: &Keys) -> Result<(), Fault> {
        let ids = events_of(&keys.ids);
        let requests = keys
            .request_ids
            .iter()
            .map(|id| Query { target: page_of("request_id", id), expected: Expected::Page(1) })
            .collect();
        self.ask("needle: event id", ids, NEEDLE).await?;
        self.ask("needle: request id", requests, NEEDLE).await?;
        self.ask("needle: actor", pages_of("actor", &keys.actors), NEEDLE).await?;
        self.ask("needle: target", pages_of("target", &keys.targets), NEEDLE).await
    }

    async fn pages(&mut self, keys: &Keys) -> Result<(), Fault> {
        let full = Expected::Page(PAGE.min(keys.events));
        self.repeat("newest 50, unfiltered", format!("/api/v1/events?limit={PAGE}"), full.clone(), PAGE_GOAL).await?;
        self.repeat("newest 50, matching 3 % (denied)", page_of("outcome.status", "denied"), full.clone(), PAGE_GOAL)
            .await?;
        let deep = self.deep_page(keys.events.min(100_000)).await?;
        self.repeat("page of 50 at rank 100,000", deep, Expected::AtLeast(1), PAGE_GOAL).await?;
        let rare = page_of("outcome.code", RARE_CODE);
        self.repeat("newest 50, matching 1 in 10,000", rare, Expected::AtLeast(1), Goal { bar: "≤30", aim: "5" }).await
    }

    async fn free_text(&mut self, keys: &Keys) -> Result<(), Fault> {
        let rare = pages_of("q", &keys.rare_tokens);
        self.ask(format!("free text: token in ≤{EVENTS_PER_MARKER} events"), rare, Goal { bar: "≤10", aim: "2" })
            .await?;
        let newest = page_of("q", &keys.common_token);
        let count = |word: &String| format!("/api/v1/events?limit=1&count=true&q={}", encode_parameter(word));
        let counts =
            keys.common_tokens.iter().map(|word| Query { target: count(word), expected: Expected::Counted }).collect();
        self.repeat("free text: common token, newest 50", newest, Expected::Page(PAGE), Goal { bar: "≤15", aim: "4" })
            .await?;
        self.ask("free text: common token, count", counts, Goal { bar: "≤300", aim: "20" }).await?;
        let again = count(&keys.common_token);
        self.repeat("free text: the same count again", again, Expected::Counted, Goal::NONE).await
    }

    /// The URL of the page after the newest `rank` events.
    async fn deep_page(&mut self, rank: u64) -> Result<String, Fault> {
        let mut target = "/api/v1/events?limit=1000".to_owned();
        for _ in 1..=rank / 1_000 {
            let answer = self.client.call(&self.session.tenants[0].credential, Call::get(&target)).await?;
            let page: PageAnswer<'_> = serde_json::from_slice(&answer.body)?;
            let Some(cursor) = page.next_cursor else { break };
            target = format!("/api/v1/events?limit=1000&cursor={}", encode_parameter(&cursor));
        }
        Ok(target.replace("limit=1000", "limit=50"))
    }

    async fn get(&mut self, target: &str) -> Result<Answer, Fault> {
        let answer = self.client.call(&self.session.tenants[0].credential, Call::get(target)).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(format!("{target}: {} {}", answer.status, answer.text()).into())
    }

    async fn repeat(&mut self, what: &str, target: String, expected: Expected, goal: Goal) -> Result<(), Fault> {
        self.ask(what, vec![Query { target, expected }; REPEATS], goal).await
    }

    async fn ask(&mut self, what: impl Into<String>, queries: Vec<Query>, goal: Goal) -> Result<(), Fault> {
        let mut latencies = Latencies::default();
        let begun = Instant::now();
        for Query { target, expected } in &queries {
            let asked = Instant::now();
            if asked.duration_since(begun) > ASKING_MAX {
                break;
            }
            let answer = self.get(target).await?;
            latencies.note(asked.elapsed());
            if let Err(text) = compare(&answer.body, expected) {
                self.session.record.violations().report(Kind::Inconsistent, format!("{target}: {text}"));
            }
        }
        let found = latencies.percentiles();
        let what = format!("{} ({} queries)", what.into(), found.requests);
        self.report
            .add(Row::of(what).with("p50 ms", found.p50_ms).with("p99 ms", found.p99_ms).bar(goal.bar, goal.aim));
        Ok(())
    }
}

fn compare(body: &[u8], expected: &Expected) -> Result<(), String> {
    let unreadable = |error: serde_json::Error| error.to_string();
    match expected {
        Expected::Event => return serde_json::from_slice::<EventAnswer<'_>>(body).map(drop).map_err(unreadable),
        Expected::Groups(groups) => {
            return charts::compare_groups(&serde_json::from_slice(body).map_err(unreadable)?, groups);
        }
        Expected::Events(events) => {
            return charts::compare_count(&serde_json::from_slice(body).map_err(unreadable)?, *events);
        }
        Expected::Page(_) | Expected::AtLeast(_) | Expected::Counted => {}
    }
    let page: PageAnswer<'_> = serde_json::from_slice(body).map_err(unreadable)?;
    let found = u64::try_from(page.events.len()).unwrap_or(0);
    match expected {
        Expected::Page(events) if found != *events => Err(format!("{found} events instead of {events}")),
        Expected::AtLeast(events) if found < *events => Err(format!("{found} events instead of {events} or more")),
        Expected::Counted if page.total.map(|total| total.min(1)) != Some(found) => {
            Err(format!("{found} events, and {:?} are counted", page.total))
        }
        _ => Ok(()),
    }
}

fn events_of(ids: &[String]) -> Vec<Query> {
    let query = |id: &String| Query { target: format!("/api/v1/events/{id}"), expected: Expected::Event };
    ids.iter().map(query).collect()
}

fn pages_of(parameter: &str, keys: &[(String, u64)]) -> Vec<Query> {
    let query = |(key, events): &(String, u64)| Query {
        target: page_of(parameter, key),
        expected: Expected::Page(*events.min(&PAGE)),
    };
    keys.iter().map(query).collect()
}

fn page_of(parameter: &str, value: &str) -> String {
    format!("/api/v1/events?limit={PAGE}&{parameter}={}", encode_parameter(value))
}
