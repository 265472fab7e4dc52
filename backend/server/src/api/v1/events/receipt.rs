//! Owns how receipts are represented in responses.

use std::fmt::Display;

use auditlog_core::{
    event::{self, Adjustments},
    id::EventId,
    store::ReceiptStatus,
    timestamp::Timestamp,
};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::{answer::hexadecimal, api::v1::events::schema_parts::Adjustment, use_cases::Accepted};

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
    /// What was adjusted in the values that were sent; absent if nothing was.
    #[schema(value_type = Vec<Adjustment>, required = false, max_items = 64)]
    #[serde(serialize_with = "as_list", skip_serializing_if = "Adjustments::is_empty")]
    adjustments: Adjustments,
}

/// An adjustment as events contain it.
#[derive(Serialize)]
struct ListedAdjustment<'a> {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    original: Option<&'a str>,
    pointer: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

impl From<Accepted> for Receipt {
    fn from(Accepted { receipt, adjustments }: Accepted) -> Self {
        let auditlog_core::store::Receipt { status, id, sequence, received_at } = receipt;
        Self { id, sequence, received_at, duplicate: status == ReceiptStatus::Duplicate, adjustments }
    }
}

impl<'a> From<&'a event::Adjustment> for ListedAdjustment<'a> {
    fn from(adjustment: &'a event::Adjustment) -> Self {
        let event::Adjustment { pointer, code, original, size, sha256 } = adjustment;
        let sha256 = sha256.as_ref().map(|sha256| hexadecimal(sha256));
        Self { code: code.as_str(), original: original.as_deref(), pointer, sha256, size: *size }
    }
}

/// Serializes a value as a JSON string without allocating an intermediate string: each receipt has three, and an answer
/// up to a thousand receipts.
pub(super) fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Serializes adjustments as events contain them.
pub(super) fn as_list<S: Serializer>(adjustments: &Adjustments, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(adjustments.as_slice().iter().map(ListedAdjustment::from))
}
