//! Owns the jobs of the writer.

use std::{collections::BTreeMap, sync::Arc};

use auditlog_core::{
    id::{EventId, TenantId},
    intake::{Atomicity, Provenance},
    merkle::{CompactRange, Hash},
    store::{AppendError, Condition, ControlChange, ControlError, EventOutcome, Urgency},
    timestamp::Timestamp,
};
use tokio::sync::oneshot;

use crate::{
    commit::{ClockReset, Probed},
    error::StoreError,
    ledger::{
        TenantNumber,
        payload::{Body, Chunk},
    },
    segment::Segment,
    tail::{Rows, TailBatch},
};

/// Replies to the caller. The caller may be gone; that cancels nothing.
pub(crate) type Reply<T, E> = oneshot::Sender<Result<T, E>>;

/// One job of the writer.
pub(crate) enum Job {
    /// Commit a request.
    Append(Box<Append>),
    /// Change control data and commit the events that record it.
    Control(ControlJob),
    /// Let `received_at` fall once.
    ResetClock(Box<ClockReset>),
    /// Start a new generation and return everything in the tail.
    Freeze(Reply<FrozenTail, StoreError>),
    /// Record the output of sealing, compaction or reindexing.
    Segments(Box<SegmentChange>, Reply<(), StoreError>),
}

impl Job {
    /// The size of the job in the queue's limits, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Append(append) => append.body.len() as u64,
            Self::Control(control) => control.audit.iter().map(|append| append.body.len() as u64).sum(),
            Self::Freeze(_) | Self::Segments(..) | Self::ResetClock(_) => 0,
        }
    }

    /// Its urgency; `None` for the store's own work, which no client waits for and which the limits do not count.
    pub(crate) fn urgency(&self) -> Option<Urgency> {
        match self {
            Self::Append(_) => Some(Urgency::Ordinary),
            Self::Control(control) => Some(control.urgency),
            Self::Freeze(_) | Self::Segments(..) | Self::ResetClock(_) => None,
        }
    }

    /// Replies that the job will not be done.
    pub(crate) fn refuse(self, reason: &str) {
        let stopped = || AppendError::Stopped(reason.to_owned());
        match self {
            Self::Append(append) => drop(append.reply.map(|reply| reply.send(Err(stopped())))),
            Self::Control(control) => drop(control.reply.send(Err(stopped().into()))),
            Self::ResetClock(reset) => drop(reset.reply.send(Err(stopped()))),
            Self::Freeze(reply) => drop(reply.send(Err(StoreError::Stopped(reason.to_owned())))),
            Self::Segments(_, reply) => drop(reply.send(Err(StoreError::Stopped(reason.to_owned())))),
        }
    }
}

/// A request as its handler has prepared it.
pub(crate) struct Append {
    pub tenant_id: TenantId,
    pub received_at: Timestamp,
    pub salt_seed: [u8; 16],
    pub atomicity: Atomicity,
    /// The data that the writer decides by, for each event.
    pub claims: Vec<Claim>,
    /// The events as they are searched; sequences are not assigned yet.
    pub rows: Rows,
    /// The events as they are committed.
    pub body: Body,
    /// The body, compressed on the handler's thread where it is large.
    pub chunk: Option<Chunk>,
    /// The result of the handler's look-up of the ids.
    pub probed: Probed,
    /// The recipient of the receipts; a batch that records a control change has none.
    pub reply: Option<Reply<Vec<EventOutcome>, AppendError>>,
}

/// The identity that an event claims.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    pub id: EventId,
    pub leaf_hash: Hash,
    pub id_provenance: Provenance,
    pub occurred_at_provenance: Provenance,
    /// The length of the event's canonical text.
    pub bytes: u64,
}

/// A change of control data with the events that record it.
pub(crate) struct ControlJob {
    pub urgency: Urgency,
    pub conditions: Vec<Condition>,
    pub changes: Vec<ControlChange>,
    pub audit: Vec<Append>,
    pub reply: Reply<(), ControlError>,
}

/// Everything that was in the tail when a generation ended.
pub(crate) struct FrozenTail {
    /// The last commit in it.
    pub last_commit: u64,
    /// The generation that ended.
    pub generation: u64,
    /// The size of the rows of its commits, in bytes.
    pub commit_bytes: u64,
    /// The latest `received_at` up to its last commit, since the clock was last reset.
    pub newest_receipt: Timestamp,
    /// By tenant.
    pub logs: Vec<FrozenLog>,
}

/// One tenant's part of the frozen tail.
pub(crate) struct FrozenLog {
    pub tenant_id: TenantId,
    pub number: TenantNumber,
    /// The tree at that time.
    pub tree: CompactRange,
    /// The hashes of the blocks of 256 leaves that were completed since the last seal, by their position.
    pub blocks: Vec<(u64, Hash)>,
    pub batches: Vec<Arc<TailBatch>>,
}

/// A segment that has been written and synced, and is not in the manifest yet.
#[derive(Clone)]
pub(crate) struct NewSegment {
    pub segment: Arc<Segment>,
    /// The numbers of the tenants in it, by their ids.
    pub tenants: BTreeMap<TenantId, TenantNumber>,
}

/// A change of the manifest, all of it or nothing.
pub(crate) enum SegmentChange {
    /// The tail that was frozen is now in these segments.
    Seal { frozen: FrozenTail, segments: Vec<NewSegment> },
    /// The first segments are replaced by the second, which holds the same rows.
    Replacement { inputs: Vec<Arc<Segment>>, output: NewSegment },
}
