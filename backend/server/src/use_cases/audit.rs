//! Owns the events in which the audit log records changes of its own control data. They pass the same parser and rules
//! as the events of clients.

use auditlog_core::{
    event::{RESERVED_SERVICE, Submission, Submitter, parse_event},
    id::TenantId,
    intake::{PreparedBatch, prepare},
    timestamp::Timestamp,
};
use serde_json::{Value, json};

use crate::{
    app::Services,
    problem::{Code, Problem},
    use_cases::Author,
};

/// One change to record.
pub(super) struct Entry<'a> {
    /// The tenant whose log records the change.
    pub(super) tenant_id: TenantId,
    /// The time of the change.
    pub(super) at: Timestamp,
    /// The author of the change.
    pub(super) author: &'a Author,
    /// The action: `api_key.create`.
    pub(super) action: &'static str,
    /// The target of the change.
    pub(super) target: EntryTarget<'a>,
    /// The changed values.
    pub(super) changes: Vec<Value>,
    /// Additional facts, as scalars.
    pub(super) metadata: Value,
}

/// A change of control data, as it is recorded.
pub(super) struct AuditedChange {
    /// The action: `api_key.create`.
    pub(super) action: &'static str,
    pub(super) at: Timestamp,
    /// The changed values.
    pub(super) changes: Vec<Value>,
}

impl AuditedChange {
    /// A change that lists no values: something was created or deleted.
    pub(super) const fn new(action: &'static str, at: Timestamp) -> Self {
        Self { action, at, changes: Vec::new() }
    }
}

/// The target of a change.
pub(super) struct EntryTarget<'a> {
    pub(super) kind: &'static str,
    pub(super) id: &'a str,
    pub(super) name: &'a str,
}

/// Prepares the event that records a change.
pub(super) fn record(services: &Services, entry: Entry<'_>) -> Result<PreparedBatch, Problem> {
    let event = json!({
        "action": entry.action,
        "actor": entry.author.actor(),
        "targets": [{"type": entry.target.kind, "id": entry.target.id, "name": entry.target.name}],
        "changes": entry.changes,
        "source": {"service": RESERVED_SERVICE, "version": env!("CARGO_PKG_VERSION")},
        "context": entry.author.context(),
        "metadata": entry.metadata,
    });
    let draft = parse_event(event.to_string().as_bytes()).map_err(|errors| unrecordable(entry.action, &errors))?;
    let mut salt_seed = [0; 16];
    services.entropy.fill(&mut salt_seed);
    let submission = Submission { tenant_id: entry.tenant_id, submitted_by: Submitter::Server, received_at: entry.at };
    let (batch, verdicts) = prepare(std::iter::once(draft), submission, salt_seed, services.entropy.as_ref());
    match verdicts.into_iter().find_map(Result::err) {
        Some(violation) => Err(unrecordable(entry.action, &violation)),
        None => Ok(batch),
    }
}

/// A change entry for a replaced value.
pub(super) fn replaced(path: &str, old: &Value, new: &Value) -> Value {
    json!({"path": path, "op": "replace", "old": old, "new": new})
}

/// The problem for a change that cannot be recorded and is therefore not made.
fn unrecordable(action: &str, error: &dyn std::fmt::Debug) -> Problem {
    tracing::error!(action, ?error, "the event that records a change is not valid");
    Problem::new(Code::InternalError, "the change could not be recorded and was not made")
}
