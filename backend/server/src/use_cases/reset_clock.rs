//! Owns how a reset of the clock is recorded in the logs.

use auditlog_core::{id::TenantId, intake::PreparedBatch, timestamp::Timestamp};
use serde_json::{Value, json};

use crate::{
    app::Services,
    problem::Problem,
    use_cases::{
        Author,
        audit::{Entry, EntryTarget, record, replaced},
    },
};

/// A log that continues although its newest event was received later than the clock's current time.
#[derive(Debug, Clone)]
pub struct ClockReset {
    /// The tenant of the log.
    pub tenant_id: TenantId,
    /// When the newest event of the log was received.
    pub newest: Timestamp,
    /// The current time of the clock.
    pub now: Timestamp,
}

/// Prepares the event that records that `received_at` steps back in a log: `clock.reset` by the operator.
///
/// # Errors
/// [`Problem`] where the event breaks a rule of events.
pub fn record_clock_reset(services: &Services, reset: &ClockReset) -> Result<PreparedBatch, Problem> {
    let ClockReset { tenant_id, newest, now } = reset;
    let entry = Entry {
        tenant_id: tenant_id.clone(),
        at: *now,
        author: &Author::Operator,
        action: "clock.reset",
        target: EntryTarget { kind: "log", id: tenant_id.as_str(), name: tenant_id.as_str() },
        changes: vec![replaced("/received_at", &json!(newest.to_string()), &json!(now.to_string()))],
        metadata: Value::Null,
    };
    record(services, entry)
}
