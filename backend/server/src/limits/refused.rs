//! Owns the refusal of a request by a limit. Knows no codes of the API: `problem` owns those.

use std::{borrow::Cow, time::Duration};

/// A request that is refused because of a limit. Nothing of it was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refused {
    /// The limit.
    pub(crate) limit: Limit,
    /// What is used up, and what the caller can do.
    pub(crate) detail: Cow<'static, str>,
    /// When the same request may succeed, counted from now. `None` if never.
    pub(crate) retry_after: Option<Duration>,
}

/// A limit on the work of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// The number of running queries.
    Queries,
    /// The number of open tails.
    Tails,
    /// The memory for answers.
    AnswerMemory,
    /// The size of one answer.
    AnswerSize,
    /// The memory for batches.
    BatchMemory,
    /// The number of waiting changes of control data.
    Changes,
}

impl Refused {
    /// A refusal of a request that may succeed later.
    pub(super) fn for_now(limit: Limit, detail: impl Into<Cow<'static, str>>, retry_after: Duration) -> Self {
        Self { limit, detail: detail.into(), retry_after: Some(retry_after) }
    }
}
