//! Owns the type with which an update keeps, removes or replaces an optional value.

/// A change of an optional value of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edit<T> {
    /// The value stays unchanged.
    #[default]
    Keep,
    /// The value is removed.
    Clear,
    /// The value is replaced by this one.
    Set(T),
}

impl<T> Edit<T> {
    /// The value after the change.
    #[must_use]
    pub fn apply(self, value: Option<T>) -> Option<T> {
        match self {
            Self::Keep => value,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}
