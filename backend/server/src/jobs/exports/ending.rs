//! Owns the ways in which making a file ends.

use std::io;

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

/// Why a step of making the file failed. It is logged when it becomes the ending of the job.
#[derive(Debug, thiserror::Error)]
pub(super) enum StepError {
    /// The events could not be encoded.
    #[error("the events cannot be encoded: {0}")]
    Encoding(#[from] io::Error),
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] ExportFileError),
}

impl From<StepError> for Ending {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Encoding(error) => {
                tracing::error!(%error, "events could not be written as a file");
                Self::Failed(Problem::new(Code::InternalError, "the events could not be written as a file"))
            }
            StepError::File(error) => Self::Failed(error.into()),
        }
    }
}
