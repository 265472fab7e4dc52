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

/// What format 1 did not have from the beginning.
const SAVED_SEARCHES: &str = "
    CREATE TABLE saved_searches (
        tenant INTEGER NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL,
        description TEXT, visibility TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
        checksum INTEGER NOT NULL, PRIMARY KEY (tenant, id)
    ) STRICT, WITHOUT ROWID;
";

/// SQLite's `user_version` of a ledger with every table: 0 where `saved_searches` is missing. Earlier releases pass over
/// the table, so it takes no new format of the directory.
const VERSION: i64 = 1;

/// Makes the tables in an empty database. They are there together or not at all.
pub(super) fn create(connection: &mut Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLES)?;
    transaction.execute_batch(SAVED_SEARCHES)?;
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

/// Whether the ledger has the table `saved_searches`. The version and the table say so together: were either alone
/// believed, a damaged byte could hide every saved search.
pub(super) fn has_saved_searches(connection: &Connection) -> Result<bool, StoreError> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'saved_searches'";
    let tables: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    match (version, tables) {
        (0, 0) => Ok(false),
        // Later releases may have added more.
        (VERSION.., 1) => Ok(true),
        _ => Err(StoreError::Corrupted(format!("ledger.db: version {version} does not go with its tables"))),
    }
}

/// Adds what an older ledger lacks: all of it or nothing.
pub(super) fn complete(connection: &mut Connection) -> Result<(), StoreError> {
    if has_saved_searches(connection)? {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    transaction.execute_batch(SAVED_SEARCHES)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    Ok(transaction.commit()?)
}
