//! Owns a commit under construction. Dropping it has no effect: its trees are copies until it is durable.

use std::collections::{BTreeMap, HashMap};

use ahash::RandomState;
use auditlog_core::{
    event::StoredEvent,
    id::{EventId, TenantId},
    merkle::{CompactRange, Hash},
    store::{EventOutcome, Receipt, ReceiptStatus},
    timestamp::Timestamp,
};

use crate::{
    commit::{Append, Log},
    counters::Intake,
    error::StoreError,
    ledger::{
        CommitRow,
        payload::{Body, Chunk, RequestHeader, encode},
    },
    tail::RowGroups,
};

/// The requests of one commit, in order.
#[derive(Default)]
pub(crate) struct Draft {
    headers: Vec<RequestHeader>,
    chunks: Vec<Chunk>,
    /// The bodies of small requests that will be in the next chunk.
    small: Body,
    leaf_hashes: Vec<Hash>,
    event_bytes: u64,
    logs: BTreeMap<TenantId, DraftLog>,
}

/// One tenant's log as it will be after the commit.
pub(crate) struct DraftLog {
    pub log: Log,
    pub groups: RowGroups,
    pub ids: HashMap<EventId, u64, RandomState>,
}

impl Draft {
    pub(crate) fn is_empty(&self) -> bool {
        self.headers.is_empty()
    }

    /// The intake counters of the commit, to be added once it is durable.
    pub(crate) fn intake(&self) -> Intake {
        Intake { events: self.leaf_hashes.len() as u64, bytes: self.event_bytes }
    }

    /// When the latest of them was received.
    pub(crate) fn newest_receipt(&self) -> Option<Timestamp> {
        self.headers.iter().map(|header| header.received_at).max().map(Timestamp::from_micros)
    }

    /// The tenant's next sequence; `log` is the durable log.
    pub(crate) fn next_sequence(&self, log: &Log) -> u64 {
        self.logs.get(&log.tenant_id).map_or_else(|| log.tree.size(), |draft| draft.log.tree.size())
    }

    /// The event with this id among those in this commit.
    pub(crate) fn find(&self, tenant: &TenantId, id: EventId) -> Result<Option<StoredEvent>, StoreError> {
        let Some(log) = self.logs.get(tenant) else { return Ok(None) };
        log.ids.get(&id).map_or(Ok(None), |sequence| log.groups.event(*sequence))
    }

    /// Adds the events of a request that are stored according to its outcomes.
    pub(crate) fn place(&mut self, append: Append, outcomes: &[EventOutcome], log: &Log) -> Result<(), StoreError> {
        let is_stored = |outcome: &EventOutcome| matches!(outcome, Ok(Receipt { status: ReceiptStatus::Stored, .. }));
        let keep: Vec<bool> = outcomes.iter().map(is_stored).collect();
        let kept = keep.iter().filter(|keep| **keep).count();
        if kept == 0 {
            return Ok(());
        }
        let log = self.logs.entry(log.tenant_id.clone()).or_insert_with(|| DraftLog::of(log));
        let first_sequence = log.log.tree.size();
        self.headers.push(RequestHeader {
            tenant: log.log.number.0,
            first_sequence,
            received_at: append.received_at.as_micros(),
            salt_seed: append.salt_seed,
            events: u32::try_from(kept).unwrap_or(u32::MAX),
        });
        let mut hashes = Vec::with_capacity(kept);
        for (claim, _) in append.claims.iter().zip(&keep).filter(|(_, keep)| **keep) {
            log.ids.insert(claim.id, log.log.tree.size());
            log.log.append(claim.leaf_hash);
            hashes.push(claim.leaf_hash);
            self.event_bytes += claim.bytes;
        }
        self.leaf_hashes.extend(&hashes);
        log.groups.push(append.rows.place(&keep, first_sequence)?, hashes, append.received_at)?;
        match append.chunk {
            Some(chunk) if kept == keep.len() => self.add_chunk(chunk),
            _ if kept == keep.len() => {
                self.small.append(&append.body);
                Ok(())
            }
            _ => {
                self.small.append(&append.body.retain(&keep)?);
                Ok(())
            }
        }
    }

    /// The commit with this number.
    pub(crate) fn finish(mut self, number: u64) -> Result<FinishedDraft, StoreError> {
        self.flush()?;
        let row = CommitRow {
            number,
            payload: encode(&self.headers, &self.chunks),
            leaf_hashes: self.leaf_hashes,
            logs: self.logs.values().map(|draft| (draft.log.number, draft.log.tree.clone())).collect(),
        };
        Ok(FinishedDraft { row, logs: self.logs.into_values().collect() })
    }

    fn add_chunk(&mut self, chunk: Chunk) -> Result<(), StoreError> {
        self.flush()?;
        self.chunks.push(chunk);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        if self.small.len() > 0 {
            self.chunks.push(Chunk::compress(&std::mem::take(&mut self.small))?);
        }
        Ok(())
    }
}

/// A draft that is ready to be made durable.
pub(crate) struct FinishedDraft {
    /// The row to store.
    pub row: CommitRow,
    /// The logs as they will be then.
    pub logs: Vec<DraftLog>,
}

impl DraftLog {
    fn of(log: &Log) -> Self {
        Self { log: log.without_blocks(), groups: RowGroups::default(), ids: HashMap::default() }
    }
}

impl Log {
    /// A log without events.
    pub(crate) fn new(tenant_id: TenantId, number: crate::ledger::TenantNumber) -> Self {
        Self { tenant_id, number, tree: CompactRange::new(), blocks: Vec::new() }
    }

    /// Appends a leaf.
    pub(crate) fn append(&mut self, leaf_hash: Hash) {
        let block = self.tree.size() / auditlog_core::merkle::BLOCK_LEAVES;
        if let Some(hash) = self.tree.append(leaf_hash) {
            self.blocks.push((block, hash));
        }
    }

    fn without_blocks(&self) -> Self {
        Self { tenant_id: self.tenant_id.clone(), number: self.number, tree: self.tree.clone(), blocks: Vec::new() }
    }
}
