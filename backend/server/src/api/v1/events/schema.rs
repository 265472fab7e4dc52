//! Owns how an event is described in the OpenAPI document. The core crate owns what an event is and every rule it must
//! keep; the types here are never instantiated.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Serialize;
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, SchemaType, Type},
    },
};

use crate::api::v1::events::schema_parts::{
    Actor, Category, Change, Context, Group, Outcome, Producer, Raw, Reason, Severity, Source, Submitter, Target,
};

/// An event to send. Unknown fields are rejected. A field that is `null`, `[]` or `{}` counts as absent, except `old`
/// and `new` of a change and the values in `metadata` and `attributes`.
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
    /// A UUID of version 7 in lower case. Setting it makes retries safe.
    #[schema(nullable = false, pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
    id: Option<String>,
    /// Optional; if given, it must be the tenant of the credentials.
    #[schema(nullable = false)]
    tenant_id: Option<String>,
    /// When the event happened: RFC 3339, from 1970 to 24 hours ahead. Defaults to the time of receipt.
    #[schema(format = DateTime, nullable = false)]
    occurred_at: Option<String>,
    /// What was done, as `noun.verb`.
    #[schema(pattern = "^[a-z0-9_.-]{1,128}$", example = "user.login")]
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
    /// A human-readable sentence, at most 4 KiB.
    #[schema(nullable = false)]
    message: Option<String>,
    /// Custom data: at most 64 names of at most 64 bytes, strings of at most 1 KiB.
    #[schema(nullable = false)]
    metadata: Option<BTreeMap<String, Scalar>>,
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
    /// The id of the tenant.
    tenant_id: String,
    /// The event's position in the tenant's log, from 0.
    #[schema(example = "12")]
    sequence: String,
    /// When the event happened according to the producer: UTC with six fraction digits.
    #[schema(format = DateTime)]
    occurred_at: String,
    /// When the server received the event.
    #[schema(format = DateTime)]
    received_at: String,
    submitted_by: Submitter,
    /// `true` if `occurred_at` and `received_at` differ by more than five minutes; otherwise absent.
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
    /// Custom data; all values are scalars.
    #[schema(nullable = false)]
    metadata: Option<BTreeMap<String, Scalar>>,
    #[schema(nullable = false)]
    producer: Option<Producer>,
    #[schema(nullable = false)]
    raw: Option<Raw>,
}

/// A value without structure: a string, a finite number within ±2^53, a boolean or `null`.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Scalar(Value);

impl PartialSchema for Scalar {
    fn schema() -> RefOr<Schema> {
        let types = vec![Type::String, Type::Number, Type::Boolean, Type::Null];
        ObjectBuilder::new()
            .schema_type(SchemaType::Array(types))
            .description(Some("A value without structure."))
            .into()
    }
}

impl ToSchema for Scalar {
    fn name() -> Cow<'static, str> {
        "Scalar".into()
    }
}
