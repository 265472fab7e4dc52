//! Owns finding events: one by its id, and pages of matching ones. A search by fields that the caller may not see is
//! refused. Answers contain the caller's visibility, from which the encoder determines the fields to omit.

use std::fmt;

use auditlog_core::{
    event::{Group, StoredEvent, Visibility},
    id::{EventId, TenantId},
    policy::Caller,
    query::{Cursor, CursorKey, Filter, Highlights, Meter, Order, Position, QueryBudget},
    store::{ListRequest, Page, QueryError, View},
    timestamp::Timestamp,
};

use crate::{
    limits::{ANSWER_BYTES_MAX, QueryPermit, compute},
    telemetry::QueryKind,
    use_cases::{
        ReadError, ReadServices,
        suggest_queries::{EmptyQuery, Suggestion, suggest_queries},
        withheld::ReaderFilter,
    },
};

/// The typical size of an event in an answer. This much is reserved before a page is read, and the rest once its size
/// is known: reserving for the largest events would refuse ordinary pages while little memory is in use.
const TYPICAL_EVENT_BYTES: usize = 2 * 1_024;
/// The size of an event in an answer besides its texts, including its highlights (approximate).
const FRAME_BYTES: usize = 1_024;

/// A list request.
#[derive(Debug, Clone)]
pub(crate) struct ListQuery {
    /// The parameters that make the filter.
    pub(crate) filters: Vec<(String, String)>,
    /// The position of the walk; `None` begins a walk.
    pub(crate) cursor: Option<String>,
    /// The order of the events.
    pub(crate) order: Order,
    /// The maximum number of events.
    pub(crate) limit: usize,
    /// Whether the matching events are also counted.
    pub(crate) total: Total,
    /// Whether the matching parts of each event are returned.
    pub(crate) highlighting: Highlighting,
    /// Whether an answer without events suggests other queries.
    pub(crate) suggesting: Suggesting,
}

/// Whether an answer without events suggests other queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suggesting {
    Wanted,
    NotWanted,
}

/// Whether the matching parts of each event are returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Highlighting {
    Wanted,
    NotWanted,
}

/// Whether matching events are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Total {
    Wanted,
    NotWanted,
}

/// A page.
#[derive(Debug)]
pub(crate) struct ListAnswer {
    pub(crate) events: Vec<StoredEvent>,
    pub(crate) next_cursor: Option<String>,
    /// Creates the cursor of a page that is cut short.
    pub(crate) cursors: Cursors,
    pub(crate) total: Option<u64>,
    pub(crate) visibility: Visibility,
    /// The matching parts of each event, in the order of `events`; empty if not requested.
    pub(crate) highlights: Vec<Highlights>,
    /// The groups in whose texts the words of the query were not looked for.
    pub(crate) withheld: Vec<Group>,
    /// Queries that find events, where this one finds none and suggestions were requested; `None` elsewhere.
    pub(crate) suggestions: Option<Vec<Suggestion>>,
    /// The slot of the query that found the events.
    pub(crate) _slot: QueryPermit,
}

/// Creates the cursors of one walk.
pub(crate) struct Cursors {
    key: CursorKey,
    now: Timestamp,
    head: u64,
    order: Order,
    filter_hash: [u8; 16],
}

impl Cursors {
    /// The cursor of the page that begins after this event.
    pub(crate) fn behind(&self, stored: &StoredEvent) -> String {
        self.behind_position(Position { occurred_at: stored.event.occurred_at, sequence: stored.sequence })
    }

    fn behind_position(&self, position: Position) -> String {
        let Self { key, now, head, order, filter_hash } = self;
        Cursor { filter_hash: *filter_hash, now: *now, head: *head, position, order: *order }.encode(key)
    }
}

impl fmt::Debug for Cursors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Cursors").field("head", &self.head).finish_non_exhaustive()
    }
}

/// The event with this id in the reader's tenant.
pub(crate) async fn get_event(
    services: &ReadServices,
    reader: &Caller<TenantId>,
    id: &str,
) -> Result<StoredEvent, ReadError> {
    let id = EventId::parse(id).ok_or(ReadError::NotFound)?;
    let permit = services.query_slots.take_for(reader).await?;
    let found = services.events.get(reader.tenant_id().clone(), id, permit.budget()).await;
    services.metrics.count_query(QueryKind::Get, &found);
    found?.ok_or(ReadError::NotFound)
}

/// A page of events.
pub(crate) async fn list_events(
    services: &ReadServices,
    reader: &Caller<TenantId>,
    query: ListQuery,
) -> Result<ListAnswer, ReadError> {
    let visibility = reader.visibility;
    let key = CursorKey::new(&services.cursor_secret.0, reader.tenant_id());
    let cursor = query.cursor.as_deref().map(|text| Cursor::decode(text, &key)).transpose()?;
    let now = cursor.map_or_else(|| services.clock.now(), |cursor| cursor.now);
    let ReaderFilter { filter, withheld } = ReaderFilter::parse(&query.filters, now, visibility)?;
    if let Some(cursor) = cursor {
        cursor.check(&filter, query.order)?;
    }

    let permit = services.query_slots.take_for(reader).await?;
    let bytes_expected = query.limit.saturating_mul(TYPICAL_EVENT_BYTES).min(ANSWER_BYTES_MAX);
    services.answer_memory.reserve(reader.tenant_id().as_str(), bytes_expected).await?;
    let head = match cursor {
        Some(cursor) => cursor.head,
        None => services.events.head(reader.tenant_id().clone()).await?,
    };
    let filter_hash = filter.fingerprint();
    let view = View { tenant_id: reader.tenant_id().clone(), head, filter };
    let cursors = Cursors { key, now, head, order: query.order, filter_hash };
    let total = match query.total {
        Total::Wanted => Some(count(services, &view, permit.budget()).await?),
        Total::NotWanted => None,
    };
    let after = cursor.map(|cursor| cursor.position);
    let request = ListRequest { view: view.clone(), order: query.order, after, limit: query.limit };
    let page = services.events.list(request, permit.budget()).await;
    services.metrics.count_query(QueryKind::List, &page);
    let Page { events, next } = page?;
    let bytes: usize = events.iter().map(|found| found.event.text_bytes() + FRAME_BYTES).sum();
    services.answer_memory.reserve(reader.tenant_id().as_str(), bytes.min(ANSWER_BYTES_MAX)).await?;
    let next_cursor = next.map(|position| cursors.behind_position(position));
    let suggestions = if query.suggesting == Suggesting::Wanted && cursor.is_none() && events.is_empty() {
        let tenant_id = reader.tenant_id();
        let empty = EmptyQuery { tenant_id, head, visibility, filters: &query.filters, now };
        Some(suggest_queries(services, empty, permit.budget()).await)
    } else {
        None
    };
    let (events, highlights) = match query.highlighting {
        Highlighting::Wanted => highlight(services, view.filter, visibility, events, permit.budget()).await?,
        Highlighting::NotWanted => (events, Vec::new()),
    };
    Ok(ListAnswer { events, next_cursor, cursors, total, visibility, highlights, withheld, suggestions, _slot: permit })
}

/// Finds the matching parts of each event within the budget of the query that found the events: the texts of up to a
/// thousand records of other systems are tokenized again.
async fn highlight(
    services: &ReadServices,
    filter: Filter,
    visibility: Visibility,
    events: Vec<StoredEvent>,
    budget: QueryBudget,
) -> Result<(Vec<StoredEvent>, Vec<Highlights>), QueryError> {
    compute(services.events.as_ref(), budget, move |budget| {
        let (matcher, meter) = (filter.matcher(), Meter::new(budget));
        let highlights = events.iter().map(|event| matcher.highlights(event, visibility, &meter));
        let highlights = highlights.collect::<Result<_, _>>()?;
        Ok((events, highlights))
    })
    .await
}

async fn count(services: &ReadServices, view: &View, budget: QueryBudget) -> Result<u64, QueryError> {
    let total = services.events.count(view.clone(), budget).await;
    services.metrics.count_query(QueryKind::Count, &total);
    total
}
