//! Finds one event by its id.

use arrow_array::Array;
use auditlog_core::{
    event::StoredEvent,
    id::EventId,
    query::{Meter, QueryBudget},
    store::QueryError,
};

use super::{BYTES_PER_ROW, Snapshot, row_error::RowError, unreadable};
use crate::columns::{UnreadableColumn, binary_column, event_at, name};

/// The number of ids compared between two checks of the budget.
const ROWS_PER_STEP: usize = 1_000;

/// The event with this id, if the snapshot holds it.
///
/// # Errors
/// [`QueryError::Corrupted`] where bytes that have to be read are damaged; the budget's errors.
pub fn get(snapshot: &Snapshot<'_>, id: EventId, budget: &QueryBudget) -> Result<Option<StoredEvent>, QueryError> {
    let meter = Meter::new(budget);
    for batch in snapshot.tail.iter().rev() {
        let ids = binary_column(batch, name::ID);
        let ids = ids.ok_or_else(|| RowError::from(UnreadableColumn(name::ID)).in_tail())?;
        for start in (0..ids.len()).step_by(ROWS_PER_STEP) {
            let mut rows = start..ids.len().min(start + ROWS_PER_STEP);
            meter.examine(rows.len() * BYTES_PER_ROW)?;
            if let Some(row) = rows.find(|row| ids.value(*row) == id.as_bytes()) {
                return event_at(batch, row).map(Some).map_err(|error| unreadable(&error));
            }
        }
    }
    for part in snapshot.segments.iter().rev() {
        budget.check()?;
        if let Some(row) = part.segment.find_id(snapshot.tenant_id, id)? {
            return part.segment.event(row).map(Some);
        }
    }
    Ok(None)
}
