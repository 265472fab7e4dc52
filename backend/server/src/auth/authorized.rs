//! Owns the extractors for authorization: with `Authorized<EventsWrite>` in its signature, a handler only runs for
//! callers with that permission, and receives their grant.

use std::future::{Ready, ready};

use auditlog_core::{
    event::Submitter,
    id::{CredentialId, TenantId},
    policy::{Denial, Permission, Permissions, Principal, Scope, decide},
};
use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    app::App,
    auth::authenticate::authenticate,
    problem::{Code, Problem},
    use_cases::{Author, Origin},
};

/// A requirement that a caller must meet.
pub trait Requirement: Send + Sync + 'static {
    /// The grant that the handler receives for a caller who meets the requirement.
    type Grant: Send;

    /// Checks the requirement.
    ///
    /// # Errors
    /// The problem to answer with if the caller does not meet it.
    fn grant(principal: Principal) -> Result<Self::Grant, Problem>;
}

/// Proof that the caller meets requirement `R`.
pub(crate) struct Authorized<R: Requirement>(pub(crate) R::Grant);

impl<R: Requirement> FromRequestParts<App> for Authorized<R> {
    type Rejection = Problem;

    fn from_request_parts(parts: &mut Parts, app: &App) -> impl Future<Output = Result<Self, Problem>> + Send {
        let verdict: Ready<_> = ready(authenticate(parts, app).and_then(R::grant).map(Self));
        verdict
    }
}

/// A caller inside a tenant.
#[derive(Debug, Clone)]
pub struct TenantGrant {
    /// The credential's public id.
    pub key_id: String,
    /// The tenant, which is always that of the credential.
    pub tenant_id: TenantId,
    /// All permissions of the caller.
    pub permissions: Permissions,
}

/// A caller outside of all tenants.
#[derive(Debug, Clone)]
pub struct SystemGrant {
    /// The credential's public id.
    pub key_id: String,
    /// All permissions of the caller.
    pub permissions: Permissions,
}

/// A caller who manages keys: those of a tenant, or those of the system.
#[derive(Debug, Clone)]
pub enum KeyManager {
    /// Manages the keys of one tenant.
    Tenant(TenantGrant),
    /// Manages system keys and creates tenants' first keys.
    System(SystemGrant),
}

/// A caller who may verify logs: one tenant's, or all.
#[derive(Debug, Clone)]
pub enum VerifyGrant {
    /// The log of one tenant.
    Tenant(TenantGrant),
    /// Every log.
    System(SystemGrant),
}

impl TenantGrant {
    /// The caller in the form in which events record their submitter.
    ///
    /// # Errors
    /// [`Code::InternalError`] if the credential's public id cannot be stored in events; the id of an API key always
    /// can.
    pub(crate) fn submitter(&self) -> Result<Submitter, Problem> {
        CredentialId::parse(&self.key_id).map(Submitter::ApiKey).ok_or_else(|| {
            tracing::error!(key_id = self.key_id, "a credential's id cannot be stored with events");
            Problem::new(Code::InternalError, "the credential cannot be recorded with events; nothing was stored")
        })
    }

    /// The caller as the author of a change.
    pub(crate) fn author(&self, origin: Origin) -> Author {
        Author::Key { id: self.key_id.clone(), permissions: self.permissions, origin }
    }
}

impl SystemGrant {
    /// The caller as the author of a change.
    pub(crate) fn author(&self, origin: Origin) -> Author {
        Author::Key { id: self.key_id.clone(), permissions: self.permissions, origin }
    }
}

impl KeyManager {
    /// The caller as the author of a change.
    pub(crate) fn author(&self, origin: Origin) -> Author {
        match self {
            Self::Tenant(tenant) => tenant.author(origin),
            Self::System(system) => system.author(origin),
        }
    }

    /// The scope of the keys that the caller manages.
    pub(crate) fn scope(&self) -> Scope {
        match self {
            Self::Tenant(tenant) => Scope::Tenant(tenant.tenant_id.clone()),
            Self::System(_) => Scope::System,
        }
    }
}

/// Sending events.
#[derive(Debug)]
pub struct EventsWrite;

/// Finding events.
#[derive(Debug)]
pub struct EventsRead;

/// Managing API keys.
#[derive(Debug)]
pub struct ApiKeysManage;

/// Managing tenants.
#[derive(Debug)]
pub struct TenantsManage;

/// Verifying logs.
#[derive(Debug)]
pub struct LogVerify;

/// Rebuilding the indexes of all logs.
#[derive(Debug)]
pub struct LogReindex;

impl Requirement for EventsWrite {
    type Grant = TenantGrant;

    fn grant(principal: Principal) -> Result<TenantGrant, Problem> {
        inside_tenant(principal, Permission::EventsWrite)
    }
}

impl Requirement for EventsRead {
    type Grant = TenantGrant;

    fn grant(principal: Principal) -> Result<TenantGrant, Problem> {
        inside_tenant(principal, Permission::EventsRead)
    }
}

impl Requirement for TenantsManage {
    type Grant = SystemGrant;

    fn grant(principal: Principal) -> Result<SystemGrant, Problem> {
        outside_tenants(principal, Permission::TenantsManage)
    }
}

impl Requirement for ApiKeysManage {
    type Grant = KeyManager;

    fn grant(principal: Principal) -> Result<KeyManager, Problem> {
        match principal.scope {
            Scope::Tenant(_) => inside_tenant(principal, Permission::ApiKeysManage).map(KeyManager::Tenant),
            Scope::System => outside_tenants(principal, Permission::TenantsManage).map(KeyManager::System),
        }
    }
}

impl Requirement for LogVerify {
    type Grant = VerifyGrant;

    fn grant(principal: Principal) -> Result<VerifyGrant, Problem> {
        match principal.scope {
            Scope::Tenant(_) => inside_tenant(principal, Permission::EventsRead).map(VerifyGrant::Tenant),
            Scope::System => outside_tenants(principal, Permission::TenantsManage).map(VerifyGrant::System),
        }
    }
}

/// Indexes span tenants, so this requires a caller who manages all of them.
impl Requirement for LogReindex {
    type Grant = SystemGrant;

    fn grant(principal: Principal) -> Result<SystemGrant, Problem> {
        outside_tenants(principal, Permission::TenantsManage)
    }
}

fn inside_tenant(principal: Principal, permission: Permission) -> Result<TenantGrant, Problem> {
    decide(&principal, permission).map_err(denied)?;
    match principal.scope {
        Scope::Tenant(tenant_id) => {
            Ok(TenantGrant { key_id: principal.id, tenant_id, permissions: principal.permissions })
        }
        Scope::System => Err(denied(Denial::WrongScope(permission))),
    }
}

fn outside_tenants(principal: Principal, permission: Permission) -> Result<SystemGrant, Problem> {
    decide(&principal, permission).map_err(denied)?;
    Ok(SystemGrant { key_id: principal.id, permissions: principal.permissions })
}

fn denied(denial: Denial) -> Problem {
    Problem::new(Code::PermissionDenied, denial.to_string())
}
