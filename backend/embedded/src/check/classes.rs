//! Owns the classification of each event of a log: unreadable, damaged or intact.

use auditlog_core::store::{SequenceSpan, Sequences};

/// The events of a log by class. Each is in exactly one.
pub(super) struct Classes {
    pub(super) intact: Sequences,
    pub(super) damaged: Sequences,
    pub(super) unreadable: Sequences,
}

impl Classes {
    /// Classifies the events below `size`. Ranges may overlap and come in any order; an unreadable event is never
    /// counted as damaged.
    pub(super) fn of(size: u64, damaged: Vec<SequenceSpan>, unreadable: Vec<SequenceSpan>) -> Self {
        let (unreadable, damaged) = (joined(unreadable, size), joined(damaged, size));
        let damaged: Vec<_> = damaged.into_iter().flat_map(|span| without(span, &unreadable)).collect();
        let mut others: Vec<_> = unreadable.iter().chain(&damaged).copied().collect();
        others.sort_by_key(|span| span.first);
        let all = size.checked_sub(1).map(|last| SequenceSpan { first: 0, last });
        let intact = all.into_iter().flat_map(|all| without(all, &others)).collect();
        Self { intact: listed(intact), damaged: listed(damaged), unreadable: listed(unreadable) }
    }
}

/// The ranges in order, those that overlap or touch merged, without the parts that are not below `size`.
fn joined(mut spans: Vec<SequenceSpan>, size: u64) -> Vec<SequenceSpan> {
    spans.retain(|span| span.first < size);
    spans.sort_by_key(|span| span.first);
    let mut joined: Vec<SequenceSpan> = Vec::new();
    for span in spans {
        let last = span.last.min(size - 1);
        match joined.last_mut() {
            Some(previous) if span.first <= previous.last.saturating_add(1) => previous.last = previous.last.max(last),
            _ => joined.push(SequenceSpan { first: span.first, last }),
        }
    }
    joined
}

/// The parts of a range outside the others, which are in order and do not overlap.
fn without(span: SequenceSpan, others: &[SequenceSpan]) -> Vec<SequenceSpan> {
    let mut left = Vec::new();
    let mut next = span.first;
    let near = others.partition_point(|other| other.last < span.first);
    for other in others[near..].iter().take_while(|other| other.first <= span.last) {
        if other.first > next {
            left.push(SequenceSpan { first: next, last: other.first - 1 });
        }
        next = next.max(other.last.saturating_add(1));
    }
    if next <= span.last {
        left.push(SequenceSpan { first: next, last: span.last });
    }
    left
}

fn listed(spans: Vec<SequenceSpan>) -> Sequences {
    let mut sequences = Sequences::default();
    for span in spans {
        sequences.push(span);
    }
    sequences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(first: u64, last: u64) -> SequenceSpan {
        SequenceSpan { first, last }
    }

    #[test]
    fn every_event_is_in_one_class() {
        let damaged = vec![span(30, 40), span(5, 9), span(8, 12), span(98, 300)];
        let classes = Classes::of(100, damaged, vec![span(35, 36), span(10, 10)]);
        assert_eq!(classes.unreadable.ranges, [span(10, 10), span(35, 36)]);
        assert_eq!(classes.damaged.ranges, [span(5, 9), span(11, 12), span(30, 34), span(37, 40), span(98, 99)]);
        assert_eq!(classes.intact.ranges, [span(0, 4), span(13, 29), span(41, 97)]);
        assert_eq!(classes.intact.count + classes.damaged.count + classes.unreadable.count, 100);
    }

    #[test]
    fn an_empty_log_and_one_that_is_lost_altogether_have_no_intact_events() {
        assert_eq!(Classes::of(0, vec![span(0, 9)], vec![]).damaged.count, 0);
        let lost = Classes::of(10, vec![span(2, 3)], vec![span(0, u64::MAX)]);
        assert_eq!((lost.intact.count, lost.damaged.count, lost.unreadable.count), (0, 0, 10));
    }
}
