//! Decompresses pages with a decompressor that is kept.
//!
//! The crate's own page reader sets up a compressor and a decompressor for each column chunk it opens. One row has some
//! fifty columns, and setting them up took twice as long as all the rest of fetching a row.

use std::sync::{Mutex, PoisonError};

use parquet::{
    column::page::Page,
    errors::{ParquetError, Result},
};
use zstd::{bulk::Decompressor, zstd_safe::get_frame_content_size};

/// Pages have at most 1,024 rows, and no event is longer than 64 KiB.
const PAGE_BYTES_MAX: u64 = 64 << 20;

/// Those that nobody uses now. Threads that help with a query are too short-lived to keep one each.
static DECOMPRESSORS: Mutex<Vec<Decompressor<'static>>> = Mutex::new(Vec::new());
/// So many are kept, of about 160 KiB each.
const DECOMPRESSORS_MAX: usize = 8;

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
    let idle = || DECOMPRESSORS.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = idle().pop();
    let mut decompressor = kept.map_or_else(Decompressor::new, Ok)?;
    let unpacked = decompressor.decompress(frame, bytes)?;
    let mut idle = idle();
    if idle.len() < DECOMPRESSORS_MAX {
        idle.push(decompressor);
    }
    Ok(unpacked)
}
