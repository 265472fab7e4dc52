//! The pages of a segment's rows: the rows of each, and the earliest and latest `occurred_at` among them.
//!
//! A page has at most [`PAGE_ROWS`] rows. It also ends where its row group ends, so that row groups keep their pages
//! when they are copied to a larger segment.

use std::ops::Range;

use super::{Rows, table::Extent};
use crate::index::PAGE_ROWS;

/// The size of a page's entry in the index file, in bytes.
pub(super) const PAGE_BYTES: usize = 20;

/// A page's entry in an index file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its rows, which are consecutive.
    pub rows: Rows,
    /// The `occurred_at` of its rows.
    pub occurred_at: Span<i64>,
}

/// The earliest and the latest of some times, in microseconds since 1970, or of other ordered values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span<T> {
    /// The earliest.
    pub earliest: T,
    /// The latest.
    pub latest: T,
}

impl<T: Ord + Copy> Span<T> {
    /// That of one value.
    #[must_use]
    pub fn of(value: T) -> Self {
        Self { earliest: value, latest: value }
    }

    /// That of the values of both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self { earliest: self.earliest.min(other.earliest), latest: self.latest.max(other.latest) }
    }

    /// That of the values that lie in both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self { earliest: self.earliest.max(other.earliest), latest: self.latest.min(other.latest) }
    }
}

impl Span<i64> {
    /// That of no times.
    pub const EMPTY: Self = Self { earliest: i64::MAX, latest: i64::MIN };
}

/// The pages of consecutive rows.
#[derive(Debug, Default)]
pub(super) struct Pages {
    pages: Vec<Page>,
    /// Whether the next row belongs to the last page.
    is_open: bool,
}

impl Pages {
    /// The number of rows.
    pub(super) fn rows(&self) -> u32 {
        self.pages.last().map_or(0, |page| page.rows.end)
    }

    pub(super) fn extent(&self) -> Extent {
        Extent { rows: self.rows(), pages: u32::try_from(self.pages.len()).unwrap_or(u32::MAX) }
    }

    /// Adds a row with this time.
    pub(super) fn push_row(&mut self, time: i64) {
        let row = self.rows();
        match self.pages.last_mut().filter(|_| self.is_open) {
            Some(page) => {
                page.rows.end = row + 1;
                page.occurred_at = page.occurred_at.union(Span::of(time));
            }
            None => self.pages.push(Page { rows: row..row + 1, occurred_at: Span::of(time) }),
        }
        self.is_open = true;
    }

    /// The number of rows that fit on the page of the next row.
    pub(super) fn room(&self) -> usize {
        let taken = self.pages.last().filter(|_| self.is_open).map_or(0, |page| page.rows.len());
        PAGE_ROWS as usize - taken
    }

    /// Whether the last page takes no more rows.
    pub(super) fn is_full(&self) -> bool {
        self.pages.last().is_some_and(|page| self.is_open && page.rows.len() == PAGE_ROWS as usize)
    }

    /// Ends the page, so that the next row begins another one.
    pub(super) fn end_page(&mut self) {
        self.is_open = false;
    }

    /// Appends whole pages of another segment. Returns the number of the first of them here.
    pub(super) fn append(&mut self, pages: &[Page]) -> u32 {
        self.end_page();
        let (number, mut row) = (self.extent().pages, self.rows());
        for page in pages {
            let end = row + page.rows.end.saturating_sub(page.rows.start);
            self.pages.push(Page { rows: row..end, occurred_at: page.occurred_at });
            row = end;
        }
        number
    }

    /// The number of the page that a row is in.
    pub(super) fn page_of(&self, row: u32) -> u32 {
        // No page has more rows than PAGE_ROWS, so no earlier page has the row. Nearly all pages have as many, so it is
        // this one or one soon after it.
        let first = ((row / PAGE_ROWS) as usize).min(self.pages.len());
        let possible = &self.pages[first..];
        let behind = match possible.first() {
            Some(page) if row < page.rows.end => 0,
            _ => possible.partition_point(|page| page.rows.end <= row),
        };
        u32::try_from(first + behind).unwrap_or(u32::MAX)
    }

    /// The first row of a page.
    pub(super) fn first_row(&self, page: u32) -> Option<u32> {
        self.pages.get(page as usize).map(|page| page.rows.start)
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.pages.len() * PAGE_BYTES);
        for page in &self.pages {
            bytes.extend(page.rows.start.to_le_bytes());
            bytes.extend(page.occurred_at.earliest.to_le_bytes());
            bytes.extend(page.occurred_at.latest.to_le_bytes());
        }
        bytes
    }
}

/// Parses consecutive pages. The last one ends with `end`. `None` where their rows are not consecutive.
pub(super) fn parse(bytes: &[u8], end: u32) -> Option<Vec<Page>> {
    let first_row = |entry: &[u8]| entry.get(..4)?.try_into().ok().map(u32::from_le_bytes);
    let time = |entry: &[u8], at: Range<usize>| entry.get(at)?.try_into().ok().map(i64::from_le_bytes);
    let entries = bytes.chunks_exact(PAGE_BYTES);
    let ends = entries.clone().skip(1).map(first_row).chain([Some(end)]);
    let pages = entries.zip(ends).map(|(entry, end)| {
        let rows = first_row(entry)?..end?;
        let occurred_at = Span { earliest: time(entry, 4..12)?, latest: time(entry, 12..20)? };
        (rows.start < rows.end).then_some(Page { rows, occurred_at })
    });
    pages.collect()
}
