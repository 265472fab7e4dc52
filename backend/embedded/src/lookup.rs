//! Owns finding an event among the sealed ones by its id.

use auditlog_core::{event::StoredEvent, id::EventId};

use crate::{error::StoreError, tail::LogView};

/// The sealed event with this id, among those whose sequence is at least `from_sequence`. Only segments that may hold
/// it are searched, the newest first: a retry follows soon after the first attempt.
pub(crate) fn find_sealed(view: &LogView, from_sequence: u64, id: EventId) -> Result<Option<StoredEvent>, StoreError> {
    view.parts.read_latest_id();
    if view.parts.are_before(id) {
        return Ok(None);
    }
    let newer = view.parts.partition_point(|part| part.end_sequence() <= from_sequence);
    for part in view.parts[newer..].iter().rev() {
        if let Some(row) = part.segment.find_id(&view.tenant_id, id)? {
            return Ok(Some(part.segment.event(row)?));
        }
    }
    Ok(None)
}

/// Whether any sealed part of the log may hold this id, according to the data in memory.
pub(crate) fn may_be_sealed(view: &LogView, id: EventId) -> bool {
    !view.parts.are_before(id) && view.parts.iter().any(|part| part.segment.may_hold(id))
}
