//! Where the pages of a column chunk are: the contents of the file's footer and offset index, in a tenth of the memory.

use std::ops::Range;

use parquet::{
    basic::Compression,
    file::{metadata::ColumnChunkMetaData, page_index::offset_index::PageLocation},
};

/// Where the pages of one column of one row group are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ChunkPlace {
    /// The chunk's first byte in the file. The dictionary extends from here to the first data page.
    start: u64,
    /// The offsets from the start at which each data page starts, and the last one ends.
    bounds: Box<[u32]>,
    rows: PageRows,
    compression: Compression,
}

/// The first rows of data pages in the group.
#[derive(Debug, PartialEq, Eq)]
enum PageRows {
    /// Every page has this many rows.
    Every(u32),
    First(Box<[u32]>),
}

impl ChunkPlace {
    /// Takes over the footer's values. `None` where they are invalid.
    pub(super) fn of(column: &ColumnChunkMetaData, locations: &[PageLocation]) -> Option<Self> {
        let (start, length) = column.byte_range();
        let behind = |offset: i64| u32::try_from(u64::try_from(offset).ok()?.checked_sub(start)?).ok();
        let mut bounds = Vec::with_capacity(locations.len() + 1);
        for location in locations {
            // Pages are contiguous.
            let first = behind(location.offset)?;
            if bounds.last().is_some_and(|end| *end != first) {
                return None;
            }
            bounds.pop();
            bounds.push(first);
            bounds.push(first.checked_add(u32::try_from(location.compressed_page_size).ok()?)?);
        }
        let ends_with_chunk = bounds.last().is_some_and(|end| u64::from(*end) == length);
        let rows = PageRows::of(locations)?;
        let compression = column.compression();
        ends_with_chunk.then(|| Self { start, bounds: bounds.into(), rows, compression })
    }

    pub(super) fn compression(&self) -> Compression {
        self.compression
    }

    /// The number of data pages.
    pub(super) fn data_pages(&self) -> usize {
        self.bounds.len().saturating_sub(1)
    }

    /// The dictionary's bytes, if there is one.
    pub(super) fn dictionary(&self) -> Option<Range<u64>> {
        let end = self.bounds.first().filter(|end| **end > 0)?;
        Some(self.start..self.start + u64::from(*end))
    }

    /// The bytes of a data page.
    pub(super) fn data_page(&self, number: usize) -> Option<Range<u64>> {
        let bounds = self.bounds.get(number..number + 2)?;
        Some(self.start + u64::from(bounds[0])..self.start + u64::from(bounds[1]))
    }

    /// The first row of a data page, counted in the group; `None` after the last one.
    pub(super) fn first_row(&self, number: usize) -> Option<usize> {
        if number >= self.data_pages() {
            return None;
        }
        match &self.rows {
            PageRows::Every(rows) => number.checked_mul(*rows as usize),
            PageRows::First(first) => first.get(number).map(|row| *row as usize),
        }
    }

    /// The data page that holds a row of the group: the last one that does not begin after it.
    pub(super) fn data_page_of(&self, row: usize) -> Option<usize> {
        let number = match &self.rows {
            PageRows::Every(rows) => row.checked_div(*rows as usize)?,
            PageRows::First(first) => first.partition_point(|first| *first as usize <= row).checked_sub(1)?,
        };
        Some(number.min(self.data_pages().checked_sub(1)?))
    }

    /// The approximate memory besides its own size.
    pub(super) fn memory_bytes(&self) -> usize {
        let rows = match &self.rows {
            PageRows::Every(_) => 0,
            PageRows::First(first) => first.len(),
        };
        (self.bounds.len() + rows) * size_of::<u32>()
    }
}

impl PageRows {
    fn of(locations: &[PageLocation]) -> Option<Self> {
        let first: Option<Vec<u32>> =
            locations.iter().map(|location| u32::try_from(location.first_row_index).ok()).collect();
        let first = first?;
        if first.first() != Some(&0) || !first.is_sorted_by(|left, right| left < right) {
            return None;
        }
        // A group of one page: all of its rows are below any number.
        let rows = first.get(1).copied().unwrap_or(u32::MAX);
        let is_even = first.iter().zip(0_u32..).all(|(row, number)| number.checked_mul(rows) == Some(*row));
        Some(if is_even { Self::Every(rows) } else { Self::First(first.into()) })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::{
        basic::Type,
        schema::types::{ColumnDescriptor, ColumnPath, Type as SchemaType},
    };

    use super::*;

    fn column(start: i64, length: i64) -> ColumnChunkMetaData {
        let kind = SchemaType::primitive_type_builder("a", Type::INT64).build().unwrap();
        let descriptor = ColumnDescriptor::new(Arc::new(kind), 0, 0, ColumnPath::from("a"));
        let builder = ColumnChunkMetaData::builder(Arc::new(descriptor));
        builder.set_data_page_offset(start).set_total_compressed_size(length).build().unwrap()
    }

    fn pages(of: &[(i64, i32, i64)]) -> Vec<PageLocation> {
        let page = |(offset, compressed_page_size, first_row_index): &(i64, i32, i64)| PageLocation {
            offset: *offset,
            compressed_page_size: *compressed_page_size,
            first_row_index: *first_row_index,
        };
        of.iter().map(page).collect()
    }

    #[test]
    fn pages_are_found_by_their_rows() {
        for (rows, expected) in [([0, 1_024, 2_048], 1_024), ([0, 1_000, 2_048], 1_000)] {
            let locations = pages(&[(110, 5, rows[0]), (115, 20, rows[1]), (135, 7, rows[2])]);
            let place = ChunkPlace::of(&column(100, 42), &locations).unwrap();
            assert_eq!(place.dictionary(), Some(100..110));
            assert_eq!(place.data_pages(), 3);
            assert_eq!(place.data_page(1), Some(115..135));
            assert_eq!(place.data_page(2), Some(135..142));
            assert_eq!(place.data_page(3), None);
            assert_eq!(place.first_row(1), Some(expected));
            assert_eq!(place.first_row(3), None);
            let page_of = |row| place.data_page_of(row);
            assert_eq!([0, expected - 1, expected, 2_047, 2_048, 9_999].map(page_of), [0, 0, 1, 1, 2, 2].map(Some));
        }
        let only = ChunkPlace::of(&column(100, 9), &pages(&[(100, 9, 0)])).unwrap();
        assert_eq!((only.dictionary(), only.data_page(0), only.data_page_of(77)), (None, Some(100..109), Some(0)));
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused() {
        for locations in [
            &[][..],
            &[(90, 52, 0)],
            &[(100, 10, 0), (111, 31, 5)],
            &[(100, 10, 0), (110, 30, 5)],
            &[(100, 10, 0), (110, 32, 0)],
            &[(100, 42, 3)],
            &[(100, -1, 0)],
        ] {
            assert_eq!(ChunkPlace::of(&column(100, 42), &pages(locations)), None, "{locations:?}");
        }
    }
}
