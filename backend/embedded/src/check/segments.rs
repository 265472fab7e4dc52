//! Owns the check of one segment.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use arrow_array::RecordBatch;
use auditlog_core::{
    id::TenantId,
    leaf::leaf_hash,
    store::{Finding, Findings, Part, QueryError, SequenceSpan},
};

use crate::{
    check::{duplicates::IdFilter, receipts::Receipts, tree::SealedTree},
    columns::EventColumns,
    segment::{RowRange, SegmentFile, SegmentFiles, SegmentFinding, SegmentMeta, SegmentVisitor},
};

/// The sealed events read so far.
pub(super) struct Sealed {
    pub(super) logs: BTreeMap<TenantId, SealedLog>,
    pub(super) ids: IdFilter,
}

/// The part of one log that was read.
#[derive(Debug, Default)]
pub(super) struct SealedLog {
    pub(super) tree: SealedTree,
    pub(super) receipts: Receipts,
    pub(super) findings: Findings,
    /// Events of a log that the ledger does not know are counted.
    pub(super) events: u64,
}

/// Reads one segment.
pub(super) struct SegmentCheck<'a> {
    pub(super) directory: PathBuf,
    pub(super) meta: &'a SegmentMeta,
    pub(super) sealed: &'a mut Sealed,
    pub(super) findings: &'a mut Findings,
    /// The tenant whose log is checked; `None` checks all.
    pub(super) wanted: Option<&'a TenantId>,
    /// Receives the number of rows of the segment that were read, and returns an error to stop.
    pub(super) step: &'a mut dyn FnMut(u32) -> Result<(), QueryError>,
}

impl SegmentCheck<'_> {
    /// Reads the files to their ends.
    ///
    /// # Errors
    /// The error that `step` returns.
    pub(super) fn run(self, files: &SegmentFiles) -> Result<(), QueryError> {
        let meta = self.meta;
        let mut visitor = Visitor { check: self, hours: BTreeSet::new(), rows: 0, is_whole: true };
        files.verify(meta, &mut visitor)?;
        visitor.compare_hours();
        Ok(())
    }
}

struct Visitor<'a> {
    check: SegmentCheck<'a>,
    hours: BTreeSet<u32>,
    rows: u32,
    is_whole: bool,
}

impl SegmentVisitor for Visitor<'_> {
    fn rows(&mut self, first: u32, batch: &RecordBatch) {
        let columns = EventColumns::of(batch);
        for (row, number) in (0..batch.num_rows()).zip(first..) {
            self.rows = number + 1;
            match columns.event(row) {
                Ok(stored) => self.add(&stored),
                Err(error) => self.unreadable(number..number + 1, &error.to_string()),
            }
        }
    }

    fn unreadable(&mut self, rows: RowRange, reason: &str) {
        self.is_whole = false;
        let path = self.path(SegmentFile::Data);
        for range in &self.check.meta.tenants {
            let first = rows.start.max(range.row_start);
            let end = rows.end.min(range.row_start.saturating_add(range.rows));
            if first >= end || self.check.wanted.is_some_and(|wanted| *wanted != range.tenant_id) {
                continue;
            }
            let sequence = |row: u32| range.first_sequence + u64::from(row - range.row_start);
            let span = SequenceSpan { first: sequence(first), last: sequence(end - 1) };
            let finding = Finding::new(Part::Events, format!("they cannot be read: {reason}"));
            let log = self.check.sealed.logs.entry(range.tenant_id.clone()).or_default();
            log.findings.push(finding.about(span).in_file(path.clone()));
        }
    }

    /// Adds a finding, whose position in the file is stated only in its text.
    fn found(&mut self, SegmentFinding { file, detail }: SegmentFinding) {
        let part = match file {
            SegmentFile::Data => Part::File,
            SegmentFile::Index => Part::Index,
        };
        let offset = detail.rsplit_once("at offset ").and_then(|(_, offset)| offset.parse().ok());
        self.check.findings.push(Finding::new(part, detail).in_file(self.path(file)).at(offset));
    }

    fn check_continues(&mut self) -> Result<(), QueryError> {
        (self.check.step)(self.rows)
    }
}

impl Visitor<'_> {
    fn path(&self, file: SegmentFile) -> String {
        let id = self.check.meta.id;
        let name = match file {
            SegmentFile::Data => id.data_file_name(),
            SegmentFile::Index => id.index_file_name(),
        };
        self.check.directory.join(name).display().to_string()
    }

    fn add(&mut self, stored: &auditlog_core::event::StoredEvent) {
        let (event, sequence) = (&stored.event, stored.sequence);
        self.hours.insert(event.id.hour());
        if self.check.wanted.is_some_and(|wanted| *wanted != event.tenant_id) {
            return;
        }
        self.check.sealed.ids.add(event.tenant_id.as_str(), *event.id.as_bytes());
        let day = self.check.meta.day;
        let logs = &mut self.check.sealed.logs;
        // A tenant's rows are consecutive, so its name is copied at most once per segment.
        if !logs.contains_key(&event.tenant_id) {
            logs.insert(event.tenant_id.clone(), SealedLog::default());
        }
        let Some(log) = logs.get_mut(&event.tenant_id) else { return };
        log.events += 1;
        log.tree.add(sequence, leaf_hash(event, &stored.salt));
        log.receipts.add(sequence, event);
        if event.received_at.day() != day {
            let span = SequenceSpan { first: sequence, last: sequence };
            let finding = Finding::new(Part::Events, "it was received on another day than its segment says");
            log.findings.push(finding.about(span));
        }
    }

    /// Does nothing where rows could not be read, because then missing hours prove nothing.
    fn compare_hours(&mut self) {
        if self.is_whole && !self.hours.iter().eq(&self.check.meta.hours) {
            let path = self.path(SegmentFile::Data);
            let detail = format!("{path}: the manifest lists other hours than those of the ids");
            self.check.findings.push(Finding::new(Part::Ledger, detail).in_file(path));
        }
    }
}
