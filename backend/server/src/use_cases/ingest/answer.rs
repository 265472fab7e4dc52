//! Owns the outcome of a request that sends events: of each event, and of the request as a whole.

use auditlog_core::{
    event::{Adjustments, Violation},
    intake::Atomicity,
    store::{EventOutcome, Receipt, ReceiptStatus},
};

use super::prepared::Fate;
use crate::telemetry::{IngestOutcome, Metrics};

/// The outcome for one event: an acceptance, or why it was rejected.
pub(crate) type EventAnswer = Result<Accepted, Vec<Violation>>;

/// An event that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) receipt: Receipt,
    /// What was adjusted in the values that were sent; of a batch perhaps only their number.
    pub(crate) adjustments: Adjustments,
}

/// The outcome of a batch: one for each event, in the order sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BatchAnswer {
    pub(crate) outcomes: Vec<EventAnswer>,
    pub(crate) atomicity: Atomicity,
}

/// What became of a batch as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchVerdict {
    /// An event is durable, or there was none.
    Accepted,
    /// Each event is rejected on its own account.
    AllRejected,
    /// An event is rejected, and the batch was to be stored as a whole or not at all.
    RejectedAsAWhole,
}

/// The number of events by their outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct BatchCounts {
    pub(crate) stored: u64,
    pub(crate) duplicates: u64,
    pub(crate) rejected: u64,
    /// Those among the first two of which values were adjusted.
    pub(crate) adjusted: u64,
}

/// Joins what was known of the events before the batch was appended with the outcomes of those that were. `None` where
/// there are too few outcomes.
pub(super) fn in_order_sent(fates: Vec<Fate>, appended: Vec<EventOutcome>) -> Option<Vec<EventAnswer>> {
    let mut appended = appended.into_iter();
    let answer_of = |fate| match fate {
        Fate::Rejected(violations) => Some(Err(violations)),
        Fate::Appended(adjustments) => {
            appended.next().map(|outcome| outcome.map(|receipt| Accepted { receipt, adjustments }))
        }
    };
    fates.into_iter().map(answer_of).collect()
}

impl BatchAnswer {
    pub(crate) fn verdict(&self) -> BatchVerdict {
        let BatchCounts { stored, duplicates, rejected, .. } = self.counts();
        match self.atomicity {
            _ if rejected == 0 => BatchVerdict::Accepted,
            Atomicity::AllOrNothing => BatchVerdict::RejectedAsAWhole,
            Atomicity::EachEvent if stored + duplicates == 0 => BatchVerdict::AllRejected,
            Atomicity::EachEvent => BatchVerdict::Accepted,
        }
    }

    pub(crate) fn counts(&self) -> BatchCounts {
        let mut counts = BatchCounts::default();
        for outcome in &self.outcomes {
            match outcome.as_ref().map(|accepted| accepted.receipt.status) {
                Ok(ReceiptStatus::Stored) => counts.stored += 1,
                Ok(ReceiptStatus::Duplicate) => counts.duplicates += 1,
                Err(_) => counts.rejected += 1,
            }
            let is_adjusted = outcome.as_ref().is_ok_and(|accepted| !accepted.adjustments.is_empty());
            counts.adjusted += u64::from(is_adjusted);
        }
        counts
    }
}

impl BatchCounts {
    /// Counts the events in the metrics.
    pub(super) fn record(self, metrics: &Metrics) {
        metrics.count_events(IngestOutcome::Stored, self.stored);
        metrics.count_events(IngestOutcome::Duplicate, self.duplicates);
        metrics.count_events(IngestOutcome::Rejected, self.rejected);
    }
}
