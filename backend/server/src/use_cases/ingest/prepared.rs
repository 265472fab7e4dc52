//! Owns a request on its way to the store: its events, parsed and hashed, and the bounds of the answer to it.

use auditlog_core::{
    event::{Adjustment, Adjustments, EventDraft, ParsedEvent, Submission, Violation, limits::VIOLATIONS_MAX},
    intake::{Atomicity, Prepared, PreparedBatch, prepare},
    json::printed_bytes,
};

use super::{IngestServices, Sender, Strictness};
use crate::standing::Standing;

/// The number of violations that the answer to a batch lists in full. Each further rejected event lists its first
/// violation only.
const BATCH_VIOLATIONS_MAX: usize = 2_000;
/// The size of the adjustments that the answer to a batch lists. Beyond it an event lists only how many it has.
const BATCH_ADJUSTMENTS_BYTES_MAX: usize = 2 << 20;
/// The maximum size in an answer of the result of an event without violations and listed adjustments; a conflict takes
/// the most.
const RESULT_BYTES_MAX: usize = 320;
/// The maximum size of the answer besides the results: of a problem, where nothing is stored, besides its errors and
/// what its explanation quotes of the first one.
const FRAME_BYTES_MAX: usize = 704;
/// The maximum size of a violation in an answer besides its texts, also as an error of the problem.
const VIOLATION_FRAME_BYTES: usize = 64;
/// The maximum size of a conflict as an error of the problem.
const CONFLICT_ERROR_BYTES: usize = 160;
/// The maximum size of an adjustment in an answer besides its texts.
const ADJUSTMENT_FRAME_BYTES: usize = 192;

/// A parsed and hashed request: the batch to append, and the fate of each event sent.
pub(super) struct PreparedRequest {
    pub(super) standing: Standing,
    pub(super) batch: PreparedBatch,
    pub(super) fates: Vec<Fate>,
}

/// What happens to an event that was sent.
pub(crate) enum Fate {
    /// It is the next event of the batch. The answer lists what was adjusted in it.
    Appended(Adjustments),
    /// It breaks rules.
    Rejected(Vec<Violation>),
}

impl PreparedRequest {
    /// Prepares a request of one event.
    pub(super) fn of_event(
        services: &IngestServices,
        sender: Sender,
        draft: EventDraft,
        strictness: Strictness,
    ) -> Self {
        let mut request = Self::new(services, sender, vec![Ok(Box::new(draft))], strictness);
        request.list_adjustments(usize::MAX);
        request
    }

    /// Prepares the events of a batch, and bounds its answer.
    pub(super) fn of_batch(
        services: &IngestServices,
        sender: Sender,
        drafts: Vec<ParsedEvent>,
        strictness: Strictness,
    ) -> Self {
        let mut request = Self::new(services, sender, drafts, strictness);
        limit_violations(&mut request.fates);
        request.list_adjustments(BATCH_ADJUSTMENTS_BYTES_MAX);
        request
    }

    fn new(
        services: &IngestServices,
        Sender { caller, standing }: Sender,
        drafts: Vec<ParsedEvent>,
        strictness: Strictness,
    ) -> Self {
        let received_at = services.clock.now();
        let mut readable = Vec::with_capacity(drafts.len());
        let mut fates = Vec::with_capacity(drafts.len());
        for draft in drafts {
            fates.push(match draft.and_then(|draft| strictness.check(&draft, received_at).map(|()| draft)) {
                Ok(draft) => {
                    readable.push(draft);
                    Fate::Appended(Adjustments::default())
                }
                Err(violations) => Fate::Rejected(violations),
            });
        }
        let mut salt_seed = [0; 16];
        services.entropy.fill(&mut salt_seed);
        let submission = Submission { submitted_by: caller.subject.submitter(), tenant_id: caller.scope, received_at };
        let drafts = readable.into_iter().map(|draft| *draft);
        let Prepared { batch, verdicts } = prepare(drafts, submission, salt_seed, services.entropy.as_ref());
        let completed = fates.iter_mut().filter(|fate| matches!(fate, Fate::Appended(_)));
        for (fate, verdict) in completed.zip(verdicts) {
            if let Err(violation) = verdict {
                *fate = Fate::Rejected(vec![violation]);
            }
        }
        Self { standing, batch, fates }
    }

    /// Whether nothing of the request is stored, because it is to be stored as a whole and an event breaks rules.
    pub(super) fn is_rejected_as_a_whole(&self) -> bool {
        let is_atomic = self.batch.atomicity == Atomicity::AllOrNothing;
        is_atomic && self.fates.iter().any(|fate| matches!(fate, Fate::Rejected(_)))
    }

    /// The maximum size of the answer as text.
    pub(super) fn answer_bytes_max(&self) -> usize {
        answer_bytes_max(&self.fates)
    }

    /// Lists the adjustments of each event until they take this many bytes.
    fn list_adjustments(&mut self, bytes_max: usize) {
        let mut left = bytes_max;
        let fates = self.fates.iter_mut().filter_map(|fate| match fate {
            Fate::Appended(listed) => Some(listed),
            Fate::Rejected(_) => None,
        });
        for (listed, prepared) in fates.zip(&self.batch.events) {
            let adjustments = &prepared.event.adjustments;
            let fitting = adjustments.as_slice().iter().take_while(|adjustment| {
                let rest = left.checked_sub(bytes_of_adjustment(adjustment));
                left = rest.unwrap_or_default();
                rest.is_some()
            });
            *listed = adjustments.first(fitting.count());
        }
    }
}

/// The maximum size of the answer to events of these fates, as text. It holds for each answer that can follow: also for
/// the problem of a batch of which nothing is stored, which contains all results and repeats the first violation of up
/// to [`VIOLATIONS_MAX`] events, and that of one of them once more.
pub(crate) fn answer_bytes_max(fates: &[Fate]) -> usize {
    let of_fate = |fate: &Fate| match fate {
        Fate::Appended(adjustments) => adjustments.as_slice().iter().map(bytes_of_adjustment).sum(),
        // The first violation of each event occurs twice in its result.
        Fate::Rejected(violations) => {
            violations.iter().chain(violations.first()).map(bytes_of_violation).sum::<usize>()
        }
    };
    let of_results: usize = fates.iter().map(|fate| RESULT_BYTES_MAX + of_fate(fate)).sum();
    let first_violations = fates.iter().filter_map(|fate| match fate {
        Fate::Appended(_) => None,
        Fate::Rejected(violations) => violations.first().map(bytes_of_violation),
    });
    let of_errors: usize = first_violations.clone().take(VIOLATIONS_MAX).sum();
    // Each of the other events may turn out to be in conflict when it is appended.
    let appended = fates.iter().filter(|fate| matches!(fate, Fate::Appended(_))).count();
    let of_conflicts = appended.min(VIOLATIONS_MAX) * CONFLICT_ERROR_BYTES;
    let of_explanation = first_violations.take(1).sum::<usize>().max(CONFLICT_ERROR_BYTES);
    FRAME_BYTES_MAX + of_results + of_errors + of_conflicts + of_explanation
}

/// Keeps only the first violation of each event once [`BATCH_VIOLATIONS_MAX`] violations are listed.
pub(crate) fn limit_violations(fates: &mut [Fate]) {
    let mut left = BATCH_VIOLATIONS_MAX;
    for fate in fates {
        if let Fate::Rejected(violations) = fate {
            violations.truncate(left.max(1));
            left = left.saturating_sub(violations.len());
        }
    }
}

/// The maximum size of a violation in an answer.
fn bytes_of_violation(violation: &Violation) -> usize {
    let texts = printed_bytes(&violation.pointer) + printed_bytes(&violation.detail) + violation.code.len();
    texts + VIOLATION_FRAME_BYTES
}

/// The maximum size of an adjustment in an answer.
fn bytes_of_adjustment(adjustment: &Adjustment) -> usize {
    let original = adjustment.original.as_deref().map_or(0, printed_bytes);
    printed_bytes(&adjustment.pointer) + original + ADJUSTMENT_FRAME_BYTES
}
