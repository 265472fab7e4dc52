//! Owns the loop of one connection: build a batch, send it until it is answered, record the receipts.

use std::{
    num::NonZeroU64,
    sync::Arc,
    time::{Duration, Instant},
};

use auditlog_core::id::EventId;
use hyper::StatusCode;
use tokio::time::sleep;

use crate::{
    api::{Address, Answer, BatchAnswer, Call, CallError, Client, SingleAnswer},
    corpus::{
        EventNumber,
        dice::{Dice, mix},
    },
    load::{Batch, Body, Meter, OnLoss, Outcome, Plan, Session},
    record::{Acknowledgement, Kind},
};

/// The pause before a retry if the server is gone or names no time.
const PAUSE: Duration = Duration::from_millis(20);

pub(super) struct Worker {
    session: Arc<Session>,
    plan: Plan,
    client: Client,
    start: Start,
}

/// The server's address and the start of the load.
#[derive(Clone)]
pub(super) struct Start {
    pub at: Instant,
    pub first_event: u64,
    /// The destination of the figures.
    pub meter: Arc<Meter>,
}

/// A batch and its due time; without a rate it is due as soon as it is built.
#[derive(Clone, Copy)]
struct Due {
    batch: Batch,
    at: Option<Instant>,
}

/// The fate of a batch.
enum Sent {
    /// Answered; the answer is in the receipts.
    Answered(Vec<Acknowledgement>),
    /// Not answered; the connection stops here.
    Lost,
}

impl Worker {
    pub(super) fn new(session: Arc<Session>, address: Address, plan: Plan, start: Start) -> Self {
        Self { session, plan, client: Client::new(address), start }
    }

    pub(super) async fn run(mut self) {
        let mut dice = Dice::new(self.session.next_event());
        while let Some(due) = self.next_batch() {
            let Sent::Answered(receipts) = self.send(due).await else { break };
            let resend = self.plan.resend_every.is_some_and(|every| dice.once_in(every.get()));
            if resend && !self.resend(due.batch, &receipts).await {
                break;
            }
        }
    }

    fn count(&self, change: impl FnOnce(&mut Outcome)) {
        self.start.meter.note(change);
    }

    /// `None` if the plan is fulfilled.
    fn next_batch(&self) -> Option<Due> {
        if self.plan.duration.is_some_and(|duration| self.start.at.elapsed() >= duration) {
            return None;
        }
        // Half of the events that an earlier server process left unanswered are sent again first. The other half stays
        // in doubt, so that both cases are tested.
        if let Some(batch) = self.session.take_unanswered()
            && mix(batch.first).is_multiple_of(2)
        {
            return Some(Due { batch, at: None });
        }
        let mut batch = self.session.next_batch(self.plan.shape);
        let sent_before = batch.first - self.start.first_event;
        if let Some(events) = self.plan.events {
            batch.events = batch.events.min(events.get().saturating_sub(sent_before));
        }
        if batch.events == 0 {
            return None;
        }
        let since_start = |rate: NonZeroU64| Duration::from_micros(sent_before.saturating_mul(1_000_000) / rate.get());
        Some(Due { batch, at: self.plan.rate.map(|rate| self.start.at + since_start(rate)) })
    }

    /// Sends a batch until it is answered and records the receipts.
    async fn send(&mut self, due: Due) -> Sent {
        let batch = due.batch;
        let body = self.body(batch);
        let due = due.at.unwrap_or_else(Instant::now);
        sleep(due.saturating_duration_since(Instant::now())).await;
        let mut lost_since = None;
        loop {
            let answer = self.attempt(batch, &body).await;
            match answer {
                Ok(answer) if answer.status.is_success() => return self.note(batch, &body.ids, &answer, due),
                Ok(answer) if is_overload(&answer) && self.may_retry(*lost_since.get_or_insert_with(Instant::now)) => {
                    self.count(|outcome| outcome.overloads += 1);
                    sleep(answer.retry_after.unwrap_or(PAUSE).max(PAUSE)).await;
                }
                Ok(answer) => return self.refused(batch, &answer),
                Err(error) => {
                    let since = *lost_since.get_or_insert_with(Instant::now);
                    if !self.may_retry(since) {
                        return self.lose(batch, format!("{error}"));
                    }
                    self.count(|outcome| outcome.retries += 1);
                    sleep(PAUSE).await;
                }
            }
        }
    }

    fn body(&self, batch: Batch) -> Body {
        if self.plan.shape.sends_singly(batch) {
            return batch.to_single(&self.session.corpus);
        }
        batch.to_array(&self.session.corpus)
    }

    async fn attempt(&mut self, batch: Batch, body: &Body) -> Result<Answer, CallError> {
        let is_single = self.plan.shape.sends_singly(batch);
        let target = if is_single { "/api/v1/events" } else { "/api/v1/events/batch" };
        let credential = &self.session.tenants[batch.tenant.0].credential;
        self.client.call(credential, Call::post(target, body.json.clone())).await
    }

    fn may_retry(&self, lost_since: Instant) -> bool {
        match self.plan.on_loss {
            OnLoss::Retry(patience) => lost_since.elapsed() < patience,
            OnLoss::Stop => false,
        }
    }

    fn lose(&self, batch: Batch, reason: String) -> Sent {
        self.session.put_unanswered(batch);
        self.count(|outcome| outcome.failures.push(reason));
        Sent::Lost
    }

    /// A server that is stopping, or whose disk is gone, may refuse; a healthy one may not.
    fn refused(&self, batch: Batch, answer: &Answer) -> Sent {
        let text = format!("{} to {} events: {}", answer.status, batch.events, answer.text());
        if self.plan.on_loss != OnLoss::Stop || !answer.status.is_server_error() {
            self.session.record.violations().report(Kind::Refused, text.clone());
        }
        self.lose(batch, text)
    }

    /// The latency counts from the time at which the batch was due: waiting for a connection, or for a retry, is part
    /// of waiting for the acknowledgement.
    fn note(&self, batch: Batch, ids: &[EventId], answer: &Answer, due: Instant) -> Sent {
        let took = due.elapsed();
        match self.receipts(batch, ids, answer) {
            Ok(Receipts { acknowledged, stored }) => {
                self.session.record.acknowledge(batch.tenant, &acknowledged);
                self.count(|outcome| {
                    outcome.latencies.note(took);
                    outcome.stored += stored;
                    outcome.duplicates += batch.events - stored;
                });
                Sent::Answered(acknowledged)
            }
            Err(text) => {
                self.session.record.violations().report(Kind::Refused, text.clone());
                self.lose(batch, text)
            }
        }
    }

    fn receipts(&self, batch: Batch, ids: &[EventId], answer: &Answer) -> Result<Receipts, String> {
        if self.plan.shape.sends_singly(batch) {
            let single: SingleAnswer<'_> = read(answer)?;
            let expected = Expected { number: EventNumber(batch.first), id: *ids.first().ok_or("no event")? };
            let receipt = expected.receipt(Some(&single.id), Some(&single.sequence))?;
            return Ok(Receipts { acknowledged: vec![receipt], stored: u64::from(!single.duplicate) });
        }
        let answer: BatchAnswer<'_> = read(answer)?;
        if answer.results.len() != ids.len() {
            return Err(format!("{} results for {} events", answer.results.len(), ids.len()));
        }
        let mut receipts = Receipts { acknowledged: Vec::with_capacity(ids.len()), stored: 0 };
        for ((result, &id), number) in answer.results.iter().zip(ids).zip(batch.numbers()) {
            if result.status == "rejected" {
                return Err(format!("event {id} was rejected: {result:?}"));
            }
            receipts.stored += u64::from(result.status == "stored");
            let expected = Expected { number, id };
            receipts.acknowledged.push(expected.receipt(result.id.as_deref(), result.sequence.as_deref())?);
        }
        Ok(receipts)
    }

    /// Sends an acknowledged batch again: every receipt must equal the first one. `false` if the server is gone.
    async fn resend(&mut self, batch: Batch, first: &[Acknowledgement]) -> bool {
        let body = self.body(batch);
        let answer = match self.attempt(batch, &body).await {
            Ok(answer) if answer.status.is_success() => answer,
            // Overloaded or gone: the batch is acknowledged already, so nothing is in doubt.
            Ok(_) => return true,
            Err(_) => return self.plan.on_loss != OnLoss::Stop,
        };
        let again = self.receipts(batch, &body.ids, &answer);
        match again {
            Ok(again) if again.acknowledged == first && again.stored == 0 => {}
            Ok(again) => {
                let text =
                    format!("sending events {}.. again gave other receipts or stored {}", batch.first, again.stored);
                self.session.record.violations().report(Kind::Doubled, text);
            }
            Err(text) => self.session.record.violations().report(Kind::Refused, text),
        }
        true
    }
}

/// The receipts in an answer.
struct Receipts {
    acknowledged: Vec<Acknowledgement>,
    /// The number of events stored now, excluding duplicates.
    stored: u64,
}

/// The event that a result must refer to.
struct Expected {
    number: EventNumber,
    id: EventId,
}

impl Expected {
    fn receipt(&self, id: Option<&str>, sequence: Option<&str>) -> Result<Acknowledgement, String> {
        // Both are lower case, so comparing ids is comparing their texts; parsing is the cheaper of the two.
        if id.and_then(EventId::parse) != Some(self.id) {
            return Err(format!("event {} was answered as {id:?}", self.id));
        }
        let sequence = sequence.and_then(|sequence| sequence.parse().ok());
        let sequence = sequence.ok_or_else(|| format!("event {} was stored without a sequence", self.id))?;
        Ok(Acknowledgement { number: self.number, sequence })
    }
}

fn is_overload(answer: &Answer) -> bool {
    matches!(answer.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

fn read<'a, T: serde::Deserialize<'a>>(answer: &'a Answer) -> Result<T, String> {
    serde_json::from_slice(&answer.body).map_err(|error| format!("unreadable answer: {error}: {}", answer.text()))
}
