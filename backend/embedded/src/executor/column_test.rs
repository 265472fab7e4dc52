//! Applies the test of a field to texts of columns. Knows neither rows nor pages: callers pass a text of a batch or of
//! a dictionary.

use auditlog_core::{
    event::Actor,
    query::{Field, FieldTest, Test},
};

use super::{
    needed::{plain_text_column, target_column, target_part},
    value::{scalar_satisfies, text_satisfies},
};
use crate::columns::{name, read_actors, read_groups, visit_changes, visit_scalars};

/// A column, and the test of one of its texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColumnTest<'a> {
    pub(super) place: TextPlace,
    pub(super) text: TextTest<'a>,
}

/// The location of texts.
#[derive(Debug, Clone, Copy)]
pub(super) enum TextPlace {
    /// In a column with at most one text per row.
    Row(&'static str),
    /// In a part of the targets, of which a row may have many: its name in their struct, and as projections spell it.
    Targets { part: &'static str, column: &'static str },
}

/// A test of one text of a column.
#[derive(Debug, Clone, Copy)]
pub(super) enum TextTest<'a> {
    /// The text is the value to test.
    Value(&'a Test),
    /// The text is a list of groups; one of them must satisfy the test.
    Groups(&'a Test),
    /// The text is a list of actors; this field of one of them must satisfy the test.
    Actors(&'a Field, &'a Test),
    /// The text is an object; the scalar under this key must satisfy the test.
    Scalar(&'a str, &'a Test),
    /// The text is a list of changes; the path of one of them must satisfy the test.
    ChangedPaths(&'a Test),
}

/// The tests of which one must hold for one text of its column. `None` for a field that is not text.
pub(super) fn column_tests(FieldTest { field, test }: &FieldTest) -> Option<Vec<ColumnTest<'_>>> {
    let of_row = |column, text| ColumnTest { place: TextPlace::Row(column), text };
    if let Some(column) = plain_text_column(field) {
        return Some(vec![of_row(column, TextTest::Value(test))]);
    }
    if let (Some(part), Some(column)) = (target_part(field), target_column(field)) {
        return Some(vec![ColumnTest { place: TextPlace::Targets { part, column }, text: TextTest::Value(test) }]);
    }
    let on_behalf_of = of_row(name::ON_BEHALF_OF, TextTest::Actors(field, test));
    Some(match field {
        Field::ActorGroups => vec![of_row(name::ACTOR_GROUPS, TextTest::Groups(test))],
        Field::AnyActor => vec![of_row(name::ACTOR_ID, TextTest::Value(test)), on_behalf_of],
        Field::OnBehalfOfType | Field::OnBehalfOfId | Field::OnBehalfOfName | Field::OnBehalfOfEmail => {
            vec![on_behalf_of]
        }
        Field::Metadata(key) => vec![of_row(name::METADATA, TextTest::Scalar(key, test))],
        Field::ActorAttribute(key) => vec![of_row(name::ACTOR_ATTRIBUTES, TextTest::Scalar(key, test))],
        Field::TargetAttribute(key) => {
            let place = TextPlace::Targets { part: name::TARGET_ATTRIBUTES, column: "targets.attributes" };
            vec![ColumnTest { place, text: TextTest::Scalar(key, test) }]
        }
        Field::ChangesPath => vec![of_row(name::CHANGES, TextTest::ChangedPaths(test))],
        _ => return None,
    })
}

impl TextTest<'_> {
    /// Whether a text of the column satisfies the test. Unparsable text is reported where the whole row is read; here
    /// it satisfies nothing.
    pub(super) fn holds(&self, stored: &str) -> bool {
        match self {
            Self::Value(test) => text_satisfies(stored, test),
            Self::Groups(test) => {
                read_groups(stored).unwrap_or_default().iter().any(|group| text_satisfies(group, test))
            }
            Self::Actors(field, test) => {
                let satisfies = |actor: &Actor| actor_part(actor, field).is_some_and(|part| text_satisfies(part, test));
                read_actors(stored).unwrap_or_default().iter().any(satisfies)
            }
            Self::Scalar(key, test) => {
                let mut found = false;
                let _ = visit_scalars(stored, |name, value| {
                    found = found || name == *key && scalar_satisfies(&value, test);
                });
                found
            }
            Self::ChangedPaths(test) => {
                let mut found = false;
                let _ = visit_changes(stored, |path, _, _, _| {
                    found = found || text_satisfies(&path, test);
                    Some(())
                });
                found
            }
        }
    }
}

/// The field of an actor on whose behalf another actor acted.
pub(super) fn actor_part<'a>(actor: &'a Actor, field: &Field) -> Option<&'a str> {
    match field {
        Field::OnBehalfOfType => Some(actor.kind.as_str()),
        Field::OnBehalfOfId | Field::AnyActor => Some(&actor.id),
        Field::OnBehalfOfName => actor.name.as_deref(),
        Field::OnBehalfOfEmail => actor.email.as_deref(),
        _ => None,
    }
}
