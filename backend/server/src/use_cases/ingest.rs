//! Owns how events are ingested: parse, complete, hash, append, and report the outcome of each.

use std::sync::Arc;

use auditlog_core::{
    clock::{Clock, Entropy},
    event::{BatchError, BatchFormat, ParseErrors, ParsedEvent, Submission, Violation, parse_batch, parse_event},
    id::TenantId,
    intake::{Prepared, PreparedBatch, prepare},
    json::printed_bytes,
    policy::Caller,
    store::{AppendError, EventOutcome, Intake, Receipt, ReceiptStatus},
};

use crate::{
    limits::{AnswerMemory, Refused},
    standing::{NotValid, Standing},
    telemetry::{IngestOutcome, Metrics},
};

/// Bodies above this size are parsed and hashed on a blocking thread: a batch takes milliseconds, in which this thread
/// could answer hundreds of small requests.
const INLINE_BYTES_MAX: usize = 64 * 1_024;

/// The number of violations that the answer to a batch lists in full. Each further rejected event lists its first
/// violation only.
const BATCH_VIOLATIONS_MAX: usize = 2_000;
/// The maximum size in an answer of the result of an event without violations; a conflict takes the most.
const RESULT_BYTES_MAX: usize = 320;
/// The maximum size of a violation in an answer besides its texts.
const VIOLATION_FRAME_BYTES: usize = 64;

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
    /// The batch could not be prepared, which is a fault of the server.
    #[error("the batch could not be prepared")]
    NotPrepared,
    /// The store returned too few receipts, which is a fault of the store; the events may be stored.
    #[error("the store returned too few receipts")]
    NoReceipt,
}

/// The outcome of a batch: one for each event, in the order sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BatchAnswer(pub(crate) Vec<EventOutcome>);

/// The sender of events.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    pub(crate) caller: Caller<TenantId>,
    /// Checks whether the sender's key is still valid. A body may arrive long after the head that carried the key.
    pub(crate) standing: Standing,
}

/// A parsed and hashed request: the batch to append, and the fate of each event sent.
struct PreparedRequest {
    standing: Standing,
    batch: PreparedBatch,
    fates: Vec<Fate>,
}

/// What happens to an event that was sent.
enum Fate {
    /// It is the next event of the batch.
    Appended,
    /// It breaks rules.
    Rejected(Vec<Violation>),
}

impl PreparedRequest {
    /// Keeps only the first violation of each event once [`BATCH_VIOLATIONS_MAX`] violations are listed.
    fn limit_violations(&mut self) {
        let mut left = BATCH_VIOLATIONS_MAX;
        for fate in &mut self.fates {
            if let Fate::Rejected(violations) = fate {
                violations.truncate(left.max(1));
                left = left.saturating_sub(violations.len());
            }
        }
    }

    /// The maximum size of the answer as text.
    fn answer_bytes_max(&self) -> usize {
        let of_violation = |violation: &Violation| {
            let texts = printed_bytes(&violation.pointer) + printed_bytes(&violation.detail) + violation.code.len();
            texts + VIOLATION_FRAME_BYTES
        };
        // The first violation of each event occurs twice in the answer.
        let of_fate = |fate: &Fate| match fate {
            Fate::Appended => RESULT_BYTES_MAX,
            Fate::Rejected(violations) => violations.iter().chain(violations.first()).map(of_violation).sum(),
        };
        self.fates.iter().map(of_fate).sum::<usize>() + RESULT_BYTES_MAX
    }
}

/// Ingests one event.
pub(crate) async fn ingest_one(
    services: &IngestServices,
    sender: Sender,
    body: Vec<u8>,
) -> Result<Receipt, IngestError> {
    let draft = parse_event(&body).map_err(|errors| {
        services.metrics.count_events(IngestOutcome::Rejected, 1);
        IngestError::Event(errors)
    })?;
    let prepared = prepare_drafts(services, sender, vec![Ok(Box::new(draft))]);
    let mut answers = append(services, prepared).await?.0;
    match answers.pop() {
        Some(outcome) => outcome.map_err(IngestError::Rejected),
        None => Err(IngestError::NoReceipt),
    }
}

/// Ingests a batch.
pub(crate) async fn ingest_batch(
    services: &IngestServices,
    sender: Sender,
    body: Vec<u8>,
    format: BatchFormat,
) -> Result<BatchAnswer, IngestError> {
    let prepared = if body.len() <= INLINE_BYTES_MAX {
        prepare_batch(services, sender, &body, format)?
    } else {
        let services = services.clone();
        let work = tokio::task::spawn_blocking(move || prepare_batch(&services, sender, &body, format));
        work.await.map_err(|error| {
            tracing::error!(%error, "preparing a batch failed");
            IngestError::NotPrepared
        })??
    };
    // Reserved before anything is stored: a batch whose answer cannot be sent would be sent again.
    services.answer_memory.reserve(prepared.batch.tenant_id.as_str(), prepared.answer_bytes_max()).await?;
    append(services, prepared).await
}

fn prepare_batch(
    services: &IngestServices,
    sender: Sender,
    body: &[u8],
    format: BatchFormat,
) -> Result<PreparedRequest, BatchError> {
    let drafts = parse_batch(body, format)?;
    let mut prepared = prepare_drafts(services, sender, drafts);
    prepared.limit_violations();
    Ok(prepared)
}

fn prepare_drafts(services: &IngestServices, sender: Sender, drafts: Vec<ParsedEvent>) -> PreparedRequest {
    let Sender { caller, standing } = sender;
    let submitted_by = caller.subject.submitter();
    let mut salt_seed = [0; 16];
    services.entropy.fill(&mut salt_seed);
    let mut readable = Vec::with_capacity(drafts.len());
    let mut fates = Vec::with_capacity(drafts.len());
    for draft in drafts {
        fates.push(match draft {
            Ok(draft) => {
                readable.push(draft);
                Fate::Appended
            }
            Err(violations) => Fate::Rejected(violations),
        });
    }
    let submission = Submission { tenant_id: caller.scope, submitted_by, received_at: services.clock.now() };
    let drafts = readable.into_iter().map(|draft| *draft);
    let Prepared { batch, verdicts } = prepare(drafts, submission, salt_seed, services.entropy.as_ref());
    let completed = fates.iter_mut().filter(|fate| matches!(fate, Fate::Appended));
    for (fate, verdict) in completed.zip(verdicts) {
        if let Err(violation) = verdict {
            *fate = Fate::Rejected(vec![violation]);
        }
    }
    PreparedRequest { standing, batch, fates }
}

/// Appends the valid events and returns receipts and rejections in the order sent. Appends nothing if the sender's key
/// has become invalid since the head of the request was read.
async fn append(services: &IngestServices, prepared: PreparedRequest) -> Result<BatchAnswer, IngestError> {
    prepared.standing.check()?;
    let appended = match prepared.batch.events.len() {
        0 => Vec::new(),
        _ => services.intake.append(prepared.batch).await?,
    };
    let mut appended = appended.into_iter();
    let mut outcomes = Vec::with_capacity(prepared.fates.len());
    for fate in prepared.fates {
        outcomes.push(match fate {
            Fate::Rejected(violations) => Err(violations),
            Fate::Appended => appended.next().ok_or(IngestError::NoReceipt)?,
        });
    }
    let answer = BatchAnswer(outcomes);
    for (outcome, events) in answer.counts() {
        services.metrics.count_events(outcome, events);
    }
    Ok(answer)
}

impl BatchAnswer {
    /// Counts of events that were stored, had been stored before, and were rejected.
    pub(crate) fn counts(&self) -> [(IngestOutcome, u64); 3] {
        let [mut stored, mut duplicates, mut rejected] = [0, 0, 0];
        for outcome in &self.0 {
            match outcome.as_ref().map(|receipt| receipt.status) {
                Ok(ReceiptStatus::Stored) => stored += 1,
                Ok(ReceiptStatus::Duplicate) => duplicates += 1,
                Err(_) => rejected += 1,
            }
        }
        let of_outcome = [IngestOutcome::Stored, IngestOutcome::Duplicate, IngestOutcome::Rejected];
        std::array::from_fn(|index| (of_outcome[index], [stored, duplicates, rejected][index]))
    }
}
