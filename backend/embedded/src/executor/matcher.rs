//! A filter bound to the columns of one batch, evaluated row by row.

use std::cell::Cell;

use arrow_array::{Array, FixedSizeBinaryArray, Int64Array, RecordBatch, TimestampMicrosecondArray};
use auditlog_core::{
    id::EventId,
    query::{Bounds, Field, FieldTest, Filter, Test},
    store::{Interruption, Meter},
};

use super::{
    column_test::{ColumnTest, TextPlace, TextTest, column_tests},
    phrase::PhraseSearch,
    suspects::{Suspects, Suspicion},
};
use crate::columns::{
    SearchedTexts, TargetColumns, TextColumn, binary_column, integer_column, name, text_column, time_column,
};

/// A filter bound to its columns.
pub(super) enum Matcher<'a> {
    All,
    And(Vec<Matcher<'a>>),
    Or(Vec<Matcher<'a>>),
    Not(Box<Matcher<'a>>),
    Text(TextColumn<'a>, TextTest<'a>),
    Targets(TargetColumns<'a>, TextColumn<'a>, TextTest<'a>),
    Time(Option<&'a TimestampMicrosecondArray>, Bounds<i64>),
    Integer(Option<&'a Int64Array>, Bounds<u64>),
    Id(Option<&'a FixedSizeBinaryArray>, Vec<EventId>),
    Phrase(SearchedTexts<'a>, PhraseSearch<'a>, Suspects),
}

impl<'a> Matcher<'a> {
    /// Binds a filter to the columns of a batch, and finds the rows that may contain its words.
    ///
    /// # Errors
    /// Those of the meter's budget.
    pub(super) fn bind(filter: &'a Filter, batch: &'a RecordBatch, meter: &Meter<'_>) -> Result<Self, Interruption> {
        let parts = |parts: &'a [Filter]| {
            parts.iter().map(|part| Self::bind(part, batch, meter)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match filter {
            Filter::All => Self::All,
            Filter::And(filters) => Self::And(parts(filters)?),
            Filter::Or(filters) => Self::Or(parts(filters)?),
            Filter::Not(filter) => Self::Not(Box::new(Self::bind(filter, batch, meter)?)),
            Filter::Field(test) => Self::bind_test(test, batch),
            Filter::Text(phrase) => {
                let (texts, phrase) = (SearchedTexts::of(batch), PhraseSearch(phrase));
                let suspects = Suspects::find(&texts, phrase, batch.num_rows(), meter)?;
                Self::Phrase(texts, phrase, suspects)
            }
        })
    }

    fn bind_test(test: &'a FieldTest, batch: &'a RecordBatch) -> Self {
        if let Some(tests) = column_tests(test) {
            return Self::Or(tests.into_iter().map(|test| Self::bind_texts(test, batch)).collect());
        }
        match (&test.field, &test.test) {
            // Every row has these.
            (Field::Id | Field::Sequence | Field::OccurredAt | Field::ReceivedAt, Test::Present) => Self::All,
            (Field::ProducerSequence, Test::Present) => {
                Self::Integer(integer_column(batch, name::PRODUCER_SEQUENCE), Bounds { from: None, to: None })
            }
            (Field::OccurredAt, Test::Time(bounds)) => Self::Time(time_column(batch, name::OCCURRED_AT), *bounds),
            (Field::ReceivedAt, Test::Time(bounds)) => Self::Time(time_column(batch, name::RECEIVED_AT), *bounds),
            (Field::Sequence, Test::Integer(bounds)) => Self::Integer(integer_column(batch, name::SEQUENCE), *bounds),
            (Field::ProducerSequence, Test::Integer(bounds)) => {
                Self::Integer(integer_column(batch, name::PRODUCER_SEQUENCE), *bounds)
            }
            (Field::Id, Test::OneOf(ids)) => {
                let mut ids: Vec<EventId> = ids.iter().filter_map(|id| EventId::parse(id)).collect();
                ids.sort_unstable();
                Self::Id(binary_column(batch, name::ID), ids)
            }
            // No value satisfies a test that the field's kind does not allow.
            _ => Self::Or(Vec::new()),
        }
    }

    fn bind_texts(ColumnTest { place, text }: ColumnTest<'a>, batch: &'a RecordBatch) -> Self {
        match place {
            TextPlace::Row(column) => Self::Text(text_column(batch, column), text),
            TextPlace::Targets { part, .. } => {
                let targets = TargetColumns::of(batch);
                Self::Targets(targets, targets.part(part), text)
            }
        }
    }

    /// Whether the filter holds for a row.
    ///
    /// # Errors
    /// Those of the meter's budget.
    pub(super) fn matches(&self, row: usize, meter: &Meter<'_>) -> Result<bool, Interruption> {
        Ok(match self {
            Self::All => true,
            Self::And(parts) => {
                for part in parts {
                    if !part.matches(row, meter)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Or(parts) => {
                for part in parts {
                    if part.matches(row, meter)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Not(part) => !part.matches(row, meter)?,
            Self::Text(column, test) => match column.get(row) {
                Some(value) => holds(test, value, meter)?,
                None => false,
            },
            Self::Targets(targets, part, test) => {
                for value in targets.range(row).filter_map(|at| part.get(at)) {
                    if holds(test, value, meter)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Time(column, bounds) => {
                column.is_some_and(|column| !column.is_null(row) && bounds.contain(&column.value(row)))
            }
            Self::Integer(column, bounds) => column.is_some_and(|column| {
                !column.is_null(row) && u64::try_from(column.value(row)).is_ok_and(|value| bounds.contain(&value))
            }),
            Self::Id(column, ids) => column.is_some_and(|column| {
                let id = column.value(row);
                ids.binary_search_by(|known| known.as_bytes().as_slice().cmp(id)).is_ok()
            }),
            Self::Phrase(texts, phrase, suspects) => match suspects.suspicion(row) {
                Suspicion::None => false,
                Suspicion::Some => holds_phrase(texts, row, (*phrase, meter))?,
                Suspicion::Certain => true,
            },
        })
    }
}

fn holds(test: &TextTest<'_>, value: &str, meter: &Meter<'_>) -> Result<bool, Interruption> {
    meter.examine(value.len())?;
    Ok(test.holds(value))
}

/// Whether a text of the row contains the phrase.
fn holds_phrase(
    texts: &SearchedTexts<'_>,
    row: usize,
    (phrase, meter): (PhraseSearch<'_>, &Meter<'_>),
) -> Result<bool, Interruption> {
    let interruption = Cell::new(None);
    // An interruption is treated as a hit, which ends the iteration over the row's texts.
    let is_interrupted = |text: &str| {
        interruption.set(interruption.get().or(meter.examine(text.len()).err()));
        interruption.get().is_some()
    };
    let may_be_in = |json: &str| is_interrupted(json) || phrase.may_be_in(json);
    let holds = texts.any(row, may_be_in, |text| is_interrupted(text) || phrase.is_in(text));
    interruption.get().map_or(Ok(holds), Err)
}
