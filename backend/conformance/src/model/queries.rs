//! Owns the queries of a run: each is sent to the store and to the oracle.

use std::{fmt::Debug, ops::Range};

use auditlog_core::{
    event::StoredEvent,
    id::{EventId, TenantId},
    query::{Filter, Order, Position},
    store::{AggregateRequest, EventStore, ListRequest, Page, ScanRequest, View},
};
use rand::{Rng, SeedableRng, rngs::StdRng};

use super::{
    choice::{any, percent, skewed_index},
    explain::explain,
    generate::{aggregations, filter, fresh_id},
    world::World,
};
use crate::{
    fixtures::{START, budget},
    oracle::Oracle,
};

/// The number of queries of each tenant that are repeated during the run.
const STANDING_QUESTIONS: u64 = 8;
/// The maximum number of pages of a walk; longer walks jump from there.
const PAGES_MAX: usize = 6;

/// One query.
#[derive(Debug)]
pub(super) enum Question {
    Get { tenant_id: TenantId, id: EventId },
    Walk { view: View, order: Order, limit: usize },
    Count { view: View },
    Scan { view: View, from: u64, limit: usize },
    Aggregate { request: AggregateRequest },
}

/// The outcome of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) found: bool,
    /// Whether it found events both in sealed data and in the tail.
    pub(super) spanning: bool,
    pub(super) pages: u64,
}

pub(super) fn question(rng: &mut StdRng, world: &World, oracle: &Oracle) -> Question {
    let tenant_id = world.tenant(rng);
    match rng.random_range(0..100) {
        0..15 => Question::Get { id: id_to_get(rng, world, oracle, &tenant_id), tenant_id },
        15..25 => {
            let view = view(rng, oracle, tenant_id);
            let from = if percent(rng, 50) { 0 } else { rng.random_range(0..=view.head) };
            let limit = if percent(rng, 70) { rng.random_range(1..400) } else { 10_000 };
            Question::Scan { view, from, limit }
        }
        25..70 => {
            let order = if percent(rng, 65) { Order::NewestFirst } else { Order::OldestFirst };
            let limit = match rng.random_range(0..10) {
                0 => 1,
                1..6 => rng.random_range(2..60),
                6..9 => rng.random_range(60..400),
                _ => 10_000,
            };
            Question::Walk { view: view(rng, oracle, tenant_id), order, limit }
        }
        70..80 => Question::Count { view: view(rng, oracle, tenant_id) },
        80..84 => Question::Count { view: standing(rng, oracle, tenant_id).view },
        84..93 => {
            let view = view(rng, oracle, tenant_id);
            Question::Aggregate { request: AggregateRequest { view, aggregations: aggregations(rng) } }
        }
        _ => Question::Aggregate { request: standing(rng, oracle, tenant_id) },
    }
}

/// One of a few queries that a run repeats, while the log grows and is sealed and compacted in between: cached results
/// must not show.
fn standing(rng: &mut StdRng, oracle: &Oracle, tenant_id: TenantId) -> AggregateRequest {
    let mut fixed = StdRng::seed_from_u64(rng.random_range(0..STANDING_QUESTIONS));
    // The first events of a log never change, so the queries built from them do not change either.
    let samples: Vec<StoredEvent> = (0..3).filter_map(|sequence| oracle.event(&tenant_id, sequence)).collect();
    let filter = if percent(&mut fixed, 25) { Filter::All } else { filter(&mut fixed, &samples) };
    let aggregations = aggregations(&mut fixed);
    let size = oracle.size(&tenant_id);
    let head = if percent(rng, 85) { size } else { rng.random_range(0..=size) };
    AggregateRequest { view: View { head, filter, tenant_id }, aggregations }
}

fn view(rng: &mut StdRng, oracle: &Oracle, tenant_id: TenantId) -> View {
    let samples = samples(rng, oracle, &tenant_id);
    let size = oracle.size(&tenant_id);
    let head = match rng.random_range(0..100) {
        0..85 => size,
        85..98 => rng.random_range(0..=size),
        _ => size + 5,
    };
    View { head, filter: filter(rng, &samples), tenant_id }
}

/// Mostly an id of the tenant, otherwise of another tenant, or an unknown one.
fn id_to_get(rng: &mut StdRng, world: &World, oracle: &Oracle, tenant_id: &TenantId) -> EventId {
    let owner = if percent(rng, 88) { tenant_id } else { any(rng, &world.tenants) };
    let samples = samples(rng, oracle, owner);
    if samples.is_empty() || percent(rng, 5) {
        return fresh_id(rng, START);
    }
    any(rng, &samples).event.id
}

/// A few stored events of a tenant for building queries, some of them in the tail.
fn samples(rng: &mut StdRng, oracle: &Oracle, tenant: &TenantId) -> Vec<StoredEvent> {
    let size = oracle.size(tenant);
    if size == 0 {
        return Vec::new();
    }
    let last = size - 1;
    let recent = last - skewed_index(rng, usize::try_from(size).unwrap_or(usize::MAX)) as u64;
    let sequences = [rng.random_range(0..size), recent, last];
    sequences.into_iter().filter_map(|sequence| oracle.event(tenant, sequence)).collect()
}

impl Question {
    /// Sends a query to both and compares the answers. The error describes the difference.
    pub(super) async fn ask(
        &self,
        rng: &mut StdRng,
        store: &impl EventStore,
        oracle: &Oracle,
        world: &World,
    ) -> Result<Finding, String> {
        match self {
            Self::Get { tenant_id, id } => {
                let expected = oracle.get(tenant_id.clone(), *id, budget()).await;
                same(&store.get(tenant_id.clone(), *id, budget()).await, &expected)?;
                Ok(Finding { found: matches!(expected, Ok(Some(_))), spanning: false, pages: 0 })
            }
            Self::Count { view } => {
                let matches = oracle.positions(view);
                let counted = same(&store.count(view.clone(), budget()).await, &Ok(matches.len() as u64));
                explained(counted, view, store, oracle).await?;
                Ok(finding(&matches, world.sealed(&view.tenant_id), 0))
            }
            Self::Scan { view, from, limit } => {
                let mut matches = oracle.positions(view);
                matches.retain(|position| position.sequence >= *from);
                let scan = Scan { view, from: *from, limit: *limit, matches: &matches };
                let scanned = scan.compare(store, oracle).await;
                let pieces = explained(scanned, view, store, oracle).await?;
                Ok(finding(&matches, world.sealed(&view.tenant_id), pieces))
            }
            Self::Aggregate { request } => {
                let view = &request.view;
                let matches = oracle.positions(view);
                let answered = store.aggregate(request.clone(), budget()).await;
                let compared = same(&answered, &Ok(oracle.aggregates(request)));
                explained(compared, view, store, oracle).await?;
                Ok(finding(&matches, world.sealed(&view.tenant_id), 0))
            }
            Self::Walk { view, order, limit } => {
                let mut matches = oracle.positions(view);
                matches.sort_unstable();
                if *order == Order::NewestFirst {
                    matches.reverse();
                }
                let walk = Walk { view, order: *order, limit: *limit, matches: &matches };
                let walked = walk.compare(rng, store, oracle).await;
                let pages = explained(walked, view, store, oracle).await?;
                Ok(finding(&matches, world.sealed(&view.tenant_id), pages))
            }
        }
    }
}

/// Adds an explanation to a difference.
async fn explained<T>(
    compared: Result<T, String>,
    view: &View,
    store: &impl EventStore,
    oracle: &Oracle,
) -> Result<T, String> {
    match compared {
        Ok(compared) => Ok(compared),
        Err(difference) => Err(format!("{difference}\n{}", explain(view, store, oracle).await)),
    }
}

/// A scan with its expected events, in order.
struct Scan<'a> {
    view: &'a View,
    from: u64,
    limit: usize,
    matches: &'a [Position],
}

impl Scan<'_> {
    /// Scans to the end, compares each step, and returns the number of steps.
    async fn compare(&self, store: &impl EventStore, oracle: &Oracle) -> Result<u64, String> {
        let Self { view, limit, .. } = *self;
        let end = view.head.min(oracle.size(&view.tenant_id));
        let (mut from, mut left, mut pieces) = (self.from, self.matches, 0);
        while from < end {
            let request = ScanRequest { view: view.clone(), from, limit };
            let page = store.scan(request, budget()).await.map_err(|error| error.to_string())?;
            if page.next <= from || page.events.len() > limit {
                return Err(format!("from {from}: {} events, next {}", page.events.len(), page.next));
            }
            let (scanned, behind) = left.split_at(left.partition_point(|position| position.sequence < page.next));
            let event = |position: &Position| oracle.event(&view.tenant_id, position.sequence);
            let expected: Vec<_> = scanned.iter().filter_map(event).collect();
            same(&page.events, &expected)
                .map_err(|difference| format!("from {from} to {}: {difference}", page.next))?;
            (from, left) = (page.next, behind);
            pieces += 1;
        }
        Ok(pieces)
    }
}

/// A walk with its expected events, in order.
struct Walk<'a> {
    view: &'a View,
    order: Order,
    limit: usize,
    matches: &'a [Position],
}

impl Walk<'_> {
    /// Walks from the first page and then from random positions, and returns the number of pages.
    async fn compare(&self, rng: &mut StdRng, store: &impl EventStore, oracle: &Oracle) -> Result<u64, String> {
        let size = self.matches.len();
        let mut start = 0_usize;
        for page in 1..=PAGES_MAX {
            let after = start.checked_sub(1).map(|last| self.matches[last]);
            let end = size.min(start + self.limit);
            let request = ListRequest { view: self.view.clone(), order: self.order, after, limit: self.limit };
            let expected = self.page(start..end, oracle);
            same(&store.list(request, budget()).await, &Ok(expected))
                .map_err(|difference| format!("page {page}, behind {after:?}: {difference}"))?;
            if end == size {
                return Ok(page as u64);
            }
            start = if page < PAGES_MAX - 2 { end } else { rng.random_range(end..size) };
        }
        Ok(PAGES_MAX as u64)
    }

    fn page(&self, places: Range<usize>, oracle: &Oracle) -> Page {
        let more = places.end < self.matches.len();
        let shown = &self.matches[places];
        let event = |position: &Position| oracle.event(&self.view.tenant_id, position.sequence);
        Page { events: shown.iter().filter_map(event).collect(), next: shown.last().copied().filter(|_| more) }
    }
}

fn finding(matches: &[Position], sealed: u64, pages: u64) -> Finding {
    let spanning = matches.iter().any(|position| position.sequence < sealed)
        && matches.iter().any(|position| position.sequence >= sealed);
    Finding { found: !matches.is_empty(), spanning, pages }
}

fn same<T: PartialEq + Debug>(got: &T, expected: &T) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("got {got:#?}\nexpected {expected:#?}")) }
}
