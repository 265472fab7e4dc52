//! Owns the events by which the audit log records changes of its own control data. They go through the same parser as
//! everybody's, so they keep the same rules.

use auditlog_core::{
    event::{RESERVED_SERVICE, Submission, Submitter, parse_event, prepare},
    id::TenantId,
    store::PreparedBatch,
    timestamp::Timestamp,
};
use serde_json::{Value, json};

use crate::{
    app::Services,
    problem::{Code, Problem},
    use_cases::Author,
};

/// One change to be recorded.
pub(super) struct Entry<'a> {
    /// In whose log.
    pub(super) tenant_id: TenantId,
    /// When.
    pub(super) at: Timestamp,
    /// By whom.
    pub(super) author: &'a Author,
    /// What was done: `api_key.create`.
    pub(super) action: &'static str,
    /// To what.
    pub(super) target: EntryTarget<'a>,
    /// What changed there.
    pub(super) changes: Vec<Value>,
    /// What else is worth knowing, as scalars.
    pub(super) metadata: Value,
}

/// What a change was made to.
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

/// A replaced value.
pub(super) fn replaced(path: &str, old: &Value, new: &Value) -> Value {
    json!({"path": path, "op": "replace", "old": old, "new": new})
}

/// A change that cannot be recorded is not made.
fn unrecordable(action: &str, error: &dyn std::fmt::Debug) -> Problem {
    tracing::error!(action, ?error, "the event that records a change is not valid");
    Problem::new(Code::InternalError, "the change could not be recorded and was not made")
}
