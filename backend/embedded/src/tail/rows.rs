//! Owns how the rows of requests become batches: large requests arrive as columns from their handler's thread, small
//! ones as events, and neighbouring small ones are turned into columns together.

use std::sync::Arc;

use arrow_array::{Int64Array, RecordBatch};
use arrow_select::filter::filter_record_batch;
use auditlog_core::{event::StoredEvent, merkle::Hash, timestamp::Timestamp};

use crate::{
    columns::{ColumnsError, event_at, from_events, name},
    error::StoreError,
    tail::TailBatch,
};

/// A request with fewer events stays as events until the writer has it.
const COLUMNS_FROM: usize = 32;
/// The number of events of several requests that are turned into columns together. No text of an event is much longer
/// than the MiB that an event may be sent with, and a column holds 2 GiB.
const TOGETHER_MAX: usize = 1_000;

/// The events of a request, in order.
#[derive(Debug, Clone)]
pub(crate) enum Rows {
    /// Few of them.
    Events(Vec<StoredEvent>),
    /// Many of them.
    Columns(RecordBatch),
}

impl Rows {
    /// Turns many events into columns; their sequences are not valid yet.
    pub(crate) fn new(events: Vec<StoredEvent>) -> Result<Self, StoreError> {
        if events.len() < COLUMNS_FROM {
            return Ok(Self::Events(events));
        }
        Ok(Self::Columns(from_events(&events)?))
    }

    pub(crate) fn event(&self, row: usize) -> Result<StoredEvent, StoreError> {
        match self {
            Self::Events(events) => {
                let missing = || StoreError::Stopped(format!("a request has no event {row}"));
                events.get(row).cloned().ok_or_else(missing)
            }
            Self::Columns(columns) => Ok(event_at(columns, row)?),
        }
    }

    /// The rows for which `keep` is true, with sequences from `first_sequence` on.
    pub(crate) fn place(self, keep: &[bool], first_sequence: u64) -> Result<Self, StoreError> {
        match self {
            Self::Events(events) => {
                let kept = events.into_iter().zip(keep).filter(|(_, keep)| **keep).map(|(event, _)| event);
                let placed = kept.zip(first_sequence..).map(|(event, sequence)| StoredEvent { sequence, ..event });
                Ok(Self::Events(placed.collect()))
            }
            Self::Columns(columns) => {
                let all = keep.iter().all(|keep| *keep);
                let kept = if all { columns } else { filter_record_batch(&columns, &keep.to_vec().into())? };
                Ok(Self::Columns(with_sequences(kept, first_sequence)?))
            }
        }
    }
}

/// Fills in the sequences, the one column that handlers do not know.
fn with_sequences(columns: RecordBatch, first: u64) -> Result<RecordBatch, StoreError> {
    let (schema, mut arrays, rows) = columns.into_parts();
    let index = schema.index_of(name::SEQUENCE)?;
    let first = i64::try_from(first).map_err(|_| StoreError::Stopped("a log is full".into()))?;
    arrays[index] = Arc::new((first..).take(rows).collect::<Int64Array>());
    Ok(RecordBatch::try_new(schema, arrays)?)
}

/// Collects one tenant's rows of a commit into batches.
#[derive(Debug, Default)]
pub(crate) struct RowGroups {
    finished: Vec<TailBatch>,
    events: Vec<StoredEvent>,
    hashes: Vec<Hash>,
}

impl RowGroups {
    /// Adds the rows of a request, with their sequences assigned. All of them have this `received_at`. Adds none if it
    /// fails.
    pub(crate) fn push(
        &mut self,
        rows: Rows,
        leaf_hashes: Vec<Hash>,
        received_at: Timestamp,
    ) -> Result<(), StoreError> {
        match rows {
            Rows::Events(events) => {
                let is_of_other_day = |first: &StoredEvent| first.event.received_at.day() != received_at.day();
                if self.events.len() >= TOGETHER_MAX || self.events.first().is_some_and(is_of_other_day) {
                    self.flush()?;
                }
                self.events.extend(events);
                self.hashes.extend(leaf_hashes);
            }
            Rows::Columns(columns) => {
                let first_sequence = event_at(&columns, 0)?.sequence;
                self.flush()?;
                self.finished.push(TailBatch::new(columns, first_sequence, leaf_hashes, received_at.day()));
            }
        }
        Ok(())
    }

    /// The batches in order, of this generation.
    pub(crate) fn finish(mut self, generation: u64) -> Result<Vec<TailBatch>, StoreError> {
        self.flush()?;
        Ok(self.finished.into_iter().map(|batch| batch.of_generation(generation)).collect())
    }

    /// The event at a position, among the rows that were pushed here.
    pub(crate) fn event(&self, sequence: u64) -> Result<Option<StoredEvent>, StoreError> {
        if let Some(event) = self.events.iter().find(|event| event.sequence == sequence) {
            return Ok(Some(event.clone()));
        }
        let holds = |batch: &&TailBatch| (batch.first_sequence..batch.end_sequence()).contains(&sequence);
        let Some(batch) = self.finished.iter().find(holds) else { return Ok(None) };
        batch.event(sequence)
    }

    /// Turns the collected events into a batch. They stay as they are if that fails.
    fn flush(&mut self) -> Result<(), StoreError> {
        let Some(first) = self.events.first() else { return Ok(()) };
        let (first_sequence, day) = (first.sequence, first.event.received_at.day());
        let columns = from_events(&self.events)?;
        self.events.clear();
        let leaf_hashes = std::mem::take(&mut self.hashes);
        self.finished.push(TailBatch::new(columns, first_sequence, leaf_hashes, day));
        Ok(())
    }
}

impl TailBatch {
    /// The event at a position; `None` where the batch does not hold it.
    pub(crate) fn event(&self, sequence: u64) -> Result<Option<StoredEvent>, StoreError> {
        let row = sequence.checked_sub(self.first_sequence).and_then(|row| usize::try_from(row).ok());
        let Some(row) = row.filter(|row| *row < self.rows()) else { return Ok(None) };
        Ok(Some(event_at(&self.columns, row)?))
    }
}

impl From<ColumnsError> for StoreError {
    fn from(error: ColumnsError) -> Self {
        Self::Corrupted(error.to_string())
    }
}

impl From<arrow_schema::ArrowError> for StoreError {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self::Stopped(format!("columns could not be built: {error}"))
    }
}
