//! Owns the events of one request as they are handed to a store: complete, printed and hashed.

use std::ops::Range;

use crate::{event::Event, id::TenantId, merkle::Hash, timestamp::Timestamp};

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
    /// What is stored where an event of it is rejected.
    pub atomicity: Atomicity,
}

/// What of a batch is stored where an event of it is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Atomicity {
    /// Each event is decided on its own, and the others are stored.
    #[default]
    EachEvent,
    /// Nothing: the batch is stored as a whole or not at all.
    AllOrNothing,
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
