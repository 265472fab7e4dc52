//! Owns the lifecycle of tenants.

use auditlog_core::{
    id::TenantId,
    store::{Expected, RecordKind, Revision, Tenant, TenantChange, TenantStatus, TenantStore, Urgency},
};
use serde_json::{Value, json};

use crate::use_cases::{
    ChangeError, Editor,
    audit::{AuditedChange, Entry, EntryTarget, Unrecordable, replaced},
    change::{Decision, Recorded, check_expected},
};

/// A tenant to create.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// The tenant's id.
    pub id: TenantId,
    /// A human-readable name.
    pub name: String,
}

/// Changes to a tenant; `None` leaves a member unchanged.
#[derive(Debug, Clone, Default)]
pub struct TenantUpdate {
    /// The new name.
    pub name: Option<String>,
    /// Whether the tenant's keys are accepted from now on.
    pub status: Option<TenantStatus>,
}

/// Creates a tenant without keys.
pub async fn create_tenant(editor: &Editor<'_>, new: NewTenant) -> Result<Tenant, ChangeError> {
    let new = &new;
    let decide = |_| async move {
        let tenant = new_tenant(editor, new.clone());
        Ok(Decision::commit(Urgency::Ordinary, vec![creation(editor, &tenant)?], tenant))
    };
    editor.make(Urgency::Ordinary, decide).await
}

/// Changes the name or status of a tenant.
pub async fn update_tenant(
    editor: &Editor<'_>,
    id: &TenantId,
    update: TenantUpdate,
    expected: &Expected,
) -> Result<Tenant, ChangeError> {
    // Suspending protects and may use the disk space kept for that. Resuming may not: alternating both could use up
    // that space.
    let waits_as = match update.status {
        Some(TenantStatus::Suspended) => Urgency::Protective,
        Some(TenantStatus::Active) | None => Urgency::Ordinary,
    };
    let update = &update;
    let decide = |_| async move {
        let old = find_tenant(editor.services.control.as_ref(), id).await?;
        check_expected(expected, old.revision)?;
        let now = editor.services.clock.now();
        let mut new = Tenant { updated_at: now, ..old.clone() };
        new.name = update.name.clone().unwrap_or(new.name);
        new.status = update.status.unwrap_or(new.status);
        let changes = differences(&old, &new);
        if changes.is_empty() {
            return Ok(Decision::unchanged(old));
        }
        let urgency = match new.status {
            TenantStatus::Suspended if old.status != new.status => Urgency::Protective,
            TenantStatus::Suspended | TenantStatus::Active => Urgency::Ordinary,
        };
        let change = AuditedChange { action: action_of(&old, &new), at: now, changes };
        let event = editor.record(entry(&new, change))?;
        let change = TenantChange::Update(new.clone()).into();
        let stored = Tenant { revision: new.revision.next(), ..new };
        Ok(Decision::commit(urgency, vec![Recorded { change, event }], stored))
    };
    editor.make(waits_as, decide).await
}

/// The tenant with this id.
pub(crate) async fn find_tenant<T: TenantStore + ?Sized>(store: &T, id: &TenantId) -> Result<Tenant, ChangeError> {
    store.get_tenant(id.clone()).await?.ok_or(ChangeError::NotFound(RecordKind::Tenant))
}

/// The record of a new tenant.
pub(super) fn new_tenant(editor: &Editor<'_>, new: NewTenant) -> Tenant {
    let now = editor.services.clock.now();
    Tenant {
        id: new.id,
        revision: Revision::FIRST,
        name: new.name,
        status: TenantStatus::Active,
        created_at: now,
        updated_at: now,
    }
}

/// The creation of a tenant and the event that records it.
pub(super) fn creation(editor: &Editor<'_>, tenant: &Tenant) -> Result<Recorded, Unrecordable> {
    let event = editor.record(entry(tenant, AuditedChange::new("tenant.create", tenant.created_at)))?;
    Ok(Recorded { change: TenantChange::Create(tenant.clone()).into(), event })
}

fn entry(tenant: &Tenant, change: AuditedChange) -> Entry<'_> {
    Entry {
        tenant_id: tenant.id.clone(),
        change,
        target: EntryTarget { kind: "tenant", id: tenant.id.as_str(), name: &tenant.name },
        metadata: Value::Null,
    }
}

/// A change of status has its own action, so that it can be found without reading the changes.
fn action_of(old: &Tenant, new: &Tenant) -> &'static str {
    match new.status {
        _ if old.status == new.status => "tenant.update",
        TenantStatus::Suspended => "tenant.suspend",
        TenantStatus::Active => "tenant.resume",
    }
}

fn differences(old: &Tenant, new: &Tenant) -> Vec<Value> {
    let mut changes = Vec::new();
    if old.name != new.name {
        changes.push(replaced("/name", &json!(old.name), &json!(new.name)));
    }
    if old.status != new.status {
        changes.push(replaced("/status", &json!(old.status.as_str()), &json!(new.status.as_str())));
    }
    changes
}
