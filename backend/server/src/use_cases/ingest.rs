//! Owns how events are ingested: parse, complete, hash, append, and report the outcome of each.

use auditlog_core::{
    event::{
        BatchError, BatchFormat, ParseErrors, ParsedEvent, Submission, Violation, parse_batch, parse_event, violation,
    },
    id::EventId,
    intake::{PreparedBatch, prepare},
    json::printed_bytes,
    store::Receipt,
    timestamp::Timestamp,
};

use crate::{
    app::App,
    auth::{Standing, TenantGrant},
    problem::{Code, Problem, ProblemError},
    telemetry::IngestOutcome,
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

/// The position of an event in its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) id: EventId,
    pub(crate) sequence: u64,
    pub(crate) received_at: Timestamp,
}

/// The outcome for an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EventAnswer {
    /// The event was stored.
    Stored(Place),
    /// The event had been stored before, at this position.
    Duplicate(Place),
    /// The event was rejected, for at least one reason.
    Rejected(Vec<Violation>),
}

/// The outcome of a batch: one answer for each event, in the order sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BatchAnswer(pub(crate) Vec<EventAnswer>);

/// The sender of events.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    pub(crate) grant: TenantGrant,
    /// Checks whether the sender's key is still valid. A body may arrive long after the head that carried the key.
    pub(crate) standing: Standing,
}

/// A parsed and hashed request: the batch to append and, for each event sent, its index in the batch or its violations.
struct Prepared {
    standing: Standing,
    batch: PreparedBatch,
    fates: Vec<Result<usize, Vec<Violation>>>,
}

impl Prepared {
    /// Keeps only the first violation of each event once [`BATCH_VIOLATIONS_MAX`] violations are listed.
    fn limit_violations(&mut self) {
        let mut left = BATCH_VIOLATIONS_MAX;
        for violations in self.fates.iter_mut().filter_map(|fate| fate.as_mut().err()) {
            violations.truncate(left.max(1));
            left = left.saturating_sub(violations.len());
        }
    }

    /// The maximum size of the answer as text.
    fn answer_bytes_max(&self) -> usize {
        let of_violation = |violation: &Violation| {
            let texts = printed_bytes(&violation.pointer) + printed_bytes(&violation.detail) + violation.code.len();
            texts + VIOLATION_FRAME_BYTES
        };
        // The first violation of each event occurs twice in the answer.
        let of_fate = |fate: &Result<usize, Vec<Violation>>| match fate {
            Ok(_) => RESULT_BYTES_MAX,
            Err(violations) => violations.iter().chain(violations.first()).map(of_violation).sum(),
        };
        self.fates.iter().map(of_fate).sum::<usize>() + RESULT_BYTES_MAX
    }
}

/// Ingests one event.
pub(crate) async fn ingest_one(app: &App, sender: Sender, body: Vec<u8>) -> Result<EventAnswer, Problem> {
    let draft = parse_event(&body).map_err(|errors| {
        app.metrics().count_events(IngestOutcome::Rejected, 1);
        unreadable_event(errors)
    })?;
    let prepared = prepare_drafts(app, sender, vec![Ok(Box::new(draft))])?;
    let mut answers = append(app, prepared).await?.0;
    match answers.pop() {
        Some(EventAnswer::Rejected(violations)) => Err(invalid_event(violations)),
        Some(answer) => Ok(answer),
        None => Err(Problem::new(Code::InternalError, "the store returned no receipt")),
    }
}

/// Ingests a batch.
pub(crate) async fn ingest_batch(
    app: &App,
    sender: Sender,
    body: Vec<u8>,
    format: BatchFormat,
) -> Result<BatchAnswer, Problem> {
    let prepared = if body.len() <= INLINE_BYTES_MAX {
        prepare_batch(app, sender, &body, format)?
    } else {
        let app = app.clone();
        let work = tokio::task::spawn_blocking(move || prepare_batch(&app, sender, &body, format));
        work.await.map_err(|error| {
            tracing::error!(%error, "preparing a batch failed");
            Problem::new(Code::InternalError, "the batch could not be prepared; nothing was stored")
        })??
    };
    // Reserved before anything is stored: a batch whose answer cannot be sent would be sent again.
    app.answer_memory().reserve(prepared.batch.tenant_id.as_str(), prepared.answer_bytes_max()).await?;
    append(app, prepared).await
}

fn prepare_batch(app: &App, sender: Sender, body: &[u8], format: BatchFormat) -> Result<Prepared, Problem> {
    let drafts = parse_batch(body, format).map_err(unreadable_batch)?;
    let mut prepared = prepare_drafts(app, sender, drafts)?;
    prepared.limit_violations();
    Ok(prepared)
}

fn prepare_drafts(app: &App, sender: Sender, drafts: Vec<ParsedEvent>) -> Result<Prepared, Problem> {
    let services = app.services();
    let Sender { grant, standing } = sender;
    let submitted_by = grant.submitter()?;
    let mut salt_seed = [0; 16];
    services.entropy.fill(&mut salt_seed);
    let mut readable = Vec::with_capacity(drafts.len());
    let mut fates: Vec<Result<usize, Vec<Violation>>> = Vec::with_capacity(drafts.len());
    for draft in drafts {
        fates.push(draft.map(|draft| {
            readable.push(draft);
            readable.len() - 1
        }));
    }
    let submission = Submission { tenant_id: grant.tenant_id, submitted_by, received_at: services.clock.now() };
    let drafts = readable.into_iter().map(|draft| *draft);
    let (batch, verdicts) = prepare(drafts, submission, salt_seed, services.entropy.as_ref());
    let mut verdicts = verdicts.into_iter();
    for fate in &mut fates {
        if fate.is_ok()
            && let Some(verdict) = verdicts.next()
        {
            *fate = verdict.map_err(|violation| vec![violation]);
        }
    }
    Ok(Prepared { standing, batch, fates })
}

/// Appends the valid events and returns receipts and rejections in the order sent. Appends nothing if the sender's key
/// has become invalid since the head of the request was read.
async fn append(app: &App, prepared: Prepared) -> Result<BatchAnswer, Problem> {
    prepared.standing.check()?;
    let receipts = match prepared.batch.events.len() {
        0 => Vec::new(),
        _ => app.services().intake.append(prepared.batch).await?,
    };
    let mut answers = Vec::with_capacity(prepared.fates.len());
    for fate in prepared.fates {
        answers.push(match fate {
            Err(violations) => EventAnswer::Rejected(violations),
            Ok(index) => match receipts.get(index) {
                Some(receipt) => answer_of(*receipt),
                None => return Err(Problem::new(Code::InternalError, "the store returned too few receipts")),
            },
        });
    }
    let answer = BatchAnswer(answers);
    count(app, &answer);
    Ok(answer)
}

fn answer_of(receipt: Receipt) -> EventAnswer {
    match receipt {
        Receipt::Stored { id, sequence, received_at } => EventAnswer::Stored(Place { id, sequence, received_at }),
        Receipt::Duplicate { id, sequence, received_at } => EventAnswer::Duplicate(Place { id, sequence, received_at }),
        Receipt::Conflict { id } => EventAnswer::Rejected(vec![Violation {
            pointer: "/id".to_owned(),
            code: Code::EventIdConflict.as_str(),
            detail: format!("another event with the id {id} is stored"),
        }]),
    }
}

impl BatchAnswer {
    /// Counts of events that were stored, had been stored before, and were rejected.
    pub(crate) fn counts(&self) -> [(IngestOutcome, u64); 3] {
        let count = |wanted: fn(&EventAnswer) -> bool| {
            u64::try_from(self.0.iter().filter(|answer| wanted(answer)).count()).unwrap_or(u64::MAX)
        };
        [
            (IngestOutcome::Stored, count(|answer| matches!(answer, EventAnswer::Stored(_)))),
            (IngestOutcome::Duplicate, count(|answer| matches!(answer, EventAnswer::Duplicate(_)))),
            (IngestOutcome::Rejected, count(|answer| matches!(answer, EventAnswer::Rejected(_)))),
        ]
    }
}

fn count(app: &App, answer: &BatchAnswer) {
    for (outcome, events) in answer.counts() {
        app.metrics().count_events(outcome, events);
    }
}

fn unreadable_event(errors: ParseErrors) -> Problem {
    match errors {
        ParseErrors::Malformed { violation, .. } => {
            Problem::new(Code::MalformedJson, violation.detail.clone()).with_error(error_of(violation))
        }
        ParseErrors::Invalid(violations) => invalid_event(violations),
    }
}

fn invalid_event(violations: Vec<Violation>) -> Problem {
    let first = violations.first();
    // A conflict is reported like other violations, but is not a mistake in the event itself.
    let code = match first.map(|violation| violation.code) {
        Some("event_id_conflict") => Code::EventIdConflict,
        _ => Code::InvalidEvent,
    };
    let detail = match (first, violations.len()) {
        (Some(Violation { pointer, detail, .. }), 1) => format!("{pointer}: {detail}"),
        (Some(Violation { pointer, detail, .. }), count) => format!("{pointer}: {detail} (and {} more)", count - 1),
        (None, _) => String::new(),
    };
    Problem::new(code, detail).with_errors(violations.into_iter().map(error_of))
}

fn unreadable_batch(error: BatchError) -> Problem {
    let code = if error.code == violation::code::MALFORMED_JSON { Code::MalformedJson } else { Code::InvalidBatch };
    let detail = error.to_string();
    Problem::new(code, detail.clone()).with_error(ProblemError::body(error.pointer, error.code, detail))
}

fn error_of(violation: Violation) -> ProblemError {
    ProblemError::body(violation.pointer, violation.code, violation.detail)
}
