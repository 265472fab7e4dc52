//! Collects the contents of an index file from rows that come one batch after the other, and lays it out.

use std::ops::Range;

use arrow_array::RecordBatch;
use auditlog_core::{
    query::TOKENIZER_VERSION,
    store::QueryError,
    text::{KEY_VERSION, key_of},
};

use super::{
    ExactKind, INDEX_VERSION, Rows,
    copied::Source,
    file::{HEADER_BYTES, MAGIC, Part, SECTION_ENTRY_BYTES, SECTIONS},
    keys::{TextPart, exact_hash, tenant_seed},
    page_tokens::PageTokens,
    pages::{Pages, Span},
    table_writer::{Posting, build_table, merge_runs, sort},
};
use crate::{
    cache::VerifiedFile,
    columns::{
        ActorMember, ColumnsError, SearchedTexts, TargetColumns, TextColumn, UnreadableColumn, binary_column, name,
        text_column, time_column, visit_actor_member,
    },
    index::PAGE_ROWS,
};

/// Builds an index file. Uses some ten bytes for each different key and word of a page until it is finished, and next
/// to nothing for rows whose postings are taken over from another index file.
#[derive(Default)]
pub struct IndexBuilder {
    pages: Pages,
    exact: [Vec<Posting>; ExactKind::ALL.len()],
    tokens: Vec<Posting>,
    page_tokens: PageTokens,
    sources: Vec<Source>,
}

/// The columns of the values that become keys, each with its kind.
const TEXT_KEYS: [(ExactKind, &str); 7] = [
    (ExactKind::ExternalId, name::EXTERNAL_ID),
    (ExactKind::RequestId, name::CONTEXT_REQUEST_ID),
    (ExactKind::CorrelationId, name::CONTEXT_CORRELATION_ID),
    (ExactKind::SessionId, name::CONTEXT_SESSION_ID),
    (ExactKind::TraceId, name::CONTEXT_TRACE_ID),
    (ExactKind::ActorId, name::ACTOR_ID),
    (ExactKind::Address, name::CONTEXT_IP),
];

impl IndexBuilder {
    /// Adds the next rows.
    ///
    /// # Errors
    /// [`ColumnsError::Unreadable`] where a text that is indexed does not read back.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), ColumnsError> {
        self.push_exact(batch)?;
        let times = time_column(batch, name::OCCURRED_AT);
        let texts = SearchedTexts::of(batch, |_| true);
        let mut start = 0;
        while start < batch.num_rows() {
            let end = batch.num_rows().min(start + self.pages.room());
            let first_row = self.pages.rows();
            self.page_tokens.count_texts(&texts, start..end, first_row)?;
            self.count_other_whole_values(batch, start..end)?;
            for row in start..end {
                self.pages.push_row(times.map_or(0, |times| times.value(row)));
            }
            if self.pages.is_full() {
                self.end_page();
            }
            start = end;
        }
        Ok(())
    }

    /// Counts the values that are kept whole among the tokens and are not the text of a searched column.
    fn count_other_whole_values(&mut self, batch: &RecordBatch, rows: Range<usize>) -> Result<(), ColumnsError> {
        let first_row = self.pages.rows();
        let row_of = |row: usize| first_row + as_row(row - rows.start);
        let span_ids = text_column(batch, name::CONTEXT_SPAN_ID);
        for (row, span_id) in rows.clone().filter_map(|row| Some((row, span_ids.get(row)?))) {
            self.page_tokens.count_whole(TextPart::Personal, span_id, row_of(row));
        }
        let on_behalf_of = text_column(batch, name::ON_BEHALF_OF);
        for (row, actors) in rows.clone().filter_map(|row| Some((row, on_behalf_of.get(row)?))) {
            let visited = visit_actor_member(actors, ActorMember::Email, |email| {
                self.page_tokens.count_whole(TextPart::Personal, email, row_of(row));
            });
            visited.ok_or_else(|| UnreadableColumn(name::ON_BEHALF_OF).at(row))?;
        }
        Ok(())
    }

    /// Ends the row group.
    pub fn end_group(&mut self) {
        self.end_page();
    }

    /// Takes over the postings of a whole row group of another segment, given by its index file and its number of rows.
    /// All other rows of that segment must be pushed or taken over too: a word has the kinds of text of its segment.
    /// Returns the earliest and the latest time of its rows, in microseconds.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where that index file is damaged.
    pub(crate) fn copy_group(
        &mut self,
        file: &VerifiedFile,
        file_rows: u32,
        rows: Rows,
    ) -> Result<Span<i64>, QueryError> {
        self.end_page();
        let known = self.sources.iter().position(|source| source.is(file));
        let position = known.unwrap_or_else(|| {
            self.sources.push(Source::new(file, file_rows));
            self.sources.len() - 1
        });
        self.sources[position].take(rows, &mut self.pages)
    }

    fn end_page(&mut self) {
        self.pages.end_page();
        self.page_tokens.end(&mut self.tokens);
    }

    fn push_exact(&mut self, batch: &RecordBatch) -> Result<(), ColumnsError> {
        let tenants = text_column(batch, name::TENANT_ID);
        let ids = binary_column(batch, name::ID);
        let texts = TEXT_KEYS.map(|(kind, name)| (kind, text_column(batch, name)));
        let on_behalf_of = text_column(batch, name::ON_BEHALF_OF);
        let targets = TargetColumns::of(batch);
        let mut seed = (None, 0);
        for row in 0..batch.num_rows() {
            let tenant = tenants.get(row);
            if seed.0 != tenant {
                seed = (tenant, tenant_seed(tenant.unwrap_or_default()));
            }
            let mut keys = RowKeys { exact: &mut self.exact, seed: seed.1, row: self.pages.rows() + as_row(row) };
            if let Some(ids) = ids {
                keys.push(ExactKind::EventId, ids.value(row));
            }
            for (kind, column) in &texts {
                keys.push_text(*kind, column.get(row));
            }
            keys.push_others(on_behalf_of, &targets, row).map_err(|error| error.at(row))?;
        }
        Ok(())
    }

    /// Lays out the file. The bytes are the same whether rows were pushed or taken over.
    ///
    /// # Errors
    /// [`QueryError::Corrupted`] where an index file that postings are taken over from is damaged.
    pub fn finish(mut self) -> Result<Vec<u8>, QueryError> {
        self.end_page();
        let mut sections = vec![self.pages.to_bytes()];
        for (part, mut postings) in Part::all().zip(self.exact.into_iter().chain([self.tokens])) {
            sort(&mut postings);
            for source in &self.sources {
                source.append(part, &self.pages, &mut postings)?;
            }
            merge_runs(&mut postings);
            sections.push(build_table(postings, &self.pages, part.precision()));
        }
        debug_assert_eq!(sections.len(), SECTIONS);
        Ok(lay_out(self.pages.rows(), &sections))
    }
}

/// Writes the header, the table of sections and the sections.
fn lay_out(rows: u32, sections: &[Vec<u8>]) -> Vec<u8> {
    let mut offset = (HEADER_BYTES + sections.len() * SECTION_ENTRY_BYTES) as u64;
    let mut bytes = Vec::new();
    bytes.extend(MAGIC);
    let count = u32::try_from(sections.len()).unwrap_or(u32::MAX);
    for word in [INDEX_VERSION, TOKENIZER_VERSION, rows, PAGE_ROWS, count, KEY_VERSION] {
        bytes.extend(word.to_le_bytes());
    }
    for section in sections {
        let length = section.len() as u64;
        bytes.extend(offset.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        offset += length;
    }
    bytes.extend(sections.iter().flatten());
    bytes
}

/// Collects the keys of one row.
struct RowKeys<'a> {
    exact: &'a mut [Vec<Posting>; ExactKind::ALL.len()],
    seed: u64,
    row: u32,
}

impl RowKeys<'_> {
    fn push(&mut self, kind: ExactKind, value: &[u8]) {
        self.exact[kind.position()].push(Posting::new(exact_hash(self.seed, value), self.row));
    }

    /// Adds the key of a text, under which all of its spellings are found.
    fn push_text(&mut self, kind: ExactKind, value: Option<&str>) {
        if let Some(value) = value {
            self.push(kind, key_of(value).as_bytes());
        }
    }

    fn push_others(
        &mut self,
        on_behalf_of: TextColumn<'_>,
        targets: &TargetColumns<'_>,
        row: usize,
    ) -> Result<(), UnreadableColumn> {
        if let Some(actors) = on_behalf_of.get(row) {
            let visited =
                visit_actor_member(actors, ActorMember::Id, |id| self.push_text(ExactKind::ActorId, Some(id)));
            visited.ok_or(UnreadableColumn(name::ON_BEHALF_OF))?;
        }
        let ids = targets.part(name::TARGET_ID);
        for at in targets.range(row) {
            self.push_text(ExactKind::TargetId, ids.get(at));
        }
        Ok(())
    }
}

/// Batches are far shorter than a segment may be.
fn as_row(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}
