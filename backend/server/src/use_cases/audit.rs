//! Owns the events in which the audit log records changes of its own control data. They pass the same parser and rules
//! as the events of clients.

use auditlog_core::{
    clock::Entropy,
    event::{RESERVED_SERVICE, Submission, Submitter, parse_event},
    id::TenantId,
    intake::{Prepared, PreparedBatch, prepare},
    policy::{Origin, Subject},
    timestamp::Timestamp,
};
use serde_json::{Map, Value, json};

use crate::use_cases::Editor;

/// One change to record.
pub(super) struct Entry<'a> {
    /// The tenant whose log records the change.
    pub(super) tenant_id: TenantId,
    /// Who changed what.
    pub(super) change: AuditedChange,
    /// The target of the change.
    pub(super) target: EntryTarget<'a>,
    /// Additional facts, as scalars.
    pub(super) metadata: Value,
}

/// A change of control data, as it is recorded.
pub(super) struct AuditedChange {
    /// The action: `api_key.create`.
    pub(super) action: &'static str,
    /// The time of the change.
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

/// The event that records a change breaks a rule of events, so the change was not made.
#[derive(Debug, thiserror::Error)]
#[error("the change {action} could not be recorded and was not made: {reason}")]
pub struct Unrecordable {
    action: &'static str,
    reason: String,
}

impl<S> Editor<'_, S> {
    /// Prepares the event that records a change by this caller.
    pub(super) fn record(&self, entry: Entry<'_>) -> Result<PreparedBatch, Unrecordable> {
        record(self.services.entropy.as_ref(), &self.caller.subject, self.origin, entry)
    }
}

/// Prepares the event that records a change.
pub(super) fn record(
    entropy: &dyn Entropy,
    subject: &Subject,
    origin: &Origin,
    entry: Entry<'_>,
) -> Result<PreparedBatch, Unrecordable> {
    let AuditedChange { action, at, changes } = entry.change;
    let unrecordable = |error: &dyn std::fmt::Debug| {
        tracing::error!(action, ?error, "the event that records a change is not valid");
        Unrecordable { action, reason: format!("{error:?}") }
    };
    let event = json!({
        "action": action,
        "actor": actor(subject),
        "targets": [{"type": entry.target.kind, "id": entry.target.id, "name": entry.target.name}],
        "changes": changes,
        "source": {"service": RESERVED_SERVICE, "version": env!("CARGO_PKG_VERSION")},
        "context": context(subject, origin),
        "metadata": entry.metadata,
    });
    let draft = parse_event(event.to_string().as_bytes()).map_err(|errors| unrecordable(&errors))?;
    let mut salt_seed = [0; 16];
    entropy.fill(&mut salt_seed);
    let submission = Submission { tenant_id: entry.tenant_id, submitted_by: Submitter::Server, received_at: at };
    let Prepared { batch, verdicts } = prepare(std::iter::once(draft), submission, salt_seed, entropy);
    match verdicts.into_iter().find_map(Result::err) {
        Some(violation) => Err(unrecordable(&violation)),
        None => Ok(batch),
    }
}

/// A change entry for a replaced value.
pub(super) fn replaced(path: &str, old: &Value, new: &Value) -> Value {
    json!({"path": path, "op": "replace", "old": old, "new": new})
}

/// The subject as the actor of an event.
fn actor(subject: &Subject) -> Value {
    match subject {
        Subject::ApiKey(id) => json!({"type": "api_key", "id": id.as_str()}),
        Subject::User(id) => json!({"type": "user", "id": id.to_string()}),
        Subject::Operator => json!({"type": "system", "id": "operator"}),
    }
}

/// The request of a subject as the context of an event. The operator has none.
fn context(subject: &Subject, origin: &Origin) -> Value {
    let auth_method = match subject {
        Subject::ApiKey(_) => "api_key",
        Subject::User(_) => "session",
        Subject::Operator => return Value::Null,
    };
    let mut context = Map::new();
    if let Some(ip) = origin.ip {
        context.insert("ip".to_owned(), json!(ip.to_string()));
    }
    if let Some(request_id) = &origin.request_id {
        context.insert("request_id".to_owned(), json!(request_id));
    }
    context.insert("auth_method".to_owned(), json!(auth_method));
    Value::Object(context)
}
