//! Owns the table `meta`: the few numbers of the ledger as a whole.

use rusqlite::OptionalExtension as _;

use crate::{
    error::StoreError,
    ledger::{
        Change, Ledger,
        row::{signed, unsigned},
        table::{TableRow as _, stored_checksum, table_row},
    },
};

/// A number of the ledger as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The last commit whose events are sealed; its row and all earlier ones are deleted.
    SealedCommit,
    /// The last segment number ever used.
    LastSegment,
    /// The latest time of receipt of a sealed event since the clock was last reset, in microseconds since 1970.
    NewestReceipt,
    /// The number of starts and clean stops of the store, see [`Run`](crate::ledger::Run).
    Run,
}

impl Mark {
    /// Every mark.
    pub(crate) const ALL: [Self; 4] = [Self::SealedCommit, Self::LastSegment, Self::NewestReceipt, Self::Run];

    const fn name(self) -> &'static str {
        match self {
            Self::SealedCommit => "sealed_commit",
            Self::LastSegment => "last_segment",
            Self::NewestReceipt => "newest_receipt",
            Self::Run => "run",
        }
    }
}

table_row! {
    struct StoredMark in meta {
        name: String,
        value: i64,
    }
}

impl StoredMark {
    fn of(mark: Mark, value: u64) -> Self {
        Self { name: mark.name().to_owned(), value: signed(value) }
    }
}

impl Ledger {
    /// A mark's value; 0 where it was never set.
    pub(crate) fn mark(&self, mark: Mark) -> Result<u64, StoreError> {
        let sql = format!("{} WHERE name = ?", StoredMark::SELECT);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let read = |row: &rusqlite::Row<'_>| Ok((StoredMark::read(row)?, stored_checksum::<Vec<u8>>(row)?));
        let Some((stored, checksum)) = statement.query_row([mark.name()], read).optional()? else { return Ok(0) };
        stored.keyed_checksum(&self.key).expect(&checksum, mark.name())?;
        unsigned(stored.value, mark.name())
    }
}

impl Change<'_> {
    /// Raises a mark; a higher one stays. Seals overtake compactions, whose segments got their numbers before, and a
    /// number must never be used twice: the file of that name would be overwritten.
    pub(crate) fn raise_mark(&self, mark: Mark, value: u64) -> Result<(), StoreError> {
        let (insert, assignments) = (StoredMark::INSERT, StoredMark::ASSIGNMENTS);
        let condition = "WHERE excluded.value > value";
        let stored = StoredMark::of(mark, value);
        let sql = format!("{insert} ON CONFLICT (name) DO UPDATE SET {assignments} {condition}");
        stored.write(&self.transaction, &sql, stored.keyed_checksum(self.key).value())
    }
}

impl Change<'_> {
    /// Sets a mark, also to a lower value: the newest receipt falls when the clock is reset.
    pub(crate) fn set_mark(&self, mark: Mark, value: u64) -> Result<(), StoreError> {
        let stored = StoredMark::of(mark, value);
        stored.write(&self.transaction, StoredMark::REPLACE, stored.keyed_checksum(self.key).value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::LedgerKey;

    #[test]
    fn a_mark_only_rises() {
        let directory = tempfile::tempdir().unwrap();
        let key = LedgerKey::derive(&[7; 32]);
        let mut ledger = Ledger::create(&directory.path().join("ledger.db"), &key).unwrap();
        for (raised_to, expected) in [(5, 5), (3, 5), (6, 6)] {
            let change = ledger.change().unwrap();
            change.raise_mark(Mark::LastSegment, raised_to).unwrap();
            change.commit().unwrap();
            assert_eq!(ledger.mark(Mark::LastSegment).unwrap(), expected);
        }
    }
}
