//! The filter tree and the meaning of each of its tests. The meaning is specified here in words; the executors and the
//! oracle of the conformance suite implement it independently.

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::{
    event::{Group, Visibility},
    query::{Field, Phrase},
    text::Pattern,
};

/// The condition that an event must match.
///
/// A field has a set of values in an event: none where it is absent, one, or several where it is in a list
/// (`target.id`, `actor.groups`, the joint field `actor`). A test holds where any one of them satisfies it; a negation
/// holds exactly where the test does not, so an absent field satisfies every negation.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Every event.
    All,
    /// All of these hold.
    And(Vec<Filter>),
    /// At least one of these holds.
    Or(Vec<Filter>),
    /// This does not hold.
    Not(Box<Filter>),
    /// A test of one field.
    Field(FieldTest),
    /// These words are adjacent, in this order, in one searched text of the event (the documentation of
    /// `query/field.rs` lists those).
    Text(Phrase),
}

impl Filter {
    /// All of these hold. A single part is returned unchanged, and an empty list is [`Filter::All`].
    #[must_use]
    pub fn all_of(parts: Vec<Self>) -> Self {
        if parts.is_empty() { Self::All } else { join(parts, Self::And) }
    }

    /// At least one of these holds. A single part is returned unchanged.
    #[must_use]
    pub fn any_of(parts: Vec<Self>) -> Self {
        join(parts, Self::Or)
    }

    /// The groups that must be visible to the requester: the answer to a query about a withheld group would reveal its
    /// contents.
    #[must_use]
    pub fn groups(&self) -> BTreeSet<Group> {
        let mut groups = BTreeSet::new();
        self.find_leaf(&mut |leaf| {
            groups.extend(leaf.groups());
            false
        });
        groups
    }

    /// The first test of a group that is withheld. The one check of what a caller may filter by.
    #[must_use]
    pub fn find_withheld(&self, visibility: Visibility) -> Option<Leaf<'_>> {
        self.find_leaf(&mut |leaf| leaf.groups().any(|group| visibility.withholds(group)))
    }

    fn find_leaf<'f>(&'f self, is_wanted: &mut impl FnMut(Leaf<'f>) -> bool) -> Option<Leaf<'f>> {
        let leaf = match self {
            Self::All => return None,
            Self::And(parts) | Self::Or(parts) => return parts.iter().find_map(|part| part.find_leaf(is_wanted)),
            Self::Not(part) => return part.find_leaf(is_wanted),
            Self::Field(test) => Leaf::Field(test),
            Self::Text(phrase) => Leaf::Text(phrase),
        };
        is_wanted(leaf).then_some(leaf)
    }
}

/// A single test of a filter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Leaf<'f> {
    /// A test of one field.
    Field(&'f FieldTest),
    /// Words.
    Text(&'f Phrase),
}

impl Leaf<'_> {
    /// Whether the test reads values of a group.
    #[must_use]
    pub fn reads(self, group: Group) -> bool {
        match self {
            Self::Field(test) => test.field.group() == group,
            Self::Text(phrase) => phrase.scope().includes(group),
        }
    }

    fn groups(self) -> impl Iterator<Item = Group> {
        Group::ALL.into_iter().filter(move |group| self.reads(*group))
    }
}

fn join(mut parts: Vec<Filter>, wrap: impl Fn(Vec<Filter>) -> Filter) -> Filter {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            wrap(parts)
        }
    }
}

/// A test of one field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldTest {
    /// The field.
    pub field: Field,
    /// The test that one of its values must satisfy. Only tests that the field's [`crate::query::ValueKind`] allows
    /// occur.
    pub test: Test,
}

/// A condition on a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// The field has any value: `null` and the empty text are values. Every kind of field allows it.
    Present,
    /// The key of the value's text ([`key_of`](crate::text::key_of)) is one of these; sorted, without repeats, at least
    /// one. Values of `metadata` and attributes compare by their text: a string unchanged, anything else as RFC 8785
    /// prints it.
    OneOf(Vec<String>),
    /// The value's text is one of these, in this spelling; sorted, without repeats, at least one.
    Exactly(Vec<String>),
    /// The key of the value's text matches this pattern.
    Like(Pattern),
    /// The value is a time within these bounds, in microseconds since 1970.
    Time(Bounds<i64>),
    /// The value is a whole number within these bounds.
    Integer(Bounds<u64>),
    /// The value is a JSON number within these bounds; a string that looks like a number is not a number.
    Number(Bounds<f64>),
    /// The value is an address in this network; an IPv4 address is in no IPv6 network.
    Network(IpNet),
}

/// A range of values. Both ends are inclusive; an open end is `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds<T> {
    /// The smallest value in the range.
    pub from: Option<T>,
    /// The largest value in the range.
    pub to: Option<T>,
}

impl<T: PartialOrd> Bounds<T> {
    /// Whether `value` lies in the range.
    pub fn contain(&self, value: &T) -> bool {
        self.from.as_ref().is_none_or(|from| from <= value) && self.to.as_ref().is_none_or(|to| value <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{KeyPath, PhraseEnd};

    #[test]
    fn a_filter_knows_every_group_it_looks_at() {
        let field = |field| Filter::Field(FieldTest { field, test: Test::Like(Pattern::prefix("a").unwrap()) });
        let filter = Filter::And(vec![
            field(Field::Action),
            Filter::Not(Box::new(Filter::Or(vec![Filter::All, field(Field::ContextIp)]))),
        ]);
        assert_eq!(filter.groups(), BTreeSet::from([Group::Core, Group::Context]));
        let metadata = field(Field::Metadata(KeyPath::of_name("action")));
        assert_eq!(metadata.groups(), BTreeSet::from([Group::Content]));
        let words = Filter::Text(Phrase::of_text("a", PhraseEnd::Prefix).unwrap());
        assert_eq!(words.groups(), BTreeSet::from(Group::ALL));
        assert_eq!(Filter::All.groups(), BTreeSet::new());
    }
}
