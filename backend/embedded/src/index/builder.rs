//! Collects what an index file says about rows that come one batch after the other, and lays it out.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasherDefault, Hasher},
};

use arrow_array::RecordBatch;
use auditlog_core::query::{TOKENIZER_VERSION, tokenize};

use super::{
    ExactKind, INDEX_VERSION,
    file::{HEADER_BYTES, MAGIC, PageBounds, SECTION_ENTRY_BYTES, SECTIONS},
    keys::{exact_hash, tenant_seed, token_hash},
    table_writer::{Posting, Precision, build_table},
};
use crate::{
    columns::{SearchedTexts, TargetColumns, TextColumn, binary_column, name, read_actors, text_column, time_column},
    segment::PAGE_ROWS,
};

/// Builds an index file. Holds about a hundred bytes a row until it is finished.
#[derive(Default)]
pub struct IndexBuilder {
    rows: u32,
    pages: Vec<PageBounds>,
    exact: [Vec<Posting>; ExactKind::ALL.len()],
    tokens: Vec<Posting>,
    /// The tokens of the page that is being filled: the first row of each and whether it recurs.
    page_tokens: HashMap<u64, (u32, bool), BuildHasherDefault<HashItself>>,
}

/// The columns of the values that become keys, each with its kind.
const TEXT_KEYS: [(ExactKind, &str); 6] = [
    (ExactKind::RequestId, name::CONTEXT_REQUEST_ID),
    (ExactKind::CorrelationId, name::CONTEXT_CORRELATION_ID),
    (ExactKind::SessionId, name::CONTEXT_SESSION_ID),
    (ExactKind::TraceId, name::CONTEXT_TRACE_ID),
    (ExactKind::ActorId, name::ACTOR_ID),
    (ExactKind::Address, name::CONTEXT_IP),
];

impl IndexBuilder {
    /// Takes in the next rows.
    pub fn push(&mut self, batch: &RecordBatch) {
        self.push_exact(batch);
        let times = time_column(batch, name::OCCURRED_AT);
        let texts = SearchedTexts::of(batch);
        for row in 0..batch.num_rows() {
            self.push_time(times.map_or(0, |times| times.value(row)));
            let (at, page_tokens) = (self.rows, &mut self.page_tokens);
            let count = |text: &str| {
                tokenize(text, |token| count_token(page_tokens, token, at));
                false
            };
            texts.any(row, |_| true, count);
            self.rows += 1;
            if self.rows.is_multiple_of(PAGE_ROWS) {
                self.end_page();
            }
        }
    }

    fn push_time(&mut self, time: i64) {
        match self.pages.last_mut().filter(|_| !self.rows.is_multiple_of(PAGE_ROWS)) {
            Some(page) => *page = PageBounds { min: page.min.min(time), max: page.max.max(time) },
            None => self.pages.push(PageBounds { min: time, max: time }),
        }
    }

    fn end_page(&mut self) {
        let tokens = self.page_tokens.drain();
        self.tokens.extend(tokens.map(
            |(hash, (row, recurs))| {
                if recurs { Posting::recurring(hash, row) } else { Posting::new(hash, row) }
            },
        ));
    }

    fn push_exact(&mut self, batch: &RecordBatch) {
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
            let mut keys = RowKeys { exact: &mut self.exact, seed: seed.1, row: self.rows + as_row(row) };
            if let Some(ids) = ids {
                keys.push(ExactKind::EventId, ids.value(row));
            }
            for (kind, column) in &texts {
                keys.push_text(*kind, column.get(row));
            }
            keys.push_others(on_behalf_of, &targets, row);
        }
    }

    /// Lays out the file.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.end_page();
        let mut sections = vec![self.pages.iter().flat_map(|page| page.to_bytes()).collect::<Vec<u8>>()];
        sections.extend(self.exact.map(|postings| build_table(postings, self.rows, Precision::Row)));
        sections.push(build_table(self.tokens, self.rows, Precision::Page));
        debug_assert_eq!(sections.len(), SECTIONS);
        lay_out(self.rows, &sections)
    }
}

/// Writes the header, the table of sections and the sections.
fn lay_out(rows: u32, sections: &[Vec<u8>]) -> Vec<u8> {
    let mut offset = (HEADER_BYTES + sections.len() * SECTION_ENTRY_BYTES) as u64;
    let mut bytes = Vec::new();
    bytes.extend(MAGIC);
    let count = u32::try_from(sections.len()).unwrap_or(u32::MAX);
    for word in [INDEX_VERSION, TOKENIZER_VERSION, rows, PAGE_ROWS, count, 0] {
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

/// Takes the keys of one row.
struct RowKeys<'a> {
    exact: &'a mut [Vec<Posting>; ExactKind::ALL.len()],
    seed: u64,
    row: u32,
}

impl RowKeys<'_> {
    fn push(&mut self, kind: ExactKind, value: &[u8]) {
        self.exact[kind.position()].push(Posting::new(exact_hash(self.seed, value), self.row));
    }

    fn push_text(&mut self, kind: ExactKind, value: Option<&str>) {
        if let Some(value) = value {
            self.push(kind, value.as_bytes());
        }
    }

    fn push_others(&mut self, on_behalf_of: TextColumn<'_>, targets: &TargetColumns<'_>, row: usize) {
        for actor in on_behalf_of.get(row).and_then(read_actors).unwrap_or_default() {
            self.push(ExactKind::ActorId, actor.id.as_bytes());
        }
        let ids = targets.part(name::TARGET_ID);
        for at in targets.range(row) {
            self.push_text(ExactKind::TargetId, ids.get(at));
        }
    }
}

fn count_token(tokens: &mut HashMap<u64, (u32, bool), BuildHasherDefault<HashItself>>, token: &str, row: u32) {
    match tokens.entry(token_hash(token)) {
        Entry::Vacant(entry) => {
            entry.insert((row, false));
        }
        Entry::Occupied(mut entry) => {
            let (first, recurs) = entry.get_mut();
            *recurs = *recurs || *first != row;
        }
    }
}

/// Batches are far shorter than a segment may be.
fn as_row(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

/// Keys are hashes already.
#[derive(Default)]
struct HashItself(u64);

impl Hasher for HashItself {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxhash_rust::xxh3::xxh3_64(bytes);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
