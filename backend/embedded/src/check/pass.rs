//! Owns one pass over everything: first the ledger, then the segments, and last the combination of both.

use std::{collections::BTreeMap, sync::Arc};

use auditlog_core::{
    id::TenantId,
    store::{Findings, LogVerification, QueryError, Verification},
};

use crate::{
    cache::Cache,
    check::{
        compare::ReadLog,
        duplicates::IdFilter,
        ids::{DuplicateId, Ids, TailIds},
        manifest::Manifest,
        segments::{Sealed, SegmentCheck},
        tail::Tails,
    },
    data_directory::Paths,
    ledger::Ledger,
    segment::{SegmentFiles, SegmentMeta},
};

/// The size of the cache for one pass: blocks are read once.
const CACHE_BYTES: usize = 8 << 20;

/// The ledger's records, all of one moment.
pub(super) struct Recorded {
    manifest: Manifest,
    tails: Tails,
    findings: Findings,
}

impl Recorded {
    /// Reads the ledger. `findings` are those of the steps before.
    pub(super) fn read(ledger: &Ledger, mut findings: Findings) -> Self {
        let manifest = Manifest::read(ledger, &mut findings);
        let tails = Tails::read(ledger, &manifest, &mut findings);
        Self { manifest, tails, findings }
    }

    pub(super) fn segments(&self) -> &[SegmentMeta] {
        &self.manifest.segments
    }
}

/// The parameters of a pass.
pub(super) struct Pass<'a> {
    pub(super) paths: &'a Paths,
    /// Opens the files of a segment.
    pub(super) open: &'a dyn Fn(&SegmentMeta, &Arc<Cache>) -> SegmentFiles,
    /// The tenant whose log is checked; `None` checks all.
    pub(super) wanted: Option<&'a TenantId>,
    /// Receives the number of bytes of sealed files that were read, and returns an error to stop.
    pub(super) step: &'a mut dyn FnMut(u64) -> Result<(), QueryError>,
}

impl Pass<'_> {
    /// Reads the segments back and compares them with what is recorded.
    ///
    /// # Errors
    /// The error that `step` returns.
    pub(super) fn run(mut self, recorded: Recorded) -> Result<Verification, QueryError> {
        let Recorded { mut manifest, mut tails, mut findings } = recorded;
        let cache = Arc::new(Cache::new(CACHE_BYTES));
        let mut segments = std::mem::take(&mut manifest.segments);
        segments.retain(|meta| self.is_wanted(meta));
        let mut tail_ids = Vec::new();
        for (number, log) in &mut tails.logs {
            let Some(tenant_id) = manifest.names.get(number).cloned() else { continue };
            if self.wanted.is_none_or(|wanted| *wanted == tenant_id) {
                tail_ids.push(TailIds { tenant_id, ids: std::mem::take(&mut log.ids) });
            }
        }
        let count = Ids::count(&segments, tail_ids.iter().map(|tail| tail.ids.len() as u64).sum());
        let mut sealed = Sealed { logs: BTreeMap::new(), ids: IdFilter::new(count, 0) };
        let bytes = self.read_segments(&segments, &mut sealed, &mut findings, &cache)?;
        let Sealed { logs: mut sealed, ids: filter } = sealed;
        let ids = Ids { segments: &segments, open: self.open, cache: &cache, tails: tail_ids, wanted: self.wanted };
        let mut duplicates: BTreeMap<TenantId, Vec<DuplicateId>> = BTreeMap::new();
        for duplicate in ids.duplicates(filter, &mut || (self.step)(bytes))? {
            duplicates.entry(duplicate.tenant_id.clone()).or_default().push(duplicate);
        }
        let mut logs: Vec<LogVerification> = Vec::new();
        for (number, tenant_id) in manifest.names.clone() {
            if self.wanted.is_some_and(|wanted| *wanted != tenant_id) {
                continue;
            }
            let sealed = sealed.remove(&tenant_id).unwrap_or_default();
            let duplicates = duplicates.remove(&tenant_id).unwrap_or_default();
            let log = ReadLog { tenant_id, sealed, tail: tails.logs.remove(&number), duplicates };
            let log = log.compare(&mut manifest, number);
            if log.size > 0 || !log.is_intact() {
                logs.push(log);
            }
        }
        for (tenant_id, sealed) in sealed.into_iter().filter(|(_, sealed)| sealed.events > 0) {
            logs.push(ReadLog { tenant_id, sealed, tail: None, duplicates: Vec::new() }.unknown());
        }
        logs.sort_by(|left, right| left.tenant_id.cmp(&right.tenant_id));
        // A tenant does not see findings that belong to no tenant.
        let findings = if self.wanted.is_some() { Findings::default() } else { findings };
        Ok(Verification { logs, findings })
    }

    /// Reads every segment; returns the number of bytes of their files.
    fn read_segments(
        &mut self,
        segments: &[SegmentMeta],
        sealed: &mut Sealed,
        findings: &mut Findings,
        cache: &Arc<Cache>,
    ) -> Result<u64, QueryError> {
        let mut bytes = 0;
        for meta in segments {
            let files = (self.open)(meta, cache);
            let mut step = |rows: u32| {
                let read = meta.data.bytes.saturating_mul(rows.into()) / u64::from(meta.rows.max(1));
                (self.step)(bytes + read)
            };
            let check = SegmentCheck {
                directory: self.paths.day(meta.day),
                meta,
                sealed: &mut *sealed,
                findings: &mut *findings,
                wanted: self.wanted,
                step: &mut step,
            };
            check.run(&files)?;
            bytes += meta.data.bytes + meta.index.bytes;
            (self.step)(bytes)?;
        }
        Ok(bytes)
    }

    fn is_wanted(&self, meta: &SegmentMeta) -> bool {
        self.wanted.is_none_or(|wanted| meta.tenant(wanted).is_some())
    }
}
