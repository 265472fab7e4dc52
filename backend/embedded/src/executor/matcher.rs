//! A filter bound to the columns of one batch, to be asked row by row.

use arrow_array::{Array, FixedSizeBinaryArray, Int64Array, RecordBatch, TimestampMicrosecondArray};
use auditlog_core::{
    event::Actor,
    id::EventId,
    query::{Bounds, Field, FieldTest, Filter, Test},
};

use super::{
    needed::{plain_text_column, target_part},
    phrase::PhraseSearch,
    suspects::{Suspects, Suspicion},
    value::{scalar_satisfies, text_satisfies},
};
use crate::columns::{
    SearchedTexts, TargetColumns, TextColumn, binary_column, integer_column, name, read_actors, read_groups,
    text_column, time_column, visit_changes, visit_scalars,
};

/// A filter whose columns are found.
pub(super) enum Matcher<'a> {
    All,
    And(Vec<Matcher<'a>>),
    Or(Vec<Matcher<'a>>),
    Not(Box<Matcher<'a>>),
    Text(TextColumn<'a>, &'a Test),
    Time(Option<&'a TimestampMicrosecondArray>, Bounds<i64>),
    Integer(Option<&'a Int64Array>, Bounds<u64>),
    Id(Option<&'a FixedSizeBinaryArray>, Vec<EventId>),
    Groups(TextColumn<'a>, &'a Test),
    AnyActor(TextColumn<'a>, TextColumn<'a>, &'a Test),
    OnBehalfOf(TextColumn<'a>, &'a Field, &'a Test),
    Targets(TargetColumns<'a>, TextColumn<'a>, &'a Test),
    Scalar(TextColumn<'a>, ScalarTest<'a>),
    TargetScalar(TargetColumns<'a>, TextColumn<'a>, ScalarTest<'a>),
    ChangesPath(TextColumn<'a>, &'a Test),
    Phrase(SearchedTexts<'a>, PhraseSearch<'a>, Suspects),
}

impl<'a> Matcher<'a> {
    /// Finds the columns a filter needs in a batch.
    pub(super) fn bind(filter: &'a Filter, batch: &'a RecordBatch) -> Self {
        let parts = |parts: &'a [Filter]| parts.iter().map(|part| Self::bind(part, batch)).collect();
        match filter {
            Filter::All => Self::All,
            Filter::And(filters) => Self::And(parts(filters)),
            Filter::Or(filters) => Self::Or(parts(filters)),
            Filter::Not(filter) => Self::Not(Box::new(Self::bind(filter, batch))),
            Filter::Field(test) => Self::bind_test(test, batch),
            Filter::Text(phrase) => {
                let (texts, phrase) = (SearchedTexts::of(batch), PhraseSearch(phrase));
                let suspects = Suspects::find(&texts, phrase, batch.num_rows());
                Self::Phrase(texts, phrase, suspects)
            }
        }
    }

    fn bind_test(FieldTest { field, test }: &'a FieldTest, batch: &'a RecordBatch) -> Self {
        let text = |name| text_column(batch, name);
        if let Some(column) = plain_text_column(field) {
            return Self::Text(text(column), test);
        }
        if let Some(part) = target_part(field) {
            let targets = TargetColumns::of(batch);
            return Self::Targets(targets, targets.part(part), test);
        }
        match (field, test) {
            // No row is without these.
            (Field::Id | Field::Sequence | Field::OccurredAt | Field::ReceivedAt, Test::Present) => Self::All,
            (Field::ProducerSequence, Test::Present) => {
                Self::Integer(integer_column(batch, name::PRODUCER_SEQUENCE), Bounds { from: None, to: None })
            }
            (Field::OccurredAt, Test::Time(bounds)) => Self::Time(time_column(batch, name::OCCURRED_AT), *bounds),
            (Field::ReceivedAt, Test::Time(bounds)) => Self::Time(time_column(batch, name::RECEIVED_AT), *bounds),
            (Field::Sequence, Test::Integer(bounds)) => Self::Integer(integer_column(batch, name::SEQUENCE), *bounds),
            (Field::ProducerSequence, Test::Integer(bounds)) => {
                Self::Integer(integer_column(batch, name::PRODUCER_SEQUENCE), *bounds)
            }
            (Field::Id, Test::OneOf(ids)) => {
                let ids = ids.iter().filter_map(|id| EventId::parse(id)).collect();
                Self::Id(binary_column(batch, name::ID), ids)
            }
            (Field::ActorGroups, _) => Self::Groups(text(name::ACTOR_GROUPS), test),
            (Field::AnyActor, _) => Self::AnyActor(text(name::ACTOR_ID), text(name::ON_BEHALF_OF), test),
            (Field::Metadata(key), _) => Self::Scalar(text(name::METADATA), ScalarTest { key, test }),
            (Field::ActorAttribute(key), _) => Self::Scalar(text(name::ACTOR_ATTRIBUTES), ScalarTest { key, test }),
            (Field::TargetAttribute(key), _) => {
                let targets = TargetColumns::of(batch);
                Self::TargetScalar(targets, targets.part(name::TARGET_ATTRIBUTES), ScalarTest { key, test })
            }
            (Field::ChangesPath, _) => Self::ChangesPath(text(name::CHANGES), test),
            (Field::OnBehalfOfType | Field::OnBehalfOfId | Field::OnBehalfOfName | Field::OnBehalfOfEmail, _) => {
                Self::OnBehalfOf(text(name::ON_BEHALF_OF), field, test)
            }
            // A test that the field's kind does not allow is satisfied by no value.
            _ => Self::Or(Vec::new()),
        }
    }

    /// Whether the filter holds for a row.
    pub(super) fn matches(&self, row: usize) -> bool {
        match self {
            Self::All => true,
            Self::And(parts) => parts.iter().all(|part| part.matches(row)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(row)),
            Self::Not(part) => !part.matches(row),
            Self::Text(column, test) => column.get(row).is_some_and(|value| text_satisfies(value, test)),
            Self::Time(column, bounds) => {
                column.is_some_and(|column| !column.is_null(row) && bounds.contain(&column.value(row)))
            }
            Self::Integer(column, bounds) => column.is_some_and(|column| {
                !column.is_null(row) && u64::try_from(column.value(row)).is_ok_and(|value| bounds.contain(&value))
            }),
            Self::Id(column, ids) => {
                column.is_some_and(|column| ids.iter().any(|id| column.value(row) == id.as_bytes()))
            }
            Self::Groups(column, test) => {
                let groups = column.get(row).and_then(read_groups).unwrap_or_default();
                groups.iter().any(|group| text_satisfies(group, test))
            }
            Self::AnyActor(actor, on_behalf_of, test) => {
                actor.get(row).is_some_and(|id| text_satisfies(id, test))
                    || any_actor(*on_behalf_of, row, |actor| text_satisfies(&actor.id, test))
            }
            Self::OnBehalfOf(column, field, test) => {
                any_actor(*column, row, |actor| actor_part(actor, field).is_some_and(|part| text_satisfies(part, test)))
            }
            Self::Targets(targets, part, test) => {
                targets.range(row).any(|at| part.get(at).is_some_and(|value| text_satisfies(value, test)))
            }
            Self::Scalar(column, scalar) => column.get(row).is_some_and(|object| scalar.holds(object)),
            Self::TargetScalar(targets, attributes, scalar) => {
                targets.range(row).any(|at| attributes.get(at).is_some_and(|object| scalar.holds(object)))
            }
            Self::ChangesPath(column, test) => column.get(row).is_some_and(|json| any_path(json, test)),
            Self::Phrase(texts, phrase, suspects) => match suspects.suspicion(row) {
                Suspicion::None => false,
                Suspicion::Some => texts.any(row, |json| phrase.may_be_in(json), |text| phrase.is_in(text)),
                Suspicion::Certain => true,
            },
        }
    }
}

fn any_actor(column: TextColumn<'_>, row: usize, satisfies: impl FnMut(&Actor) -> bool) -> bool {
    let Some(text) = column.get(row) else { return false };
    read_actors(text).unwrap_or_default().iter().any(satisfies)
}

fn any_path(json: &str, test: &Test) -> bool {
    let mut any = false;
    // Text that does not read back is reported where the whole row is read; here it only ends the walk.
    let _ = visit_changes(json, |path, _, _, _| {
        any = any || text_satisfies(&path, test);
        Some(())
    });
    any
}

/// What the field is of an actor.
pub(super) fn actor_part<'a>(actor: &'a Actor, field: &Field) -> Option<&'a str> {
    match field {
        Field::OnBehalfOfType => Some(actor.kind.as_str()),
        Field::OnBehalfOfId => Some(&actor.id),
        Field::OnBehalfOfName => actor.name.as_deref(),
        Field::OnBehalfOfEmail => actor.email.as_deref(),
        _ => None,
    }
}

/// A test of the scalar under a key of an object.
pub(super) struct ScalarTest<'a> {
    key: &'a str,
    test: &'a Test,
}

impl ScalarTest<'_> {
    fn holds(&self, object: &str) -> bool {
        let mut found = false;
        // Text that does not read back is reported where the whole row is read; here it only ends the walk.
        let _ = visit_scalars(object, |name, value| {
            found = found || name == self.key && scalar_satisfies(&value, self.test);
        });
        found
    }
}
