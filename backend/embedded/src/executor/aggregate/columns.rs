//! Reads the values of some rows that an aggregation needs: as interned numbers, times, ranges of numbers.

use arrow_array::RecordBatch;
use auditlog_core::{
    query::{Field, Meter, TimeField},
    store::{Extreme, QueryError},
};

use super::{interner::Interner, question::Question, values::FieldColumn};
use crate::{
    columns::{UnreadableColumn, name, time_column},
    executor::{PartRows, place::Place, row_error::RowError, times_of_tail},
    segment::{Codes, NO_CODE, Projection},
};

/// The minimum and maximum number that one event has in a field.
pub(super) type NumberRange = Option<[Extreme; 2]>;

/// The values of some rows that a question needs. Each list is in the order of the question's own.
pub(super) struct Columns {
    pub(super) rows: usize,
    pub(super) texts: Vec<Codes>,
    pub(super) times: Vec<Vec<i64>>,
    pub(super) numbers: Vec<Vec<NumberRange>>,
}

impl Columns {
    /// Reads rows of a segment, given as sorted ranges.
    pub(super) fn of_segment(
        rows: PartRows<'_>,
        question: &Question<'_>,
        interners: &mut [Interner],
        meter: &Meter<'_>,
    ) -> Result<Self, QueryError> {
        let mut texts = Vec::with_capacity(question.texts.len());
        for (field, interner) in question.texts.iter().zip(interners) {
            texts.push(text_codes(rows, field, interner, meter)?);
        }
        let times = question.times.iter().map(|time| times_of_segment(rows, *time, meter));
        let times = times.collect::<Result<_, _>>()?;
        let numbers = question.numbers.iter().map(|field| numbers_of_segment(rows, field, meter));
        Ok(Self { rows: rows.count(), texts, times, numbers: numbers.collect::<Result<_, _>>()? })
    }

    /// Reads rows of a batch of the tail.
    pub(super) fn of_tail(
        batch: &RecordBatch,
        rows: &[usize],
        question: &Question<'_>,
        interners: &mut [Interner],
        meter: &Meter<'_>,
    ) -> Result<Self, QueryError> {
        let mut texts = Vec::with_capacity(question.texts.len());
        for (field, interner) in question.texts.iter().zip(interners) {
            let mut codes = empty_codes(field, rows.len());
            push_rows(batch, field, rows.iter().copied(), &mut Coding { interner, codes: &mut codes }, meter)
                .map_err(RowError::in_tail)?;
            texts.push(codes);
        }
        let mut times = Vec::with_capacity(question.times.len());
        for time in &question.times {
            let column = times_of_tail(batch, time_name(*time))?;
            times.push(rows.iter().map(|row| column.value(*row)).collect());
        }
        let mut numbers = Vec::with_capacity(question.numbers.len());
        for field in &question.numbers {
            let ranges = number_ranges(batch, field, rows.iter().copied(), meter);
            numbers.push(ranges.map_err(RowError::in_tail)?);
        }
        Ok(Self { rows: rows.len(), texts, times, numbers })
    }
}

/// Where the codes of a field's values go.
struct Coding<'c> {
    interner: &'c mut Interner,
    codes: &'c mut Codes,
}

/// Fields with one value at most need no list of where the values of each row start.
fn empty_codes(field: &Field, rows: usize) -> Codes {
    // Of the actors of an event only the acting one is counted.
    let is_single = matches!(Place::of(field), Place::Text(_) | Place::AnyActor);
    if is_single { Codes::single(rows) } else { Codes::several(rows) }
}

/// Adds the codes of a field's values in rows of a batch.
fn push_rows(
    batch: &RecordBatch,
    field: &Field,
    rows: impl Iterator<Item = usize>,
    coding: &mut Coding<'_>,
    meter: &Meter<'_>,
) -> Result<(), RowError> {
    let column = FieldColumn::bind(field, batch)?;
    for row in rows {
        meter.examine(column.bytes_of_json(row))?;
        push_row(&column, row, coding)?;
    }
    Ok(())
}

fn push_row(
    column: &FieldColumn<'_>,
    row: usize,
    Coding { interner, codes }: &mut Coding<'_>,
) -> Result<(), UnreadableColumn> {
    if let FieldColumn::Text(texts) = column {
        codes.push(texts.get(row).map_or(NO_CODE, |text| interner.code(text)));
        return Ok(());
    }
    let mut found = Vec::new();
    column.visit_texts(row, |text| found.push(interner.code(text)))?;
    codes.push_row(found);
    Ok(())
}

/// The least and the greatest number of a field in each of some rows of a batch.
fn number_ranges(
    batch: &RecordBatch,
    field: &Field,
    rows: impl Iterator<Item = usize>,
    meter: &Meter<'_>,
) -> Result<Vec<NumberRange>, RowError> {
    let column = FieldColumn::bind(field, batch)?;
    let mut ranges = Vec::new();
    for row in rows {
        meter.examine(column.bytes_of_json(row))?;
        ranges.push(column.number_range(row)?);
    }
    Ok(ranges)
}

fn text_codes(
    rows: PartRows<'_>,
    field: &Field,
    interner: &mut Interner,
    meter: &Meter<'_>,
) -> Result<Codes, QueryError> {
    let segment = rows.part.segment;
    let of_dictionary = match Place::of(field) {
        Place::Text(column) => segment.codes(column, rows.ranges, meter, |text| interner.code(text))?,
        Place::Target(part) => segment.codes(part.column, rows.ranges, meter, |text| interner.code(text))?,
        // The acting actor is counted, once an event.
        Place::AnyActor => segment.codes(name::ACTOR_ID, rows.ranges, meter, |text| interner.code(text))?,
        // Every row has a value of its own, or the values have to be read out of JSON.
        Place::Id(_)
        | Place::Time(_)
        | Place::Integer(_)
        | Place::Groups(_)
        | Place::OnBehalfOf(_)
        | Place::Json { .. }
        | Place::TargetJson(_)
        | Place::ChangedPaths => None,
    };
    if let Some(codes) = of_dictionary {
        return Ok(codes);
    }
    let mut codes = empty_codes(field, rows.count());
    each_batch(rows, Place::of(field).columns().collect(), |batch| {
        push_rows(batch, field, 0..batch.num_rows(), &mut Coding { interner, codes: &mut codes }, meter)
    })?;
    Ok(codes)
}

fn times_of_segment(rows: PartRows<'_>, time: TimeField, meter: &Meter<'_>) -> Result<Vec<i64>, QueryError> {
    let name = time_name(time);
    if let Some(times) = rows.part.segment.times(name, rows.ranges, meter)? {
        return Ok(times);
    }
    let mut times = Vec::new();
    each_batch(rows, vec![name], |batch| {
        meter.examine(batch.num_rows())?;
        times.extend_from_slice(time_column(batch, name).ok_or(UnreadableColumn(name))?.values());
        Ok(())
    })?;
    Ok(times)
}

fn numbers_of_segment(rows: PartRows<'_>, field: &Field, meter: &Meter<'_>) -> Result<Vec<NumberRange>, QueryError> {
    let mut numbers = Vec::new();
    each_batch(rows, Place::of(field).columns().collect(), |batch| {
        numbers.extend(number_ranges(batch, field, 0..batch.num_rows(), meter)?);
        Ok(())
    })?;
    Ok(numbers)
}

/// Passes each batch of the rows in these columns to the callback. The tenant column is always read: it costs next to
/// nothing, and so rows are returned where none of the columns has a value.
fn each_batch(
    rows: PartRows<'_>,
    mut columns: Vec<&'static str>,
    mut take: impl FnMut(&RecordBatch) -> Result<(), RowError>,
) -> Result<(), QueryError> {
    let segment = rows.part.segment;
    columns.push(name::TENANT_ID);
    for read in segment.read(Projection::Columns(columns), rows.ranges)? {
        take(&read?.batch).map_err(|error| error.in_segment(segment))?;
    }
    Ok(())
}

const fn time_name(time: TimeField) -> &'static str {
    match time {
        TimeField::OccurredAt => name::OCCURRED_AT,
        TimeField::ReceivedAt => name::RECEIVED_AT,
    }
}
