//! Owns the measurement of ingest: until the last event is acknowledged, and until the server is idle.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    process,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    bench::{BenchPlan, Report, Row},
    campaign::Fault,
    load::{self, OnLoss, Session, Shape},
    server::{ServerProcess, machine_seconds, processor_seconds},
};

/// Events in a batch.
pub(super) const BATCH: u64 = 500;
/// Loads the plan's events.
pub(super) async fn measure(
    session: &Arc<Session>,
    server: &ServerProcess,
    plan: &BenchPlan,
    report: &mut Report,
) -> Result<(), Fault> {
    let load_plan = load::Plan {
        connections: NonZeroUsize::new(8).unwrap_or(NonZeroUsize::MIN),
        shape: Shape::Batch(NonZeroU64::new(BATCH).unwrap_or(NonZeroU64::MIN)),
        events: Some(plan.events),
        duration: None,
        rate: None,
        resend_every: None,
        on_loss: OnLoss::Retry(Duration::from_secs(30)),
    };
    let began = Instant::now();
    let before = processor_seconds(server.id()).unwrap_or(0.0);
    let others_before = seconds_of_others(server);
    let outcome = load::run(session, server.address(), &load_plan).await;
    if outcome.stored != plan.events.get() {
        return Err(format!("{} of {} events were stored: {:?}", outcome.stored, plan.events, outcome.failures).into());
    }
    let until_quiet = server.quiet().await.duration_since(began);
    let seconds = processor_seconds(server.id()).unwrap_or(0.0) - before;
    let others = (seconds_of_others(server) - others_before) / began.elapsed().as_secs_f64();
    let events = outcome.events_per_second() * outcome.elapsed.as_secs_f64();
    let latency = outcome.latencies.percentiles();
    report.add(
        Row::of("durable ingest, batches of 500, 8 connections: acknowledged")
            .with("events/s", outcome.events_per_second()),
    );
    report.add(
        Row::of("the same until nothing is left to seal or compact")
            .with("events/s", events / until_quiet.as_secs_f64())
            .bar("≥120,000", "180,000"),
    );
    report.add(
        Row::of("acknowledge of these batches")
            .with("p50 ms", latency.p50_ms)
            .with("p99 ms", latency.p99_ms)
            .bar("≤35; ≤100", ""),
    );
    report.add(Row::of("  answers that asked to come again later").with("requests", f64_of(outcome.overloads)));
    report.add(Row::of("server CPU per million events").with("s", seconds / (events / 1_000_000.0)).bar("≤12", "8"));
    report.add(Row::of("cores that others kept busy meanwhile").with("cores", others.max(0.0)));
    Ok(())
}

/// The processor time of all processes except the server and this program: a rate is meaningful only with the share of
/// the machine that was available.
fn seconds_of_others(server: &ServerProcess) -> f64 {
    let ours = [server.id(), process::id()].into_iter().filter_map(processor_seconds).sum::<f64>();
    machine_seconds().unwrap_or(0.0) - ours
}

fn f64_of(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
