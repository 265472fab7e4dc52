//! Reads stored pages and decompresses them, reusing the decompressor and the buffer for the stored bytes.
//!
//! The Parquet crate's own page reader sets up a compressor and a decompressor for each column chunk it opens. A row
//! has some fifty columns, and setting them up took twice as long as the rest of fetching a row.

use std::ops::Range;

use bytes::Bytes;
use parking_lot::Mutex;
use parquet::{
    basic::Compression,
    column::page::Page,
    errors::{ParquetError, Result},
};
use zstd::{bulk::Decompressor, zstd_safe::get_frame_content_size};

use super::page_header::{self, PageKind, StoredPage};
use crate::cache::ParquetSource;

/// The writer ends a page at 1 MiB or after one value, and an event has some megabytes at most.
const PAGE_BYTES_MAX: u64 = 64 << 20;

/// The idle ones. Threads that help with a query are too short-lived to keep one each.
static IDLE: Mutex<Vec<Unpacker>> = Mutex::new(Vec::new());
/// The maximum number kept, of about 160 KiB each.
const IDLE_MAX: usize = 8;
/// One whose buffer had to grow beyond this for a page is not kept.
const STORED_BYTES_KEPT_MAX: usize = 64 * 1024;

/// The decompressor and the buffer needed to read a page.
struct Unpacker {
    decompressor: Decompressor<'static>,
    stored: Vec<u8>,
}

/// Reads the page that is stored in a range of the file.
pub(super) fn read_page(source: &ParquetSource, range: Range<u64>, compression: Compression) -> Result<Page> {
    let kept = IDLE.lock().pop();
    let mut unpacker = match kept {
        Some(kept) => kept,
        None => Unpacker { decompressor: Decompressor::new()?, stored: Vec::new() },
    };
    let page = unpacker.read(source, range, compression);
    let mut idle = IDLE.lock();
    if idle.len() < IDLE_MAX && unpacker.stored.capacity() <= STORED_BYTES_KEPT_MAX {
        idle.push(unpacker);
    }
    page
}

impl Unpacker {
    fn read(&mut self, source: &ParquetSource, range: Range<u64>, compression: Compression) -> Result<Page> {
        let stored = source.read_page(range, &mut self.stored)?;
        let StoredPage { kind, count, encoding, body } = page_header::parse(stored)?;
        let buf: Bytes = match compression {
            Compression::UNCOMPRESSED => Bytes::copy_from_slice(body),
            _ => decompress(&mut self.decompressor, body)?.into(),
        };
        Ok(match kind {
            PageKind::Data { definition_levels, repetition_levels } => Page::DataPage {
                buf,
                num_values: count,
                encoding,
                def_level_encoding: definition_levels,
                rep_level_encoding: repetition_levels,
                statistics: None,
            },
            PageKind::Dictionary => Page::DictionaryPage { buf, num_values: count, encoding, is_sorted: false },
        })
    }
}

fn decompress(decompressor: &mut Decompressor<'_>, frame: &[u8]) -> Result<Vec<u8>> {
    let bytes = get_frame_content_size(frame).ok().flatten().filter(|bytes| *bytes <= PAGE_BYTES_MAX);
    let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
    let bytes = bytes.ok_or_else(|| ParquetError::General("a page does not state its length".to_owned()))?;
    Ok(decompressor.decompress(frame, bytes)?)
}
