//! Owns how a test of a field is applied to the texts of columns. It knows neither rows nor pages: batches and
//! dictionaries pass one text at a time.

use auditlog_core::query::{FieldTest, KeyPath, Test};

use super::{
    place::{Place, TARGET_ATTRIBUTES, TargetMember},
    value::{scalar_satisfies, text_satisfies},
};
use crate::columns::{ActorMember, UnreadableColumn, name, read_groups, visit_actor_member, visit_changes, visit_path};

/// A column, and the test of each of its texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColumnTest<'a> {
    pub(super) place: TextPlace,
    pub(super) test: TextTest<'a>,
}

/// Where texts are stored.
#[derive(Debug, Clone, Copy)]
pub(super) enum TextPlace {
    /// A column with at most one text in a row.
    Row(&'static str),
    /// A member of the targets, of which a row may have many.
    Targets(TargetMember),
}

impl TextPlace {
    /// The column, as projections and codes spell it.
    pub(super) const fn column(self) -> &'static str {
        match self {
            Self::Row(column) | Self::Targets(TargetMember { column, .. }) => column,
        }
    }
}

/// A test of one text of a column.
#[derive(Debug, Clone, Copy)]
pub(super) enum TextTest<'a> {
    /// The text is the value.
    Value(&'a Test),
    /// The text is a JSON list of groups; one of them has to satisfy the test.
    Groups(&'a Test),
    /// The text is a JSON list of actors; this member of one of them has to satisfy the test.
    Actors(ActorMember, &'a Test),
    /// The text is a JSON object; a value at this path has to satisfy the test.
    Json(&'a KeyPath, &'a Test),
    /// The text is a JSON list of changes; the path of one of them has to satisfy the test.
    ChangedPaths(&'a Test),
}

/// The tests of which one has to hold for one text of its column. `None` for fields that are not stored as text.
pub(super) fn column_tests(FieldTest { field, test }: &FieldTest) -> Option<Vec<ColumnTest<'_>>> {
    let of_row = |column, test| ColumnTest { place: TextPlace::Row(column), test };
    let of_targets = |member, test| ColumnTest { place: TextPlace::Targets(member), test };
    Some(match Place::of(field) {
        Place::Id(_) | Place::Time(_) | Place::Integer(_) => return None,
        Place::Text(column) => vec![of_row(column, TextTest::Value(test))],
        Place::Target(member) => vec![of_targets(member, TextTest::Value(test))],
        Place::Groups(column) => vec![of_row(column, TextTest::Groups(test))],
        Place::AnyActor => vec![
            of_row(name::ACTOR_ID, TextTest::Value(test)),
            of_row(name::ON_BEHALF_OF, TextTest::Actors(ActorMember::Id, test)),
        ],
        Place::OnBehalfOf(member) => vec![of_row(name::ON_BEHALF_OF, TextTest::Actors(member, test))],
        Place::Json { column, path } => vec![of_row(column, TextTest::Json(path, test))],
        Place::TargetJson(path) => vec![of_targets(TARGET_ATTRIBUTES, TextTest::Json(path, test))],
        Place::ChangedPaths => vec![of_row(name::CHANGES, TextTest::ChangedPaths(test))],
    })
}

impl ColumnTest<'_> {
    /// Whether a text of the column satisfies the test.
    ///
    /// # Errors
    /// Names the column where the text does not read back.
    pub(super) fn holds(&self, stored: &str) -> Result<bool, UnreadableColumn> {
        self.test.holds(stored).ok_or(UnreadableColumn(self.place.column()))
    }
}

impl<'a> TextTest<'a> {
    /// The key that a whole text has to have, where there is only one.
    pub(super) fn only_key(&self) -> Option<&'a str> {
        match self {
            Self::Value(Test::OneOf(keys)) => match keys.as_slice() {
                [key] => Some(key),
                _ => None,
            },
            Self::Value(_) | Self::Groups(_) | Self::Actors(..) | Self::Json(..) | Self::ChangedPaths(_) => None,
        }
    }

    /// Whether a text satisfies the test. `None` where it does not read back.
    fn holds(&self, stored: &str) -> Option<bool> {
        match self {
            Self::Value(test) => Some(text_satisfies(stored, test)),
            Self::Groups(test) => Some(read_groups(stored)?.iter().any(|group| text_satisfies(group, test))),
            Self::Actors(member, test) => {
                let mut found = false;
                visit_actor_member(stored, *member, |text| found = found || text_satisfies(text, test))?;
                Some(found)
            }
            Self::Json(path, test) => {
                let mut found = false;
                visit_path(stored, path, |value| found = found || scalar_satisfies(value, test))?;
                Some(found)
            }
            Self::ChangedPaths(test) => {
                let mut found = false;
                visit_changes(stored, |path, _, _, _| {
                    found = found || text_satisfies(&path, test);
                    Some(())
                })?;
                Some(found)
            }
        }
    }
}
