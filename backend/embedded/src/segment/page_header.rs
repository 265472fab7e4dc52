//! The header in front of each page of a data file: Thrift's compact protocol, fields as parquet.thrift names them.
//!
//! The Parquet crate reads headers only through a reader of whole column chunks, whose setup costs more than the rest
//! of reading a small page.

use parquet::{
    basic::Encoding,
    errors::{ParquetError, Result},
};

use super::varint::{take_varint, take_zigzag};

/// The maximum nesting of structs; headers have two levels.
const DEPTH_MAX: usize = 8;

/// The members of `PageHeader` that are structs themselves.
mod member {
    pub(super) const HEADER: i64 = 0;
    pub(super) const DATA_PAGE: i64 = 5;
    pub(super) const DICTIONARY_PAGE: i64 = 7;
}

/// The member of `DataPageHeader` that holds statistics of the page.
const STATISTICS_FIELD: i64 = 5;

/// A stored page, without its header.
pub(super) struct StoredPage<'a> {
    pub(super) kind: PageKind,
    /// The number of values, including nulls.
    pub(super) count: u32,
    pub(super) encoding: Encoding,
    /// Levels and values, still compressed.
    pub(super) body: &'a [u8],
}

/// The kinds of pages that segments have.
pub(super) enum PageKind {
    Data { definition_levels: Encoding, repetition_levels: Encoding },
    Dictionary,
}

/// Splits a page into its header and its body.
pub(super) fn parse(stored: &[u8]) -> Result<StoredPage<'_>> {
    let malformed = || ParquetError::General("a page's header is malformed".to_owned());
    let mut header = Header::default();
    let mut rest = stored;
    read_struct(&mut rest, member::HEADER, 0, &mut header).ok_or_else(malformed)?;
    let length = header.compressed_page_size.and_then(|length| usize::try_from(length).ok());
    let body = length.and_then(|length| rest.get(..length)).ok_or_else(malformed)?;
    let (kind, fields) = match header.kind {
        Some(0) => {
            let definition_levels = encoding(header.data.definition_encoding)?;
            let repetition_levels = encoding(header.data.repetition_encoding)?;
            (PageKind::Data { definition_levels, repetition_levels }, header.data)
        }
        Some(2) => (PageKind::Dictionary, header.dictionary),
        _ => return Err(ParquetError::General("a page is of a kind that segments do not have".to_owned())),
    };
    let count = fields.count.and_then(|count| u32::try_from(count).ok()).ok_or_else(malformed)?;
    Ok(StoredPage { kind, count, encoding: encoding(fields.encoding)?, body })
}

/// The contents of a page's header.
pub(super) struct PageSummary {
    /// The number of values, including nulls.
    pub(super) count: u32,
    /// Whether the header contains statistics, which the headers of segments do not.
    pub(super) has_statistics: bool,
}

/// Reads the header of a data page, at its beginning.
pub(super) fn summarize(mut stored: &[u8]) -> Option<PageSummary> {
    let mut header = Header::default();
    read_struct(&mut stored, member::HEADER, 0, &mut header)?;
    let count = header.data.count.and_then(|count| u32::try_from(count).ok())?;
    Some(PageSummary { count, has_statistics: header.has_statistics })
}

/// The relevant integers of a header.
#[derive(Default)]
struct Header {
    kind: Option<i64>,
    compressed_page_size: Option<i64>,
    data: PageFields,
    dictionary: PageFields,
    has_statistics: bool,
}

#[derive(Default)]
struct PageFields {
    count: Option<i64>,
    encoding: Option<i64>,
    definition_encoding: Option<i64>,
    repetition_encoding: Option<i64>,
}

impl Header {
    fn take(&mut self, member: i64, field: i64, value: i64) {
        let place = match (member, field) {
            (member::HEADER, 1) => &mut self.kind,
            (member::HEADER, 3) => &mut self.compressed_page_size,
            (member::DATA_PAGE, 1) => &mut self.data.count,
            (member::DATA_PAGE, 2) => &mut self.data.encoding,
            (member::DATA_PAGE, 3) => &mut self.data.definition_encoding,
            (member::DATA_PAGE, 4) => &mut self.data.repetition_encoding,
            (member::DICTIONARY_PAGE, 1) => &mut self.dictionary.count,
            (member::DICTIONARY_PAGE, 2) => &mut self.dictionary.encoding,
            _ => return,
        };
        *place = Some(value);
    }
}

/// Reads a struct to its end. It is a member of another one, at this nesting depth.
fn read_struct(rest: &mut &[u8], member: i64, depth: usize, header: &mut Header) -> Option<()> {
    let mut field = 0;
    loop {
        let first = take_byte(rest)?;
        if first == 0 {
            return Some(());
        }
        // A field's number is encoded as the difference from the one before, or directly.
        field = if first >> 4 == 0 { take_zigzag(rest)? } else { field + i64::from(first >> 4) };
        match first & 0xf {
            // True and false.
            1 | 2 => {}
            4..=6 => {
                let value = take_zigzag(rest)?;
                if depth <= 1 {
                    header.take(member, field, value);
                }
            }
            8 => {
                let length = usize::try_from(take_varint(rest)?).ok()?;
                *rest = rest.get(length..)?;
            }
            12 if depth < DEPTH_MAX => {
                header.has_statistics |= (member, field, depth) == (member::DATA_PAGE, STATISTICS_FIELD, 1);
                read_struct(rest, field, depth + 1, header)?;
            }
            _ => return None,
        }
    }
}

fn take_byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    Some(*first)
}

fn encoding(number: Option<i64>) -> Result<Encoding> {
    Ok(match number {
        Some(0) => Encoding::PLAIN,
        Some(2) => Encoding::PLAIN_DICTIONARY,
        Some(3) => Encoding::RLE,
        Some(5) => Encoding::DELTA_BINARY_PACKED,
        Some(6) => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        Some(7) => Encoding::DELTA_BYTE_ARRAY,
        Some(8) => Encoding::RLE_DICTIONARY,
        Some(9) => Encoding::BYTE_STREAM_SPLIT,
        _ => return Err(ParquetError::General("a page has an encoding that segments do not have".to_owned())),
    })
}
