//! The fields that some aggregations need of each event: each once, however many aggregations use it.

use auditlog_core::query::{Aggregation, Field, Grouping, MetricKind, TimeField};

/// Aggregations that are answered in one pass, and the fields they need.
#[derive(Debug)]
pub(super) struct Question<'a> {
    pub(super) aggregations: Vec<&'a Aggregation>,
    /// Fields whose values are distinguished.
    pub(super) texts: Vec<Field>,
    /// Time fields that are read.
    pub(super) times: Vec<TimeField>,
    /// Fields whose minimum and maximum numbers are needed.
    pub(super) numbers: Vec<Field>,
}

impl<'a> Question<'a> {
    pub(super) fn new(aggregations: Vec<&'a Aggregation>) -> Self {
        let mut question = Self { aggregations: Vec::new(), texts: Vec::new(), times: Vec::new(), numbers: Vec::new() };
        for aggregation in &aggregations {
            for grouping in &aggregation.groups {
                match grouping {
                    Grouping::Terms(terms) => add(&mut question.texts, terms.field.clone()),
                    Grouping::Histogram(histogram) => add(&mut question.times, histogram.field),
                }
            }
            for metric in &aggregation.metrics {
                match (metric.kind, TimeField::of(&metric.field)) {
                    (MetricKind::Distinct, _) => add(&mut question.texts, metric.field.clone()),
                    (_, Some(time)) => add(&mut question.times, time),
                    (_, None) => add(&mut question.numbers, metric.field.clone()),
                }
            }
        }
        Self { aggregations, ..question }
    }

    pub(super) fn text(&self, field: &Field) -> Option<usize> {
        self.texts.iter().position(|known| known == field)
    }

    pub(super) fn time(&self, field: TimeField) -> Option<usize> {
        self.times.iter().position(|known| *known == field)
    }

    pub(super) fn number(&self, field: &Field) -> Option<usize> {
        self.numbers.iter().position(|known| known == field)
    }
}

fn add<T: PartialEq>(known: &mut Vec<T>, one: T) {
    if !known.contains(&one) {
        known.push(one);
    }
}
