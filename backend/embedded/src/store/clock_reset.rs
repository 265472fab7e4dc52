//! Owns the clock reset: a log whose newest events were stamped by a wrong clock accepts new events again.

use std::sync::Arc;

use auditlog_core::{
    clock::Clock,
    id::TenantId,
    intake::PreparedBatch,
    store::{AppendError, ControlError},
    timestamp::Timestamp,
};
use tokio::sync::oneshot;

use crate::{
    columns::{name, time_column},
    commit::{ClockReset, Job},
    error::StoreError,
    store::EmbeddedStore,
    tail::LogView,
};

/// The logs that are ahead of the clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogsAhead {
    /// The time of the clock.
    pub now: Timestamp,
    /// Each log whose newest event was received later than that, by tenant.
    pub logs: Vec<LogAhead>,
}

/// A log that is ahead of the clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogAhead {
    /// The tenant.
    pub tenant_id: TenantId,
    /// When its newest event was received.
    pub newest: Timestamp,
}

impl EmbeddedStore {
    /// The clock for `received_at`: it falls by at most 60 s, as long as the underlying clock is set back by no more
    /// than a day.
    #[must_use]
    pub fn receipt_clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.engine().receipts) as _
    }

    /// The logs that are ahead of the clock. Reads the last event of each log, so it blocks.
    ///
    /// # Errors
    /// [`StoreError`] where a last event cannot be read.
    pub fn logs_ahead(&self) -> Result<LogsAhead, StoreError> {
        let now = self.engine().receipts.shown();
        let mut logs = Vec::new();
        for view in self.engine().published.logs() {
            if let Some(newest) = last_receipt(&view)?.filter(|newest| *newest > now) {
                logs.push(LogAhead { tenant_id: view.tenant_id.clone(), newest });
            }
        }
        Ok(LogsAhead { now, logs })
    }

    /// Lets `received_at` fall once, to `now`: appends these events, which record the reset and were received at `now`,
    /// whatever was received before. There is one for each log that is ahead. All of it is durable when the future
    /// resolves.
    ///
    /// # Errors
    /// [`ControlError::NotStored`]; then nothing has changed.
    pub async fn reset_clock(&self, now: Timestamp, records: Vec<PreparedBatch>) -> Result<(), ControlError> {
        let mut prepared = Vec::with_capacity(records.len());
        for record in records {
            prepared.push(self.prepare(record, None).await?);
        }
        let (reply, answer) = oneshot::channel();
        let reset = ClockReset { now, records: prepared, reply };
        self.engine().queue.push_own(Job::ResetClock(Box::new(reset)))?;
        let stopped = || AppendError::Stopped("the writer has stopped".into());
        Ok(answer.await.unwrap_or_else(|_| Err(stopped()))?)
    }
}

/// When the last event of a log was received.
fn last_receipt(view: &LogView) -> Result<Option<Timestamp>, StoreError> {
    if let Some(batch) = view.batches.last() {
        let times = time_column(&batch.columns, name::RECEIVED_AT);
        return Ok(times.and_then(|times| times.values().last().copied()).map(Timestamp::from_micros));
    }
    let Some(part) = view.parts.last() else { return Ok(None) };
    let last = part.segment.event(part.range.row_start + part.range.rows.saturating_sub(1))?;
    Ok(Some(last.event.received_at))
}
