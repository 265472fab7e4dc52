//! Owns the queries beside the writing, their rates, and the plausibility checks of their answers.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use hyper::StatusCode;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::{task::JoinHandle, time::sleep};

use crate::{
    api::{Address, Answer, Call, Client, EventAnswer, PageAnswer, encode_parameter},
    corpus::{
        actor_id,
        dice::{Dice, mix},
    },
    load::{Latencies, Session},
    record::{Acknowledgement, Kind, TenantIndex},
};

/// The pause before a retry if the server is gone or names no time.
const PAUSE: Duration = Duration::from_millis(20);
/// Events on a typical page.
const PAGE_EVENTS: usize = 50;
/// Events on a page of a walk, and the rank at which a walk starts again.
const WALK_PAGE_EVENTS: usize = 1_000;
const WALK_RANK_MAX: usize = 100_000;
/// The number of different words in messages; rank 0 is the most common.
const WORDS: u64 = 8_192;

/// A kind of query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// The newest 50 events.
    NewestPage,
    /// An acknowledged event by its id.
    EventId,
    /// The newest 50 events of an actor.
    Actor,
    /// The newest 50 events with a word.
    Word,
    /// The number of denied events of the last minute.
    Count,
    /// The next 1,000 events of a walk up to rank 100,000.
    PageAtRank,
}

impl Question {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::NewestPage, Self::EventId, Self::Actor, Self::Word, Self::Count, Self::PageAtRank];

    /// Its name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NewestPage => "newest page",
            Self::EventId => "event by id",
            Self::Actor => "page of an actor",
            Self::Word => "page with a word",
            Self::Count => "count of a minute",
            Self::PageAtRank => "page at a rank ≤100,000",
        }
    }

    const fn every(self) -> Duration {
        Duration::from_millis(match self {
            Self::NewestPage | Self::EventId => 100,
            Self::Actor => 200,
            Self::Word | Self::PageAtRank => 500,
            Self::Count => 1_000,
        })
    }
}

/// The answers to readers.
#[derive(Debug, Default)]
pub(super) struct Reads {
    pub latencies: BTreeMap<Question, Latencies>,
    pub overloads: u64,
    pub retries: u64,
}

impl Reads {
    pub(super) fn add(&mut self, other: &Self) {
        for (question, latencies) in &other.latencies {
            self.latencies.entry(*question).or_default().add(latencies);
        }
        self.overloads += other.overloads;
        self.retries += other.retries;
    }
}

/// The same, while they are collected.
#[derive(Debug, Default)]
pub(super) struct ReadMeter(Mutex<Reads>);

impl ReadMeter {
    pub(super) fn take(&self) -> Reads {
        std::mem::take(&mut self.0.lock())
    }

    fn note(&self, change: impl FnOnce(&mut Reads)) {
        change(&mut self.0.lock());
    }
}

/// Starts one task per kind of query, each with its own connection.
pub(super) struct Readers(Vec<JoinHandle<()>>);

impl Readers {
    /// Sends queries until `end`.
    pub(super) fn start(session: &Arc<Session>, address: Address, meter: &Arc<ReadMeter>, end: Instant) -> Self {
        let start = |(question, number): (Question, u64)| {
            let reader = Reader {
                question,
                session: Arc::clone(session),
                client: Client::new(address),
                meter: Arc::clone(meter),
                dice: Dice::new(mix(session.corpus.plan().seed ^ number)),
                walk: Walk::default(),
            };
            tokio::spawn(reader.run(end))
        };
        Self(Question::ALL.into_iter().zip(1..).map(start).collect())
    }

    pub(super) async fn finish(self) {
        for task in self.0 {
            // A reader that panicked has said so on standard error.
            let _ = task.await;
        }
    }
}

struct Reader {
    question: Question,
    session: Arc<Session>,
    client: Client,
    meter: Arc<ReadMeter>,
    dice: Dice,
    walk: Walk,
}

/// The position of a walk.
#[derive(Default)]
struct Walk {
    cursor: Option<String>,
    tenant: Option<TenantIndex>,
    rank: usize,
    last: Option<(String, u64)>,
}

/// A query, and the expectation of its answer.
struct Asked {
    tenant: TenantIndex,
    known: Acknowledgement,
    target: String,
}

impl Reader {
    /// Queries are due at fixed times: a late answer delays the next query, whose latency counts from the time at which
    /// it was due.
    async fn run(mut self, end: Instant) {
        let mut due = Instant::now();
        loop {
            due += self.question.every();
            if due >= end {
                return;
            }
            sleep(due.saturating_duration_since(Instant::now())).await;
            // A tenant is queried only after one of its events was acknowledged.
            let Some(asked) = self.next() else { continue };
            let Some(answer) = self.answer(&asked, end).await else { return };
            let took = due.elapsed();
            self.meter.note(|reads| reads.latencies.entry(self.question).or_default().note(took));
            if let Err((kind, text)) = self.judge(&asked, &answer) {
                self.session.record.violations().report(kind, format!("{}: {text}", asked.target));
            }
        }
    }

    fn next(&mut self) -> Option<Asked> {
        let tenants = u64::try_from(self.session.tenants.len()).unwrap_or(1);
        let drawn = TenantIndex(usize::try_from(self.dice.ranked_below(tenants)).unwrap_or(0));
        let tenant = self.walk.tenant.unwrap_or(drawn);
        let known = self.session.record.draw(tenant, &mut self.dice)?;
        let page = format!("/api/v1/events?limit={PAGE_EVENTS}");
        let target = match self.question {
            Question::NewestPage => page,
            Question::EventId => format!("/api/v1/events/{}", self.session.corpus.id(known.number)),
            Question::Actor => format!("{page}&actor={}", actor_id(self.session.corpus.facts(known.number).actor)),
            Question::Word => {
                let word = self.session.corpus.word(self.dice.ranked_below(WORDS));
                format!("{page}&q={}", encode_parameter(word))
            }
            Question::Count => "/api/v1/events?limit=1&count=true&since=1m&outcome.status=denied".to_owned(),
            Question::PageAtRank => {
                self.walk.tenant = Some(tenant);
                let cursor = self.walk.cursor.as_deref().map(encode_parameter);
                let cursor = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
                format!("/api/v1/events?limit={WALK_PAGE_EVENTS}{cursor}")
            }
        };
        Some(Asked { tenant, known, target })
    }

    /// Waits for the answer, however long the server is unavailable. `None` if it still is at the end.
    async fn answer(&mut self, asked: &Asked, end: Instant) -> Option<Answer> {
        loop {
            let credential = &self.session.tenants[asked.tenant.0].credential;
            let pause = match self.client.call(credential, Call::get(&asked.target)).await {
                Ok(answer) if is_overload(answer.status) => {
                    self.meter.note(|reads| reads.overloads += 1);
                    answer.retry_after.unwrap_or(PAUSE).max(PAUSE)
                }
                Ok(answer) => return Some(answer),
                Err(_) => {
                    self.meter.note(|reads| reads.retries += 1);
                    PAUSE
                }
            };
            if Instant::now() >= end {
                return None;
            }
            sleep(pause).await;
        }
    }

    /// The event was acknowledged before the request, so it must be found.
    fn judge(&mut self, asked: &Asked, answer: &Answer) -> Result<(), (Kind, String)> {
        if answer.status == StatusCode::NOT_FOUND {
            return Err((Kind::Lost, "an acknowledged event is not found".to_owned()));
        }
        if !answer.status.is_success() {
            return Err((Kind::Refused, format!("{} {}", answer.status, answer.text())));
        }
        let unreadable = |error: serde_json::Error| (Kind::Inconsistent, format!("{error}: {}", answer.text()));
        if self.question == Question::EventId {
            let event: EventAnswer<'_> = serde_json::from_slice(&answer.body).map_err(unreadable)?;
            let place = asked.known.sequence.to_string();
            let is_there = event.sequence == place.as_str();
            return is_there.then_some(()).ok_or_else(|| {
                (Kind::Inconsistent, format!("acknowledged at {place} and found at {}", event.sequence))
            });
        }
        let page: PageAnswer<'_> = serde_json::from_slice(&answer.body).map_err(unreadable)?;
        self.judge_page(asked, &page)
    }

    fn judge_page(&mut self, asked: &Asked, page: &PageAnswer<'_>) -> Result<(), (Kind, String)> {
        let tenant = &self.session.tenants[asked.tenant.0].id;
        if let Some(event) = page.events.iter().find(|event| event.tenant_id != tenant.as_str()) {
            return Err((Kind::Foreign, format!("event {} of tenant {} is shown", event.id, event.tenant_id)));
        }
        let is_first = self.question == Question::PageAtRank && self.walk.rank == 0;
        let is_never_empty = is_first || matches!(self.question, Question::NewestPage | Question::Actor);
        if is_never_empty && page.events.is_empty() {
            return Err((Kind::Lost, "nothing is found, and something was acknowledged".to_owned()));
        }
        let mut last = if self.question == Question::PageAtRank { self.walk.last.take() } else { None };
        for event in &page.events {
            let here = (event.occurred_at.to_string(), event.sequence.parse().unwrap_or(u64::MAX));
            if last.as_ref().is_some_and(|last| here >= *last) {
                return Err((Kind::Inconsistent, format!("{here:?} follows {last:?}")));
            }
            last = Some(here);
        }
        if self.question == Question::PageAtRank {
            self.walk.advance(page, last);
        }
        Ok(())
    }
}

impl Walk {
    fn advance(&mut self, page: &PageAnswer<'_>, last: Option<(String, u64)>) {
        self.rank += page.events.len();
        self.cursor = page.next_cursor.as_deref().map(str::to_owned);
        self.last = last;
        if self.cursor.is_none() || self.rank >= WALK_RANK_MAX {
            *self = Self::default();
        }
    }
}

fn is_overload(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}
