//! Owns the choice between the two kinds of events.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What events contain besides their facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// The events that all published figures are about. They never change.
    #[default]
    Standard,
    /// The same facts, with external ids, nested metadata and e-mail addresses of several domains.
    Extended,
}

impl Content {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Standard, Self::Extended];

    /// Its name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Extended => "extended",
        }
    }
}

impl fmt::Display for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Content {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::as_str).join(", ");
        Self::ALL.into_iter().find(|content| content.as_str() == text).ok_or_else(|| format!("one of {}", names()))
    }
}
