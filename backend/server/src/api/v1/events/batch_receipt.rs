//! Owns how the outcome of a batch is represented in responses: in the answer to a batch, and in the problem of one of
//! which nothing is stored.

use auditlog_core::{
    event::{
        Adjustments, Violation,
        limits::VIOLATIONS_MAX,
        violation::code::{self, NOT_STORED},
    },
    id::EventId,
    store::{Receipt, ReceiptStatus},
    timestamp::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::v1::events::{
        receipt::{as_list, as_text},
        schema_parts::Adjustment,
    },
    problem::{Code, Extension, Problem, ProblemBody, ProblemError},
    use_cases::{Accepted, BatchAnswer, BatchCounts, EventAnswer},
};

/// The outcome of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BatchReceipt {
    /// Number of events that were stored.
    stored: u64,
    /// Number of events that had been stored before.
    duplicates: u64,
    /// Number of events that were rejected.
    rejected: u64,
    /// Number of events, stored or duplicate, of which values were adjusted.
    adjusted: u64,
    /// One result for each event, in the order sent.
    results: Vec<ItemResult>,
}

/// A batch of which nothing is stored: a problem, with the outcome of each event.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the problem in the OpenAPI document")]
pub(super) struct BatchProblem {
    #[schema(inline = false)]
    #[serde(flatten)]
    problem: ProblemBody,
    #[schema(inline = false)]
    #[serde(flatten)]
    receipt: BatchReceipt,
}

/// The outcome for one event of a batch.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
enum ItemResult {
    /// The event is durable.
    Stored(ItemReceipt),
    /// An equal event with this id had been stored before; the receipt is that event's.
    Duplicate(ItemReceipt),
    /// The event was rejected and not stored.
    Rejected(ItemRejection),
}

/// The position of a stored event.
#[derive(Debug, Serialize, ToSchema)]
struct ItemReceipt {
    /// The event's id.
    #[schema(value_type = String, example = "01932b5e-7c00-7abc-8def-0123456789ab")]
    #[serde(serialize_with = "as_text")]
    id: EventId,
    /// The event's position in the tenant's log, from 0.
    #[schema(value_type = String, example = "12")]
    #[serde(serialize_with = "as_text")]
    sequence: u64,
    /// When the event was first received.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "as_text")]
    received_at: Timestamp,
    /// What was adjusted in the values that were sent; absent if nothing was. After 2 MiB of them in one answer only
    /// their number is given, by an entry with the code `more`.
    #[schema(value_type = Vec<Adjustment>, required = false, max_items = 64)]
    #[serde(serialize_with = "as_list", skip_serializing_if = "Adjustments::is_empty")]
    adjustments: Adjustments,
}

/// Why an event was rejected: the first violation, and all of them.
#[derive(Debug, Serialize, ToSchema)]
struct ItemRejection {
    /// The stable code of the first violation.
    #[schema(value_type = String, example = "missing_field")]
    code: &'static str,
    /// A JSON Pointer to the invalid value in the event.
    #[schema(example = "/actor/id")]
    pointer: String,
    /// A human-readable description of the first violation.
    detail: String,
    /// All violations.
    errors: Vec<ItemError>,
}

/// One violation of an event.
#[derive(Debug, Serialize, ToSchema)]
struct ItemError {
    /// A JSON Pointer to the invalid value in the event.
    pointer: String,
    /// A stable code.
    #[schema(value_type = String)]
    code: &'static str,
    /// A human-readable description.
    detail: String,
}

impl From<BatchAnswer> for BatchReceipt {
    fn from(answer: BatchAnswer) -> Self {
        let BatchCounts { stored, duplicates, rejected, adjusted } = answer.counts();
        let results = answer.outcomes.into_iter().map(ItemResult::from).collect();
        Self { stored, duplicates, rejected, adjusted, results }
    }
}

impl BatchReceipt {
    /// The problem of a batch of which nothing is stored. It contains the whole receipt, and lists an error of each
    /// event that is at fault, with the event's number as the first part of the pointer.
    pub(super) fn into_problem(self, code: Code) -> Problem {
        let faults = self.results.iter().enumerate().filter_map(|(number, result)| match result {
            ItemResult::Rejected(rejection) if rejection.code != NOT_STORED => Some((number, rejection)),
            _ => None,
        });
        let count = faults.clone().count();
        let errors: Vec<_> = faults
            .take(VIOLATIONS_MAX)
            .map(|(number, ItemRejection { code, pointer, detail, .. })| {
                ProblemError::body(format!("/{number}{pointer}"), code, detail)
            })
            .collect();
        let first = errors.first().map_or_else(String::new, |first| format!(": {}: {}", first.pointer, first.detail));
        let detail =
            format!("nothing was stored, because {count} of {} events are rejected{first}", self.results.len());
        Problem::new(code, detail).with_errors(errors).with_extension(Extension::of(&self))
    }
}

impl From<EventAnswer> for ItemResult {
    fn from(answer: EventAnswer) -> Self {
        match answer {
            Ok(Accepted { receipt: Receipt { status, id, sequence, received_at }, adjustments }) => {
                let receipt = ItemReceipt { id, sequence, received_at, adjustments };
                match status {
                    ReceiptStatus::Stored => Self::Stored(receipt),
                    ReceiptStatus::Duplicate => Self::Duplicate(receipt),
                }
            }
            Err(violations) => Self::Rejected(violations.into()),
        }
    }
}

impl From<Vec<Violation>> for ItemRejection {
    fn from(violations: Vec<Violation>) -> Self {
        let (code, pointer, detail) = match violations.first() {
            Some(first) => (first.code, first.pointer.clone(), first.detail.clone()),
            None => (code::INVALID_VALUE, String::new(), String::new()),
        };
        let error = |Violation { pointer, code, detail }| ItemError { pointer, code, detail };
        Self { code, pointer, detail, errors: violations.into_iter().map(error).collect() }
    }
}

#[cfg(test)]
mod tests {
    use auditlog_core::{
        event::limits::BATCH_EVENTS_MAX,
        intake::Atomicity,
        store::{id_conflict, not_stored},
    };

    use super::*;
    use crate::{
        problem::problem_text,
        use_cases::{Fate, answer_bytes_max, limit_violations},
    };

    /// As long as the reader of events makes a pointer.
    const LONGEST_POINTER_BYTES: usize = 512;

    fn id() -> EventId {
        EventId::from_parts(Timestamp::EPOCH, [0xff; 10])
    }

    /// The problem of a batch with these fates whose valid events have this outcome, and the sizes that it must not
    /// exceed: the bound of the batch, and that of the problem.
    fn check(mut fates: Vec<Fate>, appended: &EventAnswer, code: Code) -> usize {
        limit_violations(&mut fates);
        let bytes_max = answer_bytes_max(&fates);
        let outcome_of = |fate| match fate {
            Fate::Appended(_) => appended.clone(),
            Fate::Rejected(violations) => Err(violations),
        };
        let outcomes = fates.into_iter().map(outcome_of).collect();
        let problem = BatchReceipt::from(BatchAnswer { outcomes, atomicity: Atomicity::EachEvent }).into_problem(code);
        let text = problem_text(&problem, &"r".repeat(128));
        assert!(text.len() <= problem.text_bytes_max(), "{} bytes, beyond {}", text.len(), problem.text_bytes_max());
        // What was reserved for the answer is enough when the answer is made.
        assert!(problem.text_bytes_max() <= bytes_max, "{} bytes, beyond {bytes_max}", problem.text_bytes_max());
        text.len()
    }

    fn fates(count: usize, fate: impl Fn(usize) -> Fate) -> Vec<Fate> {
        (0..count).map(fate).collect()
    }

    #[test]
    fn no_problem_of_a_batch_is_longer_than_its_bound() {
        let violation = |text: &str| Violation {
            pointer: text.repeat(LONGEST_POINTER_BYTES / printed(text)),
            code: code::NUMBER_OUT_OF_RANGE,
            detail: text.repeat(600 / printed(text)),
        };
        let rejected = |text: &str, count: usize| Fate::Rejected(vec![violation(text); count]);
        let mut longest = 0;
        for count in [1, VIOLATIONS_MAX, VIOLATIONS_MAX + 1, BATCH_EVENTS_MAX] {
            for text in ["x", "\u{1}", "\"", "ä"] {
                for violations in [1, VIOLATIONS_MAX] {
                    let all = fates(count, |_| rejected(text, violations));
                    longest = longest.max(check(all, &Err(not_stored()), Code::AllEventsRejected));
                }
            }
            // Conflicts are found when the others are appended.
            let conflict = Err(id_conflict(id()));
            check(fates(count, |_| Fate::Appended(Adjustments::default())), &conflict, Code::AllEventsRejected);
            for outcome in [conflict, Err(not_stored())] {
                let mixed = fates(count, |number| match number % 2 {
                    0 => rejected("x", 1),
                    _ => Fate::Appended(Adjustments::default()),
                });
                check(mixed, &outcome, Code::BatchRejected);
            }
        }
        assert!((3 << 20..8 << 20).contains(&longest), "{longest} bytes");
    }

    fn printed(text: &str) -> usize {
        auditlog_core::json::printed_bytes(text)
    }
}
