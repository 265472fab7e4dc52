//! Measures the cost of late and backfilled events: how much segments overlap in time, and how long the newest page and
//! a rare match then take.
//!
//! ```text
//! cargo run --release --workspace --example overlap_figures
//! ```

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use auditlog_conformance::fixtures::{ManualClock, START, SeededEntropy, budget, event, prepare, tenant_id};
use auditlog_core::{
    clock::Clock as _,
    query::{Field, FieldTest, Filter, Order, Test},
    store::{
        ControlCommit, ControlWriter as _, EventStore as _, Intake as _, ListRequest, Revision, Tenant, TenantChange,
        TenantStatus, View,
    },
    timestamp::{MICROS_PER_DAY, MICROS_PER_SECOND, Timestamp},
};
use auditlog_embedded::{EmbeddedStore, Maintenance, Options};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;

const BATCHES: i64 = 400;
const BATCH_EVENTS: i64 = 1_000;
/// The number of batches in a segment; nothing is compacted, so that each stays as it was sealed.
const BATCHES_PER_SEGMENT: i64 = 20;
const ACTORS: i64 = 20_000;
const QUESTIONS: i64 = 1_000;

type Failure = Box<dyn std::error::Error>;

/// The order in which events arrive.
#[derive(Debug, Clone, Copy)]
enum Arrival {
    /// As they happen, one a second.
    InStep,
    /// The same, but three in a hundred up to a day later.
    SomeLate,
    /// Every fourth batch is of the month before.
    Backfill,
}

impl Arrival {
    fn occurred_at(self, number: i64, dice: &mut StdRng) -> Timestamp {
        let last = BATCHES * BATCH_EVENTS;
        let in_step = START.as_micros() - (last - number) * MICROS_PER_SECOND;
        let is_backfill = number / BATCH_EVENTS % 4 == 3;
        Timestamp::from_micros(match self {
            Self::SomeLate if dice.random_range(0..100) < 3 => in_step - dice.random_range(0..MICROS_PER_DAY),
            Self::Backfill if is_backfill => in_step - 30 * MICROS_PER_DAY,
            Self::InStep | Self::SomeLate | Self::Backfill => in_step,
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    for arrival in [Arrival::InStep, Arrival::SomeLate, Arrival::Backfill] {
        let place = tempfile::tempdir()?;
        let store = fill(place.path(), arrival).await?;
        let kept = store.storage(tenant_id("acme")).await?;
        let overlap = kept.overlap.unwrap_or_default();
        println!(
            "{arrival:?}: {} events in {} segments, overlap at most {}, {:.2} on average",
            kept.settled_events, kept.files, overlap.depth_max, overlap.depth_mean
        );
        let actor = |number: i64| {
            let texts = vec![format!("user-{}", number * 7 % ACTORS)];
            Filter::Field(FieldTest { field: Field::ActorId, test: Test::OneOf(texts) })
        };
        println!("  newest 50    {}", ask(&store, |_| Filter::All).await?);
        println!("  one actor    {}", ask(&store, actor).await?);
        store.close().await?;
    }
    Ok(())
}

async fn fill(place: &std::path::Path, arrival: Arrival) -> Result<EmbeddedStore, Failure> {
    let (clock, entropy) = (ManualClock::default(), Arc::new(SeededEntropy::new(1)));
    let options = Options { maintenance: Maintenance::OnDemand, ..Options::new(place.to_owned()) };
    let store = EmbeddedStore::open(options, Arc::new(clock.clone()), Arc::clone(&entropy) as _)?;
    let now = clock.now();
    let (id, status) = (tenant_id("acme"), TenantStatus::Active);
    let tenant =
        Tenant { id, revision: Revision::FIRST, name: "Acme".to_owned(), status, created_at: now, updated_at: now };
    store.commit(ControlCommit::new(vec![TenantChange::Create(tenant).into()], Vec::new())).await?;
    let mut dice = StdRng::seed_from_u64(7);
    for batch in 0..BATCHES {
        let numbers = batch * BATCH_EVENTS..(batch + 1) * BATCH_EVENTS;
        let events: Vec<_> = numbers
            .map(|number| {
                event(&json!({
                    "occurred_at": arrival.occurred_at(number, &mut dice).to_string(),
                    "actor": {"type": "user", "id": format!("user-{}", dice.random_range(0..ACTORS))},
                    "message": format!("invoice {number} was read"),
                }))
            })
            .collect();
        let received_at = clock.advance(Duration::from_millis(1));
        store.append(prepare(&tenant_id("acme"), received_at, &events, entropy.as_ref())).await?;
        if (batch + 1) % BATCHES_PER_SEGMENT == 0 {
            store.seal().await?;
        }
    }
    Ok(store)
}

/// Lists the newest fifty events of each filter, and prints how long that took.
async fn ask(store: &EmbeddedStore, filter: impl Fn(i64) -> Filter) -> Result<String, Failure> {
    let head = store.head(tenant_id("acme")).await?;
    let mut took = Vec::new();
    for number in 0..QUESTIONS {
        let view = View { tenant_id: tenant_id("acme"), head, filter: filter(number) };
        let began = Instant::now();
        store.list(ListRequest { view, order: Order::NewestFirst, after: None, limit: 50 }, budget()).await?;
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    took.sort_unstable_by(f64::total_cmp);
    Ok(format!("p50 {:.2} ms, p99 {:.2} ms", took[took.len() / 2], took[took.len() * 99 / 100]))
}
