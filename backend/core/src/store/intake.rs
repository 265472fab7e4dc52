//! Receiving events. This module defines the contract of acknowledgement.

use crate::{
    id::EventId,
    intake::PreparedBatch,
    store::{AppendError, BoxFuture},
    timestamp::Timestamp,
};

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
