//! Migrations of an empty database and of a ledger with rows, and those that fail.

use auditlog_core::{
    id::{OwnerId, TenantId},
    store::{Revision, SavedSearch, SavedSearchId, SearchVisibility},
    timestamp::Timestamp,
};

use super::*;
use crate::{
    data_directory::Paths,
    error::OpenError,
    ledger::{
        Ledger, TenantNumber,
        existing::{open_and_migrate, open_ledger, open_migrated},
        saved_searches::StoredSearch,
        schema,
        table::{TableRow as _, stored_checksum},
    },
};

/// The version of the tables of this release.
fn released() -> i64 {
    Migrations::RELEASED.newest()
}

/// The migrations of this release, and then these.
fn released_and(more: &[Migration]) -> Migrations {
    Migrations([RELEASED, more].concat().leak())
}

/// Adds `notes`, which is a table of control data.
const ADD_NOTES: Migration = Migration {
    sql: "ALTER TABLE saved_searches ADD COLUMN note TEXT NOT NULL DEFAULT '';
          CREATE TABLE notes (number INTEGER PRIMARY KEY, text TEXT NOT NULL, checksum BLOB NOT NULL) STRICT;",
    step: Some(describe_searches),
};

const ADD_AUTHORS: Migration = Migration {
    sql: "ALTER TABLE notes ADD COLUMN author TEXT NOT NULL DEFAULT '';
          CREATE TABLE authors (number INTEGER PRIMARY KEY) STRICT;",
    step: Some(add_note),
};

fn upgraded() -> Migrations {
    released_and(&[ADD_NOTES])
}

fn upgraded_twice() -> Migrations {
    released_and(&[ADD_NOTES, ADD_AUTHORS])
}

/// The last one fails after its SQL and some of its step.
fn failing() -> Migrations {
    let sql = "CREATE TABLE more (number INTEGER PRIMARY KEY) STRICT;";
    released_and(&[ADD_NOTES, Migration { sql, step: Some(fail_late) }])
}

/// The first one after those of this release fails.
fn failing_early() -> Migrations {
    released_and(&[Migration { sql: ADD_NOTES.sql, step: Some(fail_late) }])
}

fn describe_searches(transaction: &Transaction<'_>, key: &LedgerKey) -> Result<(), StoreError> {
    let mut statement = transaction.prepare(StoredSearch::SELECT)?;
    let mut rows = statement.query([])?;
    let mut searches = Vec::new();
    while let Some(row) = rows.next()? {
        let search = StoredSearch::read(row)?;
        search.keyed_checksum(key).expect(&stored_checksum::<Vec<u8>>(row)?, &search.id)?;
        searches.push(search);
    }
    for mut search in searches {
        search.description = Some("migrated".to_owned());
        search.write(transaction, StoredSearch::REPLACE, search.keyed_checksum(key).value())?;
    }
    add_note(transaction, key)
}

fn add_note(transaction: &Transaction<'_>, key: &LedgerKey) -> Result<(), StoreError> {
    let checksum = key.checksum("notes").text("written by the step").value();
    transaction.execute("INSERT INTO notes (text, checksum) VALUES ('written by the step', ?)", [checksum])?;
    Ok(())
}

fn fail_late(transaction: &Transaction<'_>, _: &LedgerKey) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM saved_searches", [])?;
    transaction.execute("DELETE FROM notes", [])?;
    Err(StoreError::Stopped("the step failed".to_owned()))
}

fn key() -> LedgerKey {
    LedgerKey::derive(&[7; 32])
}

fn tenant(_: TenantNumber) -> Option<TenantId> {
    TenantId::parse("acme")
}

/// The paths of a directory whose ledger has a saved search and was closed cleanly.
fn closed_ledger(directory: &tempfile::TempDir) -> Paths {
    let paths = Paths::new(directory.path());
    let mut ledger = Ledger::create(&paths.ledger(), &key()).unwrap();
    ledger.begin_run(&paths).unwrap();
    let now = Timestamp::from_micros(1_795_000_000_000_000);
    let search = SavedSearch {
        id: SavedSearchId::from_parts(now, [7; 10]),
        tenant_id: TenantId::parse("acme").unwrap(),
        revision: Revision::FIRST,
        owner: OwnerId::parse("api_key:0123456789abcdef").unwrap(),
        name: "denied".to_owned(),
        query: "outcome:denied".to_owned(),
        description: None,
        visibility: SearchVisibility::Private,
        created_at: now,
        updated_at: now,
    };
    let change = ledger.change().unwrap();
    change.put_saved_search(&search, TenantNumber(1)).unwrap();
    change.commit().unwrap();
    ledger.close_with_sums(&paths).unwrap();
    paths
}

/// The number of rows of `notes`.
fn notes(ledger: &Ledger) -> i64 {
    ledger.connection.query_row("SELECT count(*) FROM notes", [], |row| row.get(0)).unwrap()
}

/// The version, the findings, and the descriptions of the saved searches.
fn state(ledger: &Ledger) -> (i64, Vec<String>, Vec<Option<String>>) {
    let findings = [ledger.foreign_objects().unwrap(), ledger.control_findings().unwrap()].concat();
    let searches = ledger.saved_searches(tenant).unwrap().whole().unwrap();
    let descriptions = searches.into_iter().map(|search| search.description).collect();
    (version(&ledger.connection).unwrap(), findings, descriptions)
}

/// The order of the columns is that of the checksum, so it is compared too. A column that a migration adds is the last
/// one of its table, after `checksum`, so it is appended to the `table_row!`.
#[test]
fn the_columns_of_a_migrated_database_are_those_that_the_code_knows_in_their_order() {
    let connection = Migrations::RELEASED.tables(Migrations::RELEASED.newest()).unwrap();
    let known = crate::ledger::columns();
    let mut statement =
        connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    let tables: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(tables, known.keys().copied().collect::<Vec<_>>());
    for (table, known) in known {
        let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?) ORDER BY cid").unwrap();
        let columns: Vec<String> =
            statement.query_map([table], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let (checksum, columns): (Vec<_>, Vec<_>) = columns.iter().partition(|column| *column == "checksum");
        assert_eq!(checksum, ["checksum"], "{table}");
        assert_eq!(columns, known, "{table}");
    }
}

#[test]
fn an_empty_database_gets_all_tables() {
    for migrations in [Migrations::RELEASED, upgraded(), upgraded_twice()] {
        let mut connection = Connection::open_in_memory().unwrap();
        assert!(!schema::exists(&connection).unwrap());
        migrations.apply(&mut connection, &key(), |_| Ok(())).unwrap();
        assert!(schema::exists(&connection).unwrap());
        assert_eq!(version(&connection).unwrap(), migrations.newest());
        assert_eq!(schema::findings(&connection, migrations).unwrap(), Vec::<String>::new());
    }
}

#[test]
fn a_ledger_with_rows_is_migrated_when_it_is_opened() {
    let directory = tempfile::tempdir().unwrap();
    let paths = closed_ledger(&directory);
    let migrated = (released() + 1, Vec::new(), vec![Some("migrated".to_owned())]);
    assert_eq!(state(&open_and_migrate(&paths, &key(), upgraded()).unwrap()), migrated);
    // The process ended before it began a run.
    let mut ledger = open_and_migrate(&paths, &key(), upgraded()).unwrap();
    assert_eq!(state(&ledger), migrated);
    ledger.begin_run(&paths).unwrap();
    ledger.close_with_sums(&paths).unwrap();
    let ledger = open_and_migrate(&paths, &key(), upgraded()).unwrap();
    assert_eq!(state(&ledger), migrated);
    assert_eq!(notes(&ledger), 1);
}

#[test]
fn a_ledger_is_migrated_over_two_versions_at_once_or_one_after_the_other() {
    for versions in [&[upgraded_twice()][..], &[upgraded(), upgraded_twice()]] {
        let directory = tempfile::tempdir().unwrap();
        let paths = closed_ledger(&directory);
        for migrations in versions {
            let mut ledger = open_and_migrate(&paths, &key(), *migrations).unwrap();
            ledger.begin_run(&paths).unwrap();
            ledger.close_with_sums(&paths).unwrap();
        }
        let ledger = open_and_migrate(&paths, &key(), upgraded_twice()).unwrap();
        assert_eq!(state(&ledger), (released() + 2, Vec::new(), vec![Some("migrated".to_owned())]));
        assert_eq!(notes(&ledger), 2);
    }
}

#[test]
fn a_row_removed_from_a_table_of_control_data_that_a_migration_added_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let paths = closed_ledger(&directory);
    let ledger = open_and_migrate(&paths, &key(), upgraded()).unwrap();
    ledger.connection.execute_batch("DELETE FROM notes").unwrap();
    assert_eq!(ledger.control_findings().unwrap(), ["table notes has 0 rows, and 1 were recorded"]);
    drop(ledger);
    assert!(open_and_migrate(&paths, &key(), upgraded()).is_err());
}

#[test]
fn a_migration_that_fails_leaves_the_version_before_it() {
    let directory = tempfile::tempdir().unwrap();
    let paths = closed_ledger(&directory);
    for _ in 0..2 {
        let error = open_and_migrate(&paths, &key(), failing()).map(drop).unwrap_err();
        assert!(error.to_string().contains("the step failed"), "{error}");
    }
    let ledger = open_and_migrate(&paths, &key(), upgraded()).unwrap();
    assert_eq!(state(&ledger), (released() + 1, Vec::new(), vec![Some("migrated".to_owned())]));

    let directory = tempfile::tempdir().unwrap();
    let paths = closed_ledger(&directory);
    assert!(open_and_migrate(&paths, &key(), failing_early()).is_err());
    assert_eq!(state(&open_ledger(&paths, &key()).unwrap()), (released(), Vec::new(), vec![None]));
}

#[test]
fn an_edited_row_is_found_before_a_migration_could_give_it_a_new_checksum() {
    for damage in ["DELETE FROM saved_searches", "UPDATE saved_searches SET query = ''"] {
        let directory = tempfile::tempdir().unwrap();
        let paths = closed_ledger(&directory);
        let mut ledger = open_ledger(&paths, &key()).unwrap();
        ledger.begin_run(&paths).unwrap();
        ledger.connection.execute_batch(damage).unwrap();
        drop(ledger);
        let error = open_and_migrate(&paths, &key(), upgraded()).map(drop).unwrap_err();
        assert!(matches!(error, OpenError::Corrupted { .. }), "{damage}: {error}");
    }
}

#[test]
fn a_newer_ledger_is_refused_and_an_older_one_is_not_read_before_it_is_migrated() {
    let directory = tempfile::tempdir().unwrap();
    let paths = closed_ledger(&directory);
    drop(open_and_migrate(&paths, &key(), upgraded()).unwrap());
    let error = open_ledger(&paths, &key()).map(drop).unwrap_err();
    assert!(
        matches!(error, OpenError::Unavailable(StoreError::NewerTables { found, newest }) if (found, newest) == (released() + 1, released())),
        "{error}"
    );
    assert!(error.to_string().ends_with("use a newer release"), "{error}");

    let directory = tempfile::tempdir().unwrap();
    let paths = closed_ledger(&directory);
    let error = Ledger::open_for_reading(&paths.ledger(), &key(), upgraded()).map(drop).unwrap_err();
    assert!(
        matches!(error, StoreError::OlderTables { found, newest } if (found, newest) == (released(), released() + 1)),
        "{error}"
    );
    let error = open_migrated(&paths, &key(), upgraded()).map(drop).unwrap_err();
    assert!(
        matches!(error, OpenError::Unavailable(StoreError::OlderTables { found, newest }) if (found, newest) == (released(), released() + 1)),
        "{error}"
    );
    assert_eq!(
        state(&open_migrated(&paths, &key(), Migrations::RELEASED).unwrap()),
        (released(), Vec::new(), vec![None])
    );
}
