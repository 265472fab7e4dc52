//! Owns how several values of one field combine: the positive ones are alternatives, each negative one excludes, and
//! all ranges must hold.

use std::collections::BTreeSet;

use crate::query::{Field, FieldTest, Filter, Test, form::Sign, value::Meaning};

/// How a value was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    /// A test of its own, or the first value of a set.
    Test,
    /// A further value of a set, which costs an event next to nothing.
    ToSet,
}

fn add_to_set(set: &mut BTreeSet<String>, text: String) -> Added {
    let added = if set.is_empty() { Added::Test } else { Added::ToSet };
    set.insert(text);
    added
}

/// The values given for one field.
pub(super) struct FieldValues {
    field: Field,
    keys: BTreeSet<String>,
    exact: BTreeSet<String>,
    matching: Vec<Test>,
    ranges: Vec<Test>,
    excluded_keys: BTreeSet<String>,
    excluded_exact: BTreeSet<String>,
    excluded: Vec<Test>,
}

impl FieldValues {
    /// No values yet.
    pub(super) fn new(field: Field) -> Self {
        Self {
            field,
            keys: BTreeSet::new(),
            exact: BTreeSet::new(),
            matching: Vec::new(),
            ranges: Vec::new(),
            excluded_keys: BTreeSet::new(),
            excluded_exact: BTreeSet::new(),
            excluded: Vec::new(),
        }
    }

    /// Adds one.
    pub(super) fn add(&mut self, sign: Sign, meaning: Meaning) -> Added {
        match (sign, meaning) {
            (Sign::Positive, Meaning::Key(key)) => return add_to_set(&mut self.keys, key),
            (Sign::Negative, Meaning::Key(key)) => return add_to_set(&mut self.excluded_keys, key),
            (Sign::Positive, Meaning::Exact(text)) => return add_to_set(&mut self.exact, text),
            (Sign::Negative, Meaning::Exact(text)) => return add_to_set(&mut self.excluded_exact, text),
            (Sign::Positive, Meaning::Matching(test)) => self.matching.push(test),
            (Sign::Positive, Meaning::Range(test)) => self.ranges.push(test),
            (Sign::Negative, Meaning::Matching(test) | Meaning::Range(test)) => self.excluded.push(test),
        }
        Added::Test
    }

    /// The filter of all values together.
    pub(super) fn into_filter(self) -> Filter {
        let field = self.field;
        let test_of = |test| Filter::Field(FieldTest { field: field.clone(), test });
        let set_of = |texts: BTreeSet<String>, test: fn(Vec<String>) -> Test| {
            (!texts.is_empty()).then(|| test_of(test(texts.into_iter().collect())))
        };
        let excluded_sets =
            [set_of(self.excluded_keys, Test::OneOf), set_of(self.excluded_exact, Test::Exactly)].into_iter().flatten();
        let sets = [set_of(self.keys, Test::OneOf), set_of(self.exact, Test::Exactly)].into_iter().flatten();
        let alternatives: Vec<Filter> = sets.chain(self.matching.into_iter().map(test_of)).collect();
        let mut parts = Vec::new();
        if !alternatives.is_empty() {
            parts.push(Filter::any_of(alternatives));
        }
        parts.extend(self.ranges.into_iter().map(test_of));
        let negated = excluded_sets.chain(self.excluded.into_iter().map(test_of));
        parts.extend(negated.map(|filter| Filter::Not(Box::new(filter))));
        Filter::all_of(parts)
    }
}
