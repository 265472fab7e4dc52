//! Generates aggregations: every field and interval, one level or two, with metrics or without.

use auditlog_core::query::{
    Aggregation, Calendar, Field, Grouping, Histogram, Interval, KeyPath, Metric, MetricKind, Terms, TimeField,
};
use rand::{Rng, rngs::StdRng};

use super::vocabulary as words;
use crate::model::choice::{any, percent};

/// Time zones whose clocks change at different times, by different steps, or never.
const ZONES: [&str; 5] = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"];

/// A few aggregations for one request.
pub(in crate::model) fn aggregations(rng: &mut StdRng) -> Vec<Aggregation> {
    let count = if percent(rng, 70) { 1 } else { rng.random_range(2..5) };
    (0..count).map(|_| aggregation(rng)).collect()
}

fn aggregation(rng: &mut StdRng) -> Aggregation {
    let levels = match rng.random_range(0..10) {
        0 => 0,
        1..7 => 1,
        _ => 2,
    };
    let groups = (0..levels).map(|_| grouping(rng)).collect();
    let metrics = if percent(rng, 30) { rng.random_range(1..4) } else { 0 };
    Aggregation { groups, metrics: (0..metrics).map(|_| metric(rng)).collect() }
}

fn grouping(rng: &mut StdRng) -> Grouping {
    if percent(rng, 30) {
        let field = *any(rng, &[TimeField::OccurredAt, TimeField::OccurredAt, TimeField::ReceivedAt]);
        let zone = if percent(rng, 50) { ZONES[0] } else { any(rng, &ZONES) };
        let calendar = Calendar::new(*any(rng, &Interval::ALL), zone).expect("a known zone");
        return Grouping::Histogram(Histogram { field, calendar });
    }
    let field = field(rng);
    Grouping::Terms(Terms { field, limit: *any(rng, &[1, 3, 10, 1_000]) })
}

fn metric(rng: &mut StdRng) -> Metric {
    if percent(rng, 50) {
        return Metric { kind: MetricKind::Distinct, field: field(rng) };
    }
    let kind = *any(rng, &[MetricKind::Min, MetricKind::Max]);
    loop {
        let field = field(rng);
        // Times are among all fields, so this terminates.
        if kind.suits(field.kind()) {
            return Metric { kind, field };
        }
    }
}

fn field(rng: &mut StdRng) -> Field {
    if percent(rng, 15) {
        return Field::Metadata(KeyPath::of_name(*any(rng, &words::METADATA_KEYS)));
    }
    any(rng, Field::standard()).field.clone()
}
