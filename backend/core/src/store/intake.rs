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

/// Why an event is rejected whose id another event has: a stored one, or one before it in the batch.
#[must_use]
pub fn id_conflict(id: EventId) -> Vec<Violation> {
    vec![Violation {
        pointer: "/id".to_owned(),
        code: violation::code::EVENT_ID_CONFLICT,
        detail: format!("another event has the id {id}"),
    }]
}

/// Why an event is rejected that is not at fault itself: another one is, and the batch is stored as a whole or not at
/// all.
#[must_use]
pub fn not_stored() -> Vec<Violation> {
    vec![Violation {
        pointer: String::new(),
        code: violation::code::NOT_STORED,
        detail: "another event of the batch is rejected, so none of them is stored".to_owned(),
    }]
}

/// Receives events.
pub trait Intake: Send + Sync + 'static {
    /// Appends the events of a batch to its tenant's log. After a failure either all events that were to be stored are
    /// stored, or none is.
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
    ///
    /// A batch of [`AllOrNothing`](crate::intake::Atomicity::AllOrNothing) with such a rejection stores nothing. All
    /// its other outcomes, also those of duplicates, are then the rejection [`not_stored`], and its ids are as free as
    /// before. Of two such batches that are appended at once and conflict, one is stored.
    fn append(&self, batch: PreparedBatch) -> BoxFuture<'_, Result<Vec<EventOutcome>, AppendError>>;
}
