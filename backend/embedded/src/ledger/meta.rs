//! Owns the table `meta`: the few numbers of the ledger as a whole.

use rusqlite::{OptionalExtension as _, params};

use crate::{
    error::StoreError,
    ledger::{
        Change, Ledger, LedgerKey,
        row::{KEYED_BYTES, signed, unsigned},
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

impl Ledger {
    /// A mark's value; 0 where it was never set.
    pub(crate) fn mark(&self, mark: Mark) -> Result<u64, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT value, checksum FROM meta WHERE name = ?")?;
        let row = statement.query_row([mark.name()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((value, checksum)) = row else { return Ok(0) };
        let (value, checksum): (i64, Vec<u8>) = (value, checksum);
        self.key.checksum("meta").text(mark.name()).integer(value).expect(&checksum, mark.name())?;
        unsigned(value, mark.name())
    }
}

impl Change<'_> {
    /// Raises a mark; a higher one stays. Seals overtake compactions, whose segments got their numbers before, and a
    /// number must never be used twice: the file of that name would be overwritten.
    pub(crate) fn raise_mark(&self, mark: Mark, value: u64) -> Result<(), StoreError> {
        let value = signed(value);
        let mut statement = self.transaction.prepare_cached(
            "INSERT INTO meta VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE
             SET value = excluded.value, checksum = excluded.checksum WHERE excluded.value > value",
        )?;
        statement.execute(params![mark.name(), value, checksum_of(self.key, mark, value)])?;
        Ok(())
    }
}

impl Change<'_> {
    /// Sets a mark, also to a lower value: the newest receipt falls when the clock is reset.
    pub(crate) fn set_mark(&self, mark: Mark, value: u64) -> Result<(), StoreError> {
        let value = signed(value);
        let mut statement = self.transaction.prepare_cached("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)")?;
        statement.execute(params![mark.name(), value, checksum_of(self.key, mark, value)])?;
        Ok(())
    }
}

fn checksum_of(key: &LedgerKey, mark: Mark, value: i64) -> [u8; KEYED_BYTES] {
    key.checksum("meta").text(mark.name()).integer(value).value()
}

#[cfg(test)]
mod tests {
    use super::*;

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
