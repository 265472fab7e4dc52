//! Owns one tenant's log as a reader sees it.

use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};

use auditlog_core::{
    event::StoredEvent,
    id::{EventId, TenantId},
    merkle::CompactRange,
};

use crate::{
    cache::Cache,
    error::StoreError,
    executor::{SegmentRows, Snapshot},
    ledger::TenantNumber,
    segment::{Segment, TenantRange},
    tail::TailBatch,
};

/// One tenant's log at one moment: sealed rows first, then the tail, without a gap between them.
#[derive(Debug, Clone)]
pub(crate) struct LogView {
    pub tenant_id: TenantId,
    pub number: TenantNumber,
    /// Its sealed events, by sequence.
    pub parts: Arc<SealedParts>,
    /// Its other events, by sequence.
    pub batches: Vec<Arc<TailBatch>>,
    /// The tree over all of them.
    pub tree: CompactRange,
    /// The approximate memory of the batches and their number of events: stored, because they are needed at every
    /// commit.
    tail: TailSize,
}

#[derive(Debug, Clone, Copy, Default)]
struct TailSize {
    bytes: u64,
    events: u64,
}

/// The parts of a log that are sealed, by sequence.
#[derive(Debug)]
pub(crate) struct SealedParts {
    parts: Vec<SegmentPart>,
    /// The latest id in them, once it was needed. Unknown where a data file does not state it.
    latest_id: OnceLock<Option<EventId>>,
}

impl SealedParts {
    fn new(mut parts: Vec<SegmentPart>) -> Self {
        parts.sort_by_key(|part| part.range.first_sequence);
        Self { parts, latest_id: OnceLock::new() }
    }

    /// Whether none of them holds this id, because it is later than all: so are most that arrive, and there may be
    /// hundreds of parts. Reads memory alone; [`Self::read_latest_id`] loads the data.
    pub(crate) fn are_before(&self, id: EventId) -> bool {
        self.latest_id.get().copied().flatten().is_some_and(|latest| id > latest)
    }

    /// Loads the latest id, if it is not known yet.
    pub(crate) fn read_latest_id(&self) {
        let latest = || self.parts.iter().map(|part| part.segment.latest_id()).collect::<Option<Vec<_>>>();
        self.latest_id.get_or_init(|| latest()?.into_iter().max());
    }
}

impl Deref for SealedParts {
    type Target = [SegmentPart];

    fn deref(&self) -> &Self::Target {
        &self.parts
    }
}

/// The rows of one tenant in one segment.
#[derive(Clone)]
pub(crate) struct SegmentPart {
    pub segment: Arc<Segment>,
    /// Its range of rows, with their sequences and times.
    pub range: TenantRange,
}

impl SegmentPart {
    pub(crate) fn end_sequence(&self) -> u64 {
        self.range.first_sequence + u64::from(self.range.rows)
    }

    fn rows(&self) -> SegmentRows<'_> {
        SegmentRows { segment: &self.segment, range: &self.range }
    }
}

impl std::fmt::Debug for SegmentPart {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("SegmentPart").field(&self.segment.meta().id).field(&self.range).finish()
    }
}

impl LogView {
    pub(crate) fn new(
        tenant_id: TenantId,
        number: TenantNumber,
        parts: Vec<SegmentPart>,
        batches: Vec<Arc<TailBatch>>,
    ) -> Self {
        let parts = Arc::new(SealedParts::new(parts));
        let tree = CompactRange::new();
        let mut view = Self { tenant_id, number, parts, batches, tree, tail: TailSize::default() };
        view.measure();
        view
    }

    /// The same log with other batches.
    pub(crate) fn with_batches(&self, batches: Vec<Arc<TailBatch>>) -> Self {
        let mut view = Self { batches, ..self.clone() };
        view.measure();
        view
    }

    /// The same log with the tree over its events.
    pub(crate) fn with_tree(self, tree: CompactRange) -> Self {
        Self { tree, ..self }
    }

    /// The same log with other segments and batches.
    pub(crate) fn with_parts(&self, parts: Vec<SegmentPart>, batches: Vec<Arc<TailBatch>>) -> Self {
        Self::new(self.tenant_id.clone(), self.number, parts, batches).with_tree(self.tree.clone())
    }

    /// The number of sealed events.
    pub(crate) fn sealed(&self) -> u64 {
        self.parts.last().map_or(0, SegmentPart::end_sequence)
    }

    /// The number of events.
    pub(crate) fn head(&self) -> u64 {
        self.batches.last().map_or_else(|| self.sealed(), |batch| batch.end_sequence())
    }

    pub(crate) fn tail_bytes(&self) -> u64 {
        self.tail.bytes
    }

    pub(crate) fn tail_events(&self) -> u64 {
        self.tail.events
    }

    /// The event at a position of the tail.
    pub(crate) fn tail_event(&self, sequence: u64) -> Result<Option<StoredEvent>, StoreError> {
        let index = self.batches.partition_point(|batch| batch.end_sequence() <= sequence);
        self.batches.get(index).map_or(Ok(None), |batch| batch.event(sequence))
    }

    /// The log in the form that the executor reads.
    pub(crate) fn snapshot<'a>(&'a self, cache: &'a Cache) -> Snapshot<'a> {
        Snapshot {
            tenant_id: &self.tenant_id,
            tail: self.batches.iter().map(|batch| &batch.columns).collect(),
            segments: self.parts.iter().map(SegmentPart::rows).collect(),
            cache,
        }
    }

    fn measure(&mut self) {
        let bytes = self.batches.iter().map(|batch| batch.bytes()).sum();
        let events = self.batches.iter().map(|batch| batch.rows() as u64).sum();
        self.tail = TailSize { bytes, events };
    }
}
