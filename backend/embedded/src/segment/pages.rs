//! The pages of one row group as the Parquet reader asks for them, decompressed once and kept by the cache: fetching a
//! row touches every column, and setting up decompression for each took most of the time.

use std::sync::Arc;

use parquet::{
    arrow::arrow_reader::RowGroups,
    basic::Compression,
    column::page::{Page, PageIterator, PageMetadata, PageReader},
    errors::{ParquetError, Result},
    file::{
        metadata::{ParquetMetaData, RowGroupMetaData},
        page_index::offset_index::PageLocation,
        serialized_reader::SerializedPageReader,
    },
};

use super::{Footer, unpack::unpack};
use crate::cache::{PageKey, ParquetSource};

/// One row group.
pub(super) struct GroupPages {
    pub(super) source: ParquetSource,
    pub(super) footer: Arc<Footer>,
    pub(super) group: usize,
}

impl GroupPages {
    fn metadata(&self) -> &RowGroupMetaData {
        self.footer.arrow().metadata().row_group(self.group)
    }
}

impl RowGroups for GroupPages {
    fn num_rows(&self) -> usize {
        usize::try_from(self.metadata().num_rows()).unwrap_or(0)
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        let index = self.footer.arrow().metadata().page_index();
        let locations = index.and_then(|index| index.page_locations(self.group, column)).cloned();
        let missing = || ParquetError::General(format!("column {column} has no offset index"));
        let locations = locations.ok_or_else(missing)?;
        let (start, _) = self.metadata().column(column).byte_range();
        // What stands before the first data page is the dictionary.
        let has_dictionary = locations.first().is_some_and(|first| u64::try_from(first.offset) != Ok(start));
        let chunk = ChunkPages {
            source: self.source.clone(),
            footer: Arc::clone(&self.footer),
            group: self.group,
            column,
            rows: self.num_rows(),
            locations,
            dictionaries: usize::from(has_dictionary),
            next: 0,
            file: None,
        };
        Ok(Box::new(OneChunk(Some(chunk))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.metadata()))
    }

    fn metadata(&self) -> &ParquetMetaData {
        self.footer.arrow().metadata()
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

/// The pages of one column chunk: its dictionary, if it has one, then its data pages.
struct ChunkPages {
    source: ParquetSource,
    footer: Arc<Footer>,
    group: usize,
    column: usize,
    rows: usize,
    locations: Vec<PageLocation>,
    /// How many dictionary pages there are: none or one.
    dictionaries: usize,
    next: usize,
    /// Reads pages that the cache lacks, and which page it stands before. Set up with the first of them.
    file: Option<(SerializedPageReader<ParquetSource>, usize)>,
}

impl ChunkPages {
    fn read(&mut self, page: usize) -> Result<Option<Page>> {
        let (mut file, mut at) = match self.file.take() {
            Some(open) => open,
            None => (self.open()?, 0),
        };
        while at < page {
            file.skip_next_page()?;
            at += 1;
        }
        let read = file.get_next_page()?;
        self.file = Some((file, at + 1));
        read.map(unpack).transpose()
    }

    /// Opens the chunk as one that is not compressed, so that pages come as they are stored and [`unpack`] does the rest.
    fn open(&self) -> Result<SerializedPageReader<ParquetSource>> {
        let column = self.footer.arrow().metadata().row_group(self.group).column(self.column);
        let as_stored = column.clone().into_builder().set_compression(Compression::UNCOMPRESSED).build()?;
        let source = Arc::new(self.source.clone());
        SerializedPageReader::new(source, &as_stored, self.rows, Some(self.locations.clone()))
    }

    fn is_behind_last(&self, page: usize) -> bool {
        page >= self.dictionaries + self.locations.len()
    }

    /// How many rows a data page has.
    fn rows_of(&self, page: usize) -> Option<usize> {
        let first = |page: usize| usize::try_from(self.locations.get(page)?.first_row_index).ok();
        first(page + 1).unwrap_or(self.rows).checked_sub(first(page)?)
    }
}

impl PageReader for ChunkPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.next;
        if self.is_behind_last(page) {
            return Ok(None);
        }
        self.next += 1;
        let key = PageKey { file: self.source.name(), group: self.group, column: self.column, page };
        if let Some(page) = self.source.cache().page(&key) {
            return Ok(Some(page));
        }
        let read = self.read(page)?;
        if let Some(page) = &read {
            self.source.cache().keep_page(key, page.clone());
        }
        Ok(read)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        if self.is_behind_last(self.next) {
            return Ok(None);
        }
        let Some(data_page) = self.next.checked_sub(self.dictionaries) else {
            return Ok(Some(PageMetadata { num_rows: None, num_levels: None, is_dict: true }));
        };
        Ok(Some(PageMetadata { num_rows: self.rows_of(data_page), num_levels: None, is_dict: false }))
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
