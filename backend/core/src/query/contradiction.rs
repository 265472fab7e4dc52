//! Finds conditions of a query that no event can satisfy together, because its author has most likely swapped bounds or
//! meant "or".

use std::collections::BTreeMap;

use crate::{
    query::{Bounds, Field, FieldTest, Filter, Test},
    timestamp::Timestamp,
};

/// Conditions on one field that must all hold and have no value in common.
pub(super) struct Contradiction {
    pub(super) field: Field,
    /// What is wrong.
    pub(super) message: String,
}

/// The fields with exactly one word in each event.
const ONE_WORD: [Field; 3] = [Field::Severity, Field::OutcomeStatus, Field::Category];

/// The first contradiction of a filter. `None` where it has none.
pub(super) fn contradiction(filter: &Filter) -> Option<Contradiction> {
    let mut times: BTreeMap<&Field, Bounds<i64>> = BTreeMap::new();
    let mut integers: BTreeMap<&Field, Bounds<u64>> = BTreeMap::new();
    let mut words: BTreeMap<&Field, Vec<&String>> = BTreeMap::new();
    let mut found = None;
    each_required(filter, &mut |FieldTest { field, test }| match test {
        Test::Time(bounds) => {
            let both = narrow(times.entry(field).or_insert(Bounds { from: None, to: None }), *bounds);
            let of_both = |(from, to)| swapped_times(field, Timestamp::from_micros(from), to);
            found = found.take().or(both.map(|both| Contradiction { field: field.clone(), message: of_both(both) }));
        }
        Test::Integer(bounds) => {
            let both = narrow(integers.entry(field).or_insert(Bounds { from: None, to: None }), *bounds);
            let of_both = |(from, to)| format!("`{}` cannot be at least {from} and at most {to}", field.name());
            found = found.take().or(both.map(|both| Contradiction { field: field.clone(), message: of_both(both) }));
        }
        Test::OneOf(values) if ONE_WORD.contains(field) => {
            let left = words.entry(field).or_insert_with(|| values.iter().collect());
            left.retain(|word| values.contains(word));
            let message = || {
                let name = field.name();
                format!("`{name}` has one value, and no value matches all of these. For either write `{name}:a,b`")
            };
            found =
                found.take().or(left.is_empty().then(|| Contradiction { field: field.clone(), message: message() }));
        }
        Test::Present | Test::OneOf(_) | Test::Exactly(_) | Test::Like(_) | Test::Number(_) | Test::Network(_) => {}
    });
    found
}

fn swapped_times(field: &Field, from: Timestamp, to: i64) -> String {
    let to = Timestamp::from_micros(to.saturating_add(1));
    format!(
        "`{}` cannot be {from} or later and before {to}. `since` is the earlier time and `until` the later one; durations \
         count back from now, as in `since:2h until:1h`",
        field.name()
    )
}

/// Passes the tests that every event of the result satisfies.
fn each_required<'f>(filter: &'f Filter, take: &mut impl FnMut(&'f FieldTest)) {
    match filter {
        Filter::And(parts) => parts.iter().for_each(|part| each_required(part, take)),
        Filter::Field(test) => take(test),
        Filter::All | Filter::Or(_) | Filter::Not(_) | Filter::Text(_) => {}
    }
}

/// Narrows bounds by others. Returns the ends where nothing is left.
fn narrow<T: PartialOrd + Copy>(bounds: &mut Bounds<T>, by: Bounds<T>) -> Option<(T, T)> {
    let larger = |left: T, right: T| if left > right { left } else { right };
    let smaller = |left: T, right: T| if left < right { left } else { right };
    bounds.from = bounds.from.map_or(by.from, |from| Some(by.from.map_or(from, |other| larger(from, other))));
    bounds.to = bounds.to.map_or(by.to, |to| Some(by.to.map_or(to, |other| smaller(to, other))));
    bounds.from.zip(bounds.to).filter(|(from, to)| from > to)
}

#[cfg(test)]
mod tests {
    use crate::query::{notation::now, parse_parameters, parse_search};

    #[test]
    fn swapped_bounds_are_refused_with_a_hint() {
        for text in [
            "since:1h until:2h",
            "actor:a until:2026-01-01 since:2026-01-01",
            "(since:1h) until:2h",
            "received_at:>=1h received_at:<2h",
            "sequence:>9 sequence:<5",
            "severity:>=high severity:<low",
            "outcome:success action:x outcome:failure,denied",
        ] {
            let error = parse_search(text, now()).expect_err(text);
            assert_eq!((error.code, error.start, error.end), ("empty_range", 0, text.len()), "{text}");
        }
        let pairs =
            [("since", "1h"), ("actor", "a"), ("q", "until:2h")].map(|(name, value)| (name.into(), value.into()));
        let errors = parse_parameters(&pairs, now()).expect_err("swapped");
        assert_eq!((errors.len(), errors[0].parameter.as_str(), errors[0].code), (1, "q", "empty_range"));
        assert!(errors[0].detail.contains("since:2h until:1h"), "{}", errors[0].detail);
    }

    #[test]
    fn bounds_that_an_event_can_satisfy_are_not() {
        for text in [
            "since:2h until:1h",
            "since:1h OR until:2h",
            "since:1h -until:2h",
            "since:1h received_at:<2h",
            "occurred_at:2026-01-01 since:2026-01-01",
            "occurred_at:2026-01-01,2026-01-02",
            "sequence:5 sequence:..5",
        ] {
            assert!(parse_search(text, now()).is_ok(), "{text}");
        }
    }
}
