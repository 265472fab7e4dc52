//! Owns the tables of the ledger. docs/spec/data-directory.md describes each column.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::StoreError;

/// "AULG": identifies the file to the command `file` and to us.
pub(super) const APPLICATION_ID: i64 = 0x4155_4c47;

/// One page holds a commit of a few events; larger commits spill over whole pages.
pub(super) const PAGE_BYTES: u32 = 16_384;

const TABLES: &str = "
    CREATE TABLE meta (
        name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL, checksum BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE tenants (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, status TEXT NOT NULL,
        created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, checksum BLOB NOT NULL
    ) STRICT;
    CREATE TABLE api_keys (
        id TEXT NOT NULL PRIMARY KEY, tenant INTEGER, name TEXT NOT NULL, permissions TEXT NOT NULL,
        secret_hash BLOB NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER,
        allowed_networks TEXT NOT NULL, checksum BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE control_sums (
        name TEXT NOT NULL PRIMARY KEY, rows INTEGER NOT NULL, checksum BLOB NOT NULL
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
    CREATE TABLE saved_searches (
        tenant INTEGER NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL,
        description TEXT, visibility TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
        checksum BLOB NOT NULL, PRIMARY KEY (tenant, id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE exports (
        tenant INTEGER NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, query TEXT, format TEXT NOT NULL,
        compression TEXT NOT NULL, columns TEXT, visibility TEXT NOT NULL, log_size INTEGER NOT NULL,
        log_root BLOB NOT NULL, created_at INTEGER NOT NULL, status TEXT NOT NULL, ended_at INTEGER,
        failure_code TEXT, failure_detail TEXT, next_sequence INTEGER NOT NULL, events INTEGER NOT NULL,
        first_sequence INTEGER, last_sequence INTEGER, bytes INTEGER NOT NULL, sha256 BLOB NOT NULL,
        checksum BLOB NOT NULL, PRIMARY KEY (tenant, id)
    ) STRICT, WITHOUT ROWID;
";

/// SQLite's `user_version`: the version of the tables.
const VERSION: i64 = 3;

/// Creates the tables in an empty database, all of them or none.
pub(super) fn create(connection: &mut Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    Ok(transaction.commit()?)
}

/// Puts the database into WAL mode permanently. The next connection checks whether that worked: the change is committed
/// after the pragma's only row, where no error is reported.
pub(super) fn keep_log(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.pragma_update(None, "journal_mode", "WAL")?)
}

/// Whether the tables exist: an interrupted first start leaves a database without them.
pub(super) fn exists(connection: &Connection) -> Result<bool, StoreError> {
    let id: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    Ok(id == APPLICATION_ID)
}

/// The objects in the database that this release did not create, and the missing ones: a trigger could undo what the
/// writer does, and a view could replace a table. Each line is one problem.
pub(super) fn findings(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let expected = Connection::open_in_memory()?;
    expected.execute_batch(TABLES)?;
    let (expected, mut found) = (objects(&expected)?, objects(connection)?);
    let mut findings = Vec::new();
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version != VERSION {
        findings.push(format!("the tables are of version {version} instead of {VERSION}"));
    }
    for (object, definition) in expected {
        let Object { kind, name, .. } = &object;
        match found.remove(&object) {
            None => findings.push(format!("the {kind} {name} is missing")),
            Some(found) if found != definition => findings.push(format!("the {kind} {name} is defined in another way")),
            Some(_) => {}
        }
    }
    let foreign = found.into_keys();
    findings.extend(foreign.map(|Object { kind, name, table }| format!("a {kind} {name} of {table} is foreign here")));
    Ok(findings)
}

/// A table, index, view or trigger.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Object {
    kind: String,
    name: String,
    table: String,
}

/// Everything in the database with the SQL that created it, which SQLite's own indexes do not have.
fn objects(connection: &Connection) -> Result<BTreeMap<Object, Option<String>>, StoreError> {
    let mut statement = connection.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema")?;
    let object = |row: &rusqlite::Row<'_>| {
        Ok((Object { kind: row.get(0)?, name: row.get(1)?, table: row.get(2)? }, row.get(3)?))
    };
    Ok(statement.query_map([], object)?.collect::<Result<_, _>>()?)
}
