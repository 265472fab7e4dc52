//! How groups of events are shown to people: their labels, their figures, and a summary of the groups not listed.

use auditlog_core::{
    query::{Calendar, Interval},
    timestamp::Timestamp,
};
use serde_json::Value;

use crate::{
    client::{AggregateRecord, BucketRecord, DistinctRecord, GroupsRecord},
    output::{Chart, counted, grouped},
};

/// The requested groups as a chart. `whole` is the number of events that shares are fractions of.
pub(super) fn chart_of(groups: &GroupsRecord, whole: u64) -> Chart {
    let first = groups.buckets.first().map(|bucket| &bucket.aggregate);
    let inner = first.and_then(|first| first.groups.as_ref());
    let title = match inner {
        Some(inner) => format!("{} / {}", groups.field, inner.field),
        None => groups.field.clone(),
    };
    let columns: Vec<String> = first.map(metrics).unwrap_or_default().into_iter().map(|(name, _)| name).collect();
    let mut chart = Chart::new(&title, &columns, whole);
    add(&mut chart, groups, 0);
    chart.remark(0, &summary(groups));
    if let Some(inner) = inner.filter(|inner| inner.interval.is_some()) {
        let intervals = format!("{}s", interval_of(inner));
        chart.remark(0, &of_zone(intervals, inner));
    }
    if has_gaps(groups) {
        chart.remark(0, "intervals without events are not listed");
    }
    chart
}

fn add(chart: &mut Chart, groups: &GroupsRecord, depth: usize) {
    let names = Names::of(groups);
    for bucket in &groups.buckets {
        let aggregate = &bucket.aggregate;
        let values: Vec<String> = metrics(aggregate).into_iter().map(|(_, value)| shortened_time(value)).collect();
        chart.group(depth, &names.name_of(bucket), aggregate.count, &values);
        let Some(inner) = &aggregate.groups else { continue };
        add(chart, inner, depth + 1);
        if inner.other.is_some_and(|other| other > 0) || inner.missing.is_some_and(|missing| missing > 0) {
            chart.remark(depth + 1, &summary(inner));
        }
    }
}

/// The metrics: names and values, in the order in which they are shown.
pub(super) fn metrics(aggregate: &AggregateRecord) -> Vec<(String, String)> {
    let named = |kind: &str, field: &str| format!("{kind} {field}");
    let distinct = aggregate.distinct.iter().map(|(field, found)| (named("distinct", field), number_of(found)));
    let least = aggregate.min.iter().map(|(field, value)| (named("min", field), extreme_of(value)));
    let greatest = aggregate.max.iter().map(|(field, value)| (named("max", field), extreme_of(value)));
    distinct.chain(least).chain(greatest).collect()
}

fn number_of(distinct: &DistinctRecord) -> String {
    let about = if distinct.exact { "" } else { "about " };
    format!("{about}{}", grouped(distinct.count))
}

/// Numbers keep the digits that they have in events.
fn extreme_of(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Beside a bar there is no room for microseconds.
fn shortened_time(value: String) -> String {
    if Timestamp::parse_rfc3339(&value).is_none() {
        return value;
    }
    value.get(..19).map_or(value.clone(), |seconds| seconds.replacen('T', " ", 1))
}

/// Formats the labels of groups.
struct Names {
    calendar: Option<Calendar>,
}

impl Names {
    fn of(groups: &GroupsRecord) -> Self {
        let interval = groups.interval.as_deref().and_then(Interval::parse);
        let zone = groups.time_zone.as_deref().unwrap_or("UTC");
        Self { calendar: interval.and_then(|interval| Calendar::new(interval, zone).ok()) }
    }

    /// The label: a value as it is, an interval in the calendar and time zone that it follows. If this version does not
    /// know the time zone, the time is shown as it was sent.
    fn name_of(&self, bucket: &BucketRecord) -> String {
        if let Some(value) = &bucket.value {
            return if value.is_empty() { "\"\"".to_owned() } else { value.clone() };
        }
        let from = bucket.from.as_deref().unwrap_or_default();
        let label = self
            .calendar
            .as_ref()
            .zip(Timestamp::parse_rfc3339(from))
            .and_then(|(calendar, from)| calendar.label_of(from));
        label.unwrap_or_else(|| from.to_owned())
    }
}

/// The number of groups, and the number of events that are in none of the listed groups.
fn summary(groups: &GroupsRecord) -> String {
    let listed = groups.buckets.len() as u64;
    let Some(values) = groups.values else { return of_zone(counted(listed, interval_of(groups)), groups) };
    let values = match values {
        0 => "no values".to_owned(),
        values if values == listed => counted(values, "value"),
        values => format!("{} of {}", grouped(listed), counted(values, "value")),
    };
    let events = |count: u64| format!("{} {}", counted(count, "event"), if count == 1 { "has" } else { "have" });
    match (groups.other.unwrap_or(0), groups.missing.unwrap_or(0)) {
        (0, 0) => values,
        (other, 0) => format!("{values}; {} others", events(other)),
        (0, missing) => format!("{values}; {} none", events(missing)),
        (other, missing) => format!("{values}; {} others, {} none", events(other), grouped(missing)),
    }
}

fn interval_of(groups: &GroupsRecord) -> &str {
    groups.interval.as_deref().unwrap_or("group")
}

fn of_zone(intervals: String, groups: &GroupsRecord) -> String {
    match &groups.time_zone {
        Some(zone) => format!("{intervals}, {zone}"),
        None => intervals,
    }
}

/// Whether intervals are missing between two neighbouring groups, on any level.
fn has_gaps(groups: &GroupsRecord) -> bool {
    let gap = |pair: &[BucketRecord]| pair[0].to != pair[1].from;
    let inner = |bucket: &BucketRecord| bucket.aggregate.groups.as_ref().is_some_and(has_gaps);
    groups.interval.is_some() && groups.buckets.windows(2).any(gap) || groups.buckets.iter().any(inner)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of_values(listed: u64, values: u64, other: u64, missing: u64) -> GroupsRecord {
        let bucket = |number: u64| json!({"value": number.to_string(), "count": 1});
        let buckets: Vec<Value> = (0..listed).map(bucket).collect();
        let groups = json!({"field": "f", "values": values, "other": other, "missing": missing, "buckets": buckets});
        serde_json::from_value(groups).unwrap()
    }

    fn of_hours(zone: &str, starts: &[&str], ends: &[&str]) -> GroupsRecord {
        let bucket = |(from, to): (&&str, &&str)| json!({"from": from, "to": to, "count": 1});
        let buckets: Vec<Value> = starts.iter().zip(ends).map(bucket).collect();
        serde_json::from_value(json!({"field": "f", "interval": "hour", "time_zone": zone, "buckets": buckets}))
            .unwrap()
    }

    #[test]
    fn what_is_not_listed_is_told() {
        for (groups, expected) in [
            (of_values(10, 143, 12_345, 17), "10 of 143 values; 12,345 events have others, 17 none"),
            (of_values(1, 2, 1, 0), "1 of 2 values; 1 event has others"),
            (of_values(5, 5, 0, 1), "5 values; 1 event has none"),
            (of_values(1, 1, 0, 0), "1 value"),
            (of_values(0, 0, 0, 2), "no values; 2 events have none"),
        ] {
            assert_eq!(summary(&groups), expected);
        }
    }

    #[test]
    fn buckets_are_named_by_the_clock_of_their_place_and_gaps_between_them_are_told() {
        let hours = ["2026-10-25T00:00:00.000000Z", "2026-10-25T01:00:00.000000Z", "2026-10-25T02:00:00.000000Z"];
        let groups = of_hours("Europe/Berlin", &hours[..2], &hours[1..]);
        let names: Vec<String> = groups.buckets.iter().map(|bucket| Names::of(&groups).name_of(bucket)).collect();
        assert_eq!(names, ["2026-10-25 02:00 +02:00", "2026-10-25 02:00 +01:00"]);
        assert_eq!(summary(&groups), "2 hours, Europe/Berlin");
        assert!(!has_gaps(&groups));
        assert!(has_gaps(&of_hours("UTC", &[hours[0], hours[2]], &[hours[1], hours[2]])));

        let unknown = of_hours("Europa/Port", &hours[..1], &hours[1..2]);
        assert_eq!(Names::of(&unknown).name_of(&unknown.buckets[0]), hours[0]);
    }

    #[test]
    fn metrics_keep_every_digit_and_say_what_is_an_estimate_and_what_is_not_there() {
        let answer = r#"{
            "count": 3, "distinct": {"id": {"count": 12345, "exact": false}, "ip": {"count": 1234, "exact": true}},
            "min": {"metadata.n": -31.245270191439438, "sequence": "17"}, "max": {"metadata.n": null}
        }"#;
        let aggregate: AggregateRecord = serde_json::from_str(answer).unwrap();
        let shown: Vec<String> = metrics(&aggregate).iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let expected = [
            "distinct id: about 12,345",
            "distinct ip: 1,234",
            "min metadata.n: -31.245270191439438",
            "min sequence: 17",
            "max metadata.n: none",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn an_empty_value_and_a_long_time_are_shown_as_people_read_them() {
        let bucket = |value: &str| BucketRecord { value: Some(value.to_owned()), ..BucketRecord::default() };
        let names = Names { calendar: None };
        assert_eq!([bucket(""), bucket("x")].map(|bucket| names.name_of(&bucket)), ["\"\"", "x"]);
        assert_eq!(shortened_time("2026-11-23T08:00:00.123456Z".to_owned()), "2026-11-23 08:00:00");
        assert_eq!(shortened_time("2026".to_owned()), "2026");
    }
}
