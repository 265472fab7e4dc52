//! Owns the extractors for authorization: with `Authorized<EventsWrite>` in its signature, a handler only runs for
//! callers with that permission, and receives the caller.

use std::future::{Ready, ready};

use auditlog_core::{
    id::TenantId,
    policy::{Caller, Denial, Permission, Scope},
};
use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    auth::Authenticator,
    problem::{Code, Problem},
};

/// A requirement that a caller must meet.
pub trait Requirement: Send + Sync + 'static {
    /// Where a caller who meets the requirement acts: inside its tenant, or in any scope.
    type Scope: Send;

    /// Checks the requirement.
    ///
    /// # Errors
    /// The reason if the caller does not meet it.
    fn check(caller: Caller) -> Result<Caller<Self::Scope>, Denial>;
}

/// A caller that meets requirement `R`.
pub(crate) struct Authorized<R: Requirement>(pub(crate) Caller<R::Scope>);

impl<R: Requirement, S: AsRef<Authenticator> + Sync> FromRequestParts<S> for Authorized<R> {
    type Rejection = Problem;

    fn from_request_parts(parts: &mut Parts, state: &S) -> impl Future<Output = Result<Self, Problem>> + Send {
        let caller = state.as_ref().authenticate(parts);
        let verdict: Ready<_> = ready(caller.and_then(|caller| R::check(caller).map(Self).map_err(denied)));
        verdict
    }
}

/// Sending events.
#[derive(Debug)]
pub struct EventsWrite;

/// Finding events.
#[derive(Debug)]
pub struct EventsRead;

/// Managing API keys: those of the caller's tenant, or for the system key its own and tenants' first ones.
#[derive(Debug)]
pub struct ApiKeysManage;

/// Managing tenants.
#[derive(Debug)]
pub struct TenantsManage;

/// Verifying logs: that of the caller's tenant, or for the system key all of them.
#[derive(Debug)]
pub struct LogVerify;

/// Rebuilding the indexes of all logs. Indexes span tenants, so this requires a caller who manages all of them.
#[derive(Debug)]
pub struct LogReindex;

impl Requirement for EventsWrite {
    type Scope = TenantId;

    fn check(caller: Caller) -> Result<Caller<TenantId>, Denial> {
        caller.in_tenant(Permission::EventsWrite)
    }
}

impl Requirement for EventsRead {
    type Scope = TenantId;

    fn check(caller: Caller) -> Result<Caller<TenantId>, Denial> {
        caller.in_tenant(Permission::EventsRead)
    }
}

impl Requirement for ApiKeysManage {
    type Scope = Scope;

    fn check(caller: Caller) -> Result<Caller, Denial> {
        either(caller, Permission::ApiKeysManage)
    }
}

impl Requirement for TenantsManage {
    type Scope = Scope;

    fn check(caller: Caller) -> Result<Caller, Denial> {
        caller.check(Permission::TenantsManage)?;
        Ok(caller)
    }
}

impl Requirement for LogVerify {
    type Scope = Scope;

    fn check(caller: Caller) -> Result<Caller, Denial> {
        either(caller, Permission::EventsRead)
    }
}

impl Requirement for LogReindex {
    type Scope = Scope;

    fn check(caller: Caller) -> Result<Caller, Denial> {
        caller.check(Permission::TenantsManage)?;
        Ok(caller)
    }
}

/// Requires this permission inside a tenant, and the management of tenants outside of all tenants.
fn either(caller: Caller, in_tenant: Permission) -> Result<Caller, Denial> {
    caller.check(match caller.scope {
        Scope::Tenant(_) => in_tenant,
        Scope::System => Permission::TenantsManage,
    })?;
    Ok(caller)
}

fn denied(denial: Denial) -> Problem {
    Problem::new(Code::PermissionDenied, denial.to_string())
}
