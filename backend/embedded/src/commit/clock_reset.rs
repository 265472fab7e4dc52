//! Owns the clock reset, the only case in which `received_at` may go back further than the usual bound. One commit
//! stores the events that record the reset, and sets the newest `received_at` to the current time.

use std::collections::BTreeMap;

use auditlog_core::{store::AppendError, timestamp::Timestamp};

use crate::{
    commit::{Append, Draft, Reply, Writer},
    error::StoreError,
    ledger::Mark,
};

/// A reset of the clock with the events that record it.
pub(crate) struct ClockReset {
    /// The current time of the clock, which is also the time of receipt of each of the events.
    pub now: Timestamp,
    pub records: Vec<Append>,
    pub reply: Reply<(), AppendError>,
}

impl Writer {
    /// Performs the job and replies. Fails only where the ledger fails.
    pub(super) fn reset_clock(&mut self, reset: ClockReset) -> Result<(), StoreError> {
        let ClockReset { now, records, reply } = reset;
        let mut draft = Draft::default();
        for record in records {
            if let Err(refusal) = self.place(&mut draft, record, &BTreeMap::new()) {
                drop(reply.send(Err(refusal)));
                return Ok(());
            }
        }
        let micros = u64::try_from(now.as_micros()).unwrap_or(0);
        let outcome = self.commit(draft, |change| change.set_mark(Mark::NewestReceipt, micros));
        let answer = match &outcome {
            Ok(()) => {
                self.receipts.reset(now);
                Ok(())
            }
            Err(error) => Err(AppendError::Stopped(error.to_string())),
        };
        drop(reply.send(answer));
        outcome
    }
}
