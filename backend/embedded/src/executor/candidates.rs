//! Queries a segment's indexes for the rows that can match a filter at all.

use auditlog_core::{
    id::{EventId, TenantId},
    query::{Field, FieldTest, Filter, Phrase, PhraseEnd, Test},
    store::QueryError,
};

use super::{SegmentRows, row_ranges};
use crate::{
    index::{ExactKind, IndexReader},
    segment::RowRange,
};

/// The indexes of one segment, queried for one tenant.
pub(super) struct Candidates<'a> {
    pub(super) index: &'a IndexReader<'a>,
    pub(super) tenant_id: &'a TenantId,
    pub(super) rows: SegmentRows<'a>,
}

impl Candidates<'_> {
    /// Rows that include every match; `None` where the indexes do not restrict them. They may include rows of other
    /// tenants.
    pub(super) fn find(&self, filter: &Filter) -> Result<Option<Vec<RowRange>>, QueryError> {
        match filter {
            // A negation of candidates would be wrong: candidates are a superset.
            Filter::All | Filter::Not(_) => Ok(None),
            Filter::And(parts) => self.find_all(parts),
            Filter::Or(parts) => self.find_any(parts),
            Filter::Field(test) => self.find_test(test),
            Filter::Text(phrase) => self.find_phrase(phrase),
        }
    }

    fn find_all(&self, parts: &[Filter]) -> Result<Option<Vec<RowRange>>, QueryError> {
        let mut common: Option<Vec<RowRange>> = None;
        for part in parts {
            if common.as_ref().is_some_and(Vec::is_empty) {
                break;
            }
            let Some(found) = self.find(part)? else { continue };
            common = Some(match common {
                Some(common) => row_ranges::intersection(&common, &found),
                None => found,
            });
        }
        Ok(common)
    }

    fn find_any(&self, parts: &[Filter]) -> Result<Option<Vec<RowRange>>, QueryError> {
        let mut all = Vec::new();
        for part in parts {
            let Some(mut found) = self.find(part)? else { return Ok(None) };
            all.append(&mut found);
        }
        Ok(Some(row_ranges::union(&all, &[])))
    }

    /// The index has whole tokens only, so a prefix does not restrict the rows.
    fn find_phrase(&self, phrase: &Phrase) -> Result<Option<Vec<RowRange>>, QueryError> {
        let mut common: Option<Vec<RowRange>> = None;
        for (place, token) in phrase.tokens().iter().enumerate() {
            if phrase.end_at(place) == PhraseEnd::Prefix {
                continue;
            }
            let found = self.index.token(token)?;
            let narrowed = common.map_or_else(|| found.clone(), |common| row_ranges::intersection(&common, &found));
            if narrowed.is_empty() {
                return Ok(Some(narrowed));
            }
            common = Some(narrowed);
        }
        Ok(common)
    }

    fn find_test(&self, test: &FieldTest) -> Result<Option<Vec<RowRange>>, QueryError> {
        match (&test.field, &test.test) {
            (Field::Sequence, Test::Integer(bounds)) => {
                let row = |sequence: u64| {
                    let behind = sequence.saturating_sub(self.rows.range.first_sequence);
                    self.rows.range.row_start.saturating_add(u32::try_from(behind).unwrap_or(u32::MAX))
                };
                let end = self.rows.range.row_start + self.rows.range.rows;
                let start = bounds.from.map_or(0, row);
                let behind = bounds.to.map_or(end, |to| row(to.saturating_add(1)));
                Ok(Some(row_ranges::union(std::slice::from_ref(&(start..behind.min(end))), &[])))
            }
            (field, Test::OneOf(values)) => self.find_values(field, values),
            _ => Ok(None),
        }
    }

    fn find_values(&self, field: &Field, values: &[String]) -> Result<Option<Vec<RowRange>>, QueryError> {
        let Some(kind) = exact_kind(field) else { return Ok(None) };
        let mut all = Vec::new();
        for value in values {
            let mut rows = match kind {
                ExactKind::EventId => self.find_id(value)?,
                _ => self.index.exact(kind, self.tenant_id, value.as_bytes())?,
            };
            all.append(&mut rows);
        }
        // Merged once: merging value by value would process the rows of all values for each of them.
        Ok(Some(row_ranges::union(&all, &[])))
    }

    fn find_id(&self, text: &str) -> Result<Vec<RowRange>, QueryError> {
        match EventId::parse(text) {
            Some(id) if self.rows.segment.meta().hours.binary_search(&id.hour()).is_ok() => {
                self.index.exact(ExactKind::EventId, self.tenant_id, id.as_bytes())
            }
            _ => Ok(Vec::new()),
        }
    }
}

/// The index of a field's values.
fn exact_kind(field: &Field) -> Option<ExactKind> {
    Some(match field {
        Field::Id => ExactKind::EventId,
        Field::ExternalId => ExactKind::ExternalId,
        Field::ContextRequestId => ExactKind::RequestId,
        Field::ContextCorrelationId => ExactKind::CorrelationId,
        Field::ContextSessionId => ExactKind::SessionId,
        Field::ContextTraceId => ExactKind::TraceId,
        Field::AnyActor | Field::ActorId | Field::OnBehalfOfId => ExactKind::ActorId,
        Field::TargetId => ExactKind::TargetId,
        Field::ContextIp => ExactKind::Address,
        _ => return None,
    })
}
