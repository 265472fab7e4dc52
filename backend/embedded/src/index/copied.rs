//! Owns how the postings of rows copied from other segments are taken over: hashes and kinds of text stay, rows and
//! pages are renumbered. The kinds of a word are those of its whole segment, so all rows of the segment must be in the
//! new one, copied or not.

use auditlog_core::store::QueryError;

use super::{
    IndexReader, Rows,
    file::Part,
    pages::{Pages, Span},
    table::{Place, Walked},
    table_writer::Posting,
};
use crate::cache::VerifiedFile;

/// An index file of which some rows are taken over.
pub(super) struct Source {
    file: VerifiedFile,
    rows: u32,
    /// Sorted by the rows of origin.
    moves: Vec<Move>,
}

/// Whole pages that move together.
struct Move {
    from: Rows,
    from_pages: Rows,
    to: u32,
    to_page: u32,
}

impl Source {
    /// The index file of a segment with this number of rows.
    pub(super) fn new(file: &VerifiedFile, rows: u32) -> Self {
        Self { file: file.clone(), rows, moves: Vec::new() }
    }

    /// Whether it is this file.
    pub(super) fn is(&self, file: &VerifiedFile) -> bool {
        self.file.is_same_as(file)
    }

    /// Takes over these rows, which are whole pages after all that were taken over before. Returns the earliest and the
    /// latest time of them.
    pub(super) fn take(&mut self, rows: Rows, pages: &mut Pages) -> Result<Span<i64>, QueryError> {
        let index = IndexReader::open(&self.file, self.rows)?;
        let moved = index.pages(rows.clone())?;
        let are_whole = moved.first().is_some_and(|page| page.rows.start == rows.start)
            && moved.last().is_some_and(|page| page.rows.end == rows.end);
        if !are_whole {
            let path = self.file.path().display();
            return Err(QueryError::Corrupted(format!("{path} has pages that do not end with their row group")));
        }
        let from_page = index.page_of(rows.start)?;
        let from_pages = from_page..from_page + u32::try_from(moved.len()).unwrap_or(u32::MAX);
        let to = pages.rows();
        let to_page = pages.append(&moved);
        self.moves.push(Move { from: rows, from_pages, to, to_page });
        Ok(moved.iter().map(|page| page.occurred_at).fold(Span::EMPTY, Span::union))
    }

    /// Appends the postings of a part of the index that belong to rows that were taken over.
    pub(super) fn append(&self, part: Part, pages: &Pages, postings: &mut Vec<Posting>) -> Result<(), QueryError> {
        IndexReader::open(&self.file, self.rows)?.walk(part, |Walked { cut, kinds, place }| {
            let posting = match place {
                Place::Row(row) => self.row(row).map(|row| Posting::of_cut(cut, row)),
                Place::Page(page) => self.page(page).and_then(|page| pages.first_row(page)).map(|row| {
                    // Which rows of the page it is in is not known, so it refers to the page as a whole again.
                    Posting::of_cut(cut, row).recurring()
                }),
            };
            postings.extend(posting.map(|posting| posting.in_kinds(kinds)));
        })
    }

    fn row(&self, row: u32) -> Option<u32> {
        let moved = self.moves.get(self.moves.partition_point(|moved| moved.from.end <= row))?;
        row.checked_sub(moved.from.start).map(|behind| moved.to + behind)
    }

    fn page(&self, page: u32) -> Option<u32> {
        let moved = self.moves.get(self.moves.partition_point(|moved| moved.from_pages.end <= page))?;
        page.checked_sub(moved.from_pages.start).map(|behind| moved.to_page + behind)
    }
}
