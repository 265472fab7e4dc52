//! Reads an index file.
//!
//! ```text
//! header    "auditidx" · version u32 · tokeniser version u32 · rows u32 · rows of a page u32 · sections u32 · 0 u32
//! sections  offset u64 · bytes u64, for each: pages, the eight exact kinds in their order, tokens
//! pages     earliest and latest `occurred_at` of each page, i64 microseconds since 1970
//! ```
//! All numbers are little endian.

use std::ops::Range;

use auditlog_core::{id::TenantId, query::TOKENIZER_VERSION, store::QueryError};

use super::{
    ExactKind, INDEX_VERSION, PartSize, Rows,
    keys::{tenant_hash, token_hash},
    table::{Places, TableReader},
};
use crate::{cache::VerifiedFile, segment::PAGE_ROWS};

pub(super) const MAGIC: &[u8; 8] = b"auditidx";
pub(super) const HEADER_BYTES: usize = 32;
pub(super) const SECTION_ENTRY_BYTES: usize = 16;
/// The pages, a table for each exact kind, and the tokens.
pub(super) const SECTIONS: usize = ExactKind::ALL.len() + 2;
const PAGE_BYTES: usize = 16;

/// The earliest and the latest `occurred_at` of the rows of a page, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageBounds {
    /// The earliest.
    pub min: i64,
    /// The latest.
    pub max: i64,
}

impl PageBounds {
    pub(super) fn to_bytes(self) -> [u8; PAGE_BYTES] {
        let mut bytes = [0; PAGE_BYTES];
        bytes[..8].copy_from_slice(&self.min.to_le_bytes());
        bytes[8..].copy_from_slice(&self.max.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let number = |range: Range<usize>| bytes.get(range)?.try_into().ok().map(i64::from_le_bytes);
        Some(Self { min: number(0..8)?, max: number(8..16)? })
    }
}

/// An index file, ready to be asked.
pub struct IndexReader<'a> {
    file: &'a VerifiedFile,
    rows: u32,
    sections: Vec<Range<u64>>,
}

impl<'a> IndexReader<'a> {
    /// Reads the header of the index file of a segment with `rows` rows.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where the file is damaged, or of a version or for rows other than expected: the
    /// operator is told to rebuild it.
    pub fn open(file: &'a VerifiedFile, rows: u32) -> Result<Self, QueryError> {
        let stale = || {
            let path = file.path().display();
            QueryError::Corrupted(format!("{path} is no index file of this version; `auditlog reindex` rebuilds it"))
        };
        if !usize::try_from(file.bytes()).is_ok_and(|bytes| bytes >= HEADER_BYTES + SECTIONS * SECTION_ENTRY_BYTES) {
            return Err(stale());
        }
        let bytes = file.read(0, HEADER_BYTES + SECTIONS * SECTION_ENTRY_BYTES)?;
        let (header, entries) = bytes.split_at(HEADER_BYTES);
        let count = u32::try_from(SECTIONS).unwrap_or(u32::MAX);
        let expected = [INDEX_VERSION, TOKENIZER_VERSION, rows, PAGE_ROWS, count];
        let words = header[8..].chunks_exact(4).filter_map(|word| word.try_into().ok().map(u32::from_le_bytes));
        if !header.starts_with(MAGIC) || !words.take(expected.len()).eq(expected) {
            return Err(stale());
        }
        let sections: Option<Vec<_>> = entries.chunks_exact(SECTION_ENTRY_BYTES).map(parse_section).collect();
        let sections = sections.filter(|sections| sections.iter().all(|section| section.end <= file.bytes()));
        Ok(Self { file, rows, sections: sections.ok_or_else(stale)? })
    }

    fn section(&self, position: usize) -> Range<u64> {
        self.sections.get(position).cloned().unwrap_or(0..0)
    }

    /// The bounds of `occurred_at` of these pages.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where the file is damaged.
    pub fn page_bounds(&self, pages: Range<u32>) -> Result<Vec<PageBounds>, QueryError> {
        let start = self.section(0).start + u64::from(pages.start) * PAGE_BYTES as u64;
        let bytes = self.file.read(start, pages.len() * PAGE_BYTES)?;
        Ok(bytes.chunks_exact(PAGE_BYTES).filter_map(PageBounds::from_bytes).collect())
    }

    /// The rows that may hold this value of this tenant, sorted. Every row that does is among them.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where the file is damaged.
    pub fn exact(&self, kind: ExactKind, tenant_id: &TenantId, value: &[u8]) -> Result<Vec<u32>, QueryError> {
        let table = TableReader::open(self.file, self.section(1 + kind.position()))?;
        Ok(match table.find(tenant_hash(tenant_id, value))? {
            None => Vec::new(),
            Some(Places::Rows(rows)) => rows,
            Some(Places::Pages(pages)) => pages.into_iter().flat_map(|page| self.page_rows(page)).collect(),
        })
    }

    /// The rows that may have this token in a searched text, as ranges: single rows where it is rare, else pages. Every
    /// row that has it is among them.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where the file is damaged.
    pub fn token(&self, token: &str) -> Result<Vec<Rows>, QueryError> {
        let table = TableReader::open(self.file, self.section(SECTIONS - 1))?;
        Ok(match table.find(token_hash(token))? {
            None => Vec::new(),
            Some(Places::Rows(rows)) => rows.into_iter().map(|row| row..row + 1).collect(),
            Some(Places::Pages(pages)) => pages.into_iter().map(|page| self.page_rows(page)).collect(),
        })
    }

    /// The rows of a page.
    fn page_rows(&self, page: u32) -> Rows {
        let start = page.saturating_mul(PAGE_ROWS);
        start..start.saturating_add(PAGE_ROWS).min(self.rows.max(start))
    }

    /// How many bytes each part of the file takes.
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
