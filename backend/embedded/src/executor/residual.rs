//! The residual filter: a filter without the conditions that hold for all the rows examined in a segment. A query with
//! `since:1h` has another time range when it is repeated, but the same residual filter for a segment that lies within
//! both ranges, so the cached result of that segment is used again.

use auditlog_core::query::Filter;

use super::facts::{Facts, Verdict, decide};

/// The filter without the parts that hold for all the rows. `None` where it holds for none of them.
pub(super) fn residual(filter: &Filter, facts: &Facts) -> Option<Filter> {
    match decide(filter, facts) {
        Verdict::Always => return Some(Filter::All),
        Verdict::Never => return None,
        Verdict::Unknown => {}
    }
    Some(match filter {
        Filter::And(parts) => {
            let left = parts.iter().filter_map(|part| residual(part, facts)).filter(|part| *part != Filter::All);
            Filter::all_of(left.collect())
        }
        // Alternatives that cannot hold are left out.
        Filter::Or(parts) => Filter::any_of(parts.iter().filter_map(|part| residual(part, facts)).collect()),
        other => other.clone(),
    })
}

#[cfg(test)]
mod tests {
    use auditlog_core::query::{Bounds, Field, FieldTest, Test};

    use super::*;
    use crate::index::Span;

    #[test]
    fn parts_that_facts_decide_are_left_out() {
        let times = Span { earliest: 100, latest: 200 };
        let facts = Facts { occurred_at: times, received_at: times, sequence: Span { earliest: 5, latest: 9 } };
        let time =
            |from, to| Filter::Field(FieldTest { field: Field::OccurredAt, test: Test::Time(Bounds { from, to }) });
        let word =
            |word: &str| Filter::Field(FieldTest { field: Field::Action, test: Test::OneOf(vec![word.to_owned()]) });
        let and = |parts: &[Filter]| Filter::And(parts.to_vec());
        let or = |parts: &[Filter]| Filter::Or(parts.to_vec());
        let (within, across, beyond) = (time(Some(50), None), time(Some(150), None), time(Some(201), None));
        for (filter, expected) in [
            (within.clone(), Some(Filter::All)),
            (beyond.clone(), None),
            (across.clone(), Some(across.clone())),
            (and(&[within.clone(), word("a")]), Some(word("a"))),
            (and(&[within.clone(), word("a"), word("b")]), Some(and(&[word("a"), word("b")]))),
            (and(&[across.clone(), word("a")]), Some(and(&[across.clone(), word("a")]))),
            (and(&[beyond.clone(), word("a")]), None),
            (or(&[beyond.clone(), word("a")]), Some(word("a"))),
            (or(&[within.clone(), word("a")]), Some(Filter::All)),
            (
                and(&[or(&[beyond, word("a")]), or(&[word("b"), across.clone()])]),
                Some(and(&[word("a"), or(&[word("b"), across])])),
            ),
        ] {
            assert_eq!(residual(&filter, &facts), expected, "{filter:?}");
        }
    }
}
