//! Owns how failures are reported to clients: RFC 9457 problem details with stable codes.
//!
//! This is the only module that knows the HTTP status codes of failures. Everything else names a [`Code`];
//! docs/api/problems.md lists all codes for clients.

mod code;
mod detail;
mod extension;
mod from_limits;
mod from_standing;
mod from_store;
mod response;

use std::time::Duration;

pub use code::Code;
pub use detail::{Place, ProblemError, TextRange};
pub use extension::Extension;
pub use response::ProblemBody;
pub(crate) use response::{panic_response, problem_text, render};

/// A request that failed, and why.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct Problem {
    /// The stable code, which determines status and title.
    pub code: Code,
    /// A human-readable explanation of this occurrence.
    pub detail: String,
    /// Every single error in the request.
    pub errors: Vec<ProblemError>,
    /// When the same request may succeed, counted from now.
    pub retry_after: Option<Duration>,
    /// Further members of the document.
    pub extension: Option<Extension>,
}

impl Problem {
    /// Creates a problem with an explanation of this occurrence.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after: None, extension: None }
    }

    /// Adds one error.
    #[must_use]
    pub fn with_error(mut self, error: ProblemError) -> Self {
        self.errors.push(error);
        self
    }

    /// Adds several errors.
    #[must_use]
    pub fn with_errors(mut self, errors: impl IntoIterator<Item = ProblemError>) -> Self {
        self.errors.extend(errors);
        self
    }

    /// Adds members to the document.
    #[must_use]
    pub(crate) fn with_extension(mut self, extension: Option<Extension>) -> Self {
        self.extension = extension;
        self
    }

    /// Sets when the client should retry.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }
}
