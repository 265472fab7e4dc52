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
        let expected_time = match occurred_at {
            Provenance::Client => repeat.occurred_at,
            Provenance::Server => self.received_at,
        };
        self.occurred_at == expected_time && self.same_beside_receipt(repeat)
    }

    /// Destructured completely, so that a field added later cannot be left out here.
    fn same_beside_receipt(&self, other: &Self) -> bool {
        let Self {
            id,
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
        } = self;
        (id, tenant_id, action) == (&other.id, &other.tenant_id, &other.action)
            && (*category, *severity) == (other.category, other.severity)
            && (outcome, actor, source) == (&other.outcome, &other.actor, &other.source)
            && (on_behalf_of, targets, changes) == (&other.on_behalf_of, &other.targets, &other.changes)
            && (context, reason, message) == (&other.context, &other.reason, &other.message)
            && (metadata, producer, raw) == (&other.metadata, &other.producer, &other.raw)
    }
}
