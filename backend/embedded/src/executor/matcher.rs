//! A filter bound to the columns of one batch, evaluated row by row.

use std::{cell::Cell, ops::Range};

use arrow_array::{Array, FixedSizeBinaryArray, Int64Array, RecordBatch, TimestampMicrosecondArray};
use auditlog_core::{
    id::EventId,
    query::{Bounds, FieldTest, Filter, Interruption, Meter, Test},
};

use super::{
    equal,
    phrase::PhraseSearch,
    place::Place,
    row_error::RowError,
    suspects::{Suspects, Suspicion},
    text_test::{ColumnTest, TextPlace, column_tests},
};
use crate::columns::{
    SearchedTexts, TargetColumns, TextColumn, binary_column, integer_column, text_column, time_column,
};

/// A filter bound to its columns.
pub(super) enum Matcher<'a> {
    All,
    And(Vec<Matcher<'a>>),
    Or(Vec<Matcher<'a>>),
    Not(Box<Matcher<'a>>),
    Text(TextColumn<'a>, ColumnTest<'a>),
    Targets(TargetColumns<'a>, TextColumn<'a>, ColumnTest<'a>),
    Time(Option<&'a TimestampMicrosecondArray>, Bounds<i64>),
    Integer(Option<&'a Int64Array>, Bounds<u64>),
    Id(Option<&'a FixedSizeBinaryArray>, Vec<EventId>),
    Phrase(SearchedTexts<'a>, PhraseSearch<'a>, Suspects),
    /// The rows are known, in order.
    Known(Vec<usize>),
}

impl<'a> Matcher<'a> {
    /// Binds a filter to the columns of a batch, finds the rows that may contain its words, and leaves out alternatives
    /// that hold for no row.
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
            Filter::Or(filters) => {
                let mut parts = parts(filters)?;
                parts.retain(|part| !part.is_impossible());
                Self::Or(parts)
            }
            Filter::Not(filter) => Self::Not(Box::new(Self::bind(filter, batch, meter)?)),
            Filter::Field(test) => Self::bind_test(test, batch, meter)?,
            Filter::Text(phrase) => {
                let texts = SearchedTexts::of(batch, |group| phrase.scope().includes(group));
                let phrase = PhraseSearch(phrase);
                let suspects = Suspects::find(&texts, phrase, batch.num_rows(), meter)?;
                Self::Phrase(texts, phrase, suspects)
            }
        })
    }

    fn bind_test(test: &'a FieldTest, batch: &'a RecordBatch, meter: &Meter<'_>) -> Result<Self, Interruption> {
        if let Some(tests) = column_tests(test) {
            let mut parts = Vec::with_capacity(tests.len());
            for test in tests {
                parts.push(Self::bind_texts(test, batch, meter)?);
            }
            parts.retain(|part| !part.is_impossible());
            return Ok(Self::Or(parts));
        }
        let unbounded = Bounds { from: None, to: None };
        Ok(match (Place::of(&test.field), &test.test) {
            // Every event has an id.
            (Place::Id(_), Test::Present) => Self::All,
            (Place::Id(column), Test::OneOf(ids)) => {
                let mut ids: Vec<EventId> = ids.iter().filter_map(|id| EventId::parse(id)).collect();
                ids.sort_unstable();
                Self::Id(binary_column(batch, column), ids)
            }
            (Place::Time(column), Test::Present) => {
                Self::Time(time_column(batch, column), Bounds { from: None, to: None })
            }
            (Place::Time(column), Test::Time(bounds)) => Self::Time(time_column(batch, column), *bounds),
            (Place::Integer(column), Test::Present) => Self::Integer(integer_column(batch, column), unbounded),
            (Place::Integer(column), Test::Integer(bounds)) => Self::Integer(integer_column(batch, column), *bounds),
            // A test that the field's kind does not allow is satisfied by no value; texts are bound above.
            (
                Place::Id(_)
                | Place::Time(_)
                | Place::Integer(_)
                | Place::Text(_)
                | Place::Target(_)
                | Place::Groups(_)
                | Place::AnyActor
                | Place::OnBehalfOf(_)
                | Place::Json { .. }
                | Place::TargetJson(_)
                | Place::ChangedPaths,
                _,
            ) => Self::Or(Vec::new()),
        })
    }

    fn bind_texts(test: ColumnTest<'a>, batch: &'a RecordBatch, meter: &Meter<'_>) -> Result<Self, Interruption> {
        let key = test.test.only_key().filter(|key| key.is_ascii());
        Ok(match (test.place, key) {
            (TextPlace::Row(column), Some(key)) => {
                Self::Known(equal::positions(text_column(batch, column), key, meter)?)
            }
            (TextPlace::Row(column), None) => Self::Text(text_column(batch, column), test),
            (TextPlace::Targets(part), Some(key)) => {
                let targets = TargetColumns::of(batch);
                let found = equal::positions(targets.part(part.member), key, meter)?;
                let mut rows: Vec<usize> = found.into_iter().filter_map(|at| targets.row_of(at)).collect();
                rows.dedup();
                Self::Known(rows)
            }
            (TextPlace::Targets(part), None) => {
                let targets = TargetColumns::of(batch);
                Self::Targets(targets, targets.part(part.member), test)
            }
        })
    }

    /// Whether the filter holds for no row, as far as is known without looking at rows.
    fn is_impossible(&self) -> bool {
        match self {
            Self::Known(rows) => rows.is_empty(),
            Self::Or(parts) => parts.is_empty(),
            Self::Text(column, _) => column.is_empty(),
            Self::Phrase(_, _, suspects) => suspects.are_none(),
            Self::All
            | Self::And(_)
            | Self::Not(_)
            | Self::Targets(..)
            | Self::Time(..)
            | Self::Integer(..)
            | Self::Id(..) => false,
        }
    }

    /// The rows among these that have to be examined, in order: all others do not match.
    pub(super) fn rows_to_examine(&self, rows: Range<usize>) -> Vec<usize> {
        match self.possible_rows() {
            Some(mut possible) => {
                possible.retain(|row| rows.contains(row));
                possible
            }
            None => rows.collect(),
        }
    }

    /// The rows for which the filter may hold, in order. `None` where they are not known without looking at each.
    fn possible_rows(&self) -> Option<Vec<usize>> {
        match self {
            Self::Known(rows) => Some(rows.clone()),
            Self::Phrase(_, _, suspects) => suspects.rows(),
            Self::And(parts) => parts.iter().filter_map(Self::possible_rows).min_by_key(Vec::len),
            Self::Or(parts) => {
                let mut rows = parts.iter().map(Self::possible_rows).collect::<Option<Vec<_>>>()?.concat();
                rows.sort_unstable();
                rows.dedup();
                Some(rows)
            }
            Self::All
            | Self::Not(_)
            | Self::Text(..)
            | Self::Targets(..)
            | Self::Time(..)
            | Self::Integer(..)
            | Self::Id(..) => None,
        }
    }

    /// Whether the filter holds for a row.
    ///
    /// # Errors
    /// Those of the meter's budget, and where a value that decides does not read back.
    pub(super) fn matches(&self, row: usize, meter: &Meter<'_>) -> Result<bool, RowError> {
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
                Suspicion::Some => holds_phrase(texts, row, *phrase, meter)?,
                Suspicion::Certain => true,
            },
            Self::Known(rows) => rows.binary_search(&row).is_ok(),
        })
    }
}

fn holds(test: &ColumnTest<'_>, value: &str, meter: &Meter<'_>) -> Result<bool, RowError> {
    meter.examine(value.len())?;
    Ok(test.holds(value)?)
}

/// Whether a text of the row contains the phrase.
fn holds_phrase(
    texts: &SearchedTexts<'_>,
    row: usize,
    phrase: PhraseSearch<'_>,
    meter: &Meter<'_>,
) -> Result<bool, RowError> {
    let interruption = Cell::new(None);
    // An interruption is treated as a hit, which ends the iteration over the row's texts.
    let is_interrupted = |text: &str| {
        interruption.set(interruption.get().or(meter.examine(text.len()).err()));
        interruption.get().is_some()
    };
    let may_be_in = |json: &str| is_interrupted(json) || phrase.may_be_in(json);
    let holds = texts.any(row, may_be_in, |text| is_interrupted(text) || phrase.is_in(text));
    match interruption.get() {
        Some(interruption) => Err(interruption.into()),
        None => Ok(holds?),
    }
}
