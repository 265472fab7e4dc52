//! Owns the checksum that every row of the ledger carries, so that a damaged row is an error and never an answer.

use auditlog_core::store::Revision;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use xxhash_rust::xxh3::Xxh3;

use crate::error::StoreError;

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const TEXT: u8 = 2;
const BLOB: u8 = 3;

/// The size of a keyed checksum in its row.
pub(super) const KEYED_BYTES: usize = 16;

/// An incremental hash function.
pub(super) trait Hasher {
    fn add(&mut self, bytes: &[u8]);
}

impl Hasher for Xxh3 {
    fn add(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

impl Hasher for Hmac<Sha256> {
    fn add(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

/// A hash over the table's name and the row's columns in the order of [`table_row!`](super::table), each with its type
/// and length. docs/spec/data-directory.md fixes the bytes.
pub(super) struct Checksum<H> {
    table: &'static str,
    hasher: H,
}

/// XXH3-64: finds accidents.
pub(super) type RowChecksum = Checksum<Xxh3>;

/// HMAC-SHA256, cut to [`KEYED_BYTES`]: finds edits too.
pub(super) type KeyedChecksum = Checksum<Hmac<Sha256>>;

impl<H: Hasher> Checksum<H> {
    pub(super) fn begin(table: &'static str, hasher: H) -> Self {
        Self { table, hasher }.text(table)
    }

    pub(super) fn null(self) -> Self {
        self.part(NULL, &[])
    }

    pub(super) fn integer(self, value: i64) -> Self {
        self.part(INTEGER, &value.to_le_bytes())
    }

    pub(super) fn text(self, value: &str) -> Self {
        self.part(TEXT, value.as_bytes())
    }

    pub(super) fn blob(self, value: &[u8]) -> Self {
        self.part(BLOB, value)
    }

    fn part(mut self, kind: u8, bytes: &[u8]) -> Self {
        self.hasher.add(&[kind]);
        // A usize has at most 64 bits on every supported target.
        self.hasher.add(&(bytes.len() as u64).to_le_bytes());
        self.hasher.add(bytes);
        self
    }
}

impl RowChecksum {
    pub(super) fn of(table: &'static str) -> Self {
        Self::begin(table, Xxh3::new())
    }

    /// The checksum as it is stored: SQLite's integers are signed.
    pub(super) fn value(self) -> i64 {
        self.hasher.digest().cast_signed()
    }

    /// Fails where the stored checksum differs; `row` names the row for an operator.
    pub(super) fn expect(self, stored: i64, row: impl std::fmt::Display) -> Result<(), StoreError> {
        let table = self.table;
        if self.value() == stored { Ok(()) } else { Err(mismatch(table, row)) }
    }
}

impl KeyedChecksum {
    /// The checksum as it is stored.
    pub(super) fn value(self) -> [u8; KEYED_BYTES] {
        let mut value = [0; KEYED_BYTES];
        value.copy_from_slice(&self.digest()[..KEYED_BYTES]);
        value
    }

    /// All 32 bytes.
    pub(super) fn digest(self) -> [u8; 32] {
        self.hasher.finalize().into_bytes().into()
    }

    /// The same as [`RowChecksum::expect`]. An attacker who can time this has the file, so the comparison need not take
    /// constant time.
    pub(super) fn expect(self, stored: &[u8], row: impl std::fmt::Display) -> Result<(), StoreError> {
        let table = self.table;
        if self.value() == stored { Ok(()) } else { Err(mismatch(table, row)) }
    }
}

fn mismatch(table: &str, row: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupted(format!("ledger.db: row {row} of table {table} does not match its checksum"))
}

/// The rows of a table as far as they could be read, and the errors of the others.
#[derive(Debug)]
pub(crate) struct Rows<T> {
    pub rows: Vec<T>,
    pub problems: Vec<StoreError>,
}

impl<T> Rows<T> {
    /// Reads every row of a query. A damaged row does not stop the others from being read.
    pub(super) fn read(
        mut rows: rusqlite::Rows<'_>,
        mut read: impl FnMut(&rusqlite::Row<'_>) -> Result<T, StoreError>,
    ) -> Self {
        let mut found = Self { rows: Vec::new(), problems: Vec::new() };
        loop {
            match rows.next() {
                Ok(Some(row)) => found.push(read(row)),
                Ok(None) => return found,
                Err(error) => {
                    found.problems.push(error.into());
                    return found;
                }
            }
        }
    }

    fn push(&mut self, row: Result<T, StoreError>) {
        match row {
            Ok(row) => self.rows.push(row),
            Err(problem) => self.problems.push(problem),
        }
    }

    /// All rows, or the first error of one.
    pub(crate) fn whole(self) -> Result<Vec<T>, StoreError> {
        match self.problems.into_iter().next() {
            None => Ok(self.rows),
            Some(problem) => Err(problem),
        }
    }
}

/// Counts and positions never reach 2^63; one that does is damage.
pub(super) fn unsigned(value: i64, what: &str) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Corrupted(format!("ledger.db: {what} is negative: {value}")))
}

/// A record's revision. `None` for 0 and negative numbers, which are damage.
pub(super) fn revision(stored: i64) -> Option<Revision> {
    Revision::new(u64::try_from(stored).ok()?)
}

/// Counts and positions as SQLite keeps them. Larger values cannot occur.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
