//! Owns the numbered migrations, which change the tables of one release into the tables of the next. ARCHITECTURE.md
//! lists the steps for adding one.

#[cfg(test)]
mod tests;

use rusqlite::{Connection, Transaction};

use crate::{
    error::StoreError,
    ledger::{LedgerKey, schema::APPLICATION_ID},
};

/// The migrations of this release, in order. One that a release contained is never changed.
const RELEASED: &[Migration] = &[Migration { sql: include_str!("migrations/0001_tables.sql"), step: None }];

/// One change of the tables.
#[derive(Debug, Clone, Copy)]
struct Migration {
    sql: &'static str,
    step: Option<Step>,
}

/// The part of a migration that needs code, executed after the SQL: a row must be rewritten where its checksum covers a
/// new column. It rewrites rows only, and verifies the old checksum of each one before it replaces it.
type Step = fn(&Transaction<'_>, &LedgerKey) -> Result<(), StoreError>;

/// Consecutive migrations from the first one on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Migrations(&'static [Migration]);

/// The version of a database, relative to a list of migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// No release writes this version.
    Unknown,
    /// Migrations are missing.
    Older { found: i64, newest: i64 },
    /// All migrations have been applied.
    Current,
    /// Migrations that are not in the list have been applied too.
    Newer { found: i64, newest: i64 },
}

impl Migrations {
    /// Those of this release.
    pub(super) const RELEASED: Self = Self(RELEASED);

    /// The version of a database after all of them.
    pub(super) fn newest(self) -> i64 {
        i64::try_from(self.0.len()).unwrap_or(i64::MAX)
    }

    pub(super) fn standing(self, version: i64) -> Standing {
        let newest = self.newest();
        match version {
            ..=0 => Standing::Unknown,
            found if found < newest => Standing::Older { found, newest },
            found if found == newest => Standing::Current,
            found => Standing::Newer { found, newest },
        }
    }

    /// An empty database with the tables of a version.
    pub(super) fn tables(self, version: i64) -> Result<Connection, StoreError> {
        let connection = Connection::open_in_memory()?;
        for (migration, _) in self.numbered().filter(|(_, number)| *number <= version) {
            connection.execute_batch(migration.sql)?;
        }
        Ok(connection)
    }

    /// Applies the missing migrations, each of them wholly or not at all. `finish` completes each
    /// transaction, with the database of the version just applied.
    pub(super) fn apply(
        self,
        connection: &mut Connection,
        key: &LedgerKey,
        finish: impl Fn(&Transaction<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let applied = version(connection)?;
        for (migration, number) in self.numbered().filter(|(_, number)| *number > applied) {
            let transaction = connection.transaction()?;
            transaction.execute_batch(migration.sql)?;
            if let Some(step) = migration.step {
                step(&transaction, key)?;
            }
            transaction.pragma_update(None, "user_version", number)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            finish(&transaction)?;
            transaction.commit()?;
        }
        Ok(())
    }

    fn numbered(self) -> impl Iterator<Item = (&'static Migration, i64)> {
        self.0.iter().zip(1..)
    }
}

/// The number of the last migration applied to a database: SQLite's `user_version`.
pub(super) fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}
