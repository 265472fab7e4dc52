//! Owns how the code and a table agree on its columns: [`table_row!`] lists them once, in the order of the row's
//! checksum, and everything that reads, writes or hashes a row derives from that list.

use std::borrow::Cow;

use rusqlite::{
    Connection, Row, Statement, ToSql,
    types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef},
};

use crate::{
    error::StoreError,
    ledger::{
        LedgerKey,
        row::{Checksum, Hasher, KeyedChecksum, RowChecksum},
    },
};

/// A row as SQLite holds it. Implemented by [`table_row!`] alone.
pub(super) trait TableRow: Sized {
    /// The table's name.
    const TABLE: &'static str;
    /// The columns besides `checksum`, in the order of the checksum.
    const COLUMNS: &'static [&'static str];
    /// A query of all columns and the checksum, without a condition.
    const SELECT: &'static str;
    /// Inserts a row; an existing one with the same key is an error.
    const INSERT: &'static str;
    /// Inserts a row, or replaces the one with the same key.
    const REPLACE: &'static str;
    /// The assignments of an upsert that replace every column.
    const ASSIGNMENTS: &'static str;

    /// Reads the columns of a row that [`Self::SELECT`] found, but not its checksum.
    fn read(row: &Row<'_>) -> rusqlite::Result<Self>;

    /// Adds every column to a checksum.
    fn hash<H: Hasher>(&self, checksum: Checksum<H>) -> Checksum<H>;

    /// Binds every column to its parameter in [`Self::INSERT`], [`Self::REPLACE`] or a statement that begins with one.
    fn bind(&self, statement: &mut Statement<'_>) -> rusqlite::Result<()>;

    /// The checksum of the row where accidents are to be found.
    fn checksum(&self) -> RowChecksum {
        self.hash(RowChecksum::of(Self::TABLE))
    }

    /// The checksum of the row where edits are to be found too.
    fn keyed_checksum(&self, key: &LedgerKey) -> KeyedChecksum {
        self.hash(key.checksum(Self::TABLE))
    }

    /// Executes [`Self::INSERT`], [`Self::REPLACE`] or a statement that begins with one.
    fn write(&self, connection: &Connection, sql: &str, checksum: impl ToSql) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached(sql)?;
        self.bind(&mut statement)?;
        statement.raw_bind_parameter(Self::COLUMNS.len() + 1, checksum)?;
        statement.raw_execute()?;
        Ok(())
    }
}

/// The checksum of a row that [`TableRow::SELECT`] found.
pub(super) fn stored_checksum<C: FromSql>(row: &Row<'_>) -> rusqlite::Result<C> {
    row.get("checksum")
}

/// Defines the type of a table's row, with one field for each column, named like it and in the order of the checksum.
/// The column `checksum` is not listed.
macro_rules! table_row {
    (
        $(#[$attribute:meta])*
        struct $name:ident $(<$lifetime:lifetime>)? in $table:ident { $($column:ident: $cell:ty,)+ }
    ) => {
        $(#[$attribute])*
        pub(super) struct $name $(<$lifetime>)? { $(pub(super) $column: $cell,)+ }

        impl $(<$lifetime>)? $crate::ledger::table::TableRow for $name $(<$lifetime>)? {
            const TABLE: &'static str = stringify!($table);
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),+];
            const SELECT: &'static str =
                concat!("SELECT ", $(stringify!($column), ", ",)+ "checksum FROM ", stringify!($table));
            const INSERT: &'static str = concat!(
                "INSERT INTO ", stringify!($table), " (", $(stringify!($column), ", ",)+ "checksum) VALUES (",
                $(":", stringify!($column), ", ",)+ ":checksum)"
            );
            const REPLACE: &'static str = concat!(
                "INSERT OR REPLACE INTO ", stringify!($table),
                " (", $(stringify!($column), ", ",)+ "checksum) VALUES (",
                $(":", stringify!($column), ", ",)+ ":checksum)"
            );
            const ASSIGNMENTS: &'static str = concat!(
                $(stringify!($column), " = excluded.", stringify!($column), ", ",)+ "checksum = excluded.checksum"
            );

            fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
                Ok(Self { $($column: row.get(stringify!($column))?),+ })
            }

            fn hash<H: $crate::ledger::row::Hasher>(
                &self,
                checksum: $crate::ledger::row::Checksum<H>,
            ) -> $crate::ledger::row::Checksum<H> {
                $(let checksum = $crate::ledger::table::Cell::hash(&self.$column, checksum);)+
                checksum
            }

            fn bind(&self, statement: &mut rusqlite::Statement<'_>) -> rusqlite::Result<()> {
                // SQLite numbers named parameters from 1 in the order in which they appear.
                let mut parameter = 0_usize;
                $(
                    parameter += 1;
                    statement.raw_bind_parameter(parameter, &self.$column)?;
                )+
                Ok(())
            }
        }
    };
}
pub(super) use table_row;

/// A value of a column.
pub(super) trait Cell: ToSql + FromSql {
    /// Adds the value to a row's checksum.
    fn hash<H: Hasher>(&self, checksum: Checksum<H>) -> Checksum<H>;
}

impl Cell for i64 {
    fn hash<H: Hasher>(&self, checksum: Checksum<H>) -> Checksum<H> {
        checksum.integer(*self)
    }
}

impl Cell for u32 {
    fn hash<H: Hasher>(&self, checksum: Checksum<H>) -> Checksum<H> {
        checksum.integer(i64::from(*self))
    }
}

impl Cell for String {
    fn hash<H: Hasher>(&self, checksum: Checksum<H>) -> Checksum<H> {
        checksum.text(self)
    }
}

impl Cell for Blob<'_> {
    fn hash<H: Hasher>(&self, checksum: Checksum<H>) -> Checksum<H> {
        checksum.blob(&self.0)
    }
}

impl<T: Cell> Cell for Option<T> {
    fn hash<H: Hasher>(&self, checksum: Checksum<H>) -> Checksum<H> {
        match self {
            Some(value) => value.hash(checksum),
            None => checksum.null(),
        }
    }
}

/// Bytes in a column: borrowed where they are written, so that a commit's payload is not copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blob<'a>(pub Cow<'a, [u8]>);

impl Blob<'_> {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_owned()
    }
}

impl<'a> From<&'a [u8]> for Blob<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self(Cow::Borrowed(bytes))
    }
}

impl From<Vec<u8>> for Blob<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Cow::Owned(bytes))
    }
}

impl ToSql for Blob<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.as_bytes()))
    }
}

impl FromSql for Blob<'_> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Vec::<u8>::column_result(value).map(Self::from)
    }
}
