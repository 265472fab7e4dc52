//! Owns the errors of an invalid configuration: the key, the error, and the source of the value.

use std::{fmt::Write, path::PathBuf};

use figment::{Figment, error::Kind};

/// Why the configuration could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The configuration file cannot be read.
    #[error("the configuration file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The path of the file.
        path: PathBuf,
        /// The error reported by the system.
        source: std::io::Error,
    },
    /// A value is invalid, or its key is unknown.
    #[error("{key}: {detail} (from {origin})")]
    Invalid {
        /// The key, with its section.
        key: String,
        /// A description of the error.
        detail: String,
        /// The file, variable or flag that set the value.
        origin: String,
    },
}

impl ConfigError {
    /// Converts an error of figment.
    pub(super) fn from_figment(error: &figment::Error, figment: &Figment) -> Self {
        let mut key = error.path.join(".");
        let detail = match &error.kind {
            Kind::UnknownField(name, known) => {
                if !key.is_empty() {
                    key.push('.');
                }
                key.push_str(name);
                unknown(known)
            }
            other => other.to_string(),
        };
        let origin = figment
            .find_metadata(&key)
            .or(error.metadata.as_ref())
            .map_or_else(|| "the defaults".to_owned(), origin_of);
        let key = if key.is_empty() { "configuration".to_owned() } else { key };
        Self::Invalid { key, detail, origin }
    }
}

/// Names the source of a value.
fn origin_of(metadata: &figment::Metadata) -> String {
    match metadata.source.as_ref().and_then(figment::Source::file_path) {
        Some(path) => format!("file {}", path.display()),
        None => metadata.name.to_string(),
    }
}

/// The error text for an unknown key.
fn unknown(known: &[&str]) -> String {
    let mut detail = "there is no such key; the known keys here are ".to_owned();
    for (index, name) in known.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(detail, "{separator}{name}");
    }
    detail
}
