//! Owns the ways in which making a file ends.

use auditlog_core::store::{ExportFileError, ExportProgress, QueryError};

use crate::problem::{Code, Problem};

/// How making a file ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// The file is complete and durable.
    Completed(ExportProgress),
    /// The file could not be made, for this reason.
    Failed(Problem),
    /// The job was cancelled or deleted.
    Unwanted,
    /// The server is stopping. The work resumes from the durable part of the file.
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
