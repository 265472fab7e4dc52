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

#[cfg(test)]
mod tests {
    use auditlog_core::query::{Phrase, PhraseEnd};

    use super::*;
    use crate::columns::{TextKind, name};

    #[test]
    fn words_need_the_columns_of_their_kinds_of_text_only() {
        let filter = Filter::Text(Phrase::of_text("payroll", PhraseEnd::Whole).unwrap());
        let columns = |text_kinds| {
            let planned = PlannedFilter { filter: Filter::Not(Box::new(filter.clone())), text_kinds };
            match projection(&planned, &[name::TENANT_ID]) {
                Projection::Columns(columns) => columns,
                Projection::All => panic!("a filter needs some columns"),
            }
        };
        assert_eq!(columns(TextKinds::NONE), [name::TENANT_ID]);
        assert_eq!(columns(TextKinds::of(TextKind::Message)), [name::MESSAGE, name::TENANT_ID]);
        let all = columns(TextKinds::ALL);
        assert_eq!(all.len(), 35);
        let by_kind = TextKind::ALL.into_iter().flat_map(|kind| columns(TextKinds::of(kind)));
        let mut by_kind: Vec<_> = by_kind.collect();
        by_kind.sort_unstable();
        by_kind.dedup();
        assert_eq!(by_kind, all);
    }
}
