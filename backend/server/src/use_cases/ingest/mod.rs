//! Owns how events are ingested: parse, complete, hash, append, and report the outcome of each.

mod answer;
mod prepared;

use std::sync::Arc;

use auditlog_core::{
    clock::{Clock, Entropy},
    event::{BatchError, BatchFormat, EventDraft, ParseErrors, Violation, parse_batch, parse_event},
    id::TenantId,
    intake::Atomicity,
    policy::Caller,
    store::{AppendError, Intake, not_stored},
    timestamp::Timestamp,
};

pub(crate) use answer::{Accepted, BatchAnswer, BatchCounts, BatchVerdict, EventAnswer};
use prepared::PreparedRequest;
#[cfg(test)]
pub(crate) use prepared::{Fate, answer_bytes_max, limit_violations};

use crate::{
    limits::{AnswerMemory, Refused},
    standing::{NotValid, Standing},
    telemetry::{IngestOutcome, Metrics},
};

/// Bodies above this size are parsed and hashed on a blocking thread: a batch takes milliseconds, in which this thread
/// could answer hundreds of small requests.
const INLINE_BYTES_MAX: usize = 64 * 1_024;

/// The services that ingest events. Cheap to clone: all clones share one state.
#[derive(Clone)]
pub(crate) struct IngestServices {
    pub(crate) intake: Arc<dyn Intake>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) answer_memory: AnswerMemory,
    pub(crate) metrics: Arc<Metrics>,
}

/// Why a request is not ingested as a whole. Nothing of it was stored, except where the error says otherwise.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IngestError {
    /// The body is not one JSON event.
    #[error("the body is not an event")]
    Event(ParseErrors),
    /// The body is not a batch.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// The only event of the request is rejected.
    #[error("the event is not valid")]
    Rejected(Vec<Violation>),
    /// The sender may no longer send.
    #[error(transparent)]
    NotValid(#[from] NotValid),
    /// A limit refused the request.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The store refused the batch.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The events could not be prepared, which is a fault of the server.
    #[error("the events could not be prepared")]
    NotPrepared,
    /// The store returned too few receipts, which is a fault of the store; the events may be stored.
    #[error("the store returned too few receipts")]
    NoReceipt,
}

/// The sender of events.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    pub(crate) caller: Caller<TenantId>,
    /// Checks whether the sender's key is still valid. A body may arrive long after the head that carried the key.
    pub(crate) standing: Standing,
}

/// What happens to an event of which a value would be adjusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Strictness {
    /// It is adjusted and stored.
    #[default]
    Adjust,
    /// It is rejected.
    Reject,
}

impl Strictness {
    fn check(self, draft: &EventDraft, received_at: Timestamp) -> Result<(), Vec<Violation>> {
        match self {
            Self::Adjust => Ok(()),
            Self::Reject => draft.check_unadjusted(received_at),
        }
    }
}

/// The body of a batch, and how its sender wants it stored.
#[derive(Debug)]
pub(crate) struct SentBatch {
    pub(crate) body: Vec<u8>,
    pub(crate) format: BatchFormat,
    pub(crate) strictness: Strictness,
    pub(crate) atomicity: Atomicity,
}

/// Ingests one event.
pub(crate) async fn ingest_one(
    services: &IngestServices,
    sender: Sender,
    body: Vec<u8>,
    strictness: Strictness,
) -> Result<Accepted, IngestError> {
    let prepare = move |services: &IngestServices, body: &[u8]| {
        parse_event(body).map(|draft| PreparedRequest::of_event(services, sender, draft, strictness))
    };
    let prepared = prepared_from(services, body, prepare).await?.map_err(|errors| {
        services.metrics.count_events(IngestOutcome::Rejected, 1);
        IngestError::Event(errors)
    })?;
    let outcomes = append(services, prepared).await?.outcomes;
    outcomes.into_iter().next().ok_or(IngestError::NoReceipt)?.map_err(IngestError::Rejected)
}

/// Ingests a batch.
pub(crate) async fn ingest_batch(
    services: &IngestServices,
    sender: Sender,
    sent: SentBatch,
) -> Result<BatchAnswer, IngestError> {
    let SentBatch { body, format, strictness, atomicity } = sent;
    let prepare = move |services: &IngestServices, body: &[u8]| {
        let drafts = parse_batch(body, format)?;
        Ok::<_, BatchError>(PreparedRequest::of_batch(services, sender, drafts, strictness))
    };
    let mut prepared = prepared_from(services, body, prepare).await??;
    prepared.batch.atomicity = atomicity;
    append(services, prepared).await
}

/// Prepares the events of a body: on this thread where it is short.
async fn prepared_from<T: Send + 'static>(
    services: &IngestServices,
    body: Vec<u8>,
    prepare: impl FnOnce(&IngestServices, &[u8]) -> T + Send + 'static,
) -> Result<T, IngestError> {
    if body.len() <= INLINE_BYTES_MAX {
        return Ok(prepare(services, &body));
    }
    let services = services.clone();
    tokio::task::spawn_blocking(move || prepare(&services, &body)).await.map_err(|error| {
        tracing::error!(%error, "preparing events failed");
        IngestError::NotPrepared
    })
}

/// Appends the valid events and returns receipts and rejections in the order sent. Appends nothing if the sender's key
/// has become invalid since the head of the request was read.
async fn append(services: &IngestServices, prepared: PreparedRequest) -> Result<BatchAnswer, IngestError> {
    // Reserved before anything is stored: a request whose answer cannot be sent would be sent again.
    services.answer_memory.reserve(prepared.batch.tenant_id.as_str(), prepared.answer_bytes_max()).await?;
    prepared.standing.check()?;
    let atomicity = prepared.batch.atomicity;
    let appended = match prepared.batch.events.len() {
        0 => Vec::new(),
        events if prepared.is_rejected_as_a_whole() => vec![Err(not_stored()); events],
        _ => services.intake.append(prepared.batch).await?,
    };
    let outcomes = answer::in_order_sent(prepared.fates, appended).ok_or(IngestError::NoReceipt)?;
    let answer = BatchAnswer { outcomes, atomicity };
    answer.counts().record(&services.metrics);
    Ok(answer)
}
