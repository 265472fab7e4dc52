//! Core's evaluation of a filter on one event is held to the oracle's, over what runs of the model ask.

use auditlog_conformance::{model::Material, oracle};

const EVENTS: usize = 120;
const FILTERS: usize = 4_000;

#[test]
fn an_event_matches_in_memory_where_the_oracle_says_so() {
    let mut material = Material::new(5, EVENTS);
    let (mut matching, mut selective) = (0, 0);
    for number in 0..FILTERS {
        let filter = material.next_filter();
        let mut found = 0;
        // A third of the events each time, so that each filter meets events it was not made of.
        for stored in material.events.iter().skip(number % 3).step_by(3) {
            let expected = oracle::matches(&filter, stored);
            assert_eq!(filter.matches(stored), expected, "filter {number}: {filter:?}\n{stored:?}");
            found += usize::from(expected);
        }
        matching += usize::from(found > 0);
        selective += usize::from(found > 0 && found < EVENTS / 3);
    }
    assert!(matching * 2 > FILTERS, "{matching} filters hold for anything");
    assert!(selective * 3 > FILTERS, "{selective} filters tell events apart");
}
