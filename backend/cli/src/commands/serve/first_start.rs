//! The keys of the first start, and the file they are left in for programs.

use std::path::Path;

use auditlog_core::{
    id::TenantId,
    policy::{ApiKeyToken, EnvironmentName},
};
use auditlog_server::{
    app::Services,
    config::{BootstrapSection, Config, Secret},
    use_cases::{BootstrapError, DEFAULT_TENANT, FirstKeys, bootstrap},
};

use crate::{failure::Failure, output::write_secret_file};

/// On the first start makes tenant `default` and the first keys and gives them; afterwards gives `None` and writes
/// nothing.
pub(super) async fn first_start(
    config: &Config,
    services: &Services,
    file: Option<&Path>,
) -> Result<Option<FirstKeys>, Failure> {
    if is_done(services)? {
        return Ok(None);
    }
    let environment = EnvironmentName::parse(&config.server.key_environment)
        .map_err(|error| Failure::usage(format!("server.key_environment: {error}")))?;
    let mut section = config.bootstrap.clone();
    if let Some(path) = file {
        // The file is written before the keys are valid. A start that is cut short in between is a first start again,
        // and writes it anew; the other way round the keys could be lost.
        section = chosen(section, &environment, services);
        write_secret_file(path, &content(&section))?;
    }
    bootstrap(services, environment, &section).await.map_err(explained)
}

fn is_done(services: &Services) -> Result<bool, Failure> {
    let default =
        TenantId::parse(DEFAULT_TENANT).ok_or_else(|| Failure::failed("the default tenant has no valid id"))?;
    let tenant = services.control.get_tenant(&default).map_err(|error| Failure::failed(error.to_string()))?;
    Ok(tenant.is_some())
}

/// The keys of the configuration, and fresh ones for those it does not give.
fn chosen(section: BootstrapSection, environment: &EnvironmentName, services: &Services) -> BootstrapSection {
    let fresh = || Secret::new(ApiKeyToken::mint(environment.clone(), services.entropy.as_ref()).expose());
    BootstrapSection {
        default_key: Some(section.default_key.unwrap_or_else(fresh)),
        system_key: Some(section.system_key.unwrap_or_else(fresh)),
    }
}

fn content(section: &BootstrapSection) -> String {
    let text = |key: &Option<Secret>| key.as_ref().map(|key| key.expose().to_owned());
    serde_json::json!({"default_key": text(&section.default_key), "system_key": text(&section.system_key)}).to_string()
}

fn explained(error: BootstrapError) -> Failure {
    match error {
        BootstrapError::Refused(problem) => Failure::failed(format!("the first start failed: {problem}")),
        wrong => Failure::usage(wrong.to_string())
            .hint("leave the key out to have one made; it is printed once, or written by --bootstrap-file"),
    }
}
