//! Owns the verdict on each event of a request: new, known, or in conflict with a known one.
//!
//! Only the writer decides, so two racing requests cannot both win. The handler searches the segments in advance, which
//! saves the writer work.

use std::collections::HashMap;

use ahash::RandomState;
use auditlog_core::{
    event::{Event, StoredEvent},
    id::EventId,
    intake::{Atomicity, Provenance},
    store::{EventOutcome, Receipt, ReceiptStatus, id_conflict, not_stored},
};

use crate::{
    commit::{Append, Draft, TailIds, job::Claim},
    error::StoreError,
    lookup::find_sealed,
    tail::LogView,
};

/// The events that a handler found in the segments before the request was queued.
#[derive(Debug, Clone, Default)]
pub(crate) struct Probed {
    /// The handler has searched all sealed events below this sequence.
    pub sealed_below: u64,
    /// The events found, by the index of the event in the request.
    pub found: HashMap<usize, StoredEvent>,
}

/// The events that the ids of a request are compared with.
pub(crate) struct Known<'a> {
    /// The published log; `None` where it is empty.
    pub view: Option<&'a LogView>,
    pub ids: &'a TailIds,
    pub draft: &'a Draft,
}

/// The outcome for each event. Those to be stored get the sequences from `next_sequence` on.
pub(crate) fn decide(append: &Append, known: &Known<'_>, next_sequence: u64) -> Result<Vec<EventOutcome>, StoreError> {
    let mut outcomes = decide_each(append, known, next_sequence)?;
    if append.atomicity == Atomicity::AllOrNothing && outcomes.iter().any(Result::is_err) {
        // Receipts of duplicates fall too: one may be that of an event before it in the request.
        outcomes.iter_mut().filter(|outcome| outcome.is_ok()).for_each(|outcome| *outcome = Err(not_stored()));
    }
    Ok(outcomes)
}

fn decide_each(append: &Append, known: &Known<'_>, next_sequence: u64) -> Result<Vec<EventOutcome>, StoreError> {
    let mut outcomes = Vec::with_capacity(append.claims.len());
    let mut own: HashMap<EventId, usize, RandomState> = HashMap::default();
    let mut sequence = next_sequence;
    for (row, claim) in append.claims.iter().enumerate() {
        let id = claim.id;
        if claim.id_provenance == Provenance::Client {
            let first = match own.get(&id) {
                Some(earlier) => Some(own_event(append, &outcomes, *earlier)?),
                None => known.find(append, row, claim)?,
            };
            if let Some(first) = first {
                outcomes.push(compare(&first, &append.rows.event(row)?.event, claim));
                continue;
            }
            own.insert(id, row);
        }
        let (status, received_at) = (ReceiptStatus::Stored, append.received_at);
        outcomes.push(Ok(Receipt { status, id, sequence, received_at }));
        sequence += 1;
    }
    Ok(outcomes)
}

/// An earlier event of the same request, with the sequence assigned to it.
fn own_event(append: &Append, outcomes: &[EventOutcome], row: usize) -> Result<StoredEvent, StoreError> {
    let event = append.rows.event(row)?;
    match outcomes.get(row) {
        Some(Ok(Receipt { status: ReceiptStatus::Stored, sequence, .. })) => {
            Ok(StoredEvent { sequence: *sequence, ..event })
        }
        _ => Ok(event),
    }
}

impl Known<'_> {
    fn find(&self, append: &Append, row: usize, claim: &Claim) -> Result<Option<StoredEvent>, StoreError> {
        if let Some(event) = self.draft.find(&append.tenant_id, claim.id)? {
            return Ok(Some(event));
        }
        let Some(view) = self.view else { return Ok(None) };
        if let Some(sequence) = self.ids.find(view.number, claim.id) {
            return view.tail_event(sequence);
        }
        if let Some(event) = append.probed.found.get(&row) {
            return Ok(Some(event.clone()));
        }
        find_sealed(view, append.probed.sealed_below, claim.id)
    }
}

fn compare(first: &StoredEvent, sent: &Event, claim: &Claim) -> EventOutcome {
    let StoredEvent { event, sequence, .. } = first;
    if event.is_repeated_by(sent, claim.occurred_at_provenance) {
        let status = ReceiptStatus::Duplicate;
        return Ok(Receipt { status, id: event.id, sequence: *sequence, received_at: event.received_at });
    }
    Err(id_conflict(event.id))
}
