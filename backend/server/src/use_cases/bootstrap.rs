//! Owns the first start: it creates tenant `default`, its key and the system key. On later starts it changes nothing.

use auditlog_core::{
    id::TenantId,
    policy::{ApiKeyToken, Caller, EnvironmentName, Origin, Role, Scope},
    store::{ControlCommit, ControlError, RecordKind},
};

use crate::{
    config::{BootstrapSection, Secret},
    use_cases::{ChangeServices, NewApiKey, NewTenant, Unrecordable, api_keys, change::Recorded, tenants},
};

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
    /// The creation of the first tenant and keys could not be recorded.
    #[error(transparent)]
    Unrecordable(#[from] Unrecordable),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] ControlError),
}

/// On the first start, creates tenant `default` and both first keys in one commit and returns the keys. On every later
/// start, changes nothing and returns `None`.
pub async fn bootstrap(
    services: &ChangeServices,
    environment: EnvironmentName,
    section: &BootstrapSection,
) -> Result<Option<FirstKeys>, BootstrapError> {
    let tenant_id = TenantId::default_tenant();
    if services.control.get_tenant(tenant_id.clone()).await?.is_some() {
        return Ok(None);
    }
    let keys = FirstKeys {
        default_key: given_or_new(services, &environment, "default_key", section.default_key.as_ref())?,
        system_key: given_or_new(services, &environment, "system_key", section.system_key.as_ref())?,
    };
    if keys.default_key.id() == keys.system_key.id() {
        return Err(BootstrapError::SameKeys);
    }
    let (operator, origin) = (Caller::operator(), Origin::default());
    let editor = services.by(&operator, &origin);
    let tenant = tenants::new_tenant(&editor, NewTenant { id: tenant_id.clone(), name: "Default".to_owned() });
    let default_key = first_key(Scope::Tenant(tenant_id), "first key", Role::AuditAdmin);
    let default_key = api_keys::new_api_key(&editor, &keys.default_key, default_key);
    let system_key = first_key(Scope::System, "first system key", Role::SystemAdmin);
    let system_key = api_keys::new_api_key(&editor, &keys.system_key, system_key);
    let recorded = [
        tenants::creation(&editor, &tenant),
        api_keys::creation(&editor, &default_key),
        api_keys::creation(&editor, &system_key),
    ];
    let recorded: Vec<Recorded> = recorded.into_iter().collect::<Result<_, _>>()?;
    let (changes, events) = recorded.into_iter().map(|recorded| (recorded.change, recorded.event)).unzip();
    match services.control.commit(ControlCommit::new(changes, events)).await {
        Ok(()) => Ok(Some(keys)),
        // The first start of another process was faster.
        Err(ControlError::AlreadyExists(name)) if name.kind == RecordKind::Tenant => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn given_or_new(
    services: &ChangeServices,
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
