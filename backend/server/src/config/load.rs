//! Owns the precedence of the configuration sources.

use std::path::PathBuf;

use auditlog_core::{event::limits::BATCH_BYTES_MAX, policy::EnvironmentName};
use figment::{
    Figment,
    providers::{Format, Serialized, Toml},
};
use serde::{Serialize, de::DeserializeOwned};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use crate::{
    config::{Config, ConfigError, Flag, ServerSection, source::Variable},
    limits::ANSWER_BYTES_MAX,
};

/// The prefix of every environment variable of the configuration; section and key follow, separated by `__`.
pub const ENVIRONMENT_PREFIX: &str = "AUDITLOG__";

/// The sources of the configuration. The process's environment is passed in, so that no other source is read.
#[derive(Debug, Clone, Default)]
pub struct ConfigSources {
    /// A TOML file; if a file is named, it must exist.
    pub file: Option<PathBuf>,
    /// Environment variables; those without the prefix and empty ones are ignored.
    pub variables: Vec<(String, String)>,
    /// Flags of the command line, which take precedence over all other sources.
    pub flags: Vec<Flag>,
}

impl ConfigSources {
    /// Merges the sources and validates the result. `S` is the section of the store.
    pub fn load<S: Default + Serialize + DeserializeOwned>(self) -> Result<Config<S>, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Config::<S>::default()));
        if let Some(path) = self.file {
            // Read here rather than by the provider, which treats a missing file as an empty one.
            std::fs::metadata(&path).map_err(|source| ConfigError::Unreadable { path: path.clone(), source })?;
            figment = figment.merge(Toml::file_exact(path));
        }
        for (name, value) in self.variables {
            // Container templates set variables to the empty string if no value is given.
            let Some(key) = key_of_variable(&name).filter(|_| !value.is_empty()) else { continue };
            figment = figment.merge(Variable { name, key, value });
        }
        for flag in self.flags {
            figment = figment.merge(flag);
        }
        let config: Config<S> = figment.extract().map_err(|error| ConfigError::from_figment(&error, &figment))?;
        let checked = check_server(&config.server).and_then(|()| check_level(&config.log.level));
        match checked {
            Ok(()) => Ok(config),
            Err(Violation { key, detail }) => {
                let origin = figment.find_metadata(key).map_or("the defaults", |metadata| metadata.name.as_ref());
                Err(ConfigError::Invalid { key: key.to_owned(), detail, origin: origin.to_owned() })
            }
        }
    }
}

/// The key that a variable sets: `AUDITLOG__SERVER__LISTEN` sets `server.listen`.
fn key_of_variable(name: &str) -> Option<String> {
    let rest = name.strip_prefix(ENVIRONMENT_PREFIX)?;
    Some(rest.to_ascii_lowercase().replace("__", "."))
}

/// A value that its type allows and a rule does not.
struct Violation {
    /// The key, with its section.
    key: &'static str,
    /// A description of the error.
    detail: String,
}

impl Violation {
    fn new(key: &'static str, detail: impl Into<String>) -> Self {
        Self { key, detail: detail.into() }
    }
}

/// Checks rules that types cannot express.
fn check_server(server: &ServerSection) -> Result<(), Violation> {
    if EnvironmentName::parse(&server.key_environment).is_err() {
        return Err(Violation::new("server.key_environment", "expected 1 to 16 characters of a-z and 0-9"));
    }
    if server.batch_bytes_max.get() < BATCH_BYTES_MAX as u64 {
        let detail = "must be at least 8388608 bytes, the size of the largest batch";
        return Err(Violation::new("server.batch_bytes_max", detail));
    }
    if server.answer_bytes_max.get() < 4 * ANSWER_BYTES_MAX as u64 {
        let detail = "must be at least 33554432 bytes, the size of four of the largest answers";
        return Err(Violation::new("server.answer_bytes_max", detail));
    }
    if server.header_max_bytes.get() < 8_192 {
        return Err(Violation::new("server.header_max_bytes", "must be at least 8192 bytes"));
    }
    Ok(())
}

/// Checks that every directive names a level. `EnvFilter` would take a misspelt level for the name of a target and then
/// log nothing else.
fn check_level(level: &str) -> Result<(), Violation> {
    for directive in level.split(',').map(str::trim) {
        if !directive.contains('=') && directive.parse::<LevelFilter>().is_err() {
            let detail = format!(
                "{directive:?} is not a level; use error, warn, info, debug, trace or off, or a list such as \
                 warn,auditlog_server=debug"
            );
            return Err(Violation::new("log.level", detail));
        }
    }
    match EnvFilter::builder().parse(level) {
        Ok(_) => Ok(()),
        Err(error) => Err(Violation::new("log.level", error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::config::{LogFormat, Secret};

    /// The section of a store.
    #[derive(Debug, Default, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct ExampleSection {
        cache_bytes_max: u64,
    }

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("auditlog.toml");
        std::fs::write(&path, text).unwrap();
        (directory, path)
    }

    #[test]
    fn flags_win_over_the_environment_which_wins_over_the_file_which_wins_over_the_defaults() {
        let (_directory, path) =
            file("[server]\nlisten = \"127.0.0.1:1\"\nquery_concurrency = 1\nmax_connections = 1\n");
        let config = ConfigSources {
            file: Some(path),
            variables: variables(&[
                ("AUDITLOG__SERVER__LISTEN", "127.0.0.1:2"),
                ("AUDITLOG__SERVER__QUERY_CONCURRENCY", "2"),
                ("AUDITLOG_URL", "ignored"),
                ("PATH", "ignored"),
            ]),
            flags: vec![Flag { key: "server.listen", name: "--listen", value: "127.0.0.1:3".into() }],
        }
        .load::<ExampleSection>()
        .unwrap();
        assert_eq!(config.server.listen.port(), 3);
        assert_eq!(config.server.query_concurrency.get(), 2);
        assert_eq!(config.server.max_connections.get(), 1);
        assert_eq!(config.log.format, LogFormat::Auto);
    }

    #[test]
    fn a_level_is_one_word_or_a_list_with_targets() {
        for level in ["warn", "WARN", "off", "warn,auditlog_server=debug", "auditlog_server::tail=trace, info"] {
            assert!(check_level(level).is_ok(), "{level}");
        }
    }

    #[test]
    fn an_error_names_the_key_and_its_source() {
        let (_directory, path) = file("[server]\nqurey_timeout_ms = 5\n");
        let (_other_directory, other_path) = file("[log]\nformat = \"xml\"\n");
        let (shown, other_shown) = (path.display().to_string(), other_path.display().to_string());
        let level = |level: &str| ConfigSources {
            variables: variables(&[("AUDITLOG__LOG__LEVEL", level)]),
            ..Default::default()
        };
        let cases: [(ConfigSources, &[&str]); 11] = [
            (level("wran"), &["log.level", "\"wran\" is not a level", "warn,", "AUDITLOG__LOG__LEVEL"]),
            (level("warn,auditlog_server"), &["log.level", "\"auditlog_server\" is not a level"]),
            (level("auditlog_server=wran"), &["log.level", "AUDITLOG__LOG__LEVEL"]),
            (
                ConfigSources { file: Some(path), ..Default::default() },
                &["server.qurey_timeout_ms", "no such key", &shown],
            ),
            (
                ConfigSources { file: Some(other_path), ..Default::default() },
                &["log.format", "xml", "pretty", &other_shown],
            ),
            (
                ConfigSources { variables: variables(&[("AUDITLOG__SERVER__LISTEN", "here")]), ..Default::default() },
                &["server.listen", "AUDITLOG__SERVER__LISTEN"],
            ),
            (
                ConfigSources { variables: variables(&[("AUDITLOG__NOPE", "1")]), ..Default::default() },
                &["nope", "no such key", "AUDITLOG__NOPE"],
            ),
            (
                ConfigSources { variables: variables(&[("AUDITLOG__STORAGE__CACHE", "1")]), ..Default::default() },
                &["storage.cache", "cache_bytes_max", "AUDITLOG__STORAGE__CACHE"],
            ),
            (
                ConfigSources {
                    flags: vec![Flag { key: "server.query_timeout_ms", name: "--query-timeout", value: "0".into() }],
                    ..Default::default()
                },
                &["server.query_timeout_ms", "--query-timeout"],
            ),
            (
                ConfigSources {
                    variables: variables(&[("AUDITLOG__SERVER__KEY_ENVIRONMENT", "a_b")]),
                    ..Default::default()
                },
                &["server.key_environment", "characters of a-z", "AUDITLOG__SERVER__KEY_ENVIRONMENT"],
            ),
            (
                ConfigSources { file: Some(PathBuf::from("/nowhere/auditlog.toml")), ..Default::default() },
                &["/nowhere/auditlog.toml", "cannot be read"],
            ),
        ];
        for (sources, expected) in cases {
            let message = sources.load::<ExampleSection>().unwrap_err().to_string();
            for part in expected {
                assert!(message.contains(part), "{message} should contain {part}");
            }
        }
    }

    #[test]
    fn printing_the_configuration_never_shows_a_secret() {
        let config = ConfigSources {
            variables: variables(&[("AUDITLOG__BOOTSTRAP__SYSTEM_KEY", "alk_live_secret")]),
            ..Default::default()
        }
        .load::<ExampleSection>()
        .unwrap();
        assert_eq!(config.bootstrap.system_key.as_ref().map(Secret::expose), Some("alk_live_secret"));
        let shown = format!("{config:?}\n{}", toml::to_string(&config).unwrap());
        assert!(!shown.contains("alk_live_secret") && shown.contains("[redacted]"), "{shown}");
    }
}
