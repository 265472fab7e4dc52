//! Owns the position of a tail, written as the `id` of a server-sent event.

use std::fmt;

/// A position in a tenant's log: everything before it was scanned. As text it is the sequence of the last scanned
/// event, or `start` if there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    next: u64,
}

/// The position before all events.
const START: &str = "start";

impl Mark {
    /// The position before the event with this sequence.
    pub(crate) const fn before(sequence: u64) -> Self {
        Self { next: sequence }
    }

    /// The first sequence that was not scanned.
    pub(crate) const fn next(self) -> u64 {
        self.next
    }

    /// Parses a mark. `None` if the text is not a mark.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == START {
            return Some(Self::before(0));
        }
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let last: u64 = text.parse().ok().filter(|_| is_plain)?;
        last.checked_add(1).map(Self::before)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.next.checked_sub(1) {
            Some(last) => write!(formatter, "{last}"),
            None => formatter.write_str(START),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_reads_back_as_it_was_written() {
        for (text, next) in [("start", 0), ("0", 1), ("41", 42)] {
            let mark = Mark::parse(text).unwrap();
            assert_eq!((mark.next(), mark.to_string().as_str()), (next, text));
        }
        for text in ["", "-1", "+1", "1.0", "end", "18446744073709551615"] {
            assert_eq!(Mark::parse(text), None, "{text}");
        }
    }
}
