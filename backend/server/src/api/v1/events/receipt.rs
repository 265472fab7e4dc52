//! Owns how receipts are represented in responses.

use std::fmt::Display;

use auditlog_core::{id::EventId, store::ReceiptStatus, timestamp::Timestamp};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// Confirms that an event is durable, with its position.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Receipt {
    /// The event's id.
    #[schema(value_type = String, example = "01932b5e-7c00-7abc-8def-0123456789ab")]
    #[serde(serialize_with = "as_text")]
    id: EventId,
    /// The event's position in the tenant's log, from 0.
    #[schema(value_type = String, example = "12")]
    #[serde(serialize_with = "as_text")]
    sequence: u64,
    /// When the event was received; for a duplicate, when it was first received.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "as_text")]
    received_at: Timestamp,
    /// Whether an equal event with this id had been stored before; the receipt is then that event's.
    duplicate: bool,
}

impl From<auditlog_core::store::Receipt> for Receipt {
    fn from(receipt: auditlog_core::store::Receipt) -> Self {
        let auditlog_core::store::Receipt { status, id, sequence, received_at } = receipt;
        Self { id, sequence, received_at, duplicate: status == ReceiptStatus::Duplicate }
    }
}

/// Serializes a value as a JSON string without allocating an intermediate string: each receipt has three, and an answer
/// up to a thousand receipts.
pub(super) fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
