//! The keys of the first start, and where they go: to the terminal, else to a file.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
};

use auditlog_core::{
    id::TenantId,
    policy::{ApiKeyToken, EnvironmentName},
};
use auditlog_server::{
    app::Services,
    use_cases::{BootstrapError, FirstKeys, bootstrap},
};

use super::first_keys_file::{default_path, keep_first_keys};
use crate::{
    failure::Failure,
    wiring::{Config, data_dir},
};

/// The result of the first start.
#[derive(Debug)]
pub(super) struct FirstStart {
    pub(super) keys: FirstKeys,
    pub(super) place: KeysPlace,
}

/// Where the first keys are found.
#[derive(Debug)]
pub(super) enum KeysPlace {
    /// On the screen, shown only once.
    Screen,
    /// In this file, which only its owner can read.
    File(PathBuf),
    /// In the configuration, which gives both.
    Configuration,
}

impl KeysPlace {
    /// Standard output that is not a terminal is a log, a file or a pipe, which many can read and nothing clears.
    fn choose(config: &Config, file: Option<&Path>) -> Self {
        let given = &config.bootstrap;
        match file {
            Some(path) => Self::File(path.to_owned()),
            None if std::io::stdout().is_terminal() => Self::Screen,
            None if given.default_key.is_some() && given.system_key.is_some() => Self::Configuration,
            None => Self::File(default_path(data_dir(config))),
        }
    }
}

/// On the first start creates tenant `default` and the first keys, and returns the keys. On later starts returns `None`
/// and writes nothing.
pub(super) async fn first_start(
    config: &Config,
    services: &Services,
    file: Option<&Path>,
) -> Result<Option<FirstStart>, Failure> {
    if is_done(services)? {
        return Ok(None);
    }
    let environment = EnvironmentName::parse(&config.server.key_environment)
        .map_err(|error| Failure::usage(format!("server.key_environment: {error}")))?;
    let place = KeysPlace::choose(config, file);
    let mut section = config.bootstrap.clone();
    if let KeysPlace::File(path) = &place {
        let mint = || ApiKeyToken::mint(environment.clone(), services.entropy.as_ref());
        section = keep_first_keys(path, &section, mint)?;
    }
    let keys = bootstrap(&services.changes(), environment, &section).await.map_err(explained)?;
    Ok(keys.map(|keys| FirstStart { keys, place }))
}

fn is_done(services: &Services) -> Result<bool, Failure> {
    let found = services.directory.find_tenant(&TenantId::default_tenant());
    let tenant = found.map_err(|error| Failure::failed(error.to_string()))?;
    Ok(tenant.is_some())
}

pub(super) fn explained(error: BootstrapError) -> Failure {
    match error {
        BootstrapError::Unrecordable(_) | BootstrapError::Store(_) => {
            Failure::failed(format!("the first start failed: {error}"))
        }
        wrong @ (BootstrapError::MalformedKey { .. } | BootstrapError::SameKeys) => Failure::usage(wrong.to_string())
            .hint("leave the key out to have one created, which is shown on the terminal or written to a file"),
    }
}
