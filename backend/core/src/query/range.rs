//! Owns the notation of ranges: which forms are a range, and the inclusive bounds that result.

use crate::query::{
    Bounds, SearchError,
    error::Span,
    form::{Comparison, Form},
};

/// The ends of a written range, as far as they are present.
#[derive(Debug)]
pub(super) struct Ends<'a> {
    from: Option<End<'a>>,
    to: Option<End<'a>>,
}

#[derive(Debug)]
struct End<'a> {
    text: &'a str,
    inclusion: Inclusion,
}

#[derive(Debug, Clone, Copy)]
enum Inclusion {
    Included,
    Excluded,
}

/// A type whose values have neighbours, so that an exclusive end can be converted to an inclusive one.
pub(super) trait Ordered: PartialOrd + Sized {
    /// The next greater value.
    fn above(self) -> Option<Self>;
    /// The next smaller value.
    fn below(self) -> Option<Self>;
}

macro_rules! ordered {
    ($($whole:ty),+) => {$(
        impl Ordered for $whole {
            fn above(self) -> Option<Self> {
                self.checked_add(1)
            }

            fn below(self) -> Option<Self> {
                self.checked_sub(1)
            }
        }
    )+};
}

ordered!(i64, u64, usize);

impl Ordered for f64 {
    fn above(self) -> Option<Self> {
        Some(self.next_up())
    }

    fn below(self) -> Option<Self> {
        Some(self.next_down())
    }
}

impl<'a> Ends<'a> {
    /// The ends, where the form is a range.
    pub(super) fn of(form: &'a Form<'_>) -> Option<Self> {
        let end = |text: &'a str, inclusion| (!text.is_empty()).then_some(End { text, inclusion });
        match form {
            Form::Plain(text) => {
                let (from, to) = text.split_once("..")?;
                Some(Self { from: end(from, Inclusion::Included), to: end(to, Inclusion::Included) })
            }
            Form::Compare(comparison, text) => Some(match comparison {
                Comparison::AtLeast => Self { from: end(text, Inclusion::Included), to: None },
                Comparison::Above => Self { from: end(text, Inclusion::Excluded), to: None },
                Comparison::AtMost => Self { from: None, to: end(text, Inclusion::Included) },
                Comparison::Below => Self { from: None, to: end(text, Inclusion::Excluded) },
            }),
            Form::Quoted(_) | Form::Exact(_) | Form::Pattern(_) | Form::Present => None,
        }
    }

    /// Whether there is at least one end and `holds` is true for each.
    pub(super) fn all(&self, holds: impl Fn(&str) -> bool) -> bool {
        let mut given = self.from.iter().chain(&self.to).peekable();
        given.peek().is_some() && given.all(|end| holds(end.text))
    }

    /// The bounds. `parse` returns the first and the last value that a text denotes, because a date is a day long.
    pub(super) fn bounds<T: Ordered>(
        &self,
        parse: impl Fn(&str) -> Result<(T, T), SearchError>,
        span: Span,
    ) -> Result<Bounds<T>, SearchError> {
        if self.from.is_none() && self.to.is_none() {
            return Err(span.error("missing_value", "A range needs at least one end: `2026-01-01..2026-01-31`, `10..`"));
        }
        let from = match &self.from {
            None => None,
            Some(End { text, inclusion: Inclusion::Included }) => Some(parse(text)?.0),
            Some(End { text, inclusion: Inclusion::Excluded }) => {
                Some(parse(text)?.1.above().ok_or_else(|| empty_range(span))?)
            }
        };
        let to = match &self.to {
            None => None,
            Some(End { text, inclusion: Inclusion::Included }) => Some(parse(text)?.1),
            Some(End { text, inclusion: Inclusion::Excluded }) => {
                Some(parse(text)?.0.below().ok_or_else(|| empty_range(span))?)
            }
        };
        match (&from, &to) {
            (Some(from), Some(to)) if from > to => Err(empty_range(span)),
            _ => Ok(Bounds { from, to }),
        }
    }
}

/// The error for a range that cannot contain a value.
pub(super) fn empty_range(span: Span) -> SearchError {
    span.error("empty_range", "Nothing lies in this range; the smaller end comes first")
}
