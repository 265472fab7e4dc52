//! Owns the events of one request.

use auditlog_core::id::EventId;
use bytes::Bytes;

use crate::{
    corpus::{Corpus, EventNumber, dice::Dice},
    record::TenantIndex,
};

/// The tenant of the batch that begins with event `first`: each tenant about half as often as the one before. A pure
/// function, so that the same corpus can be sent to another system with the same tenants.
#[must_use]
pub fn tenant_of(seed: u64, first: u64, tenants: usize) -> TenantIndex {
    let mut dice = Dice::new(seed ^ first.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let tenants = u64::try_from(tenants).unwrap_or(1);
    TenantIndex(usize::try_from(dice.ranked_below(tenants)).unwrap_or(0))
}

/// Consecutive events of the corpus that are sent for one tenant in one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// The tenant.
    pub tenant: TenantIndex,
    /// The first event's number.
    pub first: u64,
    /// The number of events.
    pub events: u64,
}

impl Batch {
    /// The numbers of its events, in the order sent.
    pub fn numbers(&self) -> impl Iterator<Item = EventNumber> + use<> {
        (self.first..self.first + self.events).map(EventNumber)
    }

    /// The body of `POST events/batch`.
    #[must_use]
    pub fn to_array(&self, corpus: &Corpus) -> Body {
        let events = usize::try_from(self.events).unwrap_or(0);
        let mut json = Vec::with_capacity(events * 800);
        let mut ids = Vec::with_capacity(events);
        for number in self.numbers() {
            json.push(if json.is_empty() { b'[' } else { b',' });
            ids.push(corpus.write_event(number, &mut json));
        }
        json.push(b']');
        Body { json: json.into(), ids }
    }

    /// The body of `POST events`, with the first event.
    #[must_use]
    pub fn to_single(&self, corpus: &Corpus) -> Body {
        let mut json = Vec::with_capacity(800);
        let ids = vec![corpus.write_event(EventNumber(self.first), &mut json)];
        Body { json: json.into(), ids }
    }
}

/// The request of a batch, and the ids to expect in its answer.
#[derive(Debug, Clone)]
pub struct Body {
    /// The request's body.
    pub json: Bytes,
    /// The events' ids, in the order sent.
    pub ids: Vec<EventId>,
}
