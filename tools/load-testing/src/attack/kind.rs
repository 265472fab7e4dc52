//! Owns the list of attacks and their descriptions.

use std::{fmt, str::FromStr};

/// One attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attack {
    /// Phrases that are more expensive to search than to send.
    Phrase,
    /// Large answers that the client does not read.
    UnreadAnswers,
    /// Revoking while nothing can be written.
    FullDisk,
    /// A few clients that take all shared places.
    Shares,
    /// Keys that try to extend their rights.
    Keys,
}

impl Attack {
    /// Every attack.
    pub const ALL: [Self; 5] = [Self::Phrase, Self::UnreadAnswers, Self::FullDisk, Self::Shares, Self::Keys];

    /// Its name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phrase => "phrase",
            Self::UnreadAnswers => "unread-answers",
            Self::FullDisk => "full-disk",
            Self::Shares => "shares",
            Self::Keys => "keys",
        }
    }

    /// The description of the attack.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Phrase => {
                "four tails and three lists search for the longest accepted phrase, while small compressed batches of \
                 long texts come in"
            }
            Self::UnreadAnswers => {
                "30 batches whose answers are larger than they are, by a key that only writes, 40 facets and 16 pages; \
                 no answer is read"
            }
            Self::FullDisk => "a key is revoked, a tenant suspended, exports cancelled and deleted on a full disk",
            Self::Shares => {
                "one viewer verifies in two loops; two tenants take all tails and query slots; one has a long export made"
            }
            Self::Keys => {
                "a revoked key has a tail open; a key that manages keys frees itself, weakens and revokes an \
                 administrator's, and makes keys without end"
            }
        }
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Attack {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::as_str).join(", ");
        Self::ALL.into_iter().find(|attack| attack.as_str() == text).ok_or_else(|| format!("one of {}", names()))
    }
}
