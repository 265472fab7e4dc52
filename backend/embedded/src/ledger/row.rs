//! Owns the checksum that every row of the ledger carries, so that a damaged row is an error and never an answer.

use xxhash_rust::xxh3::Xxh3;

use crate::error::StoreError;

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const TEXT: u8 = 2;
const BLOB: u8 = 3;

/// XXH3-64 over the table's name and the row's columns in the order of the schema, each with its type and length.
/// docs/spec/data-directory.md fixes the bytes.
pub(super) struct RowChecksum {
    table: &'static str,
    hasher: Xxh3,
}

impl RowChecksum {
    pub(super) fn of(table: &'static str) -> Self {
        Self { table, hasher: Xxh3::new() }.text(table)
    }

    pub(super) fn integer(self, value: i64) -> Self {
        self.part(INTEGER, &value.to_le_bytes())
    }

    pub(super) fn optional_integer(self, value: Option<i64>) -> Self {
        match value {
            Some(value) => self.integer(value),
            None => self.part(NULL, &[]),
        }
    }

    pub(super) fn text(self, value: &str) -> Self {
        self.part(TEXT, value.as_bytes())
    }

    pub(super) fn optional_text(self, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(value),
            None => self.part(NULL, &[]),
        }
    }

    pub(super) fn blob(self, value: &[u8]) -> Self {
        self.part(BLOB, value)
    }

    fn part(mut self, kind: u8, bytes: &[u8]) -> Self {
        self.hasher.update(&[kind]);
        // A usize has at most 64 bits on every target there is.
        self.hasher.update(&(bytes.len() as u64).to_le_bytes());
        self.hasher.update(bytes);
        self
    }

    /// The checksum as it is stored: SQLite's integers are signed.
    pub(super) fn value(self) -> i64 {
        self.hasher.digest().cast_signed()
    }

    /// Fails where the stored checksum is another one; `row` names the row for an operator.
    pub(super) fn expect(self, stored: i64, row: impl std::fmt::Display) -> Result<(), StoreError> {
        let table = self.table;
        if self.value() == stored {
            return Ok(());
        }
        Err(StoreError::Corrupted(format!("ledger.db: row {row} of table {table} does not match its checksum")))
    }
}

/// Counts and positions never reach 2^63; one that does is damage.
pub(super) fn unsigned(value: i64, what: &str) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Corrupted(format!("ledger.db: {what} is negative: {value}")))
}

/// Counts and positions as SQLite keeps them. What does not fit cannot have been counted.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
