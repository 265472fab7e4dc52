//! Owns the table `control_sums`: for each table of control data a keyed summary of all its rows, so that a removed or
//! restored row is noticed, which a row's own checksum cannot detect.
//!
//! A summary is the number of rows and a set hash: the exclusive or of a keyed hash of each row's checksum. The set
//! hash itself is kept in memory alone and only its checksum is stored, so without the key an attacker cannot choose
//! rows that match it.

use rusqlite::{Connection, OptionalExtension as _, Params, params};

use crate::{
    error::StoreError,
    ledger::{
        Change, Ledger, LedgerKey, Mark, Run,
        row::{KEYED_BYTES, signed},
    },
};

/// A table of control data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ControlTable {
    Tenants,
    ApiKeys,
    SavedSearches,
    Exports,
}

impl ControlTable {
    const ALL: [Self; 4] = [Self::Tenants, Self::ApiKeys, Self::SavedSearches, Self::Exports];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Tenants => "tenants",
            Self::ApiKeys => "api_keys",
            Self::SavedSearches => "saved_searches",
            Self::Exports => "exports",
        }
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

    /// Computes the summaries of the current rows.
    pub(super) fn read(connection: &Connection, key: &LedgerKey) -> Result<Self, StoreError> {
        let mut sums = Self::default();
        for table in ControlTable::ALL {
            let mut statement = connection.prepare(&format!("SELECT checksum FROM {}", table.name()))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                sums.get_mut(table).add(key, table, row.get_ref(0)?.as_bytes().unwrap_or_default());
            }
        }
        Ok(sums)
    }
}

impl Ledger {
    /// The tables whose rows differ from those that were recorded: each line is about one table.
    pub(crate) fn control_findings(&self) -> Result<Vec<String>, StoreError> {
        let run = Run::of(self.mark(Mark::Run)?);
        let sums = ControlSums::read(&self.connection, &self.key)?;
        let mut findings = Vec::new();
        for table in ControlTable::ALL {
            let (found, name) = (sums.get(table), table.name());
            let sql = "SELECT rows, checksum FROM control_sums WHERE name = ?";
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            let recorded: Option<(i64, Vec<u8>)> = self.connection.query_row(sql, [name], read).optional()?;
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
    /// Records that a row replaces another one. Both are given by their checksums; either may be `None`.
    pub(super) fn note_row(&self, table: ControlTable, rows: RowExchange<'_>) {
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

    /// The checksum of a current row.
    pub(super) fn old_checksum(&self, sql: &str, key: impl Params) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.transaction.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?)
    }

    /// Stores the summaries that differ from the stored ones.
    pub(super) fn write_changed_sums(&self, run: Run) -> Result<(), StoreError> {
        let sums = self.control.get();
        let changed = ControlTable::ALL.into_iter().filter(|table| sums.get(*table) != self.known_control.get(*table));
        changed.into_iter().try_for_each(|table| self.write_sum(table, run))
    }

    /// Stores every summary again, for a new run.
    pub(super) fn write_all_sums(&self, run: Run) -> Result<(), StoreError> {
        ControlTable::ALL.into_iter().try_for_each(|table| self.write_sum(table, run))
    }

    fn write_sum(&self, table: ControlTable, run: Run) -> Result<(), StoreError> {
        let sum = self.control.get().get(table);
        let checksum = sum.checksum(self.key, table, run);
        let sql = "INSERT OR REPLACE INTO control_sums VALUES (?, ?, ?)";
        self.transaction.prepare_cached(sql)?.execute(params![table.name(), sum.rows, checksum])?;
        Ok(())
    }
}

/// The checksums of a removed row and of its replacement.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RowExchange<'a> {
    pub old: Option<&'a [u8]>,
    pub new: Option<&'a [u8]>,
}
