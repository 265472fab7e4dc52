//! Owns the shapes of answers, as far as hammer looks into them. Texts are borrowed from the answer's bytes: a walk
//! reads millions of events.

use std::borrow::Cow;

use serde::Deserialize;

/// Answer to one event sent.
#[derive(Debug, Deserialize)]
pub struct SingleAnswer<'a> {
    /// The event's id.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// Its place in the tenant's log.
    #[serde(borrow)]
    pub sequence: Cow<'a, str>,
    /// Whether it had been stored before.
    pub duplicate: bool,
}

/// Answer to a batch.
#[derive(Debug, Deserialize)]
pub struct BatchAnswer<'a> {
    /// One for each event, in the order sent.
    #[serde(borrow)]
    pub results: Vec<BatchResult<'a>>,
}

/// What became of one event of a batch.
#[derive(Debug, Deserialize)]
pub struct BatchResult<'a> {
    /// `stored`, `duplicate` or `rejected`.
    #[serde(borrow)]
    pub status: Cow<'a, str>,
    /// The event's id.
    #[serde(borrow, default)]
    pub id: Option<Cow<'a, str>>,
    /// Its place in the tenant's log.
    #[serde(borrow, default)]
    pub sequence: Option<Cow<'a, str>>,
    /// Why it was rejected.
    #[serde(borrow, default)]
    pub code: Option<Cow<'a, str>>,
    /// The same in words.
    #[serde(borrow, default)]
    pub detail: Option<Cow<'a, str>>,
}

/// One page of events.
#[derive(Debug, Deserialize)]
pub struct PageAnswer<'a> {
    /// The events, in order.
    #[serde(borrow)]
    pub events: Vec<EventAnswer<'a>>,
    /// How to get the next page.
    #[serde(borrow)]
    pub next_cursor: Option<Cow<'a, str>>,
    /// How many match in all, where it was asked for.
    #[serde(default)]
    pub total: Option<u64>,
}

/// One event found.
#[derive(Debug, Deserialize)]
pub struct EventAnswer<'a> {
    /// Its id.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// Whose it is.
    #[serde(borrow)]
    pub tenant_id: Cow<'a, str>,
    /// Its place in the tenant's log.
    #[serde(borrow)]
    pub sequence: Cow<'a, str>,
    /// When it happened.
    #[serde(borrow)]
    pub occurred_at: Cow<'a, str>,
    /// What was done.
    #[serde(borrow)]
    pub action: Cow<'a, str>,
    /// Which service says so.
    #[serde(borrow)]
    pub source: SourceAnswer<'a>,
    /// From where it was done.
    #[serde(borrow, default)]
    pub context: ContextAnswer<'a>,
}

/// The service of an event found.
#[derive(Debug, Deserialize)]
pub struct SourceAnswer<'a> {
    /// Its name.
    #[serde(borrow)]
    pub service: Cow<'a, str>,
}

/// The context of an event found.
#[derive(Debug, Default, Deserialize)]
pub struct ContextAnswer<'a> {
    /// The request.
    #[serde(borrow, default)]
    pub request_id: Option<Cow<'a, str>>,
}

/// A key just created.
#[derive(Debug, Deserialize)]
pub struct CreatedKey {
    /// The key, shown once.
    pub key: String,
}

/// An error answer.
#[derive(Debug, Deserialize)]
pub struct Problem {
    /// What is wrong, stably.
    pub code: String,
    /// What is wrong, in words.
    #[serde(default)]
    pub detail: Option<String>,
}
