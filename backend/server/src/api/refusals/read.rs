//! Owns the problems of requests that read events.

use auditlog_core::query::{CursorError, ParameterError};

use crate::{
    problem::{Code, Problem, ProblemError, TextRange},
    use_cases::{BeyondHead, GivenBy, ReadError, Withheld},
};

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotFound => Self::new(Code::EventNotFound, "there is no event with this id"),
            ReadError::Parameters(errors) => refused_parameters(errors),
            ReadError::Cursor(error) => refused_cursor(error),
            ReadError::Withheld(withheld) => {
                let Withheld { parameter, .. } = &withheld;
                not_permitted(parameter, withheld.to_string())
            }
            ReadError::HiddenColumn(column) => not_permitted("columns", column.to_string()),
            ReadError::BeyondHead(beyond) => {
                let (detail, BeyondHead { resume, .. }) = (beyond.to_string(), beyond);
                refused_mark(resume.given_by, detail)
            }
            ReadError::Refused(refused) => refused.into(),
            ReadError::Query(error) => error.into(),
            ReadError::Write(error) => {
                tracing::error!(%error, "an export cannot be started");
                Self::new(Code::InternalError, "the export could not be started")
            }
        }
    }
}

/// The problem for a mark after which a tail cannot resume, at its place in the request.
pub(in crate::api) fn refused_mark(given_by: GivenBy, detail: impl Into<String>) -> Problem {
    let detail = detail.into();
    let error = match given_by {
        GivenBy::Header => ProblemError::header("Last-Event-ID", "invalid_value", detail.clone()),
        GivenBy::Parameter => ProblemError::query("after", "invalid_value", detail.clone()),
    };
    Problem::new(Code::InvalidParameter, detail).with_error(error)
}

/// The problem for query parameters, with all their errors, at least one.
pub(in crate::api) fn refused_query(errors: Vec<ProblemError>) -> Problem {
    let is_unknown = errors.iter().any(|error| error.code == Code::UnknownParameter.as_str());
    let code = if is_unknown { Code::UnknownParameter } else { Code::InvalidParameter };
    let of_first = |first: &ProblemError| format!("{}: {}", first.pointer.trim_start_matches('/'), first.detail);
    Problem::new(code, errors.first().map_or_else(String::new, of_first)).with_errors(errors)
}

/// Converts all errors of a filter.
pub(in crate::api) fn refused_parameters(errors: Vec<ParameterError>) -> Problem {
    let is_unknown = |error: &ParameterError| error.code == Code::UnknownParameter.as_str();
    let code = if errors.iter().any(is_unknown) { Code::UnknownParameter } else { Code::InvalidParameter };
    let detail = errors.first().map_or_else(String::new, ToString::to_string);
    Problem::new(code, detail).with_errors(errors.into_iter().map(|error| {
        let position = TextRange { start: error.start, end: error.end };
        ProblemError::query(&error.parameter, error.code, error.detail).at(position)
    }))
}

fn refused_cursor(error: CursorError) -> Problem {
    let code = match error {
        CursorError::Malformed | CursorError::WrongSignature => Code::InvalidCursor,
        CursorError::OtherQuery => Code::CursorMismatch,
    };
    let detail = error.to_string();
    Problem::new(code, detail.clone()).with_error(ProblemError::query("cursor", error.code(), detail))
}

fn not_permitted(parameter: &str, detail: String) -> Problem {
    let code = Code::FieldNotPermitted;
    Problem::new(code, detail.clone()).with_error(ProblemError::query(parameter, code.as_str(), detail))
}
