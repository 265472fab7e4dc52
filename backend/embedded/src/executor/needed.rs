//! Owns which columns hold the fields of a filter.

use auditlog_core::query::Filter;

use super::{place::Place, plan::PlannedFilter};
use crate::{
    columns::{TextKinds, searched_columns},
    segment::Projection,
};

/// The columns that are read to evaluate a filter, and `besides`.
pub(super) fn projection(PlannedFilter { filter, text_kinds }: &PlannedFilter, besides: &[&'static str]) -> Projection {
    let mut columns = besides.to_vec();
    add_columns(filter, *text_kinds, &mut columns);
    columns.sort_unstable();
    columns.dedup();
    Projection::Columns(columns)
}

fn add_columns(filter: &Filter, text_kinds: TextKinds, columns: &mut Vec<&'static str>) {
    match filter {
        Filter::All => {}
        Filter::And(parts) | Filter::Or(parts) => parts.iter().for_each(|part| add_columns(part, text_kinds, columns)),
        Filter::Not(part) => add_columns(part, text_kinds, columns),
        Filter::Field(test) => columns.extend(Place::of(&test.field).columns()),
        Filter::Text(phrase) => {
            columns.extend(searched_columns(|group| phrase.scope().includes(group), text_kinds));
        }
    }
}
