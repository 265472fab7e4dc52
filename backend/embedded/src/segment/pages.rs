//! The pages of one row group, decompressed once and cached: fetching a row reads every column, and setting up
//! decompression for each took most of the time. The Parquet reader reads all of them in order, [`super::point`] only
//! some.

use std::{ops::Range, sync::Arc};

use parquet::{
    arrow::arrow_reader::RowGroups,
    column::page::{Page, PageIterator, PageMetadata, PageReader},
    errors::{ParquetError, Result},
    file::metadata::{ParquetMetaData, RowGroupMetaData},
};

use super::{Footer, chunk_place::ChunkPlace, unpack::read_page};
use crate::cache::{PageKey, ParquetSource};

/// One row group.
#[derive(Clone)]
pub(super) struct GroupPages {
    pub(super) source: ParquetSource,
    pub(super) footer: Arc<Footer>,
    pub(super) group: usize,
}

impl GroupPages {
    /// The pages of a column that has values.
    pub(super) fn chunk(&self, column: usize) -> Result<Chunk<'_>> {
        let missing = || ParquetError::General(format!("column {column} has no pages"));
        let place = self.footer.chunk(self.group, column).ok_or_else(missing)?;
        Ok(Chunk { pages: self, column, place })
    }
}

impl RowGroups for GroupPages {
    fn num_rows(&self) -> usize {
        self.footer.rows_of(self.group)
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        Ok(Box::new(OneChunk(Some(ChunkPages { pages: self.clone(), column, next: 0 }))))
    }

    /// Called only for columns that are computed and not read, of which there are none.
    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::empty())
    }

    fn metadata(&self) -> &ParquetMetaData {
        self.footer.metadata()
    }
}

/// The pages of one column chunk: its dictionary, if it has one, then its data pages.
pub(super) struct Chunk<'a> {
    pages: &'a GroupPages,
    column: usize,
    place: &'a ChunkPlace,
}

/// A data page of a column.
pub(super) struct PageOfRow {
    /// Counted from zero.
    pub(super) number: usize,
    /// Its rows, counted in the row group.
    pub(super) rows: Range<usize>,
}

impl Chunk<'_> {
    /// The dictionary, if there is one.
    pub(super) fn dictionary(&self) -> Result<Option<Page>> {
        self.place.dictionary().map(|_| self.page(0)).transpose()
    }

    /// A data page, counted from zero.
    pub(super) fn data_page(&self, page: usize) -> Result<Page> {
        self.page(self.dictionaries() + page)
    }

    /// The data page that holds a row of the group.
    pub(super) fn data_page_of(&self, row: usize) -> Option<PageOfRow> {
        let number = self.place.data_page_of(row)?;
        let start = self.place.first_row(number)?;
        Some(PageOfRow { number, rows: start..start + self.rows_of(number)? })
    }

    fn dictionaries(&self) -> usize {
        usize::from(self.place.dictionary().is_some())
    }

    /// A page by its position in the file.
    fn page(&self, page: usize) -> Result<Page> {
        let (source, group) = (&self.pages.source, self.pages.group);
        let key = PageKey { file: source.name(), group, column: self.column, page };
        if let Some(page) = source.cache().page(&key) {
            return Ok(page);
        }
        let range = match page.checked_sub(self.dictionaries()) {
            Some(page) => self.place.data_page(page),
            None => self.place.dictionary(),
        };
        let missing = || ParquetError::General(format!("column {} has no page {page}", self.column));
        let page = read_page(source, range.ok_or_else(missing)?, self.place.compression())?;
        source.cache().keep_page(key, page.clone());
        Ok(page)
    }

    fn is_behind_last(&self, page: usize) -> bool {
        page >= self.dictionaries() + self.place.data_pages()
    }

    /// The number of rows of a data page.
    fn rows_of(&self, page: usize) -> Option<usize> {
        let behind = self.place.first_row(page + 1).unwrap_or(self.pages.num_rows());
        behind.checked_sub(self.place.first_row(page)?)
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
