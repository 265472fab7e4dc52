//! Owns aggregations, written from the documentation of `core::query::Aggregation`: events are sorted into groups, and
//! the groups are counted.

use std::collections::{BTreeMap, BTreeSet};

use auditlog_core::{
    event::StoredEvent,
    query::{
        Aggregation, Calendar, DISTINCT_EXACT_MAX, Field, Grouping, Histogram, Interval, Metric, MetricKind, Terms,
    },
    store::{Aggregate, Distinct, Extreme, Groups, MetricValue, TermGroup, TermGroups, TimeGroup},
    timestamp::{MICROS_PER_DAY, Timestamp},
};
use jiff::tz::TimeZone;

use super::values::{self, Value};

/// The results over these events.
pub(super) fn aggregate(events: &[&StoredEvent], aggregation: &Aggregation) -> Aggregate {
    level(events, &aggregation.groups, &aggregation.metrics)
}

fn level(events: &[&StoredEvent], groups: &[Grouping], metrics: &[Metric]) -> Aggregate {
    let inside = |events: &[&StoredEvent], groups: &[Grouping]| level(events, groups, metrics);
    Aggregate {
        count: events.len() as u64,
        metrics: metrics.iter().map(|metric| reckon(events, metric)).collect(),
        groups: groups.split_first().map(|(first, rest)| match first {
            Grouping::Terms(terms) => Groups::Terms(by_value(events, terms, |events| inside(events, rest))),
            Grouping::Histogram(histogram) => {
                Groups::Histogram(by_time(events, histogram, |events| inside(events, rest)))
            }
        }),
    }
}

fn by_value(events: &[&StoredEvent], terms: &Terms, inside: impl Fn(&[&StoredEvent]) -> Aggregate) -> TermGroups {
    let mut heaps: BTreeMap<String, Vec<&StoredEvent>> = BTreeMap::new();
    let mut missing = 0;
    for event in events {
        let texts = texts_of(event, &terms.field);
        missing += u64::from(texts.is_empty());
        for text in texts {
            heaps.entry(text).or_default().push(event);
        }
    }
    let values = heaps.len() as u64;
    let mut heaps: Vec<_> = heaps.into_iter().collect();
    // They are sorted by value, and a stable sort leaves equal ones in that order.
    heaps.sort_by_key(|(_, events)| std::cmp::Reverse(events.len()));
    let other = heaps.iter().skip(terms.limit).map(|(_, events)| events.len() as u64).sum();
    let listed = heaps.into_iter().take(terms.limit);
    let groups = listed.map(|(value, events)| TermGroup { value, aggregate: inside(&events) }).collect();
    TermGroups { groups, values, other, missing }
}

/// The distinct values of an event as texts.
fn texts_of(event: &StoredEvent, field: &Field) -> BTreeSet<String> {
    // A group is an acting actor.
    let field = if *field == Field::AnyActor { &Field::ActorId } else { field };
    values::of(field, event).iter().map(text_of).collect()
}

fn text_of(value: &Value<'_>) -> String {
    match value {
        Value::Time(micros) => Timestamp::from_micros(*micros).to_string(),
        Value::Integer(integer) => integer.to_string(),
        other => values::text(other).expect("every other value has a text").into_owned(),
    }
}

fn by_time(
    events: &[&StoredEvent],
    histogram: &Histogram,
    inside: impl Fn(&[&StoredEvent]) -> Aggregate,
) -> Vec<TimeGroup> {
    let zone = zone_of(&histogram.calendar);
    let name = |micros: i64| name_of(micros, histogram.calendar.interval(), &zone);
    let mut heaps: BTreeMap<String, Vec<&StoredEvent>> = BTreeMap::new();
    for event in events {
        for value in values::of(&histogram.field.field(), event) {
            let Value::Time(micros) = value else { unreachable!("a time field has times") };
            heaps.entry(name(micros)).or_default().push(event);
        }
    }
    let mut groups: Vec<TimeGroup> = heaps
        .into_values()
        .map(|events| {
            let Value::Time(micros) = values::of(&histogram.field.field(), events[0])[0] else {
                unreachable!("a time field has a time")
            };
            let (from, to) = bounds(micros, name);
            let [from, to] = [from, to].map(Timestamp::from_micros);
            TimeGroup { from, to, aggregate: inside(&events) }
        })
        .collect();
    groups.sort_by_key(|group| group.from);
    groups
}

fn zone_of(calendar: &Calendar) -> TimeZone {
    TimeZone::get(calendar.zone_name()).expect("a calendar has a known zone")
}

/// The local name of a minute, an hour, a day, a week or a month in a time zone. Repeated hours are distinguished by
/// their offsets.
fn name_of(micros: i64, interval: Interval, zone: &TimeZone) -> String {
    let at = jiff::Timestamp::from_microsecond(micros).expect("events have times of this era");
    let zoned = at.to_zoned_datetime(zone.clone());
    let (date, hour, offset) = (zoned.date(), zoned.hour(), zoned.offset());
    match interval {
        Interval::Minute => format!("{date} {hour:02}:{:02} {offset}", zoned.minute()),
        Interval::Hour => format!("{date} {hour:02} {offset}"),
        Interval::Day => date.to_string(),
        Interval::Week => format!("{} {}", date.iso_week_date().year(), date.iso_week_date().week()),
        Interval::Month => format!("{} {}", date.year(), date.month()),
    }
}

/// The interval in which every moment has the same name as this one.
fn bounds(micros: i64, name: impl Fn(i64) -> String) -> (i64, i64) {
    let own = name(micros);
    let far = 40 * MICROS_PER_DAY;
    // Halves the distance repeatedly, until the last moment with the name and the first without it are neighbours.
    let edge = |step: i64| {
        let (mut inside, mut outside) = (0, far);
        while outside - inside > 1 {
            let middle = inside + (outside - inside) / 2;
            if name(micros + step * middle) == own { inside = middle } else { outside = middle }
        }
        micros + step * inside
    };
    (edge(-1), edge(1) + 1)
}

fn reckon(events: &[&StoredEvent], metric: &Metric) -> MetricValue {
    if metric.kind == MetricKind::Distinct {
        let texts: BTreeSet<String> = events.iter().flat_map(|event| texts_of(event, &metric.field)).collect();
        let count = texts.len() as u64;
        let is_exact = texts.len() <= DISTINCT_EXACT_MAX;
        return MetricValue::Distinct(if is_exact { Distinct::Exact(count) } else { Distinct::Estimated(count) });
    }
    let values = events.iter().flat_map(|event| values::of(&metric.field, event)).filter_map(|value| match value {
        Value::Time(micros) => Some(Extreme::Time(Timestamp::from_micros(micros))),
        Value::Integer(integer) => Some(Extreme::Integer(integer)),
        Value::Number(number) => Some(Extreme::Number(number)),
        Value::Text(_) | Value::Address(_) => None,
    });
    MetricValue::Extreme(values.reduce(|one, other| {
        let is_better = if metric.kind == MetricKind::Min { other < one } else { other > one };
        if is_better { other } else { one }
    }))
}
