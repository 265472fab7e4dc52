//! The values that a field has in the rows of a batch.

use arrow_array::{Array, FixedSizeBinaryArray, Int64Array, RecordBatch, TimestampMicrosecondArray};
use auditlog_core::{
    id::EventId,
    query::{Field, KeyPath},
    store::Extreme,
    timestamp::Timestamp,
};

use super::columns::NumberRange;
use crate::{
    columns::{
        ActorMember, ScalarText, TargetColumns, TextColumn, UnreadableColumn, binary_column, integer_column, name,
        read_groups, text_column, time_column, visit_actor_member, visit_changes, visit_path,
    },
    executor::{
        BYTES_PER_ROW,
        place::{Place, TARGET_ATTRIBUTES},
    },
};

/// A field bound to its columns.
pub(super) enum FieldColumn<'a> {
    Text(TextColumn<'a>),
    Id(&'a FixedSizeBinaryArray),
    Time(&'a TimestampMicrosecondArray),
    Integer(Option<&'a Int64Array>),
    Groups(TextColumn<'a>, &'static str),
    OnBehalfOf(TextColumn<'a>, ActorMember),
    Targets(TargetColumns<'a>, TextColumn<'a>),
    Json(JsonColumn<'a>),
    TargetJson(TargetColumns<'a>, JsonColumn<'a>),
    ChangedPaths(TextColumn<'a>),
}

/// Texts that are JSON objects, and the path of the values that are read of each.
#[derive(Clone, Copy)]
pub(super) struct JsonColumn<'a> {
    texts: TextColumn<'a>,
    column: &'static str,
    path: &'a KeyPath,
}

impl<'a> FieldColumn<'a> {
    /// Finds the field's columns in a batch.
    ///
    /// # Errors
    /// Names a column that every batch has and this one lacks.
    pub(super) fn bind(field: &'a Field, batch: &'a RecordBatch) -> Result<Self, UnreadableColumn> {
        let text = |name| text_column(batch, name);
        Ok(match Place::of(field) {
            Place::Id(column) => Self::Id(binary_column(batch, column).ok_or(UnreadableColumn(column))?),
            Place::Time(column) => Self::Time(time_column(batch, column).ok_or(UnreadableColumn(column))?),
            Place::Integer(column) => Self::Integer(integer_column(batch, column)),
            Place::Text(column) => Self::Text(text(column)),
            Place::Target(part) => {
                let targets = TargetColumns::of(batch);
                Self::Targets(targets, targets.part(part.member))
            }
            Place::Groups(column) => Self::Groups(text(column), column),
            // The acting actor is counted, once an event.
            Place::AnyActor => Self::Text(text(name::ACTOR_ID)),
            Place::OnBehalfOf(member) => Self::OnBehalfOf(text(name::ON_BEHALF_OF), member),
            Place::Json { column, path } => Self::Json(JsonColumn { texts: text(column), column, path }),
            Place::TargetJson(path) => {
                let targets = TargetColumns::of(batch);
                let texts = targets.part(TARGET_ATTRIBUTES.member);
                Self::TargetJson(targets, JsonColumn { texts, column: TARGET_ATTRIBUTES.column, path })
            }
            Place::ChangedPaths => Self::ChangedPaths(text(name::CHANGES)),
        })
    }

    /// The cost of parsing the JSON of a row's values, in bytes, plus a constant for the row.
    pub(super) fn bytes_of_json(&self, row: usize) -> usize {
        let length = |column: &TextColumn<'_>, at: usize| column.get(at).map_or(0, str::len);
        let json = match self {
            Self::Text(_) | Self::Id(_) | Self::Time(_) | Self::Integer(_) | Self::Targets(..) => 0,
            Self::Groups(column, _)
            | Self::OnBehalfOf(column, _)
            | Self::Json(JsonColumn { texts: column, .. })
            | Self::ChangedPaths(column) => length(column, row),
            Self::TargetJson(targets, json) => targets.range(row).map(|at| length(&json.texts, at)).sum(),
        };
        json + BYTES_PER_ROW
    }

    /// Passes each value of a row as a text; the same value may be passed twice.
    ///
    /// # Errors
    /// Names a column whose value does not read back.
    pub(super) fn visit_texts(&self, row: usize, mut found: impl FnMut(&str)) -> Result<(), UnreadableColumn> {
        match self {
            Self::Text(column) => column.get(row).into_iter().for_each(found),
            Self::Id(column) => {
                let bytes = column.value(row).try_into().ok();
                let id = bytes.and_then(EventId::from_bytes).ok_or(UnreadableColumn(name::ID))?;
                found(&id.to_string());
            }
            Self::Time(column) => found(&Timestamp::from_micros(column.value(row)).to_string()),
            Self::Integer(column) => {
                if let Some(column) = column.filter(|column| !column.is_null(row)) {
                    found(&column.value(row).to_string());
                }
            }
            Self::Groups(column, name) => {
                if let Some(groups) = column.get(row) {
                    let groups = read_groups(groups).ok_or(UnreadableColumn(name))?;
                    for group in &groups {
                        found(group);
                    }
                }
            }
            Self::OnBehalfOf(column, member) => {
                if let Some(actors) = column.get(row) {
                    let visited = visit_actor_member(actors, *member, |text| found(text));
                    visited.ok_or(UnreadableColumn(name::ON_BEHALF_OF))?;
                }
            }
            Self::Targets(targets, part) => {
                targets.range(row).filter_map(|at| part.get(at)).for_each(found);
            }
            Self::Json(json) => json.visit(row, |value| found(value.as_str()))?,
            Self::TargetJson(targets, json) => {
                for at in targets.range(row) {
                    json.visit(at, |value| found(value.as_str()))?;
                }
            }
            Self::ChangedPaths(column) => {
                let visited = visit_changes(column.get(row).unwrap_or("[]"), |path, _, _, _| {
                    found(&path);
                    Some(())
                });
                visited.ok_or(UnreadableColumn(name::CHANGES))?;
            }
        }
        Ok(())
    }

    /// The minimum and maximum number among the values of a row.
    ///
    /// # Errors
    /// Names a column whose value does not read back.
    pub(super) fn number_range(&self, row: usize) -> Result<NumberRange, UnreadableColumn> {
        let mut range = None;
        match self {
            Self::Integer(column) => {
                let number = column.filter(|column| !column.is_null(row)).map(|column| column.value(row));
                let number = number.and_then(|number| u64::try_from(number).ok()).map(Extreme::Integer);
                range = number.map(|number| [number, number]);
            }
            Self::Json(json) => json.visit(row, |value| widen(&mut range, value))?,
            Self::TargetJson(targets, json) => {
                for at in targets.range(row) {
                    json.visit(at, |value| widen(&mut range, value))?;
                }
            }
            // Texts are no numbers, and times are aggregated as times.
            Self::Text(_)
            | Self::Id(_)
            | Self::Time(_)
            | Self::Groups(..)
            | Self::OnBehalfOf(..)
            | Self::Targets(..)
            | Self::ChangedPaths(_) => {}
        }
        Ok(range)
    }
}

impl JsonColumn<'_> {
    /// Passes the values of one object at the path.
    fn visit(&self, at: usize, mut found: impl FnMut(&ScalarText<'_>)) -> Result<(), UnreadableColumn> {
        let Some(object) = self.texts.get(at) else { return Ok(()) };
        visit_path(object, self.path, |value| found(value)).ok_or(UnreadableColumn(self.column))
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
