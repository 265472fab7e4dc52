//! The pages of one row group, decompressed once and kept by the cache: fetching a row touches every column, and setting
//! up decompression for each took most of the time. The Parquet reader asks for them in order, [`super::point`] for some.

use std::sync::Arc;

use parquet::{
    arrow::arrow_reader::RowGroups,
    column::page::{Page, PageIterator, PageMetadata, PageReader},
    errors::{ParquetError, Result},
    file::{
        metadata::{ParquetMetaData, RowGroupMetaData},
        page_index::offset_index::PageLocation,
    },
};

use super::{Footer, unpack::read_page};
use crate::cache::{PageKey, ParquetSource};

/// One row group.
#[derive(Clone)]
pub(super) struct GroupPages {
    pub(super) source: ParquetSource,
    pub(super) footer: Arc<Footer>,
    pub(super) group: usize,
}

impl GroupPages {
    fn metadata(&self) -> &RowGroupMetaData {
        self.footer.arrow().metadata().row_group(self.group)
    }

    /// The pages of a column.
    pub(super) fn chunk(&self, column: usize) -> Result<Chunk<'_>> {
        let index = self.footer.arrow().metadata().page_index();
        let locations = index.and_then(|index| index.page_locations(self.group, column));
        let missing = || ParquetError::General(format!("column {column} has no offset index"));
        let locations = locations.ok_or_else(missing)?;
        let (start, _) = self.metadata().column(column).byte_range();
        // What stands before the first data page is the dictionary.
        let first = locations.first().and_then(|first| u64::try_from(first.offset).ok());
        let dictionary_bytes = first.and_then(|first| i32::try_from(first.checked_sub(start)?).ok()).unwrap_or(0);
        let dictionary = (dictionary_bytes > 0).then_some(PageLocation {
            offset: i64::try_from(start).unwrap_or(i64::MAX),
            compressed_page_size: dictionary_bytes,
            first_row_index: 0,
        });
        Ok(Chunk { pages: self, column, locations, dictionary })
    }
}

impl RowGroups for GroupPages {
    fn num_rows(&self) -> usize {
        usize::try_from(self.metadata().num_rows()).unwrap_or(0)
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        Ok(Box::new(OneChunk(Some(ChunkPages { pages: self.clone(), column, next: 0 }))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.metadata()))
    }

    fn metadata(&self) -> &ParquetMetaData {
        self.footer.arrow().metadata()
    }
}

/// The pages of one column chunk: its dictionary, if it has one, then its data pages.
pub(super) struct Chunk<'a> {
    pages: &'a GroupPages,
    column: usize,
    locations: &'a [PageLocation],
    dictionary: Option<PageLocation>,
}

impl Chunk<'_> {
    /// The dictionary, if there is one.
    pub(super) fn dictionary(&self) -> Result<Option<Page>> {
        self.dictionary.as_ref().map(|_| self.page(0)).transpose()
    }

    /// A data page, counted from nought.
    pub(super) fn data_page(&self, page: usize) -> Result<Page> {
        self.page(self.dictionaries() + page)
    }

    /// The data page that holds a row of the group, and the rows of that page.
    pub(super) fn data_page_of(&self, row: usize) -> Option<(usize, std::ops::Range<usize>)> {
        let first = |location: &PageLocation| usize::try_from(location.first_row_index).unwrap_or(usize::MAX);
        let page = self.locations.partition_point(|location| first(location) <= row).checked_sub(1)?;
        let start = first(self.locations.get(page)?);
        Some((page, start..start + self.rows_of(page)?))
    }

    fn dictionaries(&self) -> usize {
        usize::from(self.dictionary.is_some())
    }

    /// A page by its place in the file.
    fn page(&self, page: usize) -> Result<Page> {
        let (source, group) = (&self.pages.source, self.pages.group);
        let key = PageKey { file: source.name(), group, column: self.column, page };
        if let Some(page) = source.cache().page(&key) {
            return Ok(page);
        }
        let page = self.read(page)?;
        source.cache().keep_page(key, page.clone());
        Ok(page)
    }

    fn read(&self, page: usize) -> Result<Page> {
        let location = match page.checked_sub(self.dictionaries()) {
            Some(page) => self.locations.get(page),
            None => self.dictionary.as_ref(),
        };
        let range = location.and_then(|location| {
            let start = u64::try_from(location.offset).ok()?;
            Some(start..start.checked_add(u64::try_from(location.compressed_page_size).ok()?)?)
        });
        let missing = || ParquetError::General(format!("column {} has no page {page}", self.column));
        let compression = self.pages.metadata().column(self.column).compression();
        read_page(&self.pages.source, range.ok_or_else(missing)?, compression)
    }

    fn is_behind_last(&self, page: usize) -> bool {
        page >= self.dictionaries() + self.locations.len()
    }

    /// How many rows a data page has.
    fn rows_of(&self, page: usize) -> Option<usize> {
        let first = |page: usize| usize::try_from(self.locations.get(page)?.first_row_index).ok();
        first(page + 1).unwrap_or(self.pages.num_rows()).checked_sub(first(page)?)
    }
}

/// The one column chunk of a column in a row group.
struct OneChunk(Option<ChunkPages>);

impl Iterator for OneChunk {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(|chunk| Ok(Box::new(chunk) as Box<dyn PageReader>))
    }
}

impl PageIterator for OneChunk {}

/// The pages of one column chunk, one after the other.
struct ChunkPages {
    pages: GroupPages,
    column: usize,
    next: usize,
}

impl ChunkPages {
    fn chunk(&self) -> Result<Chunk<'_>> {
        self.pages.chunk(self.column)
    }
}

impl PageReader for ChunkPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.next;
        if self.chunk()?.is_behind_last(page) {
            return Ok(None);
        }
        self.next += 1;
        self.chunk()?.page(page).map(Some)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        let chunk = self.chunk()?;
        if chunk.is_behind_last(self.next) {
            return Ok(None);
        }
        let Some(data_page) = self.next.checked_sub(chunk.dictionaries()) else {
            return Ok(Some(PageMetadata { num_rows: None, num_levels: None, is_dict: true }));
        };
        Ok(Some(PageMetadata { num_rows: chunk.rows_of(data_page), num_levels: None, is_dict: false }))
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.next += 1;
        Ok(())
    }

    /// Offset indexes list pages that begin with a row.
    fn at_record_boundary(&mut self) -> Result<bool> {
        Ok(true)
    }
}

impl Iterator for ChunkPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}
