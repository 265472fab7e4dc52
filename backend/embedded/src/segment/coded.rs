//! Reads columns of many rows without creating texts: a text is replaced by the number that the caller assigns to it.
//! Where a page holds dictionary indexes, each entry of the dictionary is processed once.

use std::{
    collections::{HashSet, VecDeque},
    ops::Range,
    slice,
    sync::Arc,
};

use auditlog_core::{query::Meter, store::QueryError};
use parquet::errors::{ParquetError, Result};

use super::{
    Footer, RowRange, Segment,
    decode::{Cell, CodeKind, Levels, Plain, WholePage, levels_of, unreadable},
    footer::RowGroup,
    pages::{Chunk, GroupPages, PageOfRow},
};
use crate::cache::ParquetSource;

/// The code of a missing value.
pub(crate) const NO_CODE: u32 = u32::MAX;

/// Numbers that represent the values of rows.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    /// The start of the values of each row, followed by the end of the last; empty where each row has one value or
    /// [`NO_CODE`].
    starts: Vec<u32>,
    codes: Vec<u32>,
}

impl Codes {
    /// Room for this many rows with at most one value.
    pub(crate) fn single(rows: usize) -> Self {
        Self { starts: Vec::new(), codes: Vec::with_capacity(rows) }
    }

    /// Room for this many rows with any number of values.
    pub(crate) fn several(rows: usize) -> Self {
        let mut starts = Vec::with_capacity(rows + 1);
        starts.push(0);
        Self { starts, codes: Vec::with_capacity(rows) }
    }

    /// Adds a row of one value, or of [`NO_CODE`].
    pub(crate) fn push(&mut self, code: u32) {
        self.codes.push(code);
    }

    /// Adds this many rows of the same value.
    pub(crate) fn push_run(&mut self, code: u32, rows: usize) {
        self.codes.resize(self.codes.len() + rows, code);
    }

    /// Adds a row of values. Each is kept once, in the order in which they come first.
    pub(crate) fn push_row(&mut self, values: impl IntoIterator<Item = u32>) {
        /// Up to this many values are compared with each other, which is faster than a set.
        const COMPARED_MAX: usize = 32;
        let start = self.codes.len();
        let mut seen = HashSet::new();
        for code in values {
            let row = &self.codes[start..];
            let is_new = if row.len() < COMPARED_MAX {
                !row.contains(&code)
            } else {
                if seen.is_empty() {
                    seen.extend(row.iter().copied());
                }
                seen.insert(code)
            };
            if is_new {
                self.codes.push(code);
            }
        }
        self.starts.push(u32::try_from(self.codes.len()).unwrap_or(u32::MAX));
    }

    /// The one value of each row; `None` where rows may have several.
    pub(crate) fn as_single(&self) -> Option<&[u32]> {
        self.starts.is_empty().then_some(&self.codes)
    }

    /// The values of all rows, including [`NO_CODE`] where rows have at most one value.
    pub(crate) fn all(&self) -> &[u32] {
        &self.codes
    }

    /// The values of a row.
    pub(crate) fn of_row(&self, row: usize) -> &[u32] {
        if self.starts.is_empty() {
            let code = self.codes.get(row).filter(|code| **code != NO_CODE);
            return code.map_or(&[], slice::from_ref);
        }
        let place = |at: usize| self.starts.get(at).map_or(0, |start| *start as usize);
        self.codes.get(place(row)..place(row + 1)).unwrap_or_default()
    }
}

impl Segment {
    /// The texts of a column in some rows (sorted ranges), as the numbers that `code_of` returns. `None` where the file
    /// has unknown encodings.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where a page is damaged; those of the meter's budget.
    pub(crate) fn codes(
        &self,
        column: &str,
        rows: &[RowRange],
        meter: &Meter<'_>,
        mut code_of: impl FnMut(&str) -> u32,
    ) -> Result<Option<Codes>, QueryError> {
        let is_list = column.contains('.');
        let count = rows.iter().map(ExactSizeIterator::len).sum();
        let mut codes = if is_list { Codes::several(count) } else { Codes::single(count) };
        let read = self.each_page(column, rows, meter, |part| match part {
            PagePart::Nothing(rows) if is_list => {
                (0..rows).for_each(|_| codes.push_row([]));
                Ok(())
            }
            PagePart::Nothing(rows) => {
                codes.push_run(NO_CODE, rows);
                Ok(())
            }
            PagePart::Page(page, dictionary, rows) => {
                let values = page_codes(page, dictionary, &mut code_of)?;
                match page.repetition() {
                    None => push_singles(page, &values, rows, &mut codes),
                    Some(_) => push_lists(page, &values, rows, &mut codes),
                }
            }
        })?;
        Ok(read.then_some(codes))
    }

    /// The times of a column in some rows, in microseconds since 1970; otherwise like [`Self::codes`].
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where a page is damaged; those of the meter's budget.
    pub(crate) fn times(
        &self,
        column: &str,
        rows: &[RowRange],
        meter: &Meter<'_>,
    ) -> Result<Option<Vec<i64>>, QueryError> {
        let mut times = Vec::with_capacity(rows.iter().map(ExactSizeIterator::len).sum());
        let mut of_page = Vec::new();
        let read = self.each_page(column, rows, meter, |part| match part {
            PagePart::Nothing(_) => Err(ParquetError::NYI("a column of times holds nothing".to_owned())),
            PagePart::Page(page, _, rows) => {
                page.integers(&mut of_page)?;
                if of_page.len() != page.places() {
                    return Err(ParquetError::NYI("a column of times has gaps".to_owned()));
                }
                for range in rows {
                    times.extend_from_slice(of_page.get(range.clone()).ok_or_else(unreadable)?);
                }
                Ok(())
            }
        })?;
        Ok(read.then_some(times))
    }

    /// Passes every page of a column with wanted rows to `take`, one after the other. Returns whether all of them could
    /// be decoded.
    fn each_page(
        &self,
        column: &str,
        rows: &[RowRange],
        meter: &Meter<'_>,
        mut take: impl FnMut(PagePart<'_, '_, '_>) -> Result<()>,
    ) -> Result<bool, QueryError> {
        let source = ParquetSource::new(self.data().clone());
        let columns = ColumnPages { footer: self.footer()?, source: source.clone() };
        let mut interruption = None;
        let walked = columns.walk(column, rows, &mut |part| {
            interruption = meter.examine(part.bytes()).err();
            match interruption {
                Some(_) => Err(ParquetError::General("the query was interrupted".to_owned())),
                None => take(part),
            }
        });
        if let Some(interruption) = interruption {
            return Err(interruption.into());
        }
        match walked {
            Ok(()) => Ok(true),
            Err(ParquetError::NYI(_)) => Ok(false),
            Err(error) => Err(source.explain(&error)),
        }
    }
}

/// A piece of a column.
enum PagePart<'p, 'w, 'd> {
    /// This many rows without any value.
    Nothing(usize),
    /// Wanted rows of a page, counted in it.
    Page(&'p mut WholePage<'w>, Option<&'p mut Dictionary<'d>>, &'p [Range<usize>]),
}

impl PagePart<'_, '_, '_> {
    /// The cost of processing it, in bytes.
    fn bytes(&self) -> usize {
        match self {
            Self::Nothing(rows) => *rows,
            Self::Page(page, ..) => page.bytes(),
        }
    }
}

/// The dictionary of a column chunk, and the numbers of its entries.
struct Dictionary<'a> {
    entries: Plain<'a>,
    codes: Vec<u32>,
}

impl Dictionary<'_> {
    /// The number of an entry's text, which is requested once.
    fn code(&mut self, entry: u32, code_of: &mut impl FnMut(&str) -> u32) -> Result<u32> {
        let at = entry as usize;
        if let Some(known) = self.codes.get(at).filter(|code| **code != NO_CODE) {
            return Ok(*known);
        }
        let Some(Cell::Bytes(text)) = self.entries.get(at) else { return Err(unreadable()) };
        let code = code_of(text_of(text)?);
        if self.codes.len() <= at {
            self.codes.resize(at + 1, NO_CODE);
        }
        self.codes[at] = code;
        Ok(code)
    }
}

fn text_of(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| unreadable())
}

/// The number of each value that the page holds.
fn page_codes(
    page: &mut WholePage<'_>,
    dictionary: Option<&mut Dictionary<'_>>,
    code_of: &mut impl FnMut(&str) -> u32,
) -> Result<Vec<u32>> {
    let mut codes = Vec::new();
    let kind = page.codes(&mut codes, |text| Ok(code_of(text_of(text)?)))?;
    if kind == CodeKind::OfDictionary && !codes.is_empty() {
        let dictionary = dictionary.ok_or_else(unreadable)?;
        for code in &mut codes {
            *code = dictionary.code(*code, code_of)?;
        }
    }
    Ok(codes)
}

/// Adds the wanted rows of a page whose rows have at most one value.
fn push_singles(page: &WholePage<'_>, values: &[u32], rows: &[Range<usize>], codes: &mut Codes) -> Result<()> {
    let Some(definition) = page.definition() else {
        for range in rows {
            codes.codes.extend_from_slice(values.get(range.clone()).ok_or_else(unreadable)?);
        }
        return Ok(());
    };
    let mut values = values.iter().copied();
    let placed: Vec<u32> =
        definition.iter().map(|level| if *level > 0 { values.next().unwrap_or(NO_CODE) } else { NO_CODE }).collect();
    for range in rows {
        codes.codes.extend_from_slice(placed.get(range.clone()).ok_or_else(unreadable)?);
    }
    Ok(())
}

/// Adds the wanted rows of a page whose rows are lists. An element of a list may lack this part.
fn push_lists(page: &WholePage<'_>, values: &[u32], rows: &[Range<usize>], codes: &mut Codes) -> Result<()> {
    let (Some(repetition), Some(definition)) = (page.repetition(), page.definition()) else {
        return Err(unreadable());
    };
    // The start of the values of each row.
    let (mut starts, mut passed) = (Vec::new(), 0);
    for (repeated, level) in repetition.iter().zip(definition) {
        if *repeated == 0 {
            starts.push(passed);
        }
        passed += usize::from(u64::from(*level) == page.definition_max());
    }
    starts.push(passed);
    for row in rows.iter().cloned().flatten() {
        let (Some(start), Some(end)) = (starts.get(row), starts.get(row + 1)) else { return Err(unreadable()) };
        codes.push_row(values.get(*start..*end).ok_or_else(unreadable)?.iter().copied());
    }
    Ok(())
}

struct ColumnPages {
    footer: Arc<Footer>,
    source: ParquetSource,
}

impl ColumnPages {
    fn walk(
        &self,
        column: &str,
        rows: &[RowRange],
        take: &mut impl FnMut(PagePart<'_, '_, '_>) -> Result<()>,
    ) -> Result<()> {
        let leaf = self.footer.leaf(column);
        for (group, wanted) in self.by_group(rows)? {
            match leaf.filter(|leaf| !self.footer.is_all_null(group, *leaf)) {
                None => take(PagePart::Nothing(wanted.iter().map(Range::len).sum()))?,
                Some(leaf) => {
                    let pages = GroupPages { source: self.source.clone(), footer: Arc::clone(&self.footer), group };
                    let levels = levels_of(self.footer.schema(), leaf)?;
                    walk_chunk(&pages.chunk(leaf)?, levels, wanted, take)?;
                }
            }
        }
        Ok(())
    }

    /// The row groups of some rows, and the rows counted in each.
    fn by_group(&self, rows: &[RowRange]) -> Result<Vec<(usize, Vec<Range<usize>>)>> {
        let mut groups: Vec<(usize, Vec<Range<usize>>)> = Vec::new();
        // The group of the previous row: neighbours are mostly in one group.
        let mut known: Option<RowGroup> = None;
        for range in rows {
            let mut start = range.start;
            while start < range.end {
                if known.as_ref().is_none_or(|group| !group.rows.contains(&start)) {
                    known = self.footer.group_of(start);
                }
                let missing = || ParquetError::General(format!("there is no row {start}"));
                let group = known.as_ref().filter(|group| group.rows.contains(&start)).ok_or_else(missing)?;
                let within = &group.rows;
                let end = range.end.min(within.end);
                let here = (start - within.start) as usize..(end - within.start) as usize;
                match groups.last_mut().filter(|(last, _)| *last == group.number) {
                    Some((_, ranges)) => ranges.push(here),
                    None => groups.push((group.number, vec![here])),
                }
                start = end;
            }
        }
        Ok(groups)
    }
}

fn walk_chunk(
    chunk: &Chunk<'_>,
    levels: Levels,
    wanted: Vec<Range<usize>>,
    take: &mut impl FnMut(PagePart<'_, '_, '_>) -> Result<()>,
) -> Result<()> {
    let stored = chunk.dictionary()?;
    let mut dictionary = stored
        .as_ref()
        .map(|page| Dictionary { entries: Plain::new(page.buffer().as_ref(), levels.shape), codes: Vec::new() });
    let mut wanted = VecDeque::from(wanted);
    let mut here = Vec::new();
    while let Some(first) = wanted.front() {
        let PageOfRow { number, rows } = chunk.data_page_of(first.start).ok_or_else(unreadable)?;
        here.clear();
        while let Some(range) = wanted.front_mut().filter(|range| range.start < rows.end) {
            here.push(range.start - rows.start..range.end.min(rows.end) - rows.start);
            if range.end > rows.end {
                range.start = rows.end;
                break;
            }
            wanted.pop_front();
        }
        let page = chunk.data_page(number)?;
        let mut page = WholePage::new(&page, levels)?;
        take(PagePart::Page(&mut page, dictionary.as_mut(), &here))?;
    }
    Ok(())
}
