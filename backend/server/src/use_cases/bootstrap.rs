//! Owns the first start: it creates tenant `default`, its key and the system key. All later changes are made with these
//! keys.

use auditlog_core::{
    id::TenantId,
    policy::{ApiKeyToken, EnvironmentName, Role, Scope},
    store::ControlChange,
};

use crate::{
    app::Services,
    config::{BootstrapSection, Secret},
    problem::{Code, Problem},
    use_cases::{Author, NewApiKey, NewTenant, api_keys, tenants},
};

/// The tenant that every installation has.
pub const DEFAULT_TENANT: &str = "default";

/// The keys of the first start, which are shown once.
#[derive(Clone)]
pub struct FirstKeys {
    /// The key of tenant `default`: sends and finds events, and manages the tenant's keys.
    pub default_key: ApiKeyToken,
    /// The system key: manages tenants and creates their first keys; cannot read events.
    pub system_key: ApiKeyToken,
}

/// Shows no secrets.
impl std::fmt::Debug for FirstKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("FirstKeys").finish_non_exhaustive()
    }
}

/// Why the first start failed.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// A configured key is malformed.
    #[error("bootstrap.{key}: not an API key of the form alk_<environment>_<id>_<secret>_<checksum>")]
    MalformedKey {
        /// The key's name in the section.
        key: &'static str,
    },
    /// Both configured keys have the same public part.
    #[error("bootstrap.default_key and bootstrap.system_key must be two different keys")]
    SameKeys,
    /// The store refused.
    #[error(transparent)]
    Refused(#[from] Problem),
}

/// On the first start, creates tenant `default` and both first keys in one commit and returns the keys. On every later
/// start, changes nothing and returns `None`.
pub async fn bootstrap(
    services: &Services,
    environment: EnvironmentName,
    section: &BootstrapSection,
) -> Result<Option<FirstKeys>, BootstrapError> {
    let tenant_id = default_tenant()?;
    if services.control.get_tenant(&tenant_id).map_err(Problem::from)?.is_some() {
        return Ok(None);
    }
    let keys = FirstKeys {
        default_key: given_or_new(services, &environment, "default_key", section.default_key.as_ref())?,
        system_key: given_or_new(services, &environment, "system_key", section.system_key.as_ref())?,
    };
    if keys.default_key.id() == keys.system_key.id() {
        return Err(BootstrapError::SameKeys);
    }
    let author = Author::Operator;
    let new_tenant = NewTenant { id: tenant_id.clone(), name: "Default".to_owned() };
    let (tenant, tenant_event) = tenants::creation(services, &author, new_tenant)?;
    let default_key = first_key(Scope::Tenant(tenant_id), "first key", Role::AuditAdmin);
    let (default_key, default_event) = api_keys::creation(services, &author, &keys.default_key, default_key)?;
    let system_key = first_key(Scope::System, "first system key", Role::SystemAdmin);
    let (system_key, system_event) = api_keys::creation(services, &author, &keys.system_key, system_key)?;
    let changes = vec![
        ControlChange::CreateTenant(tenant),
        ControlChange::CreateApiKey(default_key),
        ControlChange::CreateApiKey(system_key),
    ];
    let events = vec![tenant_event, default_event, system_event];
    services.control.apply(changes, events).await.map_err(Problem::from)?;
    Ok(Some(keys))
}

/// The id of the tenant that every installation has.
pub(super) fn default_tenant() -> Result<TenantId, Problem> {
    TenantId::parse(DEFAULT_TENANT)
        .ok_or_else(|| Problem::new(Code::InternalError, "the default tenant's id breaks the rule of tenant ids"))
}

fn given_or_new(
    services: &Services,
    environment: &EnvironmentName,
    key: &'static str,
    given: Option<&Secret>,
) -> Result<ApiKeyToken, BootstrapError> {
    match given {
        Some(secret) => ApiKeyToken::parse(secret.expose()).map_err(|_| BootstrapError::MalformedKey { key }),
        None => Ok(ApiKeyToken::mint(environment.clone(), services.entropy.as_ref())),
    }
}

fn first_key(scope: Scope, name: &str, role: Role) -> NewApiKey {
    NewApiKey {
        scope,
        name: name.to_owned(),
        permissions: role.permissions(),
        expires_at: None,
        allowed_networks: Vec::new(),
    }
}
