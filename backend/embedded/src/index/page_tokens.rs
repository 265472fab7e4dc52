//! Owns the tokens of the page that is being filled: which there are, in which rows, and in which kinds of text. Knows
//! neither the other pages nor the file.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher, BuildHasherDefault, Hasher},
    ops::Range,
};

use auditlog_core::text::key_of;

use super::{
    keys::{TextPart, hash_tokens, whole_hash},
    table_writer::Posting,
};
use crate::columns::{ColumnsError, SEARCHED_COLUMNS, SearchedTexts, TextKind, TextKinds, name};

/// The columns of texts that are also kept whole among the tokens, to be found by their keys: their values recur, so
/// that a table of rows for each would be larger.
const WHOLE: [&str; 3] = [name::ACTION, name::ACTOR_EMAIL, name::SOURCE_HOST];

/// The number of texts that are remembered on a page. A client may send millions of short texts in a thousand rows.
const TEXTS_MAX: usize = 1 << 16;

/// The length up to which texts are recognised when they recur. Longer ones, sentences and records, hardly do.
const TEXT_BYTES_MAX: usize = 256;

/// The texts of every column are remembered on one page of this many, to learn whether they recur.
const PAGES_PER_TRIAL: u32 = 16;

/// Tokens by their hashes. Clients choose words and know their hashes, so this map hashes the hashes again, with a key.
type Tokens = HashMap<u64, OnPage, ahash::RandomState>;

/// The tokens of a page.
pub(super) struct PageTokens {
    /// The words, and the values that are kept whole.
    tokens: Tokens,
    /// The texts, by their hashes. The tokens of a text are counted in its first two rows, which marks them as
    /// recurring; further rows would change nothing.
    texts: HashMap<u64, OnPage, BuildHasherDefault<HashItself>>,
    /// Hashes texts so that no client can choose two with one hash, of which the second would not be indexed.
    text_hasher: ahash::RandomState,
    columns: [Recurrence; SEARCHED_COLUMNS],
    pages: u32,
}

impl Default for PageTokens {
    fn default() -> Self {
        Self {
            tokens: HashMap::default(),
            texts: HashMap::default(),
            text_hasher: ahash::RandomState::default(),
            columns: [Recurrence::default(); SEARCHED_COLUMNS],
            pages: 0,
        }
    }
}

impl PageTokens {
    /// Counts the words of the texts of some rows of a batch, the first of which is `first_row` of the segment, and the
    /// texts that are kept whole.
    ///
    /// # Errors
    /// [`ColumnsError::Unreadable`] where a text does not read back.
    pub(super) fn count_texts(
        &mut self,
        texts: &SearchedTexts<'_>,
        rows: Range<usize>,
        first_row: u32,
    ) -> Result<(), ColumnsError> {
        let start = rows.start;
        texts.each(rows, |source, text| {
            let row = first_row + u32::try_from(source.row - start).unwrap_or(u32::MAX);
            let found = OnPage::new(row, TextKinds::of(source.kind));
            let column = &mut self.columns[source.column];
            if text.len() <= TEXT_BYTES_MAX && column.is_remembered() && self.texts.len() < TEXTS_MAX {
                let hash = self.text_hasher.hash_one((source.column, text));
                let is_new = count(&mut self.texts, hash, found);
                column.note(is_new);
                if !is_new {
                    return;
                }
            }
            let part = TextPart::of(source.group);
            hash_tokens(part, text, |hash| {
                count(&mut self.tokens, hash, found);
            });
            if WHOLE.contains(&source.name) {
                count_whole(&mut self.tokens, part, text, row);
            }
        })
    }

    /// Counts a whole value that is not the text of a searched column, in a row of the segment.
    pub(super) fn count_whole(&mut self, part: TextPart, value: &str, row: u32) {
        count_whole(&mut self.tokens, part, value, row);
    }

    /// Ends the page, and appends a posting for each of its tokens.
    pub(super) fn end(&mut self, postings: &mut Vec<Posting>) {
        self.texts.clear();
        self.pages += 1;
        let is_trial_next = self.pages.is_multiple_of(PAGES_PER_TRIAL);
        for column in &mut self.columns {
            column.end_page();
            if is_trial_next {
                *column = Recurrence::default();
            }
        }
        postings.extend(self.tokens.drain().map(|(hash, found)| {
            let posting = Posting::new(hash, found.first_row).in_kinds(found.kinds);
            if found.recurs { posting.recurring() } else { posting }
        }));
    }
}

/// Whether the texts of a column recur within a page, so that it is worth remembering them.
#[derive(Clone, Copy, Default)]
struct Recurrence {
    texts: u32,
    /// Those that were there in two rows already.
    recurring: u32,
    is_rare: bool,
}

impl Recurrence {
    /// Remembering costs less than counting words again where one text in this many recurs.
    const ONE_IN: u32 = 8;
    /// So many texts decide.
    const TEXTS_MIN: u32 = 64;

    const fn is_remembered(self) -> bool {
        !self.is_rare
    }

    fn note(&mut self, is_new: bool) {
        self.texts += 1;
        self.recurring += u32::from(!is_new);
    }

    const fn end_page(&mut self) {
        if self.texts >= Self::TEXTS_MIN {
            self.is_rare = self.recurring * Self::ONE_IN < self.texts;
        }
        (self.texts, self.recurring) = (0, 0);
    }
}

/// The rows and the kinds of text of a page that have a token.
#[derive(Debug, Clone, Copy)]
struct OnPage {
    first_row: u32,
    /// Whether it is in a further row, too.
    recurs: bool,
    kinds: TextKinds,
}

impl OnPage {
    /// A token in texts of one row.
    const fn new(row: u32, kinds: TextKinds) -> Self {
        Self { first_row: row, recurs: false, kinds }
    }
}

fn count_whole(tokens: &mut Tokens, part: TextPart, value: &str, row: u32) {
    // No search reads the kind of a whole value; one kind takes fewer bits than none.
    count(tokens, whole_hash(part, &key_of(value)), OnPage::new(row, TextKinds::of(TextKind::Other)));
}

/// Counts a token in a row. Returns whether that changes anything: it is the first time on the page, or the first time
/// in another row.
fn count<S: BuildHasher>(tokens: &mut HashMap<u64, OnPage, S>, hash: u64, found: OnPage) -> bool {
    match tokens.entry(hash) {
        Entry::Vacant(entry) => {
            entry.insert(found);
            true
        }
        Entry::Occupied(mut entry) => {
            let known = entry.get_mut();
            let begins_to_recur = !known.recurs && known.first_row != found.first_row;
            known.recurs = known.recurs || begins_to_recur;
            known.kinds = known.kinds.union(found.kinds);
            begins_to_recur
        }
    }
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
