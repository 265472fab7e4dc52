//! Owns how a database is recognised as a ledger, and whether it has the expected objects and no others.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::{
    error::StoreError,
    ledger::migrations::{Migrations, Standing, version},
};

/// "AULG": identifies the file to the command `file` and to us.
pub(super) const APPLICATION_ID: i64 = 0x4155_4c47;

/// One page holds a commit of a few events; larger commits spill over whole pages.
pub(super) const PAGE_BYTES: u32 = 16_384;

/// Puts the database into WAL mode permanently. The next connection checks whether that worked: the change is committed
/// after the pragma's only row, where no error is reported.
pub(super) fn keep_log(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.pragma_update(None, "journal_mode", "WAL")?)
}

/// Whether the first tables exist: an interrupted first start leaves a database without them.
pub(super) fn exists(connection: &Connection) -> Result<bool, StoreError> {
    let id: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    Ok(id == APPLICATION_ID)
}

/// The objects in the database that the releases of its version did not create, and the missing ones: a trigger could
/// undo what the writer does, and a view could replace a table. Each line is one problem.
pub(super) fn findings(connection: &Connection, migrations: Migrations) -> Result<Vec<String>, StoreError> {
    let version = version(connection)?;
    let mut findings = Vec::new();
    let expected = match migrations.standing(version) {
        Standing::Older { found, .. } => found,
        Standing::Current => version,
        Standing::Unknown => {
            findings.push(format!("the tables are of version {version}, which does not exist"));
            migrations.newest()
        }
        Standing::Newer { found, newest } => {
            findings.push(format!("the tables are of version {found}, and this release reads versions up to {newest}"));
            newest
        }
    };
    let (expected, mut found) = (objects(&migrations.tables(expected)?)?, objects(connection)?);
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
