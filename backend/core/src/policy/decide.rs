//! Owns the authorisation decision.

use crate::{
    id::TenantId,
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

/// The sender of a request, according to its credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The credential's public name, for example an API key's id.
    pub id: String,
    /// Where it is valid.
    pub scope: Scope,
    /// Its permissions.
    pub permissions: Permissions,
}

/// Why an action is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The principal does not hold the permission.
    #[error("the permission {} is missing", .0.as_str())]
    MissingPermission(Permission),
    /// The permission applies only inside a tenant, or only outside of all tenants.
    #[error("the permission {} does not apply to this kind of credential", .0.as_str())]
    WrongScope(Permission),
}

/// Decides whether `principal` may use `permission`. Tenant permissions need a tenant's credential and system
/// permissions the system's, whatever a stored key claims.
///
/// # Errors
/// The [`Denial`] with the reason.
pub fn decide(principal: &Principal, permission: Permission) -> Result<(), Denial> {
    let needs_system = permission == Permission::TenantsManage;
    if needs_system != (principal.scope == Scope::System) {
        return Err(Denial::WrongScope(permission));
    }
    if !principal.permissions.contains(permission) {
        return Err(Denial::MissingPermission(permission));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Role;

    fn principal(role: Role, scope: Scope) -> Principal {
        Principal { id: "k".into(), scope, permissions: role.permissions() }
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
                    let verdict = decide(&principal(role, scope.clone()), permission).is_ok();
                    assert_eq!(verdict, expected, "{role:?} {scope:?} {permission:?}");
                }
            }
        }
    }
}
