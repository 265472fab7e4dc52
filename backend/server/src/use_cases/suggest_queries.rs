//! Owns what an answer without events suggests: queries that differ in one thing and find events. They are tried within
//! the slot of the query that found nothing, and within a second.

use std::time::{Duration, Instant};

use auditlog_core::{
    event::Visibility,
    id::TenantId,
    query::{Alternative, AlternativeKind, Order, QueryBudget, alternatives},
    store::{ListRequest, View},
    timestamp::Timestamp,
};

use crate::use_cases::{ReadServices, withheld::ReaderFilter};

/// The most suggestions of an answer.
const SUGGESTIONS_MAX: usize = 3;
/// How long alternatives are tried.
const TRYING_MAX: Duration = Duration::from_secs(1);

/// A query that finds events where the one that was sent finds none.
#[derive(Debug)]
pub(crate) struct Suggestion {
    /// What differs.
    pub(crate) kind: AlternativeKind,
    /// Its parameters.
    pub(crate) parameters: Vec<(String, String)>,
    /// The time of the newest event that it finds.
    pub(crate) newest_at: Timestamp,
}

/// A query that found nothing.
pub(super) struct EmptyQuery<'q> {
    pub(super) tenant_id: &'q TenantId,
    pub(super) head: u64,
    pub(super) visibility: Visibility,
    pub(super) filters: &'q [(String, String)],
    pub(super) now: Timestamp,
}

/// The suggestions for a query that found nothing: those found within the time.
pub(super) async fn suggest_queries(
    services: &ReadServices,
    query: EmptyQuery<'_>,
    budget: QueryBudget,
) -> Vec<Suggestion> {
    let budget = budget.until(Instant::now() + TRYING_MAX);
    let mut found = Vec::new();
    for Alternative { kind, parameters } in alternatives(query.filters, query.now) {
        if found.len() == SUGGESTIONS_MAX || budget.check().is_err() {
            break;
        }
        let parsed = ReaderFilter::parse(&parameters, query.now, query.visibility);
        let Ok(ReaderFilter { filter, .. }) = parsed else { continue };
        let view = View { tenant_id: query.tenant_id.clone(), head: query.head, filter };
        let request = ListRequest { view, order: Order::NewestFirst, after: None, limit: 1 };
        // The query itself was answered, so a failure here only ends the attempts.
        let Ok(page) = services.events.list(request, budget.clone()).await else { break };
        if let Some(newest) = page.events.first() {
            found.push(Suggestion { kind, parameters, newest_at: newest.event.occurred_at });
        }
    }
    found
}
