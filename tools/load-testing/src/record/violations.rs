//! Owns the list of broken promises. One is enough to fail a run; the first texts of each kind are kept.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// The number of texts that are kept per kind.
const TEXTS_KEPT: usize = 10;

/// The broken promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An acknowledged event is not found.
    Lost,
    /// An event, or a sequence of a log, is present twice.
    Doubled,
    /// An event appears where it does not belong, or was never sent.
    Foreign,
    /// The sequences of a log are not 0, 1, 2, …
    Gap,
    /// An event was returned with other content than was sent.
    Altered,
    /// Two answers of the server contradict each other.
    Inconsistent,
    /// The server gave an answer that it must not give, or did not start.
    Refused,
    /// `auditlog check` reports damage.
    Damaged,
}

impl Kind {
    /// A short name for reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Doubled => "doubled",
            Self::Foreign => "foreign",
            Self::Gap => "gap",
            Self::Altered => "altered",
            Self::Inconsistent => "inconsistent",
            Self::Refused => "refused",
            Self::Damaged => "damaged",
        }
    }
}

#[derive(Debug, Default)]
struct Seen {
    count: u64,
    texts: Vec<String>,
}

/// The broken promises of a run.
#[derive(Debug, Default)]
pub struct Violations(Mutex<BTreeMap<Kind, Seen>>);

impl Violations {
    /// Adds one.
    pub fn report(&self, kind: Kind, text: String) {
        let mut kinds = self.0.lock();
        let seen = kinds.entry(kind).or_default();
        seen.count += 1;
        if seen.texts.len() < TEXTS_KEPT {
            eprintln!("VIOLATION {}: {text}", kind.as_str());
            seen.texts.push(text);
        }
    }

    /// The number of each kind; kinds without any are left out.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let kinds = self.0.lock();
        kinds.iter().map(|(kind, seen)| (kind.as_str(), seen.count)).collect()
    }

    /// The number of one kind.
    #[must_use]
    pub fn count(&self, kind: Kind) -> u64 {
        self.0.lock().get(&kind).map_or(0, |seen| seen.count)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }
}
