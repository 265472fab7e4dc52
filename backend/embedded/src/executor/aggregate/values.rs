//! The values that a field has in the rows of a batch.

use arrow_array::{Array, FixedSizeBinaryArray, Int64Array, RecordBatch, TimestampMicrosecondArray};
use auditlog_core::{event::Actor, id::EventId, query::Field, store::Extreme, timestamp::Timestamp};

use super::columns::NumberRange;
use crate::{
    columns::{
        ScalarText, TargetColumns, TextColumn, binary_column, integer_column, name, read_actors, read_groups,
        text_column, time_column, visit_changes, visit_scalars,
    },
    executor::{
        BYTES_PER_ROW,
        column_test::actor_part,
        needed::{plain_text_column, target_part},
    },
};

/// A field bound to its columns.
pub(super) enum FieldColumn<'a> {
    Text(TextColumn<'a>),
    Id(Option<&'a FixedSizeBinaryArray>),
    Time(Option<&'a TimestampMicrosecondArray>),
    Integer(Option<&'a Int64Array>),
    Groups(TextColumn<'a>),
    AnyActor(TextColumn<'a>, TextColumn<'a>),
    OnBehalfOf(TextColumn<'a>, &'a Field),
    Targets(TargetColumns<'a>, TextColumn<'a>),
    Scalar(TextColumn<'a>, &'a str),
    TargetScalar(TargetColumns<'a>, TextColumn<'a>, &'a str),
    ChangedPaths(TextColumn<'a>),
}

impl<'a> FieldColumn<'a> {
    pub(super) fn bind(field: &'a Field, batch: &'a RecordBatch) -> Self {
        let text = |name| text_column(batch, name);
        if let Some(column) = plain_text_column(field) {
            return Self::Text(text(column));
        }
        if let Some(part) = target_part(field) {
            let targets = TargetColumns::of(batch);
            return Self::Targets(targets, targets.part(part));
        }
        match field {
            Field::Id => Self::Id(binary_column(batch, name::ID)),
            Field::Sequence => Self::Integer(integer_column(batch, name::SEQUENCE)),
            Field::ProducerSequence => Self::Integer(integer_column(batch, name::PRODUCER_SEQUENCE)),
            Field::OccurredAt => Self::Time(time_column(batch, name::OCCURRED_AT)),
            Field::ReceivedAt => Self::Time(time_column(batch, name::RECEIVED_AT)),
            Field::ActorGroups => Self::Groups(text(name::ACTOR_GROUPS)),
            Field::AnyActor => Self::AnyActor(text(name::ACTOR_ID), text(name::ON_BEHALF_OF)),
            Field::Metadata(key) => Self::Scalar(text(name::METADATA), key),
            Field::ActorAttribute(key) => Self::Scalar(text(name::ACTOR_ATTRIBUTES), key),
            Field::TargetAttribute(key) => {
                let targets = TargetColumns::of(batch);
                Self::TargetScalar(targets, targets.part(name::TARGET_ATTRIBUTES), key)
            }
            Field::ChangesPath => Self::ChangedPaths(text(name::CHANGES)),
            _ => Self::OnBehalfOf(text(name::ON_BEHALF_OF), field),
        }
    }

    /// The cost of parsing the JSON of a row's values, in bytes, plus a constant for the row.
    pub(super) fn bytes_of_json(&self, row: usize) -> usize {
        let length = |column: &TextColumn<'_>, at: usize| column.get(at).map_or(0, str::len);
        let json = match self {
            Self::Text(_) | Self::Id(_) | Self::Time(_) | Self::Integer(_) | Self::Targets(..) => 0,
            Self::Groups(column)
            | Self::AnyActor(_, column)
            | Self::OnBehalfOf(column, _)
            | Self::Scalar(column, _)
            | Self::ChangedPaths(column) => length(column, row),
            Self::TargetScalar(targets, part, _) => targets.range(row).map(|at| length(part, at)).sum(),
        };
        json + BYTES_PER_ROW
    }

    /// Passes each value of a row as a text; the same one may occur twice.
    pub(super) fn visit_texts(&self, row: usize, mut found: impl FnMut(&str)) {
        match self {
            Self::Text(column) => column.get(row).into_iter().for_each(found),
            Self::Id(column) => {
                let id = column.and_then(|column| EventId::from_bytes(column.value(row).try_into().ok()?));
                if let Some(id) = id {
                    found(&id.to_string());
                }
            }
            Self::Time(column) => {
                let time = column.filter(|column| !column.is_null(row)).map(|column| column.value(row));
                if let Some(time) = time {
                    found(&Timestamp::from_micros(time).to_string());
                }
            }
            Self::Integer(column) => {
                let number = column.filter(|column| !column.is_null(row)).map(|column| column.value(row));
                if let Some(number) = number {
                    found(&number.to_string());
                }
            }
            Self::Groups(column) => {
                let groups = column.get(row).and_then(read_groups).unwrap_or_default();
                for group in &groups {
                    found(group);
                }
            }
            Self::AnyActor(actor, on_behalf_of) => {
                actor.get(row).into_iter().for_each(&mut found);
                for actor in &actors(*on_behalf_of, row) {
                    found(&actor.id);
                }
            }
            Self::OnBehalfOf(column, field) => {
                let actors = actors(*column, row);
                actors.iter().filter_map(|actor| actor_part(actor, field)).for_each(found);
            }
            Self::Targets(targets, part) => {
                targets.range(row).filter_map(|at| part.get(at)).for_each(found);
            }
            Self::Scalar(column, key) => visit_scalar((*column, row), key, |value| found(value.as_str())),
            Self::TargetScalar(targets, part, key) => {
                targets.range(row).for_each(|at| visit_scalar((*part, at), key, |value| found(value.as_str())));
            }
            Self::ChangedPaths(column) => {
                // Unparsable text is reported where the whole row is read; here it only ends the iteration.
                let _ = visit_changes(column.get(row).unwrap_or("[]"), |path, _, _, _| {
                    found(&path);
                    Some(())
                });
            }
        }
    }

    /// The minimum and maximum number among the values of a row.
    pub(super) fn number_range(&self, row: usize) -> NumberRange {
        match self {
            Self::Integer(column) => {
                let number = column.filter(|column| !column.is_null(row)).map(|column| column.value(row));
                let number = Extreme::Integer(u64::try_from(number?).ok()?);
                Some([number, number])
            }
            Self::Scalar(column, key) => {
                let mut range = None;
                visit_scalar((*column, row), key, |value| widen(&mut range, value));
                range
            }
            Self::TargetScalar(targets, part, key) => {
                let mut range = None;
                targets.range(row).for_each(|at| visit_scalar((*part, at), key, |value| widen(&mut range, value)));
                range
            }
            _ => None,
        }
    }
}

/// Adds a value, if it is a number.
fn widen(range: &mut NumberRange, value: &ScalarText<'_>) {
    let Some(number) = value.as_number().map(Extreme::Number) else { return };
    let [least, greatest] = range.unwrap_or([number, number]);
    let least = if number < least { number } else { least };
    let greatest = if number > greatest { number } else { greatest };
    *range = Some([least, greatest]);
}

fn actors(column: TextColumn<'_>, row: usize) -> Vec<Actor> {
    column.get(row).and_then(read_actors).unwrap_or_default()
}

fn visit_scalar((column, row): (TextColumn<'_>, usize), key: &str, mut found: impl FnMut(&ScalarText<'_>)) {
    let Some(object) = column.get(row) else { return };
    // Unparsable text is reported where the whole row is read; here it only ends the iteration.
    let _ = visit_scalars(object, |name, value| {
        if name == key {
            found(&value);
        }
    });
}
