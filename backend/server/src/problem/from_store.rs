//! Owns how store failures become problems. Details for the operator go to the log; the client learns what it can do.

use std::time::Duration;

use auditlog_core::store::{AppendError, ControlError, ExportFileError, QueryError};

use crate::problem::{Code, Problem};

/// The retry delay where the store did not give one.
const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(5);

impl From<AppendError> for Problem {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Overloaded { retry_after } => {
                Self::new(Code::Overloaded, "nothing of the request was stored; retry it").retry_after(retry_after)
            }
            AppendError::InsufficientStorage { free_bytes, min_free_bytes } => {
                tracing::error!(free_bytes, min_free_bytes, "events are refused because the disk is nearly full");
                Self::new(Code::InsufficientStorage, "nothing of the request was stored; reads still work")
            }
            AppendError::UnknownTenant(tenant) => {
                tracing::error!(%tenant, "a key's tenant is unknown to the store");
                Self::new(Code::InternalError, "the tenant of these credentials is unknown to the store")
            }
            AppendError::ClockBehind { received_at, newest } => {
                let (clock, newest) = (received_at.to_string(), newest.to_string());
                tracing::error!(
                    clock,
                    newest,
                    "events are refused because the clock is behind the newest event; set the clock or, if it is \
                     correct, restart once with --reset-clock"
                );
                let detail = "the server's clock is behind its newest event, and nothing of the request was stored; \
                              retry it";
                Self::new(Code::StoreUnavailable, detail).retry_after(RETRY_AFTER_DEFAULT)
            }
            AppendError::Unavailable(reason) => {
                tracing::error!(
                    reason,
                    "a request is refused because stored data cannot be read; run `auditlog check`"
                );
                let detail = "nothing of the request was stored, because stored data that it depends on cannot be read; \
                              the operator runs `auditlog check`";
                Self::new(Code::StoreUnavailable, detail).retry_after(RETRY_AFTER_DEFAULT)
            }
            AppendError::Stopped(reason) => {
                tracing::error!(reason, "the store no longer accepts writes");
                Self::new(Code::StoreUnavailable, "nothing of the request is acknowledged; retry it later")
                    .retry_after(RETRY_AFTER_DEFAULT)
            }
        }
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::DeadlineExceeded => {
                Self::new(Code::QueryTimeout, "narrow the search: a shorter time range or a more specific filter")
                    .retry_after(RETRY_AFTER_DEFAULT)
            }
            QueryError::TooManyGroups => Self::new(
                Code::TooManyGroups,
                "group by a field with fewer distinct values or a longer interval, or narrow the search",
            ),
            QueryError::Cancelled => {
                Self::new(Code::RequestNotFinished, "the query was cancelled").retry_after(RETRY_AFTER_DEFAULT)
            }
            QueryError::Corrupted(what) => {
                tracing::error!(what, "stored data is damaged; run `auditlog check`");
                Self::new(Code::DataDamaged, "the answer would need data that does not match its checksum")
            }
            QueryError::Unavailable(reason) => {
                tracing::error!(reason, "the store cannot answer");
                Self::new(Code::StoreUnavailable, "the store cannot answer now").retry_after(RETRY_AFTER_DEFAULT)
            }
        }
    }
}

impl From<ExportFileError> for Problem {
    fn from(error: ExportFileError) -> Self {
        match error {
            ExportFileError::InsufficientStorage { free_bytes, reserved_bytes } => {
                tracing::error!(free_bytes, reserved_bytes, "an export is refused because the disk is nearly full");
                Self::new(Code::InsufficientStorage, "the disk has no room for the file and for new events")
            }
            ExportFileError::Corrupted(what) => {
                tracing::error!(what, "the file of an export is damaged");
                Self::new(Code::DataDamaged, "the file does not match its checksum; create a new export")
            }
            ExportFileError::Unavailable(reason) => {
                tracing::error!(reason, "the file of an export cannot be read or written");
                Self::new(Code::StoreUnavailable, "the file cannot be read or written now")
                    .retry_after(RETRY_AFTER_DEFAULT)
            }
        }
    }
}

/// For failures that no use case gives a meaning of its own: what remains is that other changes were faster.
impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::NotStored(error) => error.into(),
            ControlError::Unavailable(reason) => {
                tracing::error!(reason, "control data cannot be read");
                Self::new(Code::StoreUnavailable, "the store cannot answer now").retry_after(RETRY_AFTER_DEFAULT)
            }
            ControlError::AlreadyExists(_)
            | ControlError::NotFound(_)
            | ControlError::Conflict(_)
            | ControlError::LimitReached(_) => {
                tracing::warn!(%error, "a change conflicted with a concurrent one");
                Self::new(Code::RevisionConflict, "nothing was changed, because other changes were faster; retry it")
                    .retry_after(Duration::from_secs(1))
            }
        }
    }
}
