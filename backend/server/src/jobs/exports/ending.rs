//! Owns how the making of a file ends.

use auditlog_core::store::{ExportFileError, ExportProgress, QueryError};

use crate::problem::{Code, Problem};

/// How the making of a file ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// The file is whole and durable.
    Completed(ExportProgress),
    /// It could not be made, for this reason.
    Failed(Problem),
    /// Somebody cancelled or deleted the job.
    Unwanted,
    /// The server stops. What was made durable is gone on with.
    Stopping,
}

impl From<Problem> for Ending {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<QueryError> for Ending {
    fn from(error: QueryError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ExportFileError> for Ending {
    fn from(error: ExportFileError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<std::io::Error> for Ending {
    fn from(error: std::io::Error) -> Self {
        tracing::error!(%error, "events could not be written as a file");
        Self::Failed(Problem::new(Code::InternalError, "the events could not be written as a file"))
    }
}
