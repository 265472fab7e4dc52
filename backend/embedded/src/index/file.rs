//! Reads an index file.
//!
//! ```text
//! header    "auditidx" · version u32 · tokeniser version u32 · rows u32 · rows per page u32 · sections u32
//!           · key version u32
//! sections  offset u64 · bytes u64, for each: pages, the exact tables in the order of [`ExactKind::ALL`], tokens
//! pages     first row u32, earliest and latest `occurred_at` i64 microseconds since 1970, for each page
//! ```
//! All numbers are little endian.

use std::ops::Range;

use auditlog_core::{id::TenantId, query::TOKENIZER_VERSION, store::QueryError, text::KEY_VERSION};

use super::{
    ExactKind, INDEX_VERSION, Page, PartSize, Rows,
    keys::{TextPart, pair_hash, tenant_hash, whole_hash, word_hash},
    pages::{self, PAGE_BYTES},
    table::{Entry, Places, TableReader, Walked},
    table_writer::Precision,
};
use crate::{cache::VerifiedFile, columns::TextKinds, index::PAGE_ROWS};

pub(super) const MAGIC: &[u8; 8] = b"auditidx";
pub(super) const HEADER_BYTES: usize = 32;
pub(super) const SECTION_ENTRY_BYTES: usize = 16;
/// The pages, a table for each exact kind, and the tokens.
pub(super) const SECTIONS: usize = ExactKind::ALL.len() + 2;
/// With more ranges than this the table of pages is read in one pass instead of one look-up per range.
const SEARCHES_MAX: usize = 64;

/// Whether an index file was written with earlier rules, of this module, for words or for keys, so that it must be
/// rebuilt.
///
/// # Errors
/// [`QueryError::Corrupted`] where the file is damaged.
pub(crate) fn is_outdated(file: &VerifiedFile) -> Result<bool, QueryError> {
    let header = file.read_past_cache(0..file.bytes().min(HEADER_BYTES as u64))?;
    let Some(rest) = header.strip_prefix(MAGIC) else { return Ok(false) };
    let words = words_of(rest);
    let [index, tokenizer, _, _, _, key] = words[..] else { return Ok(false) };
    let versions = [(index, INDEX_VERSION), (tokenizer, TOKENIZER_VERSION), (key, KEY_VERSION)];
    let is_of_this_release_or_earlier = versions.iter().all(|(written, ours)| written <= ours);
    Ok(is_of_this_release_or_earlier && versions.iter().any(|(written, ours)| written < ours))
}

/// The words of a header behind its magic bytes.
fn words_of(rest: &[u8]) -> Vec<u32> {
    rest.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect()
}

/// Where a token may occur in a segment. They include every occurrence.
#[derive(Debug)]
pub(crate) struct Occurrences {
    /// The kinds of text.
    pub(crate) kinds: TextKinds,
    /// The rows, as sorted ranges.
    pub(crate) rows: Vec<Rows>,
}

/// A posting table of an index file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Exact(ExactKind),
    Tokens,
}

impl Part {
    /// Every table, in the order of the file's sections.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        ExactKind::ALL.into_iter().map(Self::Exact).chain([Self::Tokens])
    }

    /// The precision of its places.
    pub(super) const fn precision(self) -> Precision {
        match self {
            Self::Exact(kind) => kind.precision(),
            Self::Tokens => Precision::RowOrPage,
        }
    }

    /// The position of its section, which comes after the pages.
    const fn section(self) -> usize {
        match self {
            Self::Exact(kind) => 1 + kind.position(),
            Self::Tokens => SECTIONS - 1,
        }
    }
}

/// An open index file.
pub struct IndexReader<'a> {
    file: &'a VerifiedFile,
    rows: u32,
    sections: Vec<Range<u64>>,
}

impl<'a> IndexReader<'a> {
    /// Reads the header of the index file of a segment with `rows` rows.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where the file is damaged, or of another version or number of rows than expected: the
    /// message instructs the operator to rebuild it.
    pub fn open(file: &'a VerifiedFile, rows: u32) -> Result<Self, QueryError> {
        let stale = || {
            let path = file.path().display();
            QueryError::Corrupted(format!(
                "{path} is not an index file of this version; `auditlog reindex` rebuilds it"
            ))
        };
        if !usize::try_from(file.bytes()).is_ok_and(|bytes| bytes >= HEADER_BYTES + SECTIONS * SECTION_ENTRY_BYTES) {
            return Err(stale());
        }
        let bytes = file.read(0, HEADER_BYTES + SECTIONS * SECTION_ENTRY_BYTES)?;
        let (header, entries) = bytes.split_at(HEADER_BYTES);
        let count = u32::try_from(SECTIONS).unwrap_or(u32::MAX);
        let expected = [INDEX_VERSION, TOKENIZER_VERSION, rows, PAGE_ROWS, count, KEY_VERSION];
        if header.strip_prefix(MAGIC).is_none_or(|rest| words_of(rest) != expected) {
            return Err(stale());
        }
        let sections: Option<Vec<_>> = entries.chunks_exact(SECTION_ENTRY_BYTES).map(parse_section).collect();
        let sections = sections.filter(|sections| sections.iter().all(|section| section.end <= file.bytes()));
        Ok(Self { file, rows, sections: sections.ok_or_else(stale)? })
    }

    fn section(&self, position: usize) -> Range<u64> {
        self.sections.get(position).cloned().unwrap_or(0..0)
    }

    /// The number of pages.
    fn page_count(&self) -> u32 {
        let section = self.section(0);
        u32::try_from((section.end - section.start) / PAGE_BYTES as u64).unwrap_or(u32::MAX)
    }

    /// The pages that contain these rows, in their order.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where the file is damaged.
    pub fn pages(&self, rows: Rows) -> Result<Vec<Page>, QueryError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        // The page of a row is the last one that does not begin after it.
        let (first, last) = (self.page_of(rows.start)?, self.page_of(rows.end - 1)?);
        self.read_pages(first..last + 1)
    }

    /// The pages that contain the rows of sorted ranges, each once.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where the file is damaged.
    pub fn pages_of(&self, ranges: &[Rows]) -> Result<Vec<Page>, QueryError> {
        let mut found: Vec<Page> = Vec::new();
        if ranges.len() <= SEARCHES_MAX {
            for range in ranges {
                let known = found.last().map_or(0, |page| page.rows.end);
                found.extend(self.pages(range.start.max(known)..range.end)?);
            }
            return Ok(found);
        }
        let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else { return Ok(found) };
        let mut pages = self.pages(first.start..last.end)?;
        let mut ahead = ranges;
        pages.retain(|page| {
            ahead = &ahead[ahead.partition_point(|range| range.end <= page.rows.start)..];
            ahead.first().is_some_and(|range| range.start < page.rows.end)
        });
        Ok(pages)
    }

    /// The number of the page that contains a row.
    pub(super) fn page_of(&self, row: u32) -> Result<u32, QueryError> {
        self.pages_until(row).map(|pages| pages.saturating_sub(1))
    }

    /// The number of pages that begin at this row or before it.
    fn pages_until(&self, row: u32) -> Result<u32, QueryError> {
        let (mut known, mut unknown) = (0, self.page_count());
        while known < unknown {
            let middle = known.midpoint(unknown);
            if self.first_row(middle)? <= row {
                known = middle + 1;
            } else {
                unknown = middle;
            }
        }
        Ok(known)
    }

    /// The first row of a page; after the last page the number of rows.
    fn first_row(&self, page: u32) -> Result<u32, QueryError> {
        if page >= self.page_count() {
            return Ok(self.rows);
        }
        let bytes = self.file.read(self.page_offset(page), 4)?;
        bytes.as_ref().try_into().map(u32::from_le_bytes).map_err(|_| self.unreadable_pages())
    }

    fn read_pages(&self, numbers: Range<u32>) -> Result<Vec<Page>, QueryError> {
        let end = self.first_row(numbers.end)?;
        let bytes = self.file.read(self.page_offset(numbers.start), numbers.len() * PAGE_BYTES)?;
        pages::parse(&bytes, end).ok_or_else(|| self.unreadable_pages())
    }

    fn page_offset(&self, page: u32) -> u64 {
        self.section(0).start + u64::from(page) * PAGE_BYTES as u64
    }

    fn unreadable_pages(&self) -> QueryError {
        QueryError::Corrupted(format!("{} holds an invalid table of pages", self.file.path().display()))
    }

    /// The rows that may have this value of this tenant, as sorted ranges: single rows, or pages where the values
    /// hardly recur. They include every row that has it.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where the file is damaged.
    pub fn exact(&self, kind: ExactKind, tenant_id: &TenantId, value: &[u8]) -> Result<Vec<Rows>, QueryError> {
        self.find(Part::Exact(kind), tenant_hash(tenant_id, value)).map(|found| found.rows)
    }

    /// Where this word may be in searched texts: single rows where it is rare, otherwise pages.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where the file is damaged.
    pub(crate) fn word(&self, part: TextPart, word: &str) -> Result<Occurrences, QueryError> {
        self.find(Part::Tokens, word_hash(part, word))
    }

    /// The same for two characters of a script without spaces, the second directly behind the first.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where the file is damaged.
    pub(crate) fn pair(&self, part: TextPart, first: &str, second: &str) -> Result<Occurrences, QueryError> {
        self.find(Part::Tokens, pair_hash(part, first, second))
    }

    /// The rows that may have an identifying value with this key that is kept among the tokens: an action, an email
    /// address, a host or a span id.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where the file is damaged.
    pub fn whole(&self, part: TextPart, key: &str) -> Result<Vec<Rows>, QueryError> {
        self.find(Part::Tokens, whole_hash(part, key)).map(|found| found.rows)
    }

    fn find(&self, part: Part, hash: u64) -> Result<Occurrences, QueryError> {
        let table = self.table(part)?;
        let Some(Entry { kinds, places }) = table.find(hash)? else {
            return Ok(Occurrences { kinds: TextKinds::NONE, rows: Vec::new() });
        };
        let rows = match places {
            Places::Rows(rows) => rows.into_iter().map(|row| row..row + 1).collect(),
            Places::Pages(pages) => self.rows_of_pages(&pages)?,
        };
        Ok(Occurrences { kinds, rows })
    }

    /// The rows of some pages, given by their numbers, sorted.
    fn rows_of_pages(&self, numbers: &[u32]) -> Result<Vec<Rows>, QueryError> {
        let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else { return Ok(Vec::new()) };
        if *last >= self.page_count() {
            return Err(self.unreadable_pages());
        }
        let pages = self.read_pages(*first..*last + 1)?;
        let rows = numbers.iter().filter_map(|number| pages.get((number - first) as usize));
        Ok(rows.map(|page| page.rows.clone()).collect())
    }

    /// Passes every posting of a part to `visit`, in the order of their hashes.
    pub(super) fn walk(&self, part: Part, visit: impl FnMut(Walked)) -> Result<(), QueryError> {
        self.table(part)?.walk(visit)
    }

    fn table(&self, part: Part) -> Result<TableReader<'_>, QueryError> {
        TableReader::open(self.file, self.section(part.section()), part.precision().form())
    }

    /// The number of bytes of each part of the file.
    #[must_use]
    pub fn part_sizes(&self) -> Vec<PartSize> {
        let kinds = ExactKind::ALL.iter().map(|kind| kind.as_str());
        let names = ["pages"].into_iter().chain(kinds).chain(["tokens"]);
        let sections = self.sections.iter().map(|section| section.end - section.start);
        names.zip(sections).map(|(name, bytes)| PartSize { name, bytes }).collect()
    }
}

fn parse_section(entry: &[u8]) -> Option<Range<u64>> {
    let number = |range: Range<usize>| entry.get(range)?.try_into().ok().map(u64::from_le_bytes);
    let (offset, bytes) = (number(0..8)?, number(8..16)?);
    Some(offset..offset.checked_add(bytes)?)
}
