//! Owns the lifecycle of tenants.

use auditlog_core::{
    id::TenantId,
    intake::PreparedBatch,
    store::{ControlChange, ControlError, Tenant, TenantStatus, Urgency},
};
use serde_json::{Value, json};

use crate::{
    app::Services,
    problem::{Code, Problem},
    use_cases::{
        Author,
        audit::{AuditedChange, Entry, EntryTarget, record, replaced},
    },
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
pub async fn create_tenant(services: &Services, author: &Author, new: NewTenant) -> Result<Tenant, Problem> {
    let (tenant, event) = creation(services, author, new)?;
    match services.control.apply(vec![ControlChange::CreateTenant(tenant.clone())], vec![event]).await {
        Ok(()) => Ok(tenant),
        Err(ControlError::AlreadyExists(_)) => {
            Err(Problem::new(Code::TenantExists, "ids are never reused; choose another one"))
        }
        Err(error) => Err(error.into()),
    }
}

/// Changes the name or status of a tenant.
pub async fn update_tenant(
    services: &Services,
    author: &Author,
    id: &TenantId,
    update: TenantUpdate,
) -> Result<Tenant, Problem> {
    let old = find(services, id)?;
    let now = services.clock.now();
    let mut new = Tenant { updated_at: now, ..old.clone() };
    new.name = update.name.unwrap_or(new.name);
    new.status = update.status.unwrap_or(new.status);
    let changes = differences(&old, &new);
    if changes.is_empty() {
        return Ok(old);
    }
    let event =
        record(services, entry(author, &new, AuditedChange { action: action_of(&old, &new), at: now, changes }))?;
    // Suspending protects and may use the disk space kept for that. Resuming may not: alternating both could use up
    // that space.
    let urgency = match new.status {
        TenantStatus::Suspended if old.status != new.status => Urgency::Protective,
        TenantStatus::Suspended | TenantStatus::Active => Urgency::Ordinary,
    };
    let change = ControlChange::UpdateTenant(new.clone());
    services.control.apply_with(urgency, vec![change], vec![event]).await?;
    Ok(new)
}

/// The tenant with this id.
pub(crate) fn find(services: &Services, id: &TenantId) -> Result<Tenant, Problem> {
    let found = services.control.get_tenant(id)?;
    found.ok_or_else(|| Problem::new(Code::TenantNotFound, "there is no tenant with this id"))
}

/// The stored form of a new tenant and the event that records it.
pub(super) fn creation(
    services: &Services,
    author: &Author,
    new: NewTenant,
) -> Result<(Tenant, PreparedBatch), Problem> {
    let now = services.clock.now();
    let tenant = Tenant { id: new.id, name: new.name, status: TenantStatus::Active, created_at: now, updated_at: now };
    let change = AuditedChange::new("tenant.create", now);
    let event = record(services, entry(author, &tenant, change))?;
    Ok((tenant, event))
}

fn entry<'a>(author: &'a Author, tenant: &'a Tenant, change: AuditedChange) -> Entry<'a> {
    Entry {
        tenant_id: tenant.id.clone(),
        at: change.at,
        author,
        action: change.action,
        target: EntryTarget { kind: "tenant", id: tenant.id.as_str(), name: &tenant.name },
        changes: change.changes,
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
        let (old, new) = (json!(status_text(old.status)), json!(status_text(new.status)));
        changes.push(replaced("/status", &old, &new));
    }
    changes
}

/// The spelling of a status.
pub(crate) const fn status_text(status: TenantStatus) -> &'static str {
    match status {
        TenantStatus::Active => "active",
        TenantStatus::Suspended => "suspended",
    }
}
