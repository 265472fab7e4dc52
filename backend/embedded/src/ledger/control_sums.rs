//! Owns the table `control_sums`: for each table of control data a keyed summary of all its rows, so that a removed row
//! and a row replaced by an earlier version are noticed. A row's own checksum detects neither.
//!
//! A summary is the number of rows and a set hash: the exclusive or of a keyed hash of each row's checksum. The table
//! stores the number and a keyed checksum of the set hash. The set hash itself is not stored: it is computed from the
//! rows when the ledger is opened, and then kept in memory. So an attacker without the key cannot choose rows that
//! match the checksum.

use rusqlite::{Connection, OptionalExtension as _, Params};

use crate::{
    error::StoreError,
    ledger::{
        Change, Ledger, LedgerKey, Mark, Run,
        migrations::version,
        row::{KEYED_BYTES, signed},
        table::{TableRow, stored_checksum, table_row},
    },
};

/// A table of control data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ControlTable {
    Tenants,
    ApiKeys,
    SavedSearches,
    Exports,
    /// What the tests of migrations add to the tables of this release.
    #[cfg(test)]
    Notes,
}

impl ControlTable {
    const ALL: &[Self] = &[
        Self::Tenants,
        Self::ApiKeys,
        Self::SavedSearches,
        Self::Exports,
        #[cfg(test)]
        Self::Notes,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Tenants => "tenants",
            Self::ApiKeys => "api_keys",
            Self::SavedSearches => "saved_searches",
            Self::Exports => "exports",
            #[cfg(test)]
            Self::Notes => "notes",
        }
    }

    /// The number of the migration that created the table.
    fn since(self) -> i64 {
        match self {
            Self::Tenants | Self::ApiKeys | Self::SavedSearches | Self::Exports => 1,
            // The version after that of this release.
            #[cfg(test)]
            Self::Notes => crate::ledger::migrations::Migrations::RELEASED.newest() + 1,
        }
    }

    /// The tables that a database of its version has: one of an earlier release lacks those of later migrations.
    fn of_database(connection: &Connection) -> Result<impl Iterator<Item = Self>, StoreError> {
        let version = version(connection)?;
        Ok(Self::ALL.iter().copied().filter(move |table| table.since() <= version))
    }
}

/// The type of the rows of a table of control data.
pub(super) trait ControlRow: TableRow {
    /// The table.
    const CONTROL: ControlTable;
    /// The condition that selects the row of a key. The parameters are the key's columns.
    const KEY: &'static str;
}

table_row! {
    struct StoredSum in control_sums {
        name: String,
        rows: i64,
    }
}

/// The summary of all rows of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct TableSum {
    rows: i64,
    set_hash: [u8; 32],
}

impl TableSum {
    fn add(&mut self, key: &LedgerKey, table: ControlTable, checksum: &[u8]) {
        self.rows += 1;
        self.toggle(key, table, checksum);
    }

    fn remove(&mut self, key: &LedgerKey, table: ControlTable, checksum: &[u8]) {
        self.rows -= 1;
        self.toggle(key, table, checksum);
    }

    fn toggle(&mut self, key: &LedgerKey, table: ControlTable, checksum: &[u8]) {
        let hash = key.checksum("control row").text(table.name()).blob(checksum).digest();
        for (sum, byte) in self.set_hash.iter_mut().zip(hash) {
            *sum ^= byte;
        }
    }

    /// The stored checksum of the summary. A summary of an earlier run does not match a later one.
    fn checksum(&self, key: &LedgerKey, table: ControlTable, run: Run) -> [u8; KEYED_BYTES] {
        let sum = key.checksum("control_sums").text(table.name()).integer(self.rows).blob(&self.set_hash);
        sum.integer(signed(run.number())).value()
    }
}

/// The summaries of all control data, in the order of [`ControlTable::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ControlSums([TableSum; ControlTable::ALL.len()]);

impl ControlSums {
    fn get(&self, table: ControlTable) -> TableSum {
        self.0[table as usize]
    }

    fn get_mut(&mut self, table: ControlTable) -> &mut TableSum {
        &mut self.0[table as usize]
    }

    /// Computes the summaries of the current rows. That of a table that the database does not have yet is empty.
    pub(super) fn read(connection: &Connection, key: &LedgerKey) -> Result<Self, StoreError> {
        let mut sums = Self::default();
        for table in ControlTable::of_database(connection)? {
            let mut statement = connection.prepare(&format!("SELECT checksum FROM {}", table.name()))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                sums.get_mut(table).add(key, table, row.get_ref(0)?.as_bytes().unwrap_or_default());
            }
        }
        Ok(sums)
    }

    /// Stores the summary of every table that the database has.
    pub(super) fn write(&self, connection: &Connection, key: &LedgerKey, run: Run) -> Result<(), StoreError> {
        ControlTable::of_database(connection)?.try_for_each(|table| self.write_one(connection, key, table, run))
    }

    fn write_one(
        &self,
        connection: &Connection,
        key: &LedgerKey,
        table: ControlTable,
        run: Run,
    ) -> Result<(), StoreError> {
        let sum = self.get(table);
        let stored = StoredSum { name: table.name().to_owned(), rows: sum.rows };
        stored.write(connection, StoredSum::REPLACE, sum.checksum(key, table, run))
    }
}

impl Ledger {
    /// The tables whose rows differ from those that were recorded: each line is about one table.
    pub(crate) fn control_findings(&self) -> Result<Vec<String>, StoreError> {
        let run = Run::of(self.mark(Mark::Run)?);
        let sums = ControlSums::read(&self.connection, &self.key)?;
        let mut findings = Vec::new();
        for table in ControlTable::of_database(&self.connection)? {
            let (found, name) = (sums.get(table), table.name());
            let sql = format!("{} WHERE name = ?", StoredSum::SELECT);
            let read = |row: &rusqlite::Row<'_>| Ok((StoredSum::read(row)?.rows, stored_checksum::<Vec<u8>>(row)?));
            let recorded = self.connection.query_row(&sql, [name], read).optional()?;
            match recorded {
                // Nothing is recorded before the first start has completed.
                None if run.is_first() && found.rows == 0 => {}
                None => findings.push(format!("the summary of table {name} is missing")),
                Some((rows, _)) if rows != found.rows => {
                    let found = found.rows;
                    findings.push(format!("table {name} has {found} rows, and {rows} were recorded"));
                }
                Some((_, checksum)) if found.checksum(&self.key, table, run) == *checksum => {}
                Some(_) => findings.push(format!("the rows of table {name} are not those that were recorded")),
            }
        }
        Ok(findings)
    }
}

impl Change<'_> {
    /// Inserts or replaces a row of control data.
    pub(super) fn put_row<R: ControlRow>(&self, row: &R, key: impl Params) -> Result<(), StoreError> {
        let checksum = row.keyed_checksum(self.key).value();
        let old = self.old_checksum::<R>(key)?;
        self.note_row(R::CONTROL, RowExchange { old: old.as_deref(), new: Some(&checksum) });
        row.write(&self.transaction, R::REPLACE, checksum)
    }

    /// Removes a row of control data, if it exists.
    pub(super) fn delete_row<R: ControlRow>(&self, key: impl Params + Clone) -> Result<(), StoreError> {
        let old = self.old_checksum::<R>(key.clone())?;
        self.note_row(R::CONTROL, RowExchange { old: old.as_deref(), new: None });
        let sql = format!("DELETE FROM {} WHERE {}", R::TABLE, R::KEY);
        self.transaction.prepare_cached(&sql)?.execute(key)?;
        Ok(())
    }

    /// The checksum of a current row.
    fn old_checksum<R: ControlRow>(&self, key: impl Params) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = format!("SELECT checksum FROM {} WHERE {}", R::TABLE, R::KEY);
        Ok(self.transaction.prepare_cached(&sql)?.query_row(key, stored_checksum).optional()?)
    }

    /// Records that a row replaces another one. Both are given by their checksums; either may be `None`.
    fn note_row(&self, table: ControlTable, rows: RowExchange<'_>) {
        let mut sums = self.control.get();
        let sum = sums.get_mut(table);
        if let Some(checksum) = rows.old {
            sum.remove(self.key, table, checksum);
        }
        if let Some(checksum) = rows.new {
            sum.add(self.key, table, checksum);
        }
        self.control.set(sums);
    }

    /// Stores the summaries that differ from the stored ones.
    pub(super) fn write_changed_sums(&self, run: Run) -> Result<(), StoreError> {
        let sums = self.control.get();
        let mut changed =
            ControlTable::ALL.iter().copied().filter(|table| sums.get(*table) != self.known_control.get(*table));
        changed.try_for_each(|table| self.write_sum(table, run))
    }

    /// Stores every summary again, for a new run.
    pub(super) fn write_all_sums(&self, run: Run) -> Result<(), StoreError> {
        self.control.get().write(&self.transaction, self.key, run)
    }

    fn write_sum(&self, table: ControlTable, run: Run) -> Result<(), StoreError> {
        self.control.get().write_one(&self.transaction, self.key, table, run)
    }
}

/// The checksums of a removed row and of its replacement.
#[derive(Debug, Clone, Copy, Default)]
struct RowExchange<'a> {
    old: Option<&'a [u8]>,
    new: Option<&'a [u8]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_with_keyed_checksums_has_a_summary() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::create(&directory.path().join("ledger.db"), &LedgerKey::derive(&[7; 32])).unwrap();
        // `meta` and `control_sums` have keyed checksums and are not control data.
        let sql = "SELECT t.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
                   WHERE t.type = 'table' AND c.name = 'checksum' AND c.type = 'BLOB'
                     AND t.name NOT IN ('meta', 'control_sums')
                   ORDER BY t.name";
        let mut statement = ledger.connection.prepare(sql).unwrap();
        let found: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let mut summarised: Vec<_> =
            ControlTable::of_database(&ledger.connection).unwrap().map(ControlTable::name).collect();
        summarised.sort_unstable();
        assert_eq!(found, summarised);
    }
}
