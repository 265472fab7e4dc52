//! Decompresses pages with a decompressor that is kept.
//!
//! The crate's own page reader sets up a compressor and a decompressor for each column chunk it opens. One row has some
//! fifty columns, and setting them up took twice as long as all the rest of fetching a row.

use std::cell::RefCell;

use parquet::{
    column::page::Page,
    errors::{ParquetError, Result},
};
use zstd::{bulk::Decompressor, zstd_safe::get_frame_content_size};

/// Pages have at most 1,024 rows, and no event is longer than 64 KiB.
const PAGE_BYTES_MAX: u64 = 64 << 20;

thread_local! {
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The page as it was before it was compressed.
pub(super) fn unpack(page: Page) -> Result<Page> {
    match page {
        Page::DataPage { buf, num_values, encoding, def_level_encoding, rep_level_encoding, statistics } => {
            let buf = decompress(&buf)?.into();
            Ok(Page::DataPage { buf, num_values, encoding, def_level_encoding, rep_level_encoding, statistics })
        }
        Page::DictionaryPage { buf, num_values, encoding, is_sorted } => {
            let buf = decompress(&buf)?.into();
            Ok(Page::DictionaryPage { buf, num_values, encoding, is_sorted })
        }
        Page::DataPageV2 { .. } => {
            Err(ParquetError::General("a page of the second version, which segments do not have".to_owned()))
        }
    }
}

fn decompress(frame: &[u8]) -> Result<Vec<u8>> {
    let bytes = get_frame_content_size(frame).ok().flatten().filter(|bytes| *bytes <= PAGE_BYTES_MAX);
    let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
    let bytes = bytes.ok_or_else(|| ParquetError::General("a page does not say how long it is".to_owned()))?;
    DECOMPRESSOR.with_borrow_mut(|kept| {
        let decompressor = match kept {
            Some(decompressor) => decompressor,
            None => kept.insert(Decompressor::new()?),
        };
        Ok(decompressor.decompress(frame, bytes)?)
    })
}
