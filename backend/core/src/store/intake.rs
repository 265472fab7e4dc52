//! Receiving events. This module defines the contract of acknowledgement.

use std::ops::Range;

use crate::{
    event::Event,
    id::{EventId, TenantId},
    leaf::Hash,
    store::{AppendError, BoxFuture},
    timestamp::Timestamp,
};

/// The valid events of one request, hashed and ready to be appended.
#[derive(Debug, Clone)]
pub struct PreparedBatch {
    /// The tenant of every event in it.
    pub tenant_id: TenantId,
    /// The `received_at` of every event in it.
    pub received_at: Timestamp,
    /// Sixteen unpredictable bytes; the salt source of the event at index `i` is (`salt_seed`, `i`).
    pub salt_seed: [u8; 16],
    /// At least one, in the order sent.
    pub events: Vec<PreparedEvent>,
    /// The RFC 8785 texts of all events, one after the other: a string for each would cost an allocation per event.
    pub canonical_texts: String,
}

impl PreparedBatch {
    /// The RFC 8785 text of an event of this batch.
    #[must_use]
    pub fn canonical(&self, prepared: &PreparedEvent) -> &str {
        self.canonical_texts.get(prepared.canonical.clone()).unwrap_or_default()
    }
}

/// One event with the values computed on the handler's thread.
#[derive(Debug, Clone)]
pub struct PreparedEvent {
    /// The event. Boxed, because an event has a kilobyte of fields and is moved often.
    pub event: Box<Event>,
    /// The range of its RFC 8785 text in the batch's texts, in bytes.
    pub canonical: Range<usize>,
    /// SHA-256(0x00 ‖ leaf v1).
    pub leaf_hash: Hash,
    /// The provenance of the id; a server-made id needs no look-up.
    pub id_provenance: Provenance,
    /// The provenance of `occurred_at`; in comparisons, an absent one equals the value recorded at the first receipt.
    pub occurred_at_provenance: Provenance,
}

/// The party that set a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provenance {
    /// The client set it.
    Client,
    /// The client left it out and the server filled it in.
    Server,
}

/// The outcome for one event of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// It was appended.
    Stored {
        /// Its id.
        id: EventId,
        /// Its leaf's index.
        sequence: u64,
        /// When it was received.
        received_at: Timestamp,
    },
    /// An equal event with this id was stored before; this is its receipt.
    Duplicate {
        /// Its id.
        id: EventId,
        /// The first event's leaf index.
        sequence: u64,
        /// When the first event was received.
        received_at: Timestamp,
    },
    /// Another event with this id is stored; this one is not.
    Conflict {
        /// The id both claim.
        id: EventId,
    },
}

/// Receives events.
pub trait Intake: Send + Sync + 'static {
    /// Appends a batch to its tenant's log, all of it or nothing.
    ///
    /// Within a log `received_at` falls by at most 60 s: a batch that would let it fall further may be refused with
    /// [`AppendError::ClockBehind`], whichever log the newer events are in.
    ///
    /// When the future resolves with receipts, every `Stored` event is durable, will survive power loss, and is found
    /// by every query that starts later. There is one receipt for each event, in order. Sequences of the stored events
    /// of one batch rise without a gap between them, and over all batches of a tenant each number from 0 is used once.
    /// A repeated id results in `Duplicate` where all client-set fields are equal (an absent `occurred_at` equals an
    /// event whose `occurred_at` is its `received_at`), and in `Conflict` otherwise; also inside one batch. Dropping
    /// the future cancels nothing.
    fn append(&self, batch: PreparedBatch) -> BoxFuture<'_, Result<Vec<Receipt>, AppendError>>;
}
