//! Owns the configuration sources other than the file: environment variables and flags. Each value carries the name of
//! its source, so that errors can report it.

use figment::{
    Error, Metadata, Profile, Provider,
    util::nest,
    value::{Dict, Map, Value},
};

/// One value given by a command-line flag.
#[derive(Debug, Clone, PartialEq)]
pub struct Flag {
    /// The key it sets: `server.listen`.
    pub key: &'static str,
    /// The flag as the user wrote it: `--listen`.
    pub name: &'static str,
    /// The value as text.
    pub value: String,
}

impl Provider for Flag {
    fn metadata(&self) -> Metadata {
        Metadata::named(format!("flag {}", self.name))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(single(self.key, &self.value))
    }
}

/// One value given by an environment variable.
pub(super) struct Variable {
    /// The variable's full name.
    pub(super) name: String,
    /// The key it sets.
    pub(super) key: String,
    /// The value as text.
    pub(super) value: String,
}

impl Provider for Variable {
    fn metadata(&self) -> Metadata {
        Metadata::named(format!("environment variable {}", self.name))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(single(&self.key, &self.value))
    }
}

/// A tree with one leaf. The text is parsed as a number, a boolean or a list if it has that form.
fn single(key: &str, text: &str) -> Map<Profile, Dict> {
    // Parsing is infallible: any other text is a string.
    let value = text.parse::<Value>().unwrap_or_else(|never| match never {});
    let tree = nest(key, value).into_dict().unwrap_or_default();
    Profile::Default.collect(tree)
}
