//! Owns reading one segment back.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use arrow_array::RecordBatch;
use auditlog_core::{id::TenantId, leaf::leaf_hash, store::QueryError};

use crate::{
    cache::Cache,
    check::{Problem, SealedTree},
    columns::EventColumns,
    error::StoreError,
    segment::{Segment, SegmentMeta, verify},
};

/// Opens a segment that the manifest lists, reads every byte of it, and hands its leaves to the trees.
pub(super) fn check_segment(
    directory: &Path,
    meta: &SegmentMeta,
    cache: &Arc<Cache>,
    trees: &mut BTreeMap<TenantId, SealedTree>,
    report: &mut dyn FnMut(Problem),
) -> Result<(), StoreError> {
    match Segment::open(directory, meta.clone(), cache) {
        Ok(segment) => check_open_segment(directory, &segment, trees, report),
        Err(QueryError::Corrupted(detail)) => {
            report(problem(directory, meta, detail));
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// As [`check_segment`], of one that is open.
pub(super) fn check_open_segment(
    directory: &Path,
    segment: &Segment,
    trees: &mut BTreeMap<TenantId, SealedTree>,
    report: &mut dyn FnMut(Problem),
) -> Result<(), StoreError> {
    let meta = segment.meta();
    let mut rows = Rows { meta, trees, hours: BTreeSet::new(), findings: Vec::new() };
    let damaged = |error: QueryError| {
        let detail = match error {
            QueryError::Corrupted(detail) => detail,
            other => other.to_string(),
        };
        report(problem(directory, meta, detail));
    };
    verify(segment, |batch| rows.read(batch), damaged)?;
    // Where damage kept rows from being read, what is missing of the hours says nothing.
    let Rows { hours, mut findings, .. } = rows;
    if !hours.is_empty() && !hours.iter().eq(&meta.hours) {
        findings.push("the manifest lists other hours than those of the ids".to_owned());
    }
    for finding in findings {
        let file = directory.join(meta.id.data_file_name());
        report(Problem { file, offset: None, tenant_id: None, detail: finding });
    }
    Ok(())
}

struct Rows<'a> {
    meta: &'a SegmentMeta,
    trees: &'a mut BTreeMap<TenantId, SealedTree>,
    hours: BTreeSet<u32>,
    findings: Vec<String>,
}

impl Rows<'_> {
    fn read(&mut self, batch: &RecordBatch) {
        let columns = EventColumns::of(batch);
        for row in 0..batch.num_rows() {
            let stored = match columns.event(row) {
                Ok(stored) => stored,
                Err(error) => return self.findings.push(error.to_string()),
            };
            if stored.event.received_at.day() != self.meta.day {
                let detail = format!("sequence {} was received on another day", stored.sequence);
                self.findings.push(detail);
            }
            self.hours.insert(stored.event.id.hour());
            let hash = leaf_hash(&stored.event, &stored.salt);
            if !self.trees.contains_key(&stored.event.tenant_id) {
                self.trees.insert(stored.event.tenant_id.clone(), SealedTree::default());
            }
            if let Some(tree) = self.trees.get_mut(&stored.event.tenant_id) {
                tree.add(stored.sequence, hash);
            }
        }
    }
}

/// A finding says which of the two files it is about, and where, only in words.
fn problem(directory: &Path, meta: &SegmentMeta, detail: String) -> Problem {
    let index = meta.id.index_file_name();
    let name = if detail.contains(&index) { index } else { meta.id.data_file_name() };
    let offset = detail.rsplit_once("at offset ").and_then(|(_, offset)| offset.parse().ok());
    Problem { file: directory.join(name), offset, tenant_id: None, detail }
}
