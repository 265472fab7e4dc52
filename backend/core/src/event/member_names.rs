//! Owns the member names of an object that producers fill freely: their order, and the numbers that make them distinct.

use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

use super::json_value::{JsonObject, JsonValue};
use crate::json::compare_names;

/// The members of an object, sorted by name. Those of one name are in the order in which they were sent.
#[derive(Debug)]
pub(super) struct RepeatedNames(Vec<(String, JsonValue)>);

impl RepeatedNames {
    /// The first name that occurs twice.
    pub(super) fn into_first(mut self) -> String {
        let first = self.0.windows(2).position(|pair| pair[0].0 == pair[1].0);
        first.map(|index| self.0.swap_remove(index).0).unwrap_or_default()
    }

    /// The members.
    pub(super) fn into_members(self) -> Vec<(String, JsonValue)> {
        self.0
    }
}

/// A member that gets another name than it was sent with.
#[derive(Debug)]
pub(super) struct RenamedMember<N> {
    pub(super) name: String,
    pub(super) value: JsonValue,
    /// What is known of the value beside itself.
    pub(super) notes: N,
}

impl<N: Ord> RenamedMember<N> {
    fn compare(&self, other: &Self) -> Ordering {
        let names = compare_names(&self.name, &other.name);
        names.then_with(|| self.value.compare(&other.value)).then_with(|| self.notes.cmp(&other.notes))
    }
}

/// Sorts members by name. Those of one name stay in their order.
pub(super) fn sort_members<T>(members: &mut [T], name: impl Fn(&T) -> &str) {
    members.sort_by(|left, right| compare_names(name(left), name(right)));
}

impl JsonObject {
    /// Sorts members that are valid in themselves. Fails where a name occurs twice.
    pub(super) fn sorted(mut members: Vec<(String, JsonValue)>) -> Result<Self, RepeatedNames> {
        if !members.is_sorted_by(|(left, _), (right, _)| compare_names(left, right).is_lt()) {
            sort_members(&mut members, |(name, _)| name);
            if members.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return Err(RepeatedNames(members));
            }
        }
        Ok(Self::from_sorted(members))
    }

    /// Adds members that get other names than they were sent with: first those in `repeated`, each of which repeats a
    /// name of the object, in their order, and then those in `adjusted`, in an order that follows from the members
    /// themselves. Where a name is taken, `~2`, `~3` and so on are appended to it. Returns the final name of each.
    pub(super) fn add_renamed<N: Ord>(
        &mut self,
        repeated: Vec<RenamedMember<N>>,
        mut adjusted: Vec<RenamedMember<N>>,
    ) -> Vec<(String, N)> {
        adjusted.sort_by(RenamedMember::compare);
        let mut taken = DistinctNames::of(self);
        let mut named = Vec::with_capacity(repeated.len() + adjusted.len());
        for RenamedMember { name, value, notes } in repeated.into_iter().chain(adjusted) {
            let free = taken.take(name);
            named.push((free.clone(), notes));
            self.pairs_mut().push((free, value));
        }
        sort_members(self.pairs_mut(), |(name, _)| name);
        named
    }
}

/// The names of an object's members.
struct DistinctNames {
    taken: HashSet<String>,
    /// The last number that was tried for each name, so that a name that occurs many times costs one try each time.
    ordinals: HashMap<String, usize>,
}

impl DistinctNames {
    fn of(object: &JsonObject) -> Self {
        Self { taken: object.iter().map(|(name, _)| name.to_owned()).collect(), ordinals: HashMap::new() }
    }

    /// Takes a name, or the first numbered one of it that is free.
    fn take(&mut self, name: String) -> String {
        if self.taken.insert(name.clone()) {
            return name;
        }
        let ordinal = self.ordinals.entry(name.clone()).or_insert(1);
        loop {
            *ordinal += 1;
            let numbered = format!("{name}~{ordinal}");
            if self.taken.insert(numbered.clone()) {
                return numbered;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, value: bool) -> RenamedMember<()> {
        RenamedMember { name: name.to_owned(), value: JsonValue::Boolean(value), notes: () }
    }

    fn object(names: &[&str]) -> JsonObject {
        JsonObject::from_pairs(names.iter().map(|name| ((*name).to_owned(), JsonValue::Null))).unwrap()
    }

    fn printed(object: &JsonObject) -> String {
        object.printed()
    }

    #[test]
    fn repeated_names_are_numbered_in_their_order_and_before_adjusted_ones() {
        let mut object = object(&["a"]);
        let renamed = object.add_renamed(
            vec![member("a", true), member("a", false)],
            vec![member("a", true), member("a", false), member("b", true)],
        );
        let names: Vec<_> = renamed.into_iter().map(|(name, ())| name).collect();
        assert_eq!(names, ["a~2", "a~3", "a~4", "a~5", "b"]);
        assert_eq!(printed(&object), r#"{"a":null,"a~2":true,"a~3":false,"a~4":false,"a~5":true,"b":true}"#);
    }

    #[test]
    fn a_number_that_a_member_was_sent_with_is_left_to_it() {
        let mut object = object(&["a", "a~2", "a~4", "a~2~2"]);
        let repeated = vec![member("a", true), member("a", true), member("a~2", false)];
        object.add_renamed(repeated, Vec::new());
        let expected = r#"{"a":null,"a~2":null,"a~2~2":null,"a~2~3":false,"a~3":true,"a~4":null,"a~5":true}"#;
        assert_eq!(printed(&object), expected);
    }

    #[test]
    fn a_name_that_occurs_100_000_times_costs_one_try_each_time() {
        let mut names = DistinctNames::of(&object(&["a", "a~7"]));
        let last = (0..100_000).map(|_| names.take("a".to_owned())).last();
        assert_eq!(last.as_deref(), Some("a~100002"));
        assert_eq!((names.ordinals.len(), names.taken.len()), (1, 100_002));
    }

    #[test]
    fn members_of_one_name_stay_in_their_order() {
        let members = [("b", 2.0), ("a", 3.0), ("b", 1.0), ("a", 4.0)];
        let members = members.map(|(name, value)| (name.to_owned(), JsonValue::Number(value)));
        let sorted = JsonObject::sorted(members.to_vec()).unwrap_err().into_members();
        let values: Vec<_> = sorted.into_iter().map(|(name, value)| format!("{name}{}", value.printed())).collect();
        assert_eq!(values, ["a3", "a4", "b2", "b1"]);
        assert_eq!(JsonObject::sorted(members.to_vec()).unwrap_err().into_first(), "a");
    }
}
