//! The configuration flags of the command line, and how all sources are merged.

use std::path::PathBuf;

use auditlog_server::config::{ConfigError, ConfigSources, Flag};
use clap::Args;

use crate::{
    failure::{Exit, Failure},
    wiring::Config,
};

/// Configuration sources. Flags override `AUDITLOG__SECTION__KEY` in the environment, which overrides the file, which
/// overrides the defaults.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Configuration")]
pub(crate) struct ConfigArguments {
    /// A configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "AUDITLOG_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// The directory that holds all data [default: data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The address to listen on; port 0 picks a free port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// The log filter: error, warn, info, debug, trace, or a list of target=level [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
    /// The log format: json, pretty, or auto, which is pretty on a terminal [default: auto]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,
}

impl ConfigArguments {
    /// Sets only the data directory, for commands without other flags; the environment still names the file.
    pub(crate) fn for_data_dir(data_dir: PathBuf) -> Self {
        let config = std::env::var_os("AUDITLOG_CONFIG").map(PathBuf::from);
        Self { config, data_dir: Some(data_dir), ..Self::default() }
    }

    /// Merges all sources.
    pub(crate) fn load(self) -> Result<Config, Failure> {
        let data_dir = self.data_dir.map(|path| path.to_string_lossy().into_owned());
        let flags = [
            ("storage.data_dir", "--data-dir", data_dir),
            ("server.listen", "--listen", self.listen),
            ("log.level", "--log-level", self.log_level),
            ("log.format", "--log-format", self.log_format),
        ];
        let flags =
            flags.into_iter().filter_map(|(key, name, value)| Some(Flag { key, name, value: value? })).collect();
        // Variables that are not UTF-8 do not belong to this program.
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        ConfigSources { file: self.config, variables, flags }.load().map_err(|error| explained(&error))
    }
}

fn explained(error: &ConfigError) -> Failure {
    let failure = match error {
        ConfigError::Unreadable { .. } => Failure::usage(error.to_string()),
        ConfigError::Invalid { key, detail, origin } => {
            Failure::usage(format!("{key}: {detail}")).detail(format!("set by {origin}"))
        }
    };
    Failure { exit: Exit::Usage, ..failure.hint("`auditlog config show` prints every key with its default") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_environment_names_every_key_with_its_default() {
        let example = include_str!("../../../.env.example");
        let lines = example.lines().filter_map(|line| line.strip_prefix("#AUDITLOG__")?.split_once('='));
        let given: Vec<_> = lines.map(|(name, value)| (format!("AUDITLOG__{name}"), value.to_owned())).collect();
        for (name, value) in &given {
            let variables = vec![(name.clone(), value.clone())];
            let config: Config = ConfigSources { variables, ..Default::default() }.load().unwrap();
            assert_eq!(config, Config::default(), "{name} is not the default in .env.example");
        }
        let table = toml::Table::try_from(Config::default()).unwrap();
        for (section, keys) in &table {
            for key in keys.as_table().unwrap().keys() {
                let name = format!("AUDITLOG__{section}__{key}").to_uppercase();
                assert!(given.iter().any(|(given, _)| *given == name), ".env.example lacks {name}");
            }
        }
    }
}
