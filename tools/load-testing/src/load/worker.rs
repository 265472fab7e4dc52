//! Owns one connection's loop: make a batch, send it until it is answered, note the receipts.

use std::{
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
    load::{Batch, Body, OnLoss, Outcome, Plan, Session, Shape},
    record::{Acknowledgement, Kind},
};

/// How long to wait before asking a server again that is gone or gave no time.
const PAUSE: Duration = Duration::from_millis(20);

pub(super) struct Worker {
    session: Arc<Session>,
    plan: Plan,
    client: Client,
    started: Instant,
    first_event: u64,
    outcome: Outcome,
}

/// What became of a batch.
enum Sent {
    /// Answered; the answer stands in the receipts.
    Answered(Vec<Acknowledgement>),
    /// Not answered; the connection's work ends here.
    Lost,
}

impl Worker {
    pub(super) fn new(session: Arc<Session>, address: Address, plan: Plan, start: (Instant, u64)) -> Self {
        let (started, first_event) = start;
        Self { session, plan, client: Client::new(address), started, first_event, outcome: Outcome::default() }
    }

    pub(super) async fn run(mut self) -> Outcome {
        let mut dice = Dice::new(self.session.next_event());
        while let Some(batch) = self.next_batch().await {
            let Sent::Answered(receipts) = self.send(batch).await else { break };
            let resend = self.plan.resend_every.is_some_and(|every| dice.once_in(every.get()));
            if resend && !self.resend(batch, &receipts).await {
                break;
            }
        }
        self.outcome
    }

    /// The next batch, at the time the rate allows it. `None` when the plan is fulfilled.
    async fn next_batch(&self) -> Option<Batch> {
        if self.plan.duration.is_some_and(|duration| self.started.elapsed() >= duration) {
            return None;
        }
        // What an earlier server process left unanswered is sent again first, half of the time: the other half stays
        // in doubt, so that both ways are tried.
        if let Some(batch) = self.session.take_unanswered()
            && mix(batch.first).is_multiple_of(2)
        {
            return Some(batch);
        }
        let mut batch = self.session.next_batch(self.plan.shape);
        let sent_before = batch.first - self.first_event;
        if let Some(events) = self.plan.events {
            batch.events = batch.events.min(events.get().saturating_sub(sent_before));
        }
        if batch.events == 0 {
            return None;
        }
        if let Some(rate) = self.plan.rate {
            let due = Duration::from_micros(sent_before.saturating_mul(1_000_000) / rate.get());
            sleep(due.saturating_sub(self.started.elapsed())).await;
        }
        Some(batch)
    }

    /// Sends a batch until it is answered and notes the receipts.
    async fn send(&mut self, batch: Batch) -> Sent {
        let body = self.body(batch);
        let mut lost_since = None;
        // Counted from the first try: whoever is told to come again later waits for the acknowledgement all the same.
        let asked = Instant::now();
        loop {
            let answer = self.attempt(batch, &body).await;
            match answer {
                Ok(answer) if answer.status.is_success() => return self.note(batch, &body.ids, &answer, asked),
                Ok(answer) if is_overload(&answer) && self.may_retry(*lost_since.get_or_insert_with(Instant::now)) => {
                    self.outcome.overloads += 1;
                    sleep(answer.retry_after.unwrap_or(PAUSE).max(PAUSE)).await;
                }
                Ok(answer) => return self.refused(batch, &answer),
                Err(error) => {
                    let since = *lost_since.get_or_insert_with(Instant::now);
                    if !self.may_retry(since) {
                        return self.lose(batch, format!("{error}"));
                    }
                    self.outcome.retries += 1;
                    sleep(PAUSE).await;
                }
            }
        }
    }

    fn body(&self, batch: Batch) -> Body {
        match self.plan.shape {
            Shape::Single => batch.to_single(&self.session.corpus),
            Shape::Batch(_) => batch.to_array(&self.session.corpus),
        }
    }

    async fn attempt(&mut self, batch: Batch, body: &Body) -> Result<Answer, CallError> {
        let target = match self.plan.shape {
            Shape::Single => "/api/v1/events",
            Shape::Batch(_) => "/api/v1/events/batch",
        };
        let credential = &self.session.tenants[batch.tenant.0].credential;
        self.client.call(credential, Call::post(target, body.json.clone())).await
    }

    fn may_retry(&self, lost_since: Instant) -> bool {
        match self.plan.on_loss {
            OnLoss::Retry(patience) => lost_since.elapsed() < patience,
            OnLoss::Stop => false,
        }
    }

    fn lose(&mut self, batch: Batch, reason: String) -> Sent {
        self.session.put_unanswered(batch);
        self.outcome.failures.push(reason);
        Sent::Lost
    }

    /// A server that was told to stop, or whose disk is gone, may refuse; a healthy one may not.
    fn refused(&mut self, batch: Batch, answer: &Answer) -> Sent {
        let text = format!("{} to {} events: {}", answer.status, batch.events, answer.text());
        if self.plan.on_loss != OnLoss::Stop || !answer.status.is_server_error() {
            self.session.record.violations().report(Kind::Refused, text.clone());
        }
        self.lose(batch, text)
    }

    fn note(&mut self, batch: Batch, ids: &[EventId], answer: &Answer, asked: Instant) -> Sent {
        self.outcome.latencies.note(asked.elapsed());
        match self.receipts(batch, ids, answer) {
            Ok(receipts) => {
                self.session.record.acknowledge(batch.tenant, &receipts);
                Sent::Answered(receipts)
            }
            Err(text) => {
                self.session.record.violations().report(Kind::Refused, text.clone());
                self.lose(batch, text)
            }
        }
    }

    fn receipts(&mut self, batch: Batch, ids: &[EventId], answer: &Answer) -> Result<Vec<Acknowledgement>, String> {
        match self.plan.shape {
            Shape::Single => {
                let single: SingleAnswer<'_> = read(answer)?;
                let expected = Expected { number: EventNumber(batch.first), id: *ids.first().ok_or("no event")? };
                self.count(if single.duplicate { "duplicate" } else { "stored" });
                Ok(vec![expected.receipt(Some(&single.id), Some(&single.sequence))?])
            }
            Shape::Batch(_) => {
                let answer: BatchAnswer<'_> = read(answer)?;
                if answer.results.len() != ids.len() {
                    return Err(format!("{} results for {} events", answer.results.len(), ids.len()));
                }
                let mut receipts = Vec::with_capacity(ids.len());
                for ((result, &id), number) in answer.results.iter().zip(ids).zip(batch.numbers()) {
                    if result.status == "rejected" {
                        return Err(format!("event {id} was rejected: {result:?}"));
                    }
                    let expected = Expected { number, id };
                    self.count(&result.status);
                    receipts.push(expected.receipt(result.id.as_deref(), result.sequence.as_deref())?);
                }
                Ok(receipts)
            }
        }
    }

    fn count(&mut self, status: &str) {
        match status {
            "stored" => self.outcome.stored += 1,
            _ => self.outcome.duplicates += 1,
        }
    }

    /// Sends an acknowledged batch once more: every receipt must be the first one's. `false` where the server is gone.
    async fn resend(&mut self, batch: Batch, first: &[Acknowledgement]) -> bool {
        let (stored, duplicates) = (self.outcome.stored, self.outcome.duplicates);
        let body = self.body(batch);
        let answer = match self.attempt(batch, &body).await {
            Ok(answer) if answer.status.is_success() => answer,
            // Overloaded or gone: the batch is acknowledged already, so nothing is in doubt.
            Ok(_) => return true,
            Err(_) => return self.plan.on_loss != OnLoss::Stop,
        };
        let again = self.receipts(batch, &body.ids, &answer);
        let stored_again = self.outcome.stored - stored;
        (self.outcome.stored, self.outcome.duplicates) = (stored, duplicates);
        match again {
            Ok(again) if again == first && stored_again == 0 => {}
            Ok(_) => {
                let text =
                    format!("sending events {}.. again gave other receipts or stored {stored_again}", batch.first);
                self.session.record.violations().report(Kind::Doubled, text);
            }
            Err(text) => self.session.record.violations().report(Kind::Refused, text),
        }
        true
    }
}

/// The event that a result must speak of.
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
