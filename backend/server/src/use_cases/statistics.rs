//! Owns the statistics of a tenant's log. All of them are of group `core`, so every reader may see them.

use auditlog_core::{
    id::TenantId,
    policy::Caller,
    query::{Bounds, Field, FieldTest, Filter, Order, QueryBudget, Test},
    store::{ListRequest, QueryError, ScanRequest, StorageStatistics, View},
    timestamp::{MICROS_PER_SECOND, Timestamp},
};

use crate::use_cases::{ReadError, ReadServices};

/// The first and the last of a set of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
}

/// The windows in which received events are counted, in seconds back from now: a minute, an hour, a day.
pub(crate) const WINDOWS_SECONDS: [u32; 3] = [60, 3_600, 86_400];

/// Statistics of a log.
#[derive(Debug)]
pub(crate) struct Statistics {
    pub(crate) events: u64,
    /// `None` if the log is empty.
    pub(crate) occurred: Option<Span>,
    /// When the first and the last event of the log were received.
    pub(crate) received: Option<Span>,
    /// Events received in each of the windows.
    pub(crate) received_lately: [u64; 3],
    pub(crate) storage: StorageStatistics,
}

/// Computes all statistics as of one position of the log.
pub(crate) async fn statistics(services: &ReadServices, reader: &Caller<TenantId>) -> Result<Statistics, ReadError> {
    let store = &services.events;
    let permit = services.query_slots.take_for(reader).await?;
    let tenant_id = reader.tenant_id().clone();
    // Queried first, so that everything settled at that time is part of the log as read below.
    let storage = store.storage(tenant_id.clone()).await?;
    let head = store.head(tenant_id.clone()).await?;
    let view = View { tenant_id, head, filter: Filter::All };
    let now = services.clock.now();
    let mut received_lately = [0; 3];
    for (count, seconds) in received_lately.iter_mut().zip(WINDOWS_SECONDS) {
        let from = now.as_micros().saturating_sub(i64::from(seconds) * MICROS_PER_SECOND);
        let test = Test::Time(Bounds { from: Some(from), to: None });
        let filter = Filter::Field(FieldTest { field: Field::ReceivedAt, test });
        *count = store.count(View { filter, ..view.clone() }, permit.budget()).await?;
    }
    let occurred = span(
        occurred_at(services, &view, permit.budget(), Order::OldestFirst).await?,
        occurred_at(services, &view, permit.budget(), Order::NewestFirst).await?,
    );
    let received = span(
        received_at(services, &view, permit.budget(), 0).await?,
        received_at(services, &view, permit.budget(), head.saturating_sub(1)).await?,
    );
    Ok(Statistics { events: head, occurred, received, received_lately, storage })
}

fn span(first: Option<Timestamp>, last: Option<Timestamp>) -> Option<Span> {
    first.zip(last).map(|(first, last)| Span { first, last })
}

/// When the first event in that order occurred.
async fn occurred_at(
    services: &ReadServices,
    view: &View,
    budget: QueryBudget,
    order: Order,
) -> Result<Option<Timestamp>, QueryError> {
    let request = ListRequest { view: view.clone(), order, after: None, limit: 1 };
    let page = services.events.list(request, budget).await?;
    Ok(page.events.first().map(|stored| stored.event.occurred_at))
}

/// When the event with this sequence was received.
async fn received_at(
    services: &ReadServices,
    view: &View,
    budget: QueryBudget,
    sequence: u64,
) -> Result<Option<Timestamp>, QueryError> {
    let request = ScanRequest { view: view.clone(), from: sequence, limit: 1 };
    let page = services.events.scan(request, budget).await?;
    Ok(page.events.first().map(|stored| stored.event.received_at))
}
