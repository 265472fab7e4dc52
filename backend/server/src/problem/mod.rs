//! Owns what the server says when it says no: RFC 9457 problem details with stable codes.
//!
//! This is the one place that knows status codes of failures. Everything else names a [`Code`]; docs/api/problems.md
//! lists them all for clients.

mod code;
mod detail;
mod from_store;
mod response;

use std::time::Duration;

pub use code::Code;
pub use detail::{Place, ProblemError, TextRange};
pub use response::ProblemBody;
pub(crate) use response::{panic_response, problem_text, render};

/// A request that was not fulfilled, and why.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct Problem {
    /// The stable code, which carries status and title.
    pub code: Code,
    /// What happened this time, for people.
    pub detail: String,
    /// Each single thing that is wrong with the request.
    pub errors: Vec<ProblemError>,
    /// When the same request may succeed.
    pub retry_after: Option<Duration>,
}

impl Problem {
    /// A problem with an explanation of this occurrence.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after: None }
    }

    /// Adds one thing that is wrong.
    #[must_use]
    pub fn with_error(mut self, error: ProblemError) -> Self {
        self.errors.push(error);
        self
    }

    /// Adds several things that are wrong.
    #[must_use]
    pub fn with_errors(mut self, errors: impl IntoIterator<Item = ProblemError>) -> Self {
        self.errors.extend(errors);
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }
}
