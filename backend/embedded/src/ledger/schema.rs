//! Owns the tables of the ledger. docs/spec/data-directory.md says what each column means.

use rusqlite::Connection;

use crate::error::StoreError;

/// "AULG": names the file to `file` and to us.
pub(super) const APPLICATION_ID: i64 = 0x4155_4c47;

/// One page holds a commit of a few events; larger commits spill over whole pages.
pub(super) const PAGE_BYTES: u32 = 16_384;

const TABLES: &str = "
    CREATE TABLE meta (
        name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL, checksum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE tenants (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, status TEXT NOT NULL,
        created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, checksum INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE api_keys (
        id TEXT NOT NULL PRIMARY KEY, tenant INTEGER, name TEXT NOT NULL, permissions TEXT NOT NULL,
        secret_hash BLOB NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER,
        allowed_networks TEXT NOT NULL, checksum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE commits (
        number INTEGER PRIMARY KEY, payload BLOB NOT NULL, leaf_hashes BLOB NOT NULL, logs BLOB NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE logs (
        tenant INTEGER PRIMARY KEY, tree BLOB NOT NULL, checksum INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE tree_hashes (
        tenant INTEGER NOT NULL, level INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL,
        checksum INTEGER NOT NULL, PRIMARY KEY (tenant, level, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE segments (
        number INTEGER PRIMARY KEY, day INTEGER NOT NULL, rows INTEGER NOT NULL,
        data_bytes INTEGER NOT NULL, data_checksums BLOB NOT NULL,
        index_bytes INTEGER NOT NULL, index_checksums BLOB NOT NULL,
        hours BLOB NOT NULL, checksum INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE segment_tenants (
        segment INTEGER NOT NULL, tenant INTEGER NOT NULL, row_start INTEGER NOT NULL, rows INTEGER NOT NULL,
        first_sequence INTEGER NOT NULL, occurred_at_min INTEGER NOT NULL, occurred_at_max INTEGER NOT NULL,
        checksum INTEGER NOT NULL, PRIMARY KEY (segment, tenant)
    ) STRICT, WITHOUT ROWID;
";

const SAVED_SEARCHES: &str = "
    CREATE TABLE saved_searches (
        tenant INTEGER NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL,
        description TEXT, visibility TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
        checksum INTEGER NOT NULL, PRIMARY KEY (tenant, id)
    ) STRICT, WITHOUT ROWID;
";

const EXPORTS: &str = "
    CREATE TABLE exports (
        tenant INTEGER NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, query TEXT, format TEXT NOT NULL,
        compression TEXT NOT NULL, columns TEXT, visibility TEXT NOT NULL, log_size INTEGER NOT NULL,
        log_root BLOB NOT NULL, created_at INTEGER NOT NULL, status TEXT NOT NULL, ended_at INTEGER,
        failure_code TEXT, failure_detail TEXT, next_sequence INTEGER NOT NULL, events INTEGER NOT NULL,
        first_sequence INTEGER, last_sequence INTEGER, bytes INTEGER NOT NULL, sha256 BLOB NOT NULL,
        checksum INTEGER NOT NULL, PRIMARY KEY (tenant, id)
    ) STRICT, WITHOUT ROWID;
";

/// A table that format 1 did not have from the beginning. Earlier releases pass over it, so it takes no new format of the
/// directory.
#[derive(Debug, Clone, Copy)]
pub(super) struct AddedTable {
    name: &'static str,
    sql: &'static str,
    /// SQLite's `user_version` from which on it is there.
    version: i64,
}

pub(super) const ADDED_SAVED_SEARCHES: AddedTable =
    AddedTable { name: "saved_searches", sql: SAVED_SEARCHES, version: 1 };
pub(super) const ADDED_EXPORTS: AddedTable = AddedTable { name: "exports", sql: EXPORTS, version: 2 };

/// In the order in which they were added.
const ADDED: [AddedTable; 2] = [ADDED_SAVED_SEARCHES, ADDED_EXPORTS];

/// SQLite's `user_version` of a ledger with every table.
const VERSION: i64 = 2;

/// Makes the tables in an empty database. They are there together or not at all.
pub(super) fn create(connection: &mut Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLES)?;
    for table in ADDED {
        transaction.execute_batch(table.sql)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    Ok(transaction.commit()?)
}

/// Puts the database into WAL mode, for good. Whether that worked is seen by the next connection: the change is committed
/// behind the pragma's only row, where nobody asks for an error.
pub(super) fn keep_log(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.pragma_update(None, "journal_mode", "WAL")?)
}

/// Whether the tables are there: a first start that was cut short leaves a database without them.
pub(super) fn exists(connection: &Connection) -> Result<bool, StoreError> {
    let id: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    Ok(id == APPLICATION_ID)
}

/// Whether the ledger has a table that came later. The version and the table say so together: were either alone believed,
/// a damaged byte could hide every row of it.
pub(super) fn has(connection: &Connection, table: AddedTable) -> Result<bool, StoreError> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?";
    let tables: i64 = connection.query_row(sql, [table.name], |row| row.get(0))?;
    match (version >= table.version, tables) {
        (false, 0) if version >= 0 => Ok(false),
        (true, 1) => Ok(true),
        _ => Err(StoreError::Corrupted(format!("ledger.db: version {version} does not go with its tables"))),
    }
}

/// Adds what an older ledger lacks: all of it or nothing.
pub(super) fn complete(connection: &mut Connection) -> Result<(), StoreError> {
    let mut missing = Vec::new();
    for table in ADDED {
        if !has(connection, table)? {
            missing.push(table);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for table in missing {
        transaction.execute_batch(table.sql)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    Ok(transaction.commit()?)
}
