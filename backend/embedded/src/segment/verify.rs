//! Reads every byte of a segment back.

use std::{path::Path, slice, sync::Arc};

use arrow_array::RecordBatch;
use auditlog_core::store::QueryError;

use super::{
    Footer, Projection, RangeBuilder, RowRange, Segment, SegmentError, SegmentMeta, SelectedRows,
    open::scan_file,
    statistics::GroupStatistics,
    structure::{footer_findings, page_findings, read_metadata},
};
use crate::{
    cache::{Cache, VerifiedFile},
    columns::{binary_column, integer_column, name, text_column},
    index::{self, IndexBuilder},
};

/// One of a segment's two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentFile {
    /// The data file.
    Data,
    /// The index file: losing it loses no event.
    Index,
}

/// One problem of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentFinding {
    /// The file.
    pub file: SegmentFile,
    /// The problem, with the file's path.
    pub detail: String,
}

/// Receives the contents of a segment.
pub(crate) trait SegmentVisitor {
    /// Receives rows of the whole schema, in order. `first` is the number of the first one in the segment.
    fn rows(&mut self, first: u32, batch: &RecordBatch);

    /// Receives rows that cannot be read.
    fn unreadable(&mut self, rows: RowRange, reason: &str);

    /// Receives a problem of a file.
    fn found(&mut self, finding: SegmentFinding);

    /// Called before each row group: decides whether to continue.
    ///
    /// # Errors
    /// The reason to stop.
    fn check_continues(&mut self) -> Result<(), QueryError>;
}

/// The files of a segment, each opened if possible: a missing index file does not stop events from being read.
pub(crate) struct SegmentFiles {
    data: Result<VerifiedFile, QueryError>,
    index: Result<VerifiedFile, QueryError>,
}

impl SegmentFiles {
    pub(crate) fn open(directory: &Path, meta: &SegmentMeta, cache: &Arc<Cache>) -> Self {
        Self {
            data: VerifiedFile::open(&directory.join(meta.id.data_file_name()), meta.data.clone(), cache),
            index: VerifiedFile::open(&directory.join(meta.id.index_file_name()), meta.index.clone(), cache),
        }
    }

    /// The files that an open segment reads, which may not have their names any more.
    pub(crate) fn of(segment: &Segment, cache: &Arc<Cache>) -> Self {
        Self { data: segment.data().through(cache), index: segment.index_file().through(cache) }
    }

    /// Reads both files to their ends and passes everything in them to the visitor.
    ///
    /// Checks the checksums of all blocks, the footer and its statistics, the rows' order and ranges against the
    /// manifest, and whether the index file is the one that results from its data file. The visitor compares what the
    /// rows mean together (leaf hashes, trees).
    ///
    /// # Errors
    /// The visitor's reason to stop. Files that cannot be read are findings.
    pub(crate) fn verify(&self, meta: &SegmentMeta, visitor: &mut dyn SegmentVisitor) -> Result<(), QueryError> {
        let index = match &self.data {
            Ok(data) => Data { file: data, meta, is_damaged: false }.verify(visitor)?,
            Err(error) => {
                data_finding(visitor, error);
                visitor.unreadable(0..meta.rows, &text_of(error));
                None
            }
        };
        match &self.index {
            Ok(file) => verify_index(file, index, visitor),
            Err(error) => visitor.found(index_finding(&text_of(error))),
        }
        Ok(())
    }

    /// Passes the tenant, the id and the sequence of every readable row to `visit`. [`Self::verify`] reports the
    /// unreadable ones.
    pub(crate) fn for_each_id(&self, visit: &mut dyn FnMut(&str, [u8; 16], u64)) {
        let Ok(data) = &self.data else { return };
        let Ok(footer) = Footer::read_doubting(data).map(Arc::new) else { return };
        let wanted = Projection::Columns(vec![name::TENANT_ID, name::SEQUENCE, name::ID]);
        for group in footer.groups() {
            let rows = SelectedRows::new(data.clone(), Arc::clone(&footer), wanted.clone(), slice::from_ref(&group));
            for read in rows.into_iter().flatten().map_while(Result::ok) {
                visit_ids(&read.batch, visit);
            }
        }
    }
}

fn visit_ids(batch: &RecordBatch, visit: &mut dyn FnMut(&str, [u8; 16], u64)) {
    let tenants = text_column(batch, name::TENANT_ID);
    let (ids, sequences) = (binary_column(batch, name::ID), integer_column(batch, name::SEQUENCE));
    let (Some(ids), Some(sequences)) = (ids, sequences) else { return };
    for (row, (id, sequence)) in ids.iter().zip(sequences).enumerate() {
        let id = id.and_then(|id| id.try_into().ok());
        let sequence = sequence.and_then(|sequence| u64::try_from(sequence).ok());
        if let (Some(tenant), Some(id), Some(sequence)) = (tenants.get(row), id, sequence) {
            visit(tenant, id, sequence);
        }
    }
}

/// Reads both files of a segment back, past the cache: passes every batch of the whole schema to `rows`, in order, and
/// each problem to `found`. Returns when everything readable was read.
pub fn verify(segment: &Segment, rows: impl FnMut(&RecordBatch), found: impl FnMut(SegmentFinding)) {
    let cache = Arc::new(Cache::new(VERIFY_CACHE_BYTES));
    let files = SegmentFiles::of(segment, &cache);
    // This visitor never stops.
    let _ = files.verify(segment.meta(), &mut Closures { rows, found });
}

/// Blocks are read once.
const VERIFY_CACHE_BYTES: usize = 8 << 20;

struct Closures<R, F> {
    rows: R,
    found: F,
}

impl<R: FnMut(&RecordBatch), F: FnMut(SegmentFinding)> SegmentVisitor for Closures<R, F> {
    fn rows(&mut self, _: u32, batch: &RecordBatch) {
        (self.rows)(batch);
    }

    fn unreadable(&mut self, _: RowRange, _: &str) {}

    fn found(&mut self, finding: SegmentFinding) {
        (self.found)(finding);
    }

    fn check_continues(&mut self) -> Result<(), QueryError> {
        Ok(())
    }
}

/// The results over all rows of a segment, as long as each was read.
#[derive(Default)]
struct WholeSegment {
    ranges: RangeBuilder,
    index: IndexBuilder,
}

impl WholeSegment {
    fn push(&mut self, batch: &RecordBatch) -> Result<(), SegmentError> {
        self.ranges.push(batch)?;
        self.index.push(batch)?;
        Ok(())
    }
}

struct Data<'a> {
    file: &'a VerifiedFile,
    meta: &'a SegmentMeta,
    /// Whether a block was damaged: later failures need no other reason.
    is_damaged: bool,
}

impl Data<'_> {
    /// Returns the index computed from the rows, where all of them could be read.
    fn verify(mut self, visitor: &mut dyn SegmentVisitor) -> Result<Option<IndexBuilder>, QueryError> {
        let blocks = self.file.verify(|error| {
            self.is_damaged = true;
            data_finding(visitor, &error);
        });
        self.failed(blocks, visitor);
        let footer = Footer::read_doubting(self.file).map(Arc::new);
        let footer = match footer {
            Ok(footer) => footer,
            Err(error) => {
                visitor.unreadable(0..self.meta.rows, &text_of(&error));
                self.failed(Err(error), visitor);
                return Ok(None);
            }
        };
        let metadata = match read_metadata(self.file) {
            Ok(metadata) => Some(metadata),
            Err(error) => {
                self.failed(Err(error), visitor);
                None
            }
        };
        let findings = metadata.as_ref().map(|metadata| footer_findings(metadata, self.meta)).unwrap_or_default();
        let has_own_columns = findings.is_empty();
        self.report(findings, visitor);
        let mut whole = Some(WholeSegment::default());
        let mut behind = 0;
        for (number, group) in footer.groups().into_iter().enumerate() {
            visitor.check_continues()?;
            behind = group.end;
            let statistics = metadata.as_ref().filter(|_| has_own_columns);
            let mut statistics = statistics.map(|metadata| GroupStatistics::new(metadata, number));
            let mut read = |batch: &RecordBatch, first: u32| {
                if let Some(statistics) = &mut statistics {
                    statistics.add(batch);
                }
                let misplaced = whole.as_mut().and_then(|whole| whole.push(batch).err());
                visitor.rows(first, batch);
                if let Some(error) = misplaced {
                    whole = None;
                    self.report(vec![error.to_string()], visitor);
                }
            };
            match self.read_group(&footer, group, &mut read) {
                Ok(()) => {
                    if let Some(whole) = &mut whole {
                        whole.index.end_group();
                    }
                    let mut findings = statistics.map(|statistics| statistics.findings()).unwrap_or_default();
                    findings.extend(metadata.iter().flat_map(|metadata| page_findings(self.file, metadata, number)));
                    self.report(findings, visitor);
                }
                Err((rows, error)) => {
                    whole = None;
                    visitor.unreadable(rows, &text_of(&error));
                    self.failed(Err(error), visitor);
                }
            }
        }
        if behind < self.meta.rows {
            visitor.unreadable(behind..self.meta.rows, "the data file has fewer rows than the manifest lists");
        }
        let Some(WholeSegment { ranges, index }) = whole else { return Ok(None) };
        if ranges.rows() != self.meta.rows || ranges.finish() != self.meta.tenants {
            self.report(vec!["it does not hold the rows that the manifest lists".to_owned()], visitor);
        }
        Ok(Some(index))
    }

    /// Reads one row group. On a failure it reports the rows that were not read.
    fn read_group(
        &self,
        footer: &Arc<Footer>,
        group: RowRange,
        read: &mut dyn FnMut(&RecordBatch, u32),
    ) -> Result<(), (RowRange, QueryError)> {
        let RowRange { start: mut next, end } = group;
        let batches = scan_file(self.file, Arc::clone(footer), group).map_err(|error| (next..end, error))?;
        for batch in batches {
            let batch = batch.map_err(|error| (next..end, error))?;
            read(&batch, next);
            next = next.saturating_add(u32::try_from(batch.num_rows()).unwrap_or(u32::MAX));
        }
        if next < end { Err((next..end, self.too_few(next))) } else { Ok(()) }
    }

    fn too_few(&self, row: u32) -> QueryError {
        QueryError::Corrupted(format!("{} ends before row {row}", self.file.path().display()))
    }

    /// Reports a failure, unless damaged blocks are its reason.
    fn failed(&self, outcome: Result<(), QueryError>, visitor: &mut dyn SegmentVisitor) {
        if let Err(error) = outcome
            && !self.is_damaged
        {
            data_finding(visitor, &error);
        }
    }

    fn report(&self, findings: Vec<String>, visitor: &mut dyn SegmentVisitor) {
        for finding in findings {
            let detail = format!("{}: {finding}", self.file.path().display());
            visitor.found(SegmentFinding { file: SegmentFile::Data, detail });
        }
    }
}

/// Compares the index file with the one computed from its data file.
fn verify_index(file: &VerifiedFile, expected: Option<IndexBuilder>, visitor: &mut dyn SegmentVisitor) {
    let mut is_damaged = false;
    let blocks = file.verify(|error| {
        is_damaged = true;
        visitor.found(index_finding(&text_of(&error)));
    });
    if let Err(error) = blocks {
        return visitor.found(index_finding(&text_of(&error)));
    }
    let Some(expected) = expected.filter(|_| !is_damaged) else { return };
    match is_index(file, expected) {
        Ok(true) => {}
        Ok(false) => {
            let path = file.path().display();
            visitor.found(index_finding(&format!("{path} is not the index of its data file")));
        }
        Err(error) => visitor.found(index_finding(&text_of(&error))),
    }
}

fn is_index(file: &VerifiedFile, expected: IndexBuilder) -> Result<bool, QueryError> {
    // An index of an earlier version is right if its checksums match, and the next start rebuilds it.
    if index::is_outdated(file)? {
        return Ok(true);
    }
    let stored = file.read_past_cache(0..file.bytes())?;
    Ok(*stored == expected.finish()?)
}

fn index_finding(detail: &str) -> SegmentFinding {
    let detail = format!("index damaged; no event lost; run `auditlog reindex`: {detail}");
    SegmentFinding { file: SegmentFile::Index, detail }
}

fn data_finding(visitor: &mut dyn SegmentVisitor, error: &QueryError) {
    visitor.found(SegmentFinding { file: SegmentFile::Data, detail: text_of(error) });
}

fn text_of(error: &QueryError) -> String {
    match error {
        QueryError::Corrupted(detail) | QueryError::Unavailable(detail) => detail.clone(),
        other => other.to_string(),
    }
}
