//! Owns who acts and where: the caller of an operation, and the decision whether it may perform it.

use std::net::IpAddr;

use crate::{
    event::{Submitter, Visibility},
    id::{ApiKeyId, CredentialId, OwnerId, TenantId, UserId},
    policy::{Permission, Permissions},
};

/// Where a credential is valid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// In one tenant and nowhere else.
    Tenant(TenantId),
    /// In the installation, outside every tenant.
    System,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A program, by its key.
    ApiKey(ApiKeyId),
    /// A person who is signed in.
    User(UserId),
    /// The operator with access to the installation itself: the first start, and commands on a stopped server.
    Operator,
}

impl Subject {
    /// The subject as the owner of records. `None` for the operator, who owns none.
    #[must_use]
    pub fn owner(&self) -> Option<OwnerId> {
        match self {
            Self::ApiKey(id) => Some(OwnerId::ApiKey(id.clone())),
            Self::User(id) => Some(OwnerId::User(*id)),
            Self::Operator => None,
        }
    }

    /// The subject in the form in which events record their submitter.
    #[must_use]
    pub fn submitter(&self) -> Submitter {
        match self {
            Self::ApiKey(id) => Submitter::ApiKey(CredentialId::from(id)),
            Self::User(id) => Submitter::User(CredentialId::from(*id)),
            Self::Operator => Submitter::Server,
        }
    }
}

/// The caller of an operation: who acts, where, and what it may do and see. `S` is where: any [`Scope`], or the
/// [`TenantId`] of a caller that is known to act inside a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller<S = Scope> {
    /// Who acts.
    pub subject: Subject,
    /// Where the caller acts. It comes from the credential alone.
    pub scope: S,
    /// What the caller may do, and what it may grant at most.
    pub permissions: Permissions,
    /// The groups of events that the caller sees.
    pub visibility: Visibility,
}

/// The request with which a caller acts, as the log records it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The address of the client.
    pub ip: Option<IpAddr>,
    /// The request's id.
    pub request_id: Option<String>,
}

/// Why an action is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The caller does not hold the permission.
    #[error("the permission {} is missing", .0.as_str())]
    MissingPermission(Permission),
    /// The permission applies only inside a tenant, or only outside of all tenants.
    #[error("the permission {} does not apply to this kind of credential", .0.as_str())]
    WrongScope(Permission),
}

impl<S> Caller<S> {
    /// A caller who sees what its permissions allow it to see.
    #[must_use]
    pub const fn new(subject: Subject, scope: S, permissions: Permissions) -> Self {
        Self { subject, scope, permissions, visibility: permissions.visibility() }
    }
}

impl Caller {
    /// The operator, who may grant every permission.
    #[must_use]
    pub fn operator() -> Self {
        Self::new(Subject::Operator, Scope::System, Permission::ALL.iter().copied().collect())
    }

    /// Checks that the caller may use a permission. Tenant permissions need a tenant's credential and system
    /// permissions the system's, whatever a stored key claims.
    ///
    /// # Errors
    /// The [`Denial`] with the reason.
    pub fn check(&self, permission: Permission) -> Result<(), Denial> {
        let needs_system = permission == Permission::TenantsManage;
        if needs_system != (self.scope == Scope::System) {
            return Err(Denial::WrongScope(permission));
        }
        if !self.permissions.contains(permission) {
            return Err(Denial::MissingPermission(permission));
        }
        Ok(())
    }

    /// The same caller inside its tenant, where it may use a permission of tenants.
    ///
    /// # Errors
    /// The [`Denial`] with the reason.
    pub fn in_tenant(self, permission: Permission) -> Result<Caller<TenantId>, Denial> {
        self.check(permission)?;
        let Self { subject, scope, permissions, visibility } = self;
        match scope {
            Scope::Tenant(scope) => Ok(Caller { subject, scope, permissions, visibility }),
            Scope::System => Err(Denial::WrongScope(permission)),
        }
    }
}

impl Caller<TenantId> {
    /// The caller's tenant.
    #[must_use]
    pub const fn tenant_id(&self) -> &TenantId {
        &self.scope
    }

    /// Whether the caller owns a record.
    #[must_use]
    pub fn owns(&self, owner: &OwnerId) -> bool {
        self.subject.owner().as_ref() == Some(owner)
    }

    /// Whether the caller may manage the records of all owners of its tenant.
    #[must_use]
    pub const fn manages_owners(&self) -> bool {
        self.permissions.contains(Permission::ApiKeysManage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Role;

    fn caller(role: Role, scope: Scope) -> Caller {
        Caller::new(Subject::ApiKey(ApiKeyId::from_random([7; 16])), scope, role.permissions())
    }

    #[test]
    fn the_verdict_of_every_role_scope_and_permission() {
        let tenant = Scope::Tenant(TenantId::parse("acme").unwrap());
        let allowed = |role| -> &[&str] {
            match role {
                Role::AuditWriter => &["events.write"],
                Role::AuditViewer => &["events.read"],
                Role::AuditReader => &["events.read", "events.read_personal"],
                Role::AuditAdmin => &["events.write", "events.read", "events.read_personal", "api_keys.manage"],
                Role::SystemAdmin => &["tenants.manage"],
            }
        };
        for &role in Role::ALL {
            for scope in [tenant.clone(), Scope::System] {
                for &permission in Permission::ALL {
                    let fits = (scope == Scope::System) == (permission.as_str() == "tenants.manage");
                    let expected = fits && allowed(role).contains(&permission.as_str());
                    let caller = caller(role, scope.clone());
                    assert_eq!(caller.check(permission).is_ok(), expected, "{role:?} {scope:?} {permission:?}");
                    let inside = expected && scope != Scope::System;
                    assert_eq!(caller.in_tenant(permission).is_ok(), inside, "{role:?} {scope:?} {permission:?}");
                }
            }
        }
    }

    #[test]
    fn a_caller_sees_personal_groups_by_permission_and_owns_its_own_records_only() {
        let tenant = || Scope::Tenant(TenantId::parse("acme").unwrap());
        let viewer = caller(Role::AuditViewer, tenant()).in_tenant(Permission::EventsRead).unwrap();
        let admin = caller(Role::AuditAdmin, tenant()).in_tenant(Permission::EventsRead).unwrap();
        assert_eq!((viewer.visibility, admin.visibility), (Visibility::WithoutPersonal, Visibility::All));
        assert_eq!((viewer.manages_owners(), admin.manages_owners()), (false, true));
        assert!(viewer.owns(&OwnerId::ApiKey(ApiKeyId::from_random([7; 16]))));
        assert!(!viewer.owns(&OwnerId::ApiKey(ApiKeyId::from_random([8; 16]))));
        assert_eq!(Subject::Operator.owner(), None);
    }
}
