//! Owns the revision of a record: how an update states which state of the record it was decided on.

use std::{fmt, num::NonZeroU64};

/// The number of a record's current state: 1 when it is created, and one more with each change. Each change of a
/// record states the revision that the decision was based on; the store refuses the change where another one came
/// first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(NonZeroU64);

impl Revision {
    /// The revision of a new record.
    pub const FIRST: Self = Self(NonZeroU64::MIN);

    /// A revision that was stored or printed. `None` for 0.
    #[must_use]
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The revision after the next change.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The revisions of a record on which an operation may be performed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Expected {
    /// Whatever its revision: the caller named none.
    #[default]
    Any,
    /// One of these.
    OneOf(Vec<Revision>),
}

impl Expected {
    /// Whether the operation may be performed on a record of this revision.
    #[must_use]
    pub fn accepts(&self, revision: Revision) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(revisions) => revisions.contains(&revision),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_count_from_one() {
        assert_eq!((Revision::FIRST.get(), Revision::FIRST.next().get()), (1, 2));
        assert_eq!(Revision::new(0), None);
        assert_eq!(Revision::new(u64::MAX).map(|last| last.next().get()), Some(u64::MAX));
    }

    #[test]
    fn an_operation_without_a_named_revision_accepts_all() {
        let named = Expected::OneOf(vec![Revision::FIRST]);
        assert!(Expected::Any.accepts(Revision::FIRST.next()));
        assert!(named.accepts(Revision::FIRST) && !named.accepts(Revision::FIRST.next()));
    }
}
