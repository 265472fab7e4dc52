//! Owns the measurement of queries: one after the other over one connection, every answer checked.

use std::time::Instant;

use crate::{
    api::{Address, Call, Client, PageAnswer, encode_parameter},
    bench::{BenchPlan, Report, Row, expectations::Expectations},
    campaign::Fault,
    corpus::{EVENTS_PER_MARKER, RARE_CODE, actor_id, dice::Dice, marker_word, request_id, target_id},
    load::{Latencies, Session},
    record::Kind,
};

/// Events on a page as a person reads it.
const PAGE: u64 = 50;
/// How often a query without different keys is repeated.
const REPEATS: usize = 200;

/// What an answer must look like.
#[derive(Debug, Clone, Copy)]
enum Expected {
    /// One event, not a page.
    Event,
    /// A page with so many events.
    Page(u64),
    /// A page with at least so many events.
    AtLeast(u64),
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
    (plan, expectations): (&BenchPlan, &Expectations),
    report: &mut Report,
) -> Result<(), Fault> {
    let mut asking = Asking { session, client: Client::new(address), report };
    asking.needles(plan, expectations).await?;
    asking.pages(expectations).await?;
    asking.free_text(expectations).await
}

impl Asking<'_> {
    async fn needles(&mut self, plan: &BenchPlan, expectations: &Expectations) -> Result<(), Fault> {
        let mut dice = Dice::new(plan.seed);
        let mut sample = expectations.sample.clone();
        shuffle(&mut sample, &mut dice);
        sample.truncate(plan.needles);
        let corpus = &self.session.corpus;
        let ids: Vec<_> =
            sample.iter().map(|&number| (format!("/api/v1/events/{}", corpus.id(number)), Expected::Event)).collect();
        let requests: Vec<_> = sample
            .iter()
            .map(|&number| (page_of("request_id", &request_id(corpus, &corpus.facts(number))), Expected::Page(1)))
            .collect();
        let mut actors: Vec<_> = expectations.actors.iter().map(|(&rank, &count)| (rank, count)).collect();
        actors.sort_unstable();
        shuffle(&mut actors, &mut dice);
        actors.truncate(plan.needles);
        let actors: Vec<_> = actors
            .into_iter()
            .map(|(rank, count)| (page_of("actor", &actor_id(rank)), Expected::Page(count.min(PAGE))))
            .collect();
        let targets: Vec<_> = sample
            .iter()
            .map(|&number| {
                let facts = corpus.facts(number);
                let count = expectations.targets.get(&(facts.noun, facts.target)).copied().unwrap_or(0);
                (page_of("target", &target_id(&facts)), Expected::Page(count.min(PAGE)))
            })
            .collect();
        self.ask("needle: event id", ids, ("≤3 (p50)", "1")).await?;
        self.ask("needle: request id", requests, ("≤3 (p50)", "1")).await?;
        self.ask("needle: actor", actors, ("≤3 (p50)", "1")).await?;
        self.ask("needle: target", targets, ("≤3 (p50)", "1")).await
    }

    async fn pages(&mut self, expectations: &Expectations) -> Result<(), Fault> {
        let full = Expected::Page(PAGE.min(expectations.events));
        self.repeat("newest 50, unfiltered", format!("/api/v1/events?limit={PAGE}"), (full, "≤5", "1")).await?;
        self.repeat("newest 50, matching 3 % (denied)", page_of("outcome.status", "denied"), (full, "≤5", "1")).await?;
        let deep = self.deep_page(expectations.events.min(100_000)).await?;
        self.repeat("page of 50 at rank 100,000", deep, (Expected::AtLeast(1), "≤5", "1")).await?;
        let rare = page_of("outcome.code", RARE_CODE);
        self.repeat("newest 50, matching 1 in 10,000", rare, (Expected::AtLeast(1), "≤30", "5")).await
    }

    async fn free_text(&mut self, expectations: &Expectations) -> Result<(), Fault> {
        let markers = expectations
            .markers
            .iter()
            .map(|(&rank, &count)| (page_of("q", &marker_word(rank)), Expected::Page(count)))
            .collect();
        self.ask(format!("free text: token in ≤{EVENTS_PER_MARKER} events"), markers, ("≤10", "2")).await?;
        let common = self.session.corpus.word(1).to_owned();
        let newest = page_of("q", &common);
        let count = format!("/api/v1/events?limit=1&count=true&q={}", encode_parameter(&common));
        self.repeat("free text: common token, newest 50", newest, (Expected::Page(PAGE), "≤15", "4")).await?;
        self.repeat("free text: common token, count", count, (Expected::Page(1), "≤300", "20")).await
    }

    /// The address of the page behind the newest `rank` events.
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
        for (target, expected) in &queries {
            let asked = Instant::now();
            let answer = self.client.call(&self.session.tenants[0].credential, Call::get(target)).await?;
            latencies.note(asked.elapsed());
            if !answer.status.is_success() {
                return Err(format!("{target}: {} {}", answer.status, answer.text()).into());
            }
            if let Err(text) = compare(&answer.body, *expected) {
                self.session.record.violations().report(Kind::Inconsistent, format!("{target}: {text}"));
            }
        }
        let found = latencies.percentiles();
        let what = format!("{} ({} queries)", what.into(), found.requests);
        self.report.add(Row::of(what).with("p50 ms", found.p50_ms).with("p99 ms", found.p99_ms).bar(bar, aim));
        Ok(())
    }
}

fn compare(body: &[u8], expected: Expected) -> Result<(), String> {
    if matches!(expected, Expected::Event) {
        return serde_json::from_slice::<crate::api::EventAnswer<'_>>(body)
            .map(drop)
            .map_err(|error| error.to_string());
    }
    let page: PageAnswer<'_> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let found = u64::try_from(page.events.len()).unwrap_or(0);
    match expected {
        Expected::Page(events) if found != events => Err(format!("{found} events instead of {events}")),
        Expected::AtLeast(events) if found < events => Err(format!("{found} events instead of {events} or more")),
        _ => Ok(()),
    }
}

fn page_of(parameter: &str, value: &str) -> String {
    format!("/api/v1/events?limit={PAGE}&{parameter}={}", encode_parameter(value))
}

fn shuffle<T>(list: &mut [T], dice: &mut Dice) {
    for last in (1..list.len()).rev() {
        let other = usize::try_from(dice.below(last as u64 + 1)).unwrap_or(0);
        list.swap(last, other);
    }
}
