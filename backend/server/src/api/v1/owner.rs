//! Owns how the owner of a saved search or an export is represented in answers.

use auditlog_core::id::ApiKeyId;
use serde::Serialize;
use utoipa::ToSchema;

/// The key that owns a resource, in the form in which the log names an actor.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyOwner {
    /// Always `api_key`.
    #[schema(example = "api_key", value_type = String)]
    r#type: &'static str,
    /// The public part of the key that created it.
    #[schema(example = "k3v9x0q2m7ab4c1d")]
    id: String,
}

impl KeyOwner {
    pub(super) fn of(key: &ApiKeyId) -> Self {
        Self { r#type: "api_key", id: key.to_string() }
    }
}
