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
    commit::{Append, Claim, Log},
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

    /// Adds the events of a request that are stored according to its outcomes. Adds nothing of the request if it fails,
    /// because the draft is then committed without it.
    pub(crate) fn place(&mut self, append: Append, outcomes: &[EventOutcome], log: &Log) -> Result<(), StoreError> {
        let is_stored = |outcome: &EventOutcome| matches!(outcome, Ok(Receipt { status: ReceiptStatus::Stored, .. }));
        let keep: Vec<bool> = outcomes.iter().map(is_stored).collect();
        let kept = keep.iter().filter(|keep| **keep).count();
        if kept == 0 {
            return Ok(());
        }
        let first_sequence = self.next_sequence(log);
        let rows = append.rows.place(&keep, first_sequence)?;
        let payload = self.payload(append.body, append.chunk, &keep)?;
        let log = self.logs.entry(log.tenant_id.clone()).or_insert_with(|| DraftLog::of(log));
        let claims: Vec<Claim> =
            append.claims.into_iter().zip(keep).filter_map(|(claim, keep)| keep.then_some(claim)).collect();
        log.groups.push(rows, claims.iter().map(|claim| claim.leaf_hash).collect(), append.received_at)?;
        // Nothing below fails.
        for (claim, sequence) in claims.iter().zip(first_sequence..) {
            log.ids.insert(claim.id, sequence);
            log.log.append(claim.leaf_hash);
            self.leaf_hashes.push(claim.leaf_hash);
            self.event_bytes += claim.bytes;
        }
        self.headers.push(RequestHeader {
            tenant: log.log.number.0,
            first_sequence,
            received_at: append.received_at.as_micros(),
            salt_seed: append.salt_seed,
            events: u32::try_from(kept).unwrap_or(u32::MAX),
        });
        match payload {
            Payload::Chunk(chunk) => self.chunks.push(chunk),
            Payload::Small(body) => self.small.append(&body),
        }
        Ok(())
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

    /// The kept events of a request. Where they are a chunk, the bodies of the small requests before it become a chunk
    /// first.
    fn payload(&mut self, body: Body, chunk: Option<Chunk>, keep: &[bool]) -> Result<Payload, StoreError> {
        let are_all_kept = keep.iter().all(|keep| *keep);
        match chunk {
            Some(chunk) if are_all_kept => {
                self.flush()?;
                Ok(Payload::Chunk(chunk))
            }
            _ if are_all_kept => Ok(Payload::Small(body)),
            _ => Ok(Payload::Small(body.retain(keep)?)),
        }
    }

    /// Compresses the bodies of small requests. They stay as they are if that fails.
    fn flush(&mut self) -> Result<(), StoreError> {
        if self.small.len() > 0 {
            self.chunks.push(Chunk::compress(&self.small)?);
            self.small = Body::default();
        }
        Ok(())
    }
}

/// The stored events of a request as bytes.
enum Payload {
    /// Compressed by the handler.
    Chunk(Chunk),
    /// For the next chunk of small requests.
    Small(Body),
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

#[cfg(test)]
mod tests {
    use auditlog_core::intake::{Atomicity, Provenance};

    use super::*;
    use crate::{commit::Probed, ledger::TenantNumber, tail::Rows};

    fn claim(number: u8) -> Claim {
        Claim {
            id: EventId::from_parts(Timestamp::from_micros(0), [number; 10]),
            leaf_hash: [number; 32],
            id_provenance: Provenance::Client,
            occurred_at_provenance: Provenance::Client,
            bytes: 2,
        }
    }

    #[test]
    fn a_request_that_cannot_be_placed_leaves_nothing_in_the_draft() {
        let tenant_id = TenantId::parse("acme").unwrap();
        let log = Log::new(tenant_id.clone(), TenantNumber(1));
        let (claims, received_at) = (vec![claim(1), claim(2)], Timestamp::from_micros(0));
        let receipt = |status, id| Ok(Receipt { status, id, sequence: 0, received_at });
        let outcomes = [receipt(ReceiptStatus::Stored, claims[0].id), receipt(ReceiptStatus::Duplicate, claims[1].id)];
        let append = Append {
            tenant_id: tenant_id.clone(),
            received_at,
            salt_seed: [0; 16],
            atomicity: Atomicity::EachEvent,
            claims,
            rows: Rows::Events(Vec::new()),
            // The texts of the events are missing.
            body: Body::default(),
            chunk: None,
            probed: Probed::default(),
            reply: None,
        };
        let mut draft = Draft::default();
        assert!(draft.place(append, &outcomes, &log).is_err());
        assert!(draft.is_empty());
        assert_eq!((draft.intake().events, draft.next_sequence(&log)), (0, 0));
        assert!(draft.logs.is_empty() && draft.newest_receipt().is_none());
    }
}
