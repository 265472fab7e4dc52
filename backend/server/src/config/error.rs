//! Owns what is said of a wrong configuration: the key, what is wrong with it, and which source said so.

use std::{fmt::Write, path::PathBuf};

use figment::{Figment, error::Kind};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was asked for cannot be read.
    #[error("the configuration file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A value is wrong, or its key is unknown.
    #[error("{key}: {detail} (from {origin})")]
    Invalid {
        /// The key, with its section.
        key: String,
        /// What is wrong.
        detail: String,
        /// The file, variable or flag that said so.
        origin: String,
    },
}

impl ConfigError {
    /// Tells what figment found in our words.
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

/// Names where a value came from.
fn origin_of(metadata: &figment::Metadata) -> String {
    match metadata.source.as_ref().and_then(figment::Source::file_path) {
        Some(path) => format!("file {}", path.display()),
        None => metadata.name.to_string(),
    }
}

/// What is said of a key that does not exist.
fn unknown(known: &[&str]) -> String {
    let mut detail = "there is no such key; known here are ".to_owned();
    for (index, name) in known.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(detail, "{separator}{name}");
    }
    detail
}
