//! Queries a segment's indexes for the rows that can match a filter at all.

use auditlog_core::{
    id::{EventId, TenantId},
    query::{Field, FieldTest, Filter, Phrase, PhraseEnd, QueryBudget, Test, TokenKind},
    store::QueryError,
    text::key_of,
};

use super::{SegmentRows, row_ranges};
use crate::{
    columns::TextKinds,
    index::{ExactKind, IndexReader, TextPart},
    segment::RowRange,
};

/// The number of words of a phrase that are looked up. They narrow enough: each of them costs a read, and a long phrase
/// hardly occurs in part.
const WORDS_LOOKED_UP_MAX: usize = 32;

/// The indexes of one segment, queried for one tenant.
pub(super) struct Candidates<'a> {
    pub(super) index: &'a IndexReader<'a>,
    pub(super) tenant_id: &'a TenantId,
    pub(super) rows: SegmentRows<'a>,
    pub(super) budget: &'a QueryBudget,
}

/// What the indexes of a segment say about a filter.
pub(super) struct Narrowed {
    /// The filter without the alternatives that hold for no row of the segment. A pasted identifier is an alternative
    /// of more than ten fields, and few of them have it.
    pub(super) filter: Filter,
    /// The kinds of text that any of its phrases can be in; every kind where the index does not restrict one of them.
    pub(super) text_kinds: TextKinds,
    /// Rows that include every match; `None` where the indexes do not restrict them. They may include rows of other
    /// tenants.
    pub(super) rows: Option<Vec<RowRange>>,
}

/// Where the indexes allow a phrase.
struct Candidate {
    text_kinds: TextKinds,
    /// `None` where the indexes do not restrict them.
    rows: Option<Vec<RowRange>>,
}

impl Narrowed {
    /// Whether no row matches.
    fn is_impossible(&self) -> bool {
        self.rows.as_ref().is_some_and(Vec::is_empty)
    }
}

impl Candidates<'_> {
    /// Looks each test of the filter up once.
    pub(super) fn narrow(&self, filter: &Filter) -> Result<Narrowed, QueryError> {
        let text_kinds = TextKinds::NONE;
        match filter {
            Filter::And(parts) => self.narrow_all(parts),
            Filter::Or(parts) => self.narrow_any(parts),
            Filter::Not(part) => {
                let narrowed = self.narrow(part)?;
                if narrowed.is_impossible() {
                    return Ok(Narrowed { filter: Filter::All, text_kinds, rows: None });
                }
                // Candidates are a superset, so the others are not all rows that match the negation.
                let Narrowed { filter, text_kinds, .. } = narrowed;
                Ok(Narrowed { filter: Filter::Not(Box::new(filter)), text_kinds, rows: None })
            }
            Filter::All => Ok(Narrowed { filter: Filter::All, text_kinds, rows: None }),
            Filter::Field(test) => Ok(Narrowed { filter: filter.clone(), text_kinds, rows: self.find_test(test)? }),
            Filter::Text(phrase) => {
                let Candidate { text_kinds, rows } = self.find_phrase(phrase)?;
                Ok(Narrowed { filter: filter.clone(), text_kinds, rows })
            }
        }
    }

    fn narrow_all(&self, parts: &[Filter]) -> Result<Narrowed, QueryError> {
        let mut left = Vec::with_capacity(parts.len());
        let mut common: Option<Vec<RowRange>> = None;
        let mut all_kinds = TextKinds::NONE;
        for part in parts {
            let Narrowed { filter, text_kinds, rows } = self.narrow(part)?;
            left.push(filter);
            all_kinds = all_kinds.union(text_kinds);
            let Some(rows) = rows else { continue };
            let narrowed = match common {
                Some(common) => row_ranges::intersection(&common, &rows),
                None => rows,
            };
            if narrowed.is_empty() {
                let filter = Filter::any_of(Vec::new());
                return Ok(Narrowed { filter, text_kinds: TextKinds::NONE, rows: Some(narrowed) });
            }
            common = Some(narrowed);
        }
        Ok(Narrowed { filter: Filter::all_of(left), text_kinds: all_kinds, rows: common })
    }

    fn narrow_any(&self, parts: &[Filter]) -> Result<Narrowed, QueryError> {
        let mut left = Vec::with_capacity(parts.len());
        let mut all = Some(Vec::new());
        let mut text_kinds = TextKinds::NONE;
        for part in parts {
            let narrowed = self.narrow(part)?;
            if narrowed.is_impossible() {
                continue;
            }
            left.push(narrowed.filter);
            text_kinds = text_kinds.union(narrowed.text_kinds);
            all = all.zip(narrowed.rows).map(|(mut all, mut rows)| {
                all.append(&mut rows);
                all
            });
        }
        let rows = all.map(|all| row_ranges::union(&all, &[]));
        Ok(Narrowed { filter: Filter::any_of(left), text_kinds, rows })
    }

    /// The index has whole words, and pairs of characters of scripts without spaces. A prefix and a character by itself
    /// do not restrict the rows.
    fn find_phrase(&self, phrase: &Phrase) -> Result<Candidate, QueryError> {
        self.budget.check()?;
        let mut all = Candidate { text_kinds: TextKinds::NONE, rows: Some(Vec::new()) };
        for part in TextPart::ALL.into_iter().filter(|part| part.is_within(phrase.scope())) {
            let found = self.find_phrase_in(part, phrase)?;
            all.text_kinds = all.text_kinds.union(found.text_kinds);
            all.rows = all.rows.zip(found.rows).map(|(mut all, mut found)| {
                all.append(&mut found);
                all
            });
        }
        Ok(Candidate { rows: all.rows.map(|rows| row_ranges::union(&rows, &[])), ..all })
    }

    /// The words of a phrase are adjacent in one text, so it is in kinds of text that have all of them.
    fn find_phrase_in(&self, part: TextPart, phrase: &Phrase) -> Result<Candidate, QueryError> {
        let mut common = Candidate { text_kinds: TextKinds::ALL, rows: None };
        let mut before = None;
        for (place, token) in phrase.tokens().iter().enumerate().take(WORDS_LOOKED_UP_MAX) {
            let before = before.replace(token);
            if phrase.end_at(place) == PhraseEnd::Prefix {
                continue;
            }
            let found = match (token.kind, before) {
                (TokenKind::Word, _) => self.index.word(part, &token.key)?,
                (TokenKind::Continuing, Some(before)) => self.index.pair(part, &before.key, &token.key)?,
                (TokenKind::Starting, _) | (TokenKind::Continuing, None) => continue,
            };
            let narrowed = match common.rows {
                Some(common) => row_ranges::intersection(&common, &found.rows),
                None => found.rows,
            };
            common.text_kinds = common.text_kinds.intersection(found.kinds);
            if narrowed.is_empty() || common.text_kinds == TextKinds::NONE {
                return Ok(Candidate { text_kinds: TextKinds::NONE, rows: Some(Vec::new()) });
            }
            common.rows = Some(narrowed);
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
            // The index has the keys of values; a value in another spelling is ruled out later.
            (field, Test::OneOf(values) | Test::Exactly(values)) => self.find_values(field, values),
            _ => Ok(None),
        }
    }

    fn find_values(&self, field: &Field, values: &[String]) -> Result<Option<Vec<RowRange>>, QueryError> {
        let Some(table) = Table::of(field) else { return Ok(None) };
        let mut all = Vec::new();
        for value in values {
            self.budget.check()?;
            let mut rows = match table {
                Table::Exact(ExactKind::EventId) => self.find_id(value)?,
                Table::Exact(kind) => self.index.exact(kind, self.tenant_id, key_of(value).as_bytes())?,
                Table::Whole(part) => self.index.whole(part, &key_of(value))?,
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

/// The table of the index that has a field's values.
#[derive(Debug, Clone, Copy)]
enum Table {
    /// One of its own.
    Exact(ExactKind),
    /// The table of tokens, which has them whole.
    Whole(TextPart),
}

impl Table {
    fn of(field: &Field) -> Option<Self> {
        Some(Self::Exact(match field {
            Field::Id => ExactKind::EventId,
            Field::ExternalId => ExactKind::ExternalId,
            Field::ContextRequestId => ExactKind::RequestId,
            Field::ContextCorrelationId => ExactKind::CorrelationId,
            Field::ContextSessionId => ExactKind::SessionId,
            Field::ContextTraceId => ExactKind::TraceId,
            Field::AnyActor | Field::ActorId | Field::OnBehalfOfId => ExactKind::ActorId,
            Field::TargetId => ExactKind::TargetId,
            Field::ContextIp => ExactKind::Address,
            Field::Action => return Some(Self::Whole(TextPart::Other)),
            Field::ActorEmail | Field::OnBehalfOfEmail | Field::SourceHost | Field::ContextSpanId => {
                return Some(Self::Whole(TextPart::Personal));
            }
            _ => return None,
        }))
    }
}
