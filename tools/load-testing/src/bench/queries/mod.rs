//! Owns the measurement of queries: one after the other over one connection, every answer checked.

mod charts;

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

struct Asking<'a> {
    session: &'a Session,
    client: Client,
    report: &'a mut Report,
}

/// Measures every query of the design's table.
pub(super) async fn measure(
    session: &Session,
    address: Address,
    (keys, expectations): (&Keys, &Expectations),
    report: &mut Report,
) -> Result<(), Fault> {
    let mut asking = Asking { session, client: Client::new(address), report };
    asking.needles(keys).await?;
    asking.pages(keys).await?;
    asking.free_text(keys).await?;
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
    let newest = (format!("/api/v1/events?limit={PAGE}"), Expected::Page(PAGE.min(keys.events)));
    asking.ask("cold: newest 50, unfiltered", vec![newest], ("", "")).await?;
    // The last keys, so that the first ones are still cold afterwards.
    let cold = |queries: Vec<(String, Expected)>| queries.into_iter().rev().take(COLD_NEEDLES).collect();
    asking.ask("cold: event id", cold(events_of(&keys.ids)), ("", "")).await?;
    asking.ask("cold: actor", cold(pages_of("actor", &keys.actors)), ("", "")).await
}

impl Asking<'_> {
    async fn needles(&mut self, keys: &Keys) -> Result<(), Fault> {
        let ids = events_of(&keys.ids);
        let requests = keys.request_ids.iter().map(|id| (page_of("request_id", id), Expected::Page(1))).collect();
        self.ask("needle: event id", ids, ("≤3 (p50)", "1")).await?;
        self.ask("needle: request id", requests, ("≤3 (p50)", "1")).await?;
        self.ask("needle: actor", pages_of("actor", &keys.actors), ("≤3 (p50)", "1")).await?;
        self.ask("needle: target", pages_of("target", &keys.targets), ("≤3 (p50)", "1")).await
    }

    async fn pages(&mut self, keys: &Keys) -> Result<(), Fault> {
        let full = Expected::Page(PAGE.min(keys.events));
        self.repeat("newest 50, unfiltered", format!("/api/v1/events?limit={PAGE}"), (full.clone(), "≤5", "1")).await?;
        self.repeat("newest 50, matching 3 % (denied)", page_of("outcome.status", "denied"), (full.clone(), "≤5", "1"))
            .await?;
        let deep = self.deep_page(keys.events.min(100_000)).await?;
        self.repeat("page of 50 at rank 100,000", deep, (Expected::AtLeast(1), "≤5", "1")).await?;
        let rare = page_of("outcome.code", RARE_CODE);
        self.repeat("newest 50, matching 1 in 10,000", rare, (Expected::AtLeast(1), "≤30", "5")).await
    }

    async fn free_text(&mut self, keys: &Keys) -> Result<(), Fault> {
        let rare = pages_of("q", &keys.rare_tokens);
        self.ask(format!("free text: token in ≤{EVENTS_PER_MARKER} events"), rare, ("≤10", "2")).await?;
        let newest = page_of("q", &keys.common_token);
        let count = |word: &String| format!("/api/v1/events?limit=1&count=true&q={}", encode_parameter(word));
        let counts = keys.common_tokens.iter().map(|word| (count(word), Expected::Counted)).collect();
        self.repeat("free text: common token, newest 50", newest, (Expected::Page(PAGE), "≤15", "4")).await?;
        self.ask("free text: common token, count", counts, ("≤300", "20")).await?;
        let again = count(&keys.common_token);
        self.repeat("free text: the same count again", again, (Expected::Counted, "", "")).await
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

    async fn repeat(
        &mut self,
        what: &str,
        target: String,
        rest: (Expected, &'static str, &'static str),
    ) -> Result<(), Fault> {
        let (expected, bar, aim) = rest;
        self.ask(what, vec![(target, expected); REPEATS], (bar, aim)).await
    }

    async fn ask(
        &mut self,
        what: impl Into<String>,
        queries: Vec<(String, Expected)>,
        (bar, aim): (&'static str, &'static str),
    ) -> Result<(), Fault> {
        let mut latencies = Latencies::default();
        let begun = Instant::now();
        for (target, expected) in &queries {
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
        self.report.add(Row::of(what).with("p50 ms", found.p50_ms).with("p99 ms", found.p99_ms).bar(bar, aim));
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

fn events_of(ids: &[String]) -> Vec<(String, Expected)> {
    ids.iter().map(|id| (format!("/api/v1/events/{id}"), Expected::Event)).collect()
}

fn pages_of(parameter: &str, keys: &[(String, u64)]) -> Vec<(String, Expected)> {
    keys.iter().map(|(key, events)| (page_of(parameter, key), Expected::Page(*events.min(&PAGE)))).collect()
}

fn page_of(parameter: &str, value: &str) -> String {
    format!("/api/v1/events?limit={PAGE}&{parameter}={}", encode_parameter(value))
}
