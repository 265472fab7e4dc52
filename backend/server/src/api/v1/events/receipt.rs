//! Owns how receipts look in answers.

use serde::Serialize;
use utoipa::ToSchema;

use crate::use_cases::Place;

/// That an event is durable, and where it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Receipt {
    /// The event's id.
    #[schema(example = "01932b5e-7c00-7abc-8def-0123456789ab")]
    id: String,
    /// The event's position in the tenant's log, from 0.
    #[schema(example = "12")]
    sequence: String,
    /// When it was received; of a duplicate, when it was received first.
    #[schema(format = DateTime)]
    received_at: String,
    /// Whether an equal event with this id had been stored before. Then this is that one's receipt.
    duplicate: bool,
}

impl Receipt {
    pub(super) fn stored(place: Place) -> Self {
        Self { duplicate: false, ..Self::duplicate(place) }
    }

    pub(super) fn duplicate(place: Place) -> Self {
        Self {
            id: place.id.to_string(),
            sequence: place.sequence.to_string(),
            received_at: place.received_at.to_string(),
            duplicate: true,
        }
    }
}
