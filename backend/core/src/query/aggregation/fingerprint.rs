//! Owns the fingerprint of an aggregation, by which cached partial answers are matched to their query.

use sha2::{Digest, Sha256};

use super::{Aggregation, Grouping};

impl Aggregation {
    /// Sixteen bytes of a SHA-256 over an unambiguous text form of the aggregation. The number of listed groups is not
    /// part of it, because that is applied last.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 16] {
        let mut into = String::from("auditlog.aggregation.v1 ");
        for grouping in &self.groups {
            match grouping {
                Grouping::Terms(terms) => write(&["terms", &terms.field.name()], &mut into),
                Grouping::Histogram(histogram) => {
                    let (field, calendar) = (histogram.field.field().name(), &histogram.calendar);
                    write(&["histogram", &field, calendar.interval().as_str(), calendar.zone_name()], &mut into);
                }
            }
        }
        for metric in &self.metrics {
            write(&["metric", metric.kind.as_str(), &metric.field.name()], &mut into);
        }
        let digest: [u8; 32] = Sha256::digest(into.as_bytes()).into();
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&digest[..16]);
        fingerprint
    }
}

/// Writes each part after its length, so that no two lists of parts have the same text.
fn write(parts: &[&str], into: &mut String) {
    for part in parts {
        into.push_str(&part.len().to_string());
        into.push(';');
        into.push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use crate::query::{
        Aggregation, Calendar, Field, Grouping, Histogram, Interval, KeyPath, Metric, MetricKind, TimeField,
    };

    #[test]
    fn different_questions_have_different_fingerprints_whatever_is_listed() {
        let histogram = |field, interval, zone| Aggregation {
            groups: vec![Grouping::Histogram(Histogram { field, calendar: Calendar::new(interval, zone).unwrap() })],
            metrics: Vec::new(),
        };
        let metric = |kind| Aggregation { groups: vec![], metrics: vec![Metric { kind, field: Field::Sequence }] };
        let asked = [
            Aggregation { groups: vec![], metrics: vec![] },
            Aggregation::terms(Field::Action, 10),
            Aggregation::terms(Field::Metadata(KeyPath::of_name("action")), 10),
            histogram(TimeField::OccurredAt, Interval::Hour, "UTC"),
            histogram(TimeField::ReceivedAt, Interval::Hour, "UTC"),
            histogram(TimeField::OccurredAt, Interval::Day, "UTC"),
            histogram(TimeField::OccurredAt, Interval::Hour, "Europe/Berlin"),
            metric(MetricKind::Min),
            metric(MetricKind::Max),
            metric(MetricKind::Distinct),
        ];
        for (at, one) in asked.iter().enumerate() {
            for other in &asked[at + 1..] {
                assert_ne!(one.fingerprint(), other.fingerprint(), "{one:?} {other:?}");
            }
        }
        let (few, many) = (Aggregation::terms(Field::Action, 1), Aggregation::terms(Field::Action, 9));
        assert_eq!(few.fingerprint(), many.fingerprint());
    }
}
