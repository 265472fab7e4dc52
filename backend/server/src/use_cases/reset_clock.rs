//! Owns how a reset of the clock is recorded in the logs.

use auditlog_core::{
    clock::Entropy,
    id::TenantId,
    intake::PreparedBatch,
    policy::{Origin, Subject},
    timestamp::Timestamp,
};
use serde_json::{Value, json};

use crate::use_cases::audit::{AuditedChange, Entry, EntryTarget, Unrecordable, record, replaced};

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
/// [`Unrecordable`] where the event breaks a rule of events.
pub fn record_clock_reset(entropy: &dyn Entropy, reset: &ClockReset) -> Result<PreparedBatch, Unrecordable> {
    let ClockReset { tenant_id, newest, now } = reset;
    let change = AuditedChange {
        action: "clock.reset",
        at: *now,
        changes: vec![replaced("/received_at", &json!(newest.to_string()), &json!(now.to_string()))],
    };
    let entry = Entry {
        tenant_id: tenant_id.clone(),
        change,
        target: EntryTarget { kind: "log", id: tenant_id.as_str(), name: tenant_id.as_str() },
        metadata: Value::Null,
    };
    record(entropy, &Subject::Operator, &Origin::default(), entry)
}
