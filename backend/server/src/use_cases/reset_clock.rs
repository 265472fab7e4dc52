//! Owns how a reset of the clock is told in the logs.

use auditlog_core::{id::TenantId, store::PreparedBatch, timestamp::Timestamp};
use serde_json::{Value, json};

use crate::{
    app::Services,
    problem::Problem,
    use_cases::{
        Author,
        audit::{Entry, EntryTarget, record, replaced},
    },
};

/// A log that goes on though its newest event was received later than the clock shows.
#[derive(Debug, Clone)]
pub struct ClockReset {
    /// Whose log.
    pub tenant_id: TenantId,
    /// When its newest event was received.
    pub newest: Timestamp,
    /// What the clock shows.
    pub now: Timestamp,
}

/// Prepares the event by which a log tells that `received_at` falls behind it: `clock.reset` by the operator.
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
