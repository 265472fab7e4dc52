//! Reads the values of some rows that an aggregation needs: as interned numbers, times, ranges of numbers.

use arrow_array::RecordBatch;
use auditlog_core::{
    query::{Field, TimeField},
    store::{Extreme, Meter, QueryError},
};

use super::{interner::Interner, question::Question, values::FieldColumn};
use crate::{
    columns::{name, read_actors, time_column},
    executor::{
        SegmentRows,
        needed::{columns_of, plain_text_column, target_column},
    },
    segment::{Codes, NO_CODE, Projection, RowRange},
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
        (part, rows): (SegmentRows<'_>, &[RowRange]),
        (question, interners): (&Question<'_>, &mut [Interner]),
        meter: &Meter<'_>,
    ) -> Result<Self, QueryError> {
        let count = rows.iter().map(ExactSizeIterator::len).sum();
        let mut texts = Vec::with_capacity(question.texts.len());
        for (field, interner) in question.texts.iter().zip(interners) {
            texts.push(text_codes((part, rows), (field, interner), meter)?);
        }
        let times = question.times.iter().map(|time| times_of_segment((part, rows), *time, meter));
        let times = times.collect::<Result<_, _>>()?;
        let numbers = question.numbers.iter().map(|field| numbers_of_segment((part, rows), field, meter));
        Ok(Self { rows: count, texts, times, numbers: numbers.collect::<Result<_, _>>()? })
    }

    /// Reads rows of a batch in memory.
    pub(super) fn of_batch(
        (batch, rows): (&RecordBatch, &[usize]),
        (question, interners): (&Question<'_>, &mut [Interner]),
        meter: &Meter<'_>,
    ) -> Result<Self, QueryError> {
        let mut texts = Vec::with_capacity(question.texts.len());
        for (field, interner) in question.texts.iter().zip(interners) {
            let mut codes = empty_codes(field, rows.len());
            let column = FieldColumn::bind(field, batch);
            for row in rows {
                meter.examine(column.bytes_of_json(*row))?;
                push_row(&column, *row, (interner, &mut codes));
            }
            texts.push(codes);
        }
        let time = |time: &TimeField| match time_column(batch, time_name(*time)) {
            Some(times) => rows.iter().map(|row| times.value(*row)).collect(),
            None => Vec::new(),
        };
        let times = question.times.iter().map(time).collect();
        let mut numbers = Vec::with_capacity(question.numbers.len());
        for field in &question.numbers {
            let column = FieldColumn::bind(field, batch);
            let mut ranges = Vec::with_capacity(rows.len());
            for row in rows {
                meter.examine(column.bytes_of_json(*row))?;
                ranges.push(column.number_range(*row));
            }
            numbers.push(ranges);
        }
        Ok(Self { rows: rows.len(), texts, times, numbers })
    }
}

/// Fields with at most one value need no list of the start of each row's values.
fn empty_codes(field: &Field, rows: usize) -> Codes {
    if plain_text_column(field).is_some() { Codes::single(rows) } else { Codes::several(rows) }
}

fn push_row(column: &FieldColumn<'_>, row: usize, (interner, codes): (&mut Interner, &mut Codes)) {
    if let FieldColumn::Text(texts) = column {
        return codes.push(texts.get(row).map_or(NO_CODE, |text| interner.code(text)));
    }
    let mut found = Vec::new();
    column.visit_texts(row, |text| found.push(interner.code(text)));
    codes.push_row(found);
}

fn text_codes(
    (part, rows): (SegmentRows<'_>, &[RowRange]),
    (field, interner): (&Field, &mut Interner),
    meter: &Meter<'_>,
) -> Result<Codes, QueryError> {
    if let Some(column) = plain_text_column(field).or_else(|| target_column(field))
        && let Some(codes) = part.segment.codes((column, rows), meter, |text| interner.code(text))?
    {
        return Ok(codes);
    }
    if *field == Field::AnyActor
        && let Some(codes) = any_actor_codes((part, rows), interner, meter)?
    {
        return Ok(codes);
    }
    let mut codes = empty_codes(field, rows.iter().map(ExactSizeIterator::len).sum());
    each_batch((part, rows), columns_of(field), |batch| {
        let column = FieldColumn::bind(field, batch);
        for row in 0..batch.num_rows() {
            meter.examine(column.bytes_of_json(row))?;
            push_row(&column, row, (interner, &mut codes));
        }
        Ok(())
    })?;
    Ok(codes)
}

/// Few events are done on behalf of another actor, and those mostly by the same actors: each distinct list is parsed
/// once.
fn any_actor_codes(
    (part, rows): (SegmentRows<'_>, &[RowRange]),
    interner: &mut Interner,
    meter: &Meter<'_>,
) -> Result<Option<Codes>, QueryError> {
    let actors = part.segment.codes((name::ACTOR_ID, rows), meter, |id| interner.code(id))?;
    let Some(actors) = actors else { return Ok(None) };
    let mut lists: Vec<Vec<u32>> = Vec::new();
    let on_behalf_of = part.segment.codes((name::ON_BEHALF_OF, rows), meter, |list| {
        let list = read_actors(list).unwrap_or_default();
        lists.push(list.iter().map(|actor| interner.code(&actor.id)).collect());
        u32::try_from(lists.len() - 1).unwrap_or(NO_CODE)
    })?;
    let Some(on_behalf_of) = on_behalf_of else { return Ok(None) };
    if lists.is_empty() {
        return Ok(Some(actors));
    }
    let (actors, on_behalf_of) = (actors.as_single().unwrap_or_default(), on_behalf_of);
    let mut codes = Codes::several(actors.len());
    for (actor, list) in actors.iter().zip(on_behalf_of.as_single().unwrap_or_default()) {
        let list = lists.get(*list as usize).map(Vec::as_slice).unwrap_or_default();
        codes.push_row([*actor].into_iter().filter(|code| *code != NO_CODE).chain(list.iter().copied()));
    }
    Ok(Some(codes))
}

fn times_of_segment(
    (part, rows): (SegmentRows<'_>, &[RowRange]),
    time: TimeField,
    meter: &Meter<'_>,
) -> Result<Vec<i64>, QueryError> {
    let name = time_name(time);
    if let Some(times) = part.segment.times((name, rows), meter)? {
        return Ok(times);
    }
    let mut times = Vec::new();
    each_batch((part, rows), vec![name], |batch| {
        meter.examine(batch.num_rows())?;
        times.extend(time_column(batch, name).into_iter().flat_map(|column| column.values().iter().copied()));
        Ok(())
    })?;
    Ok(times)
}

fn numbers_of_segment(
    (part, rows): (SegmentRows<'_>, &[RowRange]),
    field: &Field,
    meter: &Meter<'_>,
) -> Result<Vec<NumberRange>, QueryError> {
    let mut numbers = Vec::new();
    each_batch((part, rows), columns_of(field), |batch| {
        let column = FieldColumn::bind(field, batch);
        for row in 0..batch.num_rows() {
            meter.examine(column.bytes_of_json(row))?;
            numbers.push(column.number_range(row));
        }
        Ok(())
    })?;
    Ok(numbers)
}

/// Passes each batch of the rows in these columns to the callback. The tenant column is always read: it costs next to
/// nothing, and so rows are returned where none of the columns has a value.
fn each_batch(
    (part, rows): (SegmentRows<'_>, &[RowRange]),
    mut columns: Vec<&'static str>,
    mut take: impl FnMut(&RecordBatch) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    columns.push(name::TENANT_ID);
    for read in part.segment.read(Projection::Columns(columns), rows)? {
        take(&read?.batch)?;
    }
    Ok(())
}

const fn time_name(time: TimeField) -> &'static str {
    match time {
        TimeField::OccurredAt => name::OCCURRED_AT,
        TimeField::ReceivedAt => name::RECEIVED_AT,
    }
}
