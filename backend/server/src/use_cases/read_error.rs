//! Owns the reasons why events are not read.

use std::io;

use auditlog_core::{
    query::{CursorError, ParameterError},
    store::QueryError,
};

use crate::{
    export::{BeginError, HiddenColumn},
    limits::Refused,
    use_cases::{tail_events::BeyondHead, withheld::Withheld},
};

/// Why a request that reads events has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// There is no event with this id in the caller's tenant.
    #[error("there is no event with this id")]
    NotFound,
    /// Parameters are not valid.
    #[error("the parameters are not valid")]
    Parameters(Vec<ParameterError>),
    /// The cursor is not valid, or belongs to another query.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// The request uses what the caller may not see.
    #[error(transparent)]
    Withheld(#[from] Withheld),
    /// A table has columns that the caller may not see.
    #[error(transparent)]
    HiddenColumn(#[from] HiddenColumn),
    /// A tail is resumed after an event that the log does not have.
    #[error(transparent)]
    BeyondHead(#[from] BeyondHead),
    /// A limit refused the request.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The store has no answer.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A file could not be started.
    #[error("the file cannot be written: {0}")]
    Write(io::Error),
}

impl From<Vec<ParameterError>> for ReadError {
    fn from(errors: Vec<ParameterError>) -> Self {
        Self::Parameters(errors)
    }
}

impl From<BeginError> for ReadError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Query(error) => Self::Query(error),
            BeginError::Write(error) => Self::Write(error),
        }
    }
}
