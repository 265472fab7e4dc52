//! Owns how an event is described in the OpenAPI document. The core crate owns what an event is and every rule it must
//! keep; the types here are never instantiated.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::v1::events::schema_parts::{
    Actor, Adjustment, Category, Change, Context, Group, Outcome, Producer, Raw, Reason, Severity, Source, Submitter,
    Target,
};

/// An event to send. Unknown fields are rejected. A field that is `null`, `""`, `[]` or `{}` counts as absent, except
/// `old` and `new` of a change and the values in `metadata` and `attributes`. Values beyond their limits are adjusted,
/// and `adjustments` of the stored event says how.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "action": "user.login",
    "actor": {"type": "user", "id": "u-17", "name": "Alice"},
    "targets": [{"type": "application", "id": "billing"}],
    "source": {"service": "identity"},
    "context": {"ip": "203.0.113.7"},
    "outcome": {"status": "success"}
}))]
pub(super) struct NewEvent {
    /// A UUID of version 7. Setting it makes retries safe.
    #[schema(
        nullable = false,
        pattern = "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-7[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$"
    )]
    id: Option<String>,
    /// The event's id in the system of record, at most 256 bytes. Without `id` it needs `occurred_at`, and `id` is
    /// derived from it, so that sending the event again adds nothing. It must not be personal.
    #[schema(nullable = false)]
    external_id: Option<String>,
    /// Optional; if given, it must be the tenant of the credentials.
    #[schema(nullable = false)]
    tenant_id: Option<String>,
    /// When the event happened: RFC 3339. Defaults to the time of receipt, which also replaces a time before 1970 or
    /// more than 24 hours ahead.
    #[schema(format = DateTime, nullable = false)]
    occurred_at: Option<String>,
    /// What was done, at most 256 bytes; recommended is `noun.verb` in lower case.
    #[schema(example = "user.login")]
    action: String,
    /// Defaults to the category of the action's verb.
    #[schema(nullable = false)]
    category: Option<Category>,
    #[schema(nullable = false)]
    outcome: Option<Outcome>,
    #[schema(nullable = false)]
    severity: Option<Severity>,
    actor: Actor,
    /// On whose behalf it was done; the outermost human first.
    #[schema(max_items = 8, nullable = false)]
    on_behalf_of: Option<Vec<Actor>>,
    /// The things that the action affected.
    #[schema(max_items = 32, nullable = false)]
    targets: Option<Vec<Target>>,
    /// What was changed in the targets.
    #[schema(max_items = 64, nullable = false)]
    changes: Option<Vec<Change>>,
    source: Source,
    #[schema(nullable = false)]
    context: Option<Context>,
    #[schema(nullable = false)]
    reason: Option<Reason>,
    /// A human-readable sentence, at most 8 KiB.
    #[schema(nullable = false)]
    message: Option<String>,
    /// Custom data: any JSON of at most 8 levels, 256 values and 32 KiB, with names of at most 256 bytes and strings of
    /// at most 8 KiB.
    #[schema(nullable = false)]
    metadata: Option<BTreeMap<String, Value>>,
    #[schema(nullable = false)]
    producer: Option<Producer>,
    #[schema(nullable = false)]
    raw: Option<Raw>,
}

/// A stored event. Field groups that the reader may not see are left out and named in `withheld`.
#[derive(Serialize, ToSchema)]
pub(super) struct Event {
    /// A UUID of version 7, unique within the tenant.
    #[schema(example = "01932b5e-7c00-7abc-8def-0123456789ab")]
    id: String,
    /// The event's id in the system of record.
    #[schema(nullable = false)]
    external_id: Option<String>,
    /// The id of the tenant.
    tenant_id: String,
    /// The event's position in the tenant's log, from 0.
    #[schema(example = "12")]
    sequence: String,
    /// When the event happened according to the producer, or the time of receipt: UTC with six fraction digits.
    #[schema(format = DateTime)]
    occurred_at: String,
    /// When the server received the event.
    #[schema(format = DateTime)]
    received_at: String,
    submitted_by: Submitter,
    /// `true` if the time that the producer sent and `received_at` differ by more than five minutes; otherwise absent.
    #[schema(nullable = false)]
    skewed: Option<bool>,
    /// Field groups that are left out because the reader lacks a permission.
    #[schema(nullable = false)]
    withheld: Option<Vec<Group>>,
    /// What was done.
    #[schema(example = "user.login")]
    action: String,
    category: Category,
    outcome: Outcome,
    severity: Severity,
    #[schema(nullable = false)]
    actor: Option<Actor>,
    /// On whose behalf it was done; the outermost human first.
    #[schema(nullable = false)]
    on_behalf_of: Option<Vec<Actor>>,
    /// The things that the action affected.
    #[schema(nullable = false)]
    targets: Option<Vec<Target>>,
    /// What was changed in the targets.
    #[schema(nullable = false)]
    changes: Option<Vec<Change>>,
    source: Source,
    #[schema(nullable = false)]
    context: Option<Context>,
    #[schema(nullable = false)]
    reason: Option<Reason>,
    /// A human-readable sentence.
    #[schema(nullable = false)]
    message: Option<String>,
    /// Custom data: any JSON.
    #[schema(nullable = false)]
    metadata: Option<BTreeMap<String, Value>>,
    #[schema(nullable = false)]
    producer: Option<Producer>,
    #[schema(nullable = false)]
    raw: Option<Raw>,
    /// What was adjusted in the values that the producer sent.
    #[schema(max_items = 64, nullable = false)]
    adjustments: Option<Vec<Adjustment>>,
}
