//! Decides whether a repeated id comes with the same event.

use crate::{
    event::Event,
    intake::{PreparedEvent, Provenance},
};

impl Event {
    /// Whether the event `repeat`, which has this stored event's id, is the same event: all members that a client can
    /// set are equal. The time of receipt and the credential are not compared. Where the repeat leaves `occurred_at`
    /// out, the stored event's must equal its time of receipt.
    #[must_use]
    pub fn same_client_fields(&self, repeat: &PreparedEvent) -> bool {
        self.is_repeated_by(&repeat.event, repeat.occurred_at_provenance)
    }

    /// The same as [`Event::same_client_fields`], for a store that keeps only the event of the repeat and the
    /// provenance of its `occurred_at`.
    #[must_use]
    pub fn is_repeated_by(&self, repeat: &Self, occurred_at: Provenance) -> bool {
        let is_same_time = match occurred_at {
            Provenance::Client => self.sent_time() == repeat.sent_time(),
            Provenance::Server => self.occurred_at == self.received_at,
        };
        is_same_time && self.same_beside_receipt(repeat)
    }

    /// Destructured completely, so that a field added later cannot be left out here.
    fn same_beside_receipt(&self, other: &Self) -> bool {
        let Self {
            id,
            external_id,
            tenant_id,
            occurred_at: _,
            received_at: _,
            submitted_by: _,
            action,
            category,
            outcome,
            severity,
            actor,
            on_behalf_of,
            targets,
            changes,
            source,
            context,
            reason,
            message,
            metadata,
            producer,
            raw,
            adjustments,
        } = self;
        (id, external_id, tenant_id, action) == (&other.id, &other.external_id, &other.tenant_id, &other.action)
            && (*category, *severity) == (other.category, other.severity)
            && (outcome, actor, source) == (&other.outcome, &other.actor, &other.source)
            && (on_behalf_of, targets, changes) == (&other.on_behalf_of, &other.targets, &other.changes)
            && (context, reason, message) == (&other.context, &other.reason, &other.message)
            && (metadata, producer, raw) == (&other.metadata, &other.producer, &other.raw)
            && adjustments.same_beside_clock(&other.adjustments)
    }
}
