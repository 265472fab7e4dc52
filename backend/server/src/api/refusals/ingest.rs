//! Owns the problems of requests that send events.

use auditlog_core::event::{BatchError, ParseErrors, Violation, violation};

use crate::{
    problem::{Code, Problem, ProblemError},
    use_cases::IngestError,
};

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Event(ParseErrors::Malformed { violation, .. }) => {
                Self::new(Code::MalformedJson, violation.detail.clone()).with_error(error_of(violation))
            }
            IngestError::Event(ParseErrors::Invalid(violations)) | IngestError::Rejected(violations) => {
                invalid_event(violations)
            }
            IngestError::Batch(error) => unreadable_batch(error),
            IngestError::NotValid(reason) => reason.into(),
            IngestError::Refused(refused) => refused.into(),
            IngestError::Append(error) => error.into(),
            IngestError::NotPrepared => {
                Self::new(Code::InternalError, "the events could not be prepared; nothing was stored")
            }
            IngestError::NoReceipt => Self::new(Code::InternalError, "the store returned too few receipts"),
        }
    }
}

fn invalid_event(violations: Vec<Violation>) -> Problem {
    let first = violations.first();
    // A conflict is reported like other violations, but is not a mistake in the event itself.
    let code = match first.map(|violation| violation.code) {
        Some(violation::code::EVENT_ID_CONFLICT) => Code::EventIdConflict,
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
