//! Changes to a data directory whose server is stopped. A user who can read that directory can do anything there, so no
//! key is required; the log still records the operator as the author.

use std::path::Path;

use auditlog_core::{
    id::TenantId,
    policy::{Caller, EnvironmentName, Origin, Permission, Permissions, Role, Scope},
    store::ApiKey,
    timestamp::Timestamp,
};
use auditlog_server::{
    problem::Problem,
    use_cases::{self, ChangeError},
};
use tokio::runtime::Runtime;

use crate::{
    client::{ApiKeyRecord, NewApiKey, NewTenant, TenantRecord},
    configuration::ConfigArguments,
    failure::Failure,
    wiring::{Backend, existing_data_dir},
};

/// The data directory of a stopped server, opened for one change.
pub(crate) struct Offline {
    backend: Backend,
    policy: use_cases::KeyPolicy,
    runtime: Runtime,
}

impl Offline {
    /// Opens the directory; fails if a server has it open.
    pub(crate) fn open(data_dir: &Path) -> Result<Self, Failure> {
        let data_dir = existing_data_dir(data_dir)?;
        let config = ConfigArguments::for_data_dir(data_dir.to_owned()).load()?;
        let environment = EnvironmentName::parse(&config.server.key_environment)
            .map_err(|error| Failure::usage(format!("server.key_environment: {error}")))?;
        let runtime = Runtime::new().map_err(|error| Failure::caused_by("no threads can be started", &error))?;
        let policy = use_cases::KeyPolicy { environment, live_max: config.server.api_keys_max };
        Ok(Self { backend: Backend::open(&config)?, policy, runtime })
    }

    /// Creates a key with the requested permissions.
    pub(crate) fn create_api_key(self, new: &NewApiKey) -> Result<ApiKeyRecord, Failure> {
        let scope = match &new.tenant_id {
            Some(tenant) => Scope::Tenant(tenant_id(tenant)?),
            None => Scope::System,
        };
        let wanted = use_cases::NewApiKey {
            scope,
            name: new.name.clone(),
            permissions: permissions(new)?,
            expires_at: new.expires_at.as_deref().and_then(Timestamp::parse_rfc3339),
            allowed_networks: new
                .allowed_networks
                .iter()
                .map(|text| text.parse().map_err(|_| Failure::usage(format!("--network {text:?} is not a network"))))
                .collect::<Result<_, _>>()?,
        };
        let changes = self.backend.services().changes();
        let (operator, origin) = (Caller::operator(), Origin::default());
        let editor = changes.by(&operator, &origin);
        let created = self.runtime.block_on(use_cases::create_api_key(&editor, &self.policy, wanted));
        let use_cases::CreatedApiKey { key, token } = created.map_err(refused)?;
        self.close()?;
        Ok(ApiKeyRecord { key: Some(token.expose()), ..record(&key) })
    }

    /// Creates a tenant without keys.
    pub(crate) fn create_tenant(self, new: &NewTenant) -> Result<TenantRecord, Failure> {
        let wanted = use_cases::NewTenant { id: tenant_id(&new.id)?, name: new.name.clone() };
        let changes = self.backend.services().changes();
        let (operator, origin) = (Caller::operator(), Origin::default());
        let created = self.runtime.block_on(use_cases::create_tenant(&changes.by(&operator, &origin), wanted));
        let tenant = created.map_err(refused)?;
        self.close()?;
        Ok(TenantRecord {
            id: tenant.id.to_string(),
            name: tenant.name,
            status: "active".to_owned(),
            created_at: tenant.created_at.to_string(),
            updated_at: tenant.updated_at.to_string(),
        })
    }

    fn close(self) -> Result<(), Failure> {
        self.runtime.block_on(self.backend.close())
    }
}

fn tenant_id(text: &str) -> Result<TenantId, Failure> {
    TenantId::parse(text).ok_or_else(|| Failure::usage(format!("{text:?} is not a tenant id")))
}

fn permissions(new: &NewApiKey) -> Result<Permissions, Failure> {
    if let Some(role) = &new.role {
        let role = Role::parse(role).ok_or_else(|| Failure::usage(format!("there is no role {role:?}")))?;
        return Ok(role.permissions());
    }
    let parsed = new.permissions.iter().map(|text| {
        Permission::parse(text).ok_or_else(|| {
            let known: Vec<&str> = Permission::ALL.iter().map(|permission| permission.as_str()).collect();
            Failure::usage(format!("there is no permission {text:?}")).hint(format!("there are {}", known.join(", ")))
        })
    });
    parsed.collect()
}

fn record(key: &ApiKey) -> ApiKeyRecord {
    ApiKeyRecord {
        id: key.id.to_string(),
        tenant_id: match &key.scope {
            Scope::Tenant(tenant_id) => Some(tenant_id.to_string()),
            Scope::System => None,
        },
        name: key.name.clone(),
        permissions: key.permissions.iter().map(|permission| permission.as_str().to_owned()).collect(),
        status: "active".to_owned(),
        created_at: key.created_at.to_string(),
        expires_at: key.expires_at.map(|time| time.to_string()),
        revoked_at: None,
        allowed_networks: key.allowed_networks.iter().map(ToString::to_string).collect(),
        key: None,
    }
}

fn refused(error: ChangeError) -> Failure {
    let problem = Problem::from(error);
    let failure = Failure::failed(format!("{} ({})", problem.detail, problem.code.as_str()));
    problem
        .errors
        .into_iter()
        .fold(failure, |failure, error| failure.detail(format!("{}: {}", error.pointer, error.detail)))
}
