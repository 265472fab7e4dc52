//! Owns which columns hold the fields of a filter.

use auditlog_core::query::Filter;

use super::place::Place;
use crate::{columns::searched_columns, segment::Projection};

/// The columns that are read to evaluate `filter`, and `besides`.
pub(super) fn projection(filter: &Filter, besides: &[&'static str]) -> Projection {
    let mut columns = besides.to_vec();
    add_columns(filter, &mut columns);
    columns.sort_unstable();
    columns.dedup();
    Projection::Columns(columns)
}

fn add_columns(filter: &Filter, columns: &mut Vec<&'static str>) {
    match filter {
        Filter::All => {}
        Filter::And(parts) | Filter::Or(parts) => parts.iter().for_each(|part| add_columns(part, columns)),
        Filter::Not(part) => add_columns(part, columns),
        Filter::Field(test) => columns.extend(Place::of(&test.field).columns()),
        Filter::Text(phrase) => columns.extend(searched_columns(|group| phrase.scope().includes(group))),
    }
}
