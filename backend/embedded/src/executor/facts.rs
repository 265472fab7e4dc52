//! Facts about rows that are known without reading them, and how they simplify a filter.

use auditlog_core::{
    query::{Bounds, Field, FieldTest, Filter, Test},
    timestamp::MICROS_PER_DAY,
};

use crate::index::Span;

/// Bounds that hold for all of some rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    pub(super) occurred_at: Span<i64>,
    pub(super) received_at: Span<i64>,
    pub(super) sequence: Span<u64>,
}

impl Facts {
    /// The times of receipt of a UTC day.
    pub(super) fn of_day(day: i64) -> Span<i64> {
        Span { earliest: day * MICROS_PER_DAY, latest: (day + 1) * MICROS_PER_DAY - 1 }
    }
}

/// Whether a filter holds for rows of which only facts are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// For every one of them.
    Always,
    /// For none.
    Never,
    /// They have to be read.
    Unknown,
}

/// Evaluates a filter on facts.
pub(super) fn decide(filter: &Filter, facts: &Facts) -> Verdict {
    match filter {
        Filter::All => Verdict::Always,
        Filter::And(parts) => all_of(parts.iter().map(|part| decide(part, facts))),
        Filter::Or(parts) => negate(all_of(parts.iter().map(|part| negate(decide(part, facts))))),
        Filter::Not(part) => negate(decide(part, facts)),
        Filter::Field(test) => decide_test(test, facts),
        Filter::Text(_) => Verdict::Unknown,
    }
}

fn all_of(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    let mut all = Verdict::Always;
    for verdict in verdicts {
        match verdict {
            Verdict::Never => return Verdict::Never,
            Verdict::Unknown => all = Verdict::Unknown,
            Verdict::Always => {}
        }
    }
    all
}

fn negate(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Always => Verdict::Never,
        Verdict::Never => Verdict::Always,
        Verdict::Unknown => Verdict::Unknown,
    }
}

fn decide_test(test: &FieldTest, facts: &Facts) -> Verdict {
    match (&test.field, &test.test) {
        (Field::Id | Field::Sequence | Field::OccurredAt | Field::ReceivedAt, Test::Present) => Verdict::Always,
        (Field::OccurredAt, Test::Time(bounds)) => decide_bounds(bounds, facts.occurred_at),
        (Field::ReceivedAt, Test::Time(bounds)) => decide_bounds(bounds, facts.received_at),
        (Field::Sequence, Test::Integer(bounds)) => decide_bounds(bounds, facts.sequence),
        _ => Verdict::Unknown,
    }
}

fn decide_bounds<T: PartialOrd + Copy>(bounds: &Bounds<T>, values: Span<T>) -> Verdict {
    let Span { earliest, latest } = values;
    if bounds.contain(&earliest) && bounds.contain(&latest) {
        return Verdict::Always;
    }
    let outside = bounds.from.is_some_and(|from| latest < from) || bounds.to.is_some_and(|to| earliest > to);
    if outside { Verdict::Never } else { Verdict::Unknown }
}
