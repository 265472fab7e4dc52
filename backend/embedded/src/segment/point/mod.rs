//! Reads single rows. It reads only the wanted values of each page; the usual reader also decodes the dictionary and
//! the values before them. It knows the encodings that segments are written with, and leaves files with other encodings
//! to the usual reader.

mod column;

use std::{ops::Range, sync::Arc};

use arrow_array::{ArrayRef, ListArray, RecordBatch, RecordBatchOptions, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Fields, Schema};
use parquet::{basic::Encoding, column::page::Page, errors::Result};

use super::{
    Footer, Projection,
    decode::{DataPage, Levels, ListStart, Plain, levels_of, unreadable},
    pages::{Chunk, GroupPages, PageOfRow},
};
use crate::columns::{name, schema};
use column::ColumnBuilder;

/// Chosen rows of a row group, by their numbers in it, sorted.
pub(super) struct GroupRows {
    pub(super) pages: GroupPages,
    pub(super) rows: Vec<usize>,
}

/// Columns of these rows. Those without any value in them are left out.
///
/// # Errors
/// [`parquet::errors::ParquetError::NYI`] where the file uses features that only the usual reader supports.
pub(super) fn read(footer: &Footer, projection: &Projection, groups: &[GroupRows]) -> Result<RecordBatch> {
    let rows = groups.iter().map(|group| group.rows.len()).sum();
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for field in schema().fields() {
        let column = match field.data_type() {
            DataType::List(element) => read_targets(footer, projection, groups, element)?,
            _ => match footer.leaf(field.name()).filter(|_| projection.includes(field.name())) {
                Some(leaf) => read_flat(footer, groups, leaf, ColumnBuilder::new(field.data_type(), rows))?,
                None => None,
            },
        };
        let Some(column) = column else { continue };
        let field = Field::new(field.name(), column.data_type().clone(), field.is_nullable());
        fields.push(field);
        columns.push(column);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
}

fn read_flat(
    footer: &Footer,
    groups: &[GroupRows],
    leaf: usize,
    builder: Option<ColumnBuilder>,
) -> Result<Option<ArrayRef>> {
    let mut builder = builder.ok_or_else(unreadable)?;
    let levels = levels_of(footer.schema(), leaf)?;
    let mut any = false;
    for group in groups {
        if footer.is_all_null(group.pages.group, leaf) {
            builder.push_nulls(group.rows.len());
            continue;
        }
        any = true;
        let chunk = LoadedChunk::load(&group.pages.chunk(leaf)?, &group.rows)?;
        let mut dictionary = chunk.dictionary(levels);
        for loaded in &chunk.pages {
            let mut page = DataPage::new(&loaded.page, levels)?;
            for row in loaded.rows {
                match page.value_at(row - loaded.first_row, dictionary.as_mut())? {
                    Some(cell) => builder.push(cell).ok_or_else(unreadable)?,
                    None => builder.push_nulls(1),
                }
            }
        }
    }
    Ok(any.then(|| builder.finish()))
}

/// The number of elements of each row's list, and the places of the elements.
#[derive(Default)]
struct Lists {
    lengths: Vec<usize>,
}

/// The column of targets, with those of its parts that are wanted and have values.
fn read_targets(
    footer: &Footer,
    projection: &Projection,
    groups: &[GroupRows],
    element: &Arc<Field>,
) -> Result<Option<ArrayRef>> {
    let DataType::Struct(parts) = element.data_type() else { return Err(unreadable()) };
    let mut wanted = Vec::new();
    for part in parts {
        let leaf = format!("{}.{}", name::TARGETS, part.name());
        let leaf = footer.leaf(&leaf).filter(|_| projection.includes(&leaf));
        let has_values = |leaf: &usize| groups.iter().any(|group| !footer.is_all_null(group.pages.group, *leaf));
        let Some(leaf) = leaf.filter(has_values) else { continue };
        let builder = ColumnBuilder::new(part.data_type(), 0).ok_or_else(unreadable)?;
        wanted.push((Arc::clone(part), leaf, builder));
    }
    if wanted.is_empty() {
        return Ok(None);
    }
    let mut all = Lists::default();
    for group in groups {
        let mut lists = None;
        for (_, leaf, builder) in &mut wanted {
            if !footer.is_all_null(group.pages.group, *leaf) {
                lists = Some(read_part(footer, group, *leaf, builder)?);
            }
        }
        let lists = lists.unwrap_or_else(|| Lists { lengths: vec![0; group.rows.len()] });
        // Parts that no target of the group has were not read.
        for (_, leaf, builder) in &mut wanted {
            if footer.is_all_null(group.pages.group, *leaf) {
                builder.push_nulls(lists.lengths.iter().sum());
            }
        }
        all.lengths.extend(lists.lengths);
    }
    let (fields, columns): (Vec<_>, Vec<_>) =
        wanted.into_iter().map(|(part, _, builder)| (part, builder.finish())).unzip();
    let structs = StructArray::try_new(Fields::from(fields), columns, None)?;
    let present: NullBuffer = all.lengths.iter().map(|length| *length > 0).collect();
    let element = Field::new(element.name(), structs_type(&structs), element.is_nullable());
    let offsets = OffsetBuffer::from_lengths(all.lengths);
    Ok(Some(Arc::new(ListArray::try_new(Arc::new(element), offsets, Arc::new(structs), Some(present))?)))
}

fn structs_type(structs: &StructArray) -> DataType {
    DataType::Struct(structs.fields().clone())
}

/// Reads one part of the targets of the group's rows, and returns the number of targets of each row.
fn read_part(footer: &Footer, group: &GroupRows, leaf: usize, builder: &mut ColumnBuilder) -> Result<Lists> {
    /// The list itself may be null, and it repeats its elements, which are never null.
    const ELEMENT_LEVEL: u64 = 2;
    let levels = levels_of(footer.schema(), leaf)?;
    let mut lists = Lists::default();
    let chunk = LoadedChunk::load(&group.pages.chunk(leaf)?, &group.rows)?;
    let mut dictionary = chunk.dictionary(levels);
    for loaded in &chunk.pages {
        let mut page = DataPage::new(&loaded.page, levels)?;
        let mut from = ListStart::default();
        for row in loaded.rows {
            let row = row - loaded.first_row;
            let places = page.places_of_list(from, row)?;
            from = ListStart { row: row + 1, place: places.end };
            let before = lists.lengths.len();
            lists.lengths.push(0);
            for place in places {
                if page.definition_at(place)? < ELEMENT_LEVEL {
                    continue;
                }
                lists.lengths[before] += 1;
                match page.value_at(place, dictionary.as_mut())? {
                    Some(cell) => builder.push(cell).ok_or_else(unreadable)?,
                    None => builder.push_nulls(1),
                }
            }
        }
    }
    Ok(lists)
}

/// The pages of a column chunk that contain some rows.
struct LoadedChunk<'a> {
    dictionary: Option<Page>,
    pages: Vec<LoadedPage<'a>>,
}

struct LoadedPage<'a> {
    page: Page,
    first_row: usize,
    rows: &'a [usize],
}

impl<'a> LoadedChunk<'a> {
    fn load(chunk: &Chunk<'_>, mut rows: &'a [usize]) -> Result<Self> {
        let (mut pages, mut is_coded) = (Vec::new(), false);
        while let Some(first) = rows.first() {
            let PageOfRow { number, rows: Range { start, end } } = chunk.data_page_of(*first).ok_or_else(unreadable)?;
            let (here, behind) = rows.split_at(rows.partition_point(|row| *row < end));
            if here.is_empty() {
                return Err(unreadable());
            }
            let page = chunk.data_page(number)?;
            is_coded = is_coded || matches!(page.encoding(), Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY);
            pages.push(LoadedPage { page, first_row: start, rows: here });
            rows = behind;
        }
        // Pages after the point where the writer abandoned the dictionary do not use it.
        let dictionary = if is_coded { chunk.dictionary()? } else { None };
        Ok(Self { dictionary, pages })
    }

    fn dictionary(&self, levels: Levels) -> Option<Plain<'_>> {
        self.dictionary.as_ref().map(|page| Plain::new(page.buffer().as_ref(), levels.shape))
    }
}
