//! Receiving events. This module defines the contract of acknowledgement.

use crate::{
    event::{Violation, violation},
    id::EventId,
    intake::PreparedBatch,
    store::{AppendError, BoxFuture},
    timestamp::Timestamp,
};

/// The outcome for one event, from the store to the answer: its receipt, or why it was not stored.
pub type EventOutcome = Result<Receipt, Vec<Violation>>;

/// Confirms that an event is durable, with its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Whether this event was stored, or an equal one before it.
    pub status: ReceiptStatus,
    /// Its id.
    pub id: EventId,
    /// The index of its leaf; for a duplicate, that of the first event.
    pub sequence: u64,
    /// When it was received; for a duplicate, when the first event was.
    pub received_at: Timestamp,
}

/// Whether an event is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptStatus {
    /// It was appended.
    Stored,
    /// An equal event with this id was stored before; the receipt is that event's.
    Duplicate,
}

/// Why an event is rejected whose id another stored event has.
#[must_use]
pub fn id_conflict(id: EventId) -> Vec<Violation> {
    vec![Violation {
        pointer: "/id".to_owned(),
        code: violation::code::EVENT_ID_CONFLICT,
        detail: format!("another event with the id {id} is stored"),
    }]
}

/// Receives events.
pub trait Intake: Send + Sync + 'static {
    /// Appends a batch to its tenant's log, all of it or nothing.
    ///
    /// Within a log `received_at` falls by at most 60 s: a batch that would let it fall further may be refused with
    /// [`AppendError::ClockBehind`], whichever log the newer events are in.
    ///
    /// When the future resolves with outcomes, every `Stored` event is durable, will survive power loss, and is found
    /// by every query that starts later. There is one outcome for each event, in order. Sequences of the stored events
    /// of one batch rise without a gap between them, and over all batches of a tenant each number from 0 is used once.
    /// A repeated id results in `Duplicate` where all client-set fields are equal (an absent `occurred_at` equals an
    /// event whose `occurred_at` is its `received_at`), and in the rejection [`id_conflict`] otherwise; also inside one
    /// batch. Dropping the future cancels nothing.
    fn append(&self, batch: PreparedBatch) -> BoxFuture<'_, Result<Vec<EventOutcome>, AppendError>>;
}
