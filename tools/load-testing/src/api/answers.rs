//! Owns the shapes of the server's answers, as far as hammer uses them. Texts are borrowed from the answer's bytes: a
//! walk reads millions of events.

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

/// The outcome of one event of a batch.
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
    /// The reason in words.
    #[serde(borrow, default)]
    pub detail: Option<Cow<'a, str>>,
}

/// One page of events.
#[derive(Debug, Deserialize)]
pub struct PageAnswer<'a> {
    /// The events, in order.
    #[serde(borrow)]
    pub events: Vec<EventAnswer<'a>>,
    /// The cursor of the next page.
    #[serde(borrow)]
    pub next_cursor: Option<Cow<'a, str>>,
    /// The total number of matches, if requested.
    #[serde(default)]
    pub total: Option<u64>,
}

/// One event found.
#[derive(Debug, Deserialize)]
pub struct EventAnswer<'a> {
    /// Its id.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// The tenant it belongs to.
    #[serde(borrow)]
    pub tenant_id: Cow<'a, str>,
    /// Its place in the tenant's log.
    #[serde(borrow)]
    pub sequence: Cow<'a, str>,
    /// The time at which it happened.
    #[serde(borrow)]
    pub occurred_at: Cow<'a, str>,
    /// The action.
    #[serde(borrow)]
    pub action: Cow<'a, str>,
    /// The service that reported it.
    #[serde(borrow)]
    pub source: SourceAnswer<'a>,
    /// The context of the action.
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
    /// The request id.
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
    /// The stable code of the error.
    pub code: String,
    /// The error in words.
    #[serde(default)]
    pub detail: Option<String>,
}
