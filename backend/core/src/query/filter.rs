//! The filter tree and what each of its tests means. The meaning is fixed here in words; executors and the oracle of the
//! conformance suite each implement it by themselves.

use ipnet::IpNet;

use crate::query::Field;

/// What an event must match.
///
/// A field has a set of values in an event: none where it is absent, one, or several where it lies in a list
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
    /// These tokens stand next to each other, in this order, in one searched text of the event
    /// (see [`crate::query::Field`] for which those are). At least one token, each as the tokeniser gives it.
    Text(Vec<String>),
}

/// A test of one field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldTest {
    /// The field.
    pub field: Field,
    /// What one of its values must satisfy. Only tests that the field's [`crate::query::ValueKind`] allows occur.
    pub test: Test,
}

/// What a value must satisfy.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// The value's text is one of these; sorted, without repeats, at least one. Scalars of `metadata` and attributes
    /// compare by their text: a string as it is, anything else as RFC 8785 prints it.
    OneOf(Vec<String>),
    /// The value's text begins with this; not empty.
    Prefix(String),
    /// The value is a time within these bounds, in microseconds since 1970.
    Time(Bounds<i64>),
    /// The value is a whole number within these bounds.
    Integer(Bounds<u64>),
    /// The value is a JSON number within these bounds; a string that looks like a number is none.
    Number(Bounds<f64>),
    /// The value is an address in this network; an IPv4 address is in no IPv6 network.
    Network(IpNet),
}

/// A range of values. Both ends belong to it; an open end is `None`.
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
