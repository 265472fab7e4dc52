//! A data page split into the levels, which say which rows have values, and the values.

use parquet::{
    basic::Encoding,
    column::page::Page,
    errors::{ParquetError, Result},
    schema::types::SchemaDescriptor,
};

use super::{
    runs::Runs,
    values::{Cell, Plain, Shape, Values},
};

/// The properties of a column that decoding its pages requires.
#[derive(Debug, Clone, Copy)]
pub(in crate::segment) struct Levels {
    pub(in crate::segment) shape: Shape,
    pub(in crate::segment) definition_max: u64,
    pub(in crate::segment) repetition_max: u64,
}

/// The levels of a leaf column.
///
/// # Errors
/// [`ParquetError::NYI`] where it has a shape that segments do not have.
pub(in crate::segment) fn levels_of(schema: &SchemaDescriptor, leaf: usize) -> Result<Levels> {
    let column = schema.column(leaf);
    let level = |level: i16| u64::try_from(level).unwrap_or(0);
    let (definition_max, repetition_max) = (level(column.max_def_level()), level(column.max_rep_level()));
    let shape = Shape::of(column.physical_type(), column.type_length());
    match (shape, repetition_max, definition_max) {
        (Some(shape), 0, 0 | 1) | (Some(shape), 1, 2 | 3) => Ok(Levels { shape, definition_max, repetition_max }),
        _ => Err(ParquetError::NYI(format!("column {leaf} has a shape that is not supported"))),
    }
}

/// A data page, read at rising positions only.
pub(in crate::segment) struct DataPage<'a> {
    definition: Option<Runs<'a>>,
    repetition: Option<Runs<'a>>,
    values: Values<'a>,
    levels: Levels,
    /// The number of places: one for each row, or for each element of the rows' lists.
    places: usize,
    /// The next place, and the number of values before it.
    place: usize,
    values_passed: usize,
}

/// Where the list of a row begins.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::segment) struct ListStart {
    pub(in crate::segment) row: usize,
    /// The place of its first element.
    pub(in crate::segment) place: usize,
}

impl<'a> DataPage<'a> {
    pub(in crate::segment) fn new(page: &'a Page, levels: Levels) -> Result<Self> {
        let Page::DataPage { buf, num_values, encoding, def_level_encoding, rep_level_encoding, .. } = page else {
            return Err(unreadable());
        };
        let (mut rest, places) = (buf.as_ref(), *num_values as usize);
        let repetition = take_levels(&mut rest, levels.repetition_max, *rep_level_encoding)?;
        let definition = take_levels(&mut rest, levels.definition_max, *def_level_encoding)?;
        // Only these are distinguished from damage: the usual reader knows more encodings.
        let unknown = || ParquetError::NYI(format!("{encoding} is not supported for single values"));
        let values = Values::new(rest, *encoding, levels.shape).ok_or_else(unknown)?;
        Ok(Self { definition, repetition, values, levels, places, place: 0, values_passed: 0 })
    }

    /// The value at a place; a null is `None`.
    pub(in crate::segment) fn value_at(
        &mut self,
        place: usize,
        dictionary: Option<&mut Plain<'a>>,
    ) -> Result<Option<Cell<'a>>> {
        if self.pass_to(place).ok_or_else(unreadable)? < self.levels.definition_max {
            return Ok(None);
        }
        self.values.get(self.values_passed, dictionary).map(Some).ok_or_else(unreadable)
    }

    /// The places of the elements of a row's list, which is `from` or a later one.
    pub(in crate::segment) fn places_of_list(&mut self, from: ListStart, row: usize) -> Result<std::ops::Range<usize>> {
        let Some(repetition) = &mut self.repetition else { return Err(unreadable()) };
        let mut rest_of = |mut place: usize| {
            place += 1;
            while place < self.places && repetition.get(place).ok_or_else(unreadable)? > 0 {
                place += 1;
            }
            Ok::<_, ParquetError>(place)
        };
        let mut place = from.place;
        for _ in from.row..row {
            place = rest_of(place)?;
        }
        Ok(place..rest_of(place)?)
    }

    /// Advances to a place and returns its definition level.
    fn pass_to(&mut self, place: usize) -> Option<u64> {
        let max = self.levels.definition_max;
        let Some(definition) = &mut self.definition else {
            self.values_passed = place;
            return (place < self.places).then_some(max);
        };
        if max == 1 {
            self.values_passed += definition.count_ones(self.place..place)?;
        } else {
            for passed in self.place..place {
                self.values_passed += usize::from(definition.get(passed)? == max);
            }
        }
        self.place = place;
        definition.get(place)
    }

    /// The definition level at a place that was not read yet.
    pub(in crate::segment) fn definition_at(&mut self, place: usize) -> Result<u64> {
        self.pass_to(place).ok_or_else(unreadable)
    }
}

/// Consumes the levels with this maximum; there are none where all are zero.
pub(super) fn take_levels<'a>(rest: &mut &'a [u8], max: u64, encoding: Encoding) -> Result<Option<Runs<'a>>> {
    if max == 0 {
        return Ok(None);
    }
    if encoding != Encoding::RLE {
        return Err(ParquetError::NYI(format!("levels as {encoding}")));
    }
    let (length, behind) = rest.split_first_chunk::<4>().ok_or_else(unreadable)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let (levels, behind) = behind.split_at_checked(length).ok_or_else(unreadable)?;
    *rest = behind;
    Ok(Some(Runs::new(levels, if max == 1 { 1 } else { 2 })))
}

pub(in crate::segment) fn unreadable() -> ParquetError {
    ParquetError::General("a page is malformed".to_owned())
}
