//! Owns how the owner of a saved search or an export is represented in responses.

use auditlog_core::id::OwnerId;
use serde::Serialize;
use utoipa::ToSchema;

/// The owner of a resource, in the form in which the log names an actor.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Owner {
    /// The kind of owner: `api_key` or `user`.
    #[schema(example = "api_key", value_type = String)]
    r#type: &'static str,
    /// The id of the owner; for a key, its public part.
    #[schema(example = "k3v9x0q2m7ab4c1d")]
    id: String,
}

impl Owner {
    pub(super) fn of(owner: &OwnerId) -> Self {
        Self { r#type: owner.kind(), id: owner.id() }
    }
}
