//! The data directory: who may have it open, what it refuses, and which damage is found.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};

use auditlog_core::{
    store::{ExportFiles as _, ExportId, ExportKey},
    timestamp::{MICROS_PER_DAY, MICROS_PER_HOUR, Timestamp},
};
use auditlog_embedded::{OpenError, Options, RELEASED_AT};

use crate::support::{NOON, Place, all, append, tenant_id};

#[tokio::test]
async fn a_second_store_is_refused_and_told_who_has_the_directory() {
    let place = Place::new();
    let store = place.open();
    let error = place.open_with(place.options()).err().unwrap();
    assert!(matches!(error, OpenError::Locked { .. }));
    let text = error.to_string();
    assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
    assert!(text.contains(&place.path().display().to_string()), "{text}");
    store.close().await.unwrap();
    drop(store);
    drop(place.open());
}

#[tokio::test]
async fn nobody_else_may_read_the_directory_or_its_secrets() {
    let place = Place::new();
    let path = place.path().join("new");
    let store = place.open_with(Options { data_dir: path.clone(), ..place.options() }).unwrap();
    let secrets = store.secrets().clone();
    assert_ne!(secrets.pepper, secrets.cursor_key);
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.clone()), 0o700);
    assert_eq!(mode(path.join("secrets")), 0o700);
    for secret in ["pepper", "cursor_key"] {
        assert_eq!(mode(path.join("secrets").join(secret)), 0o600);
    }
    drop(store);
    fs::set_permissions(path.join("secrets/pepper"), fs::Permissions::from_mode(0o644)).unwrap();
    let store = place.open_with(Options { data_dir: path.clone(), ..place.options() }).unwrap();
    assert_eq!(*store.secrets(), secrets, "secrets stay what they are");
    assert_eq!(mode(path.join("secrets/pepper")), 0o600);
    assert!(!format!("{secrets:?}").contains(&format!("{}", secrets.pepper[0])), "secrets are never printed");
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

/// Everything in a directory and below it.
fn everything(root: &Path) -> Vec<std::path::PathBuf> {
    let (mut found, mut directories) = (vec![root.to_owned()], vec![root.to_owned()]);
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path.clone());
            }
            found.push(path);
        }
    }
    found
}

#[tokio::test]
async fn every_file_and_directory_is_its_owners_alone() {
    let place = Place::new();
    // The directory existed before, with permissions for all users.
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let store = place.open_with_tenants(&["acme"]).await;
    append(&store, place.fresh("acme", 5)).await;
    store.seal().await.unwrap();
    append(&store, place.fresh("acme", 5)).await;
    let key = ExportKey { tenant_id: tenant_id("acme"), id: ExportId::from_parts(NOON, [1; 10]) };
    let mut file = store.create_file(&key).unwrap();
    file.append(b"event").unwrap();
    file.finish().unwrap();
    let check = || {
        for path in everything(place.path()) {
            let expected = if path.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode(&path), expected, "{}", path.display());
        }
    };
    check();
    drop(store);
    for name in ["ledger.db", "ledger.db-wal", "FORMAT", "LOCK"] {
        fs::set_permissions(place.path().join(name), fs::Permissions::from_mode(0o644)).unwrap();
    }
    for path in everything(place.path()).into_iter().filter(|path| path.is_dir()) {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let store = place.open();
    drop(store.create_file(&key).unwrap());
    check();
}

#[test]
fn a_directory_with_something_else_in_it_is_refused_and_stays_as_it_is() {
    let place = Place::new();
    fs::write(place.path().join("photo.jpg"), "not ours").unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let error = place.open_with(place.options()).err().unwrap();
    assert!(matches!(&error, OpenError::Foreign { found, .. } if found == "photo.jpg"), "{error}");
    assert!(error.to_string().contains("neither empty nor a data directory"), "{error}");
    assert_eq!(mode(place.path()), 0o755, "it is not ours");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing was made in it");
    fs::remove_file(place.path().join("photo.jpg")).unwrap();
    fs::create_dir(place.path().join("lost+found")).unwrap();
    drop(place.open());
    assert_eq!(mode(place.path()), 0o700);
}

#[test]
fn names_like_ours_in_somebody_elses_directory_do_not_make_it_ours() {
    for name in ["secrets", "segments", "ledger.db"] {
        let place = Place::new();
        fs::create_dir(place.path().join(name)).unwrap();
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let error = place.open_with(place.options()).err().unwrap();
        assert!(matches!(&error, OpenError::Foreign { found, .. } if found == name), "{error}");
        assert_eq!(mode(place.path()), 0o755, "it is not ours");
        assert_eq!(fs::read_dir(place.path().join(name)).unwrap().count(), 0, "nothing was made in it");
    }
}

#[tokio::test]
async fn no_link_is_followed_whatever_of_ours_it_stands_for() {
    let (place, elsewhere) = (Place::new(), tempfile::tempdir().unwrap());
    let store = place.open_with_tenants(&["acme"]).await;
    append(&store, place.fresh("acme", 5)).await;
    store.close().await.unwrap();
    drop(store);
    let names =
        ["FORMAT", "LOCK", "ledger.db", "ledger.sum", "secrets", "secrets/pepper", "secrets/cursor_key", "segments"];
    for name in names {
        let (path, moved) = (place.path().join(name), elsewhere.path().join("moved"));
        fs::rename(&path, &moved).unwrap();
        symlink(&moved, &path).unwrap();
        let error = place.open_with(place.options()).err().unwrap();
        assert!(error.to_string().contains("symbolic link"), "{name}: {error}");
        fs::remove_file(&path).unwrap();
        fs::rename(&moved, &path).unwrap();
    }
    // Even where nothing of ours exists yet, links to other files are refused.
    fs::write(elsewhere.path().join("target"), "untouched").unwrap();
    for name in ["exports", "quarantine", "ledger.db-wal", "FORMAT.new"] {
        let path = place.path().join(name);
        drop(fs::remove_file(&path));
        symlink(elsewhere.path().join("target"), &path).unwrap();
        assert!(matches!(place.open_with(place.options()), Err(OpenError::Link { .. })), "{name}");
        fs::remove_file(path).unwrap();
    }
    assert_eq!(fs::read_to_string(elsewhere.path().join("target")).unwrap(), "untouched");
    assert_eq!(all(&place.open(), "acme").await.len(), 5);
}

#[tokio::test]
async fn exports_behind_a_link_are_not_ours() {
    let (place, elsewhere) = (Place::new(), tempfile::tempdir().unwrap());
    let store = place.open_with_tenants(&["acme"]).await;
    let key = ExportKey { tenant_id: tenant_id("acme"), id: ExportId::from_parts(NOON, [1; 10]) };
    let mine = elsewhere.path().join(format!("{}.data", key.id));
    fs::write(&mine, "not ours").unwrap();
    fs::create_dir(place.path().join("exports")).unwrap();
    symlink(elsewhere.path(), place.path().join("exports/acme")).unwrap();
    assert_eq!(store.list_files().unwrap(), []);
    assert!(store.open_file(&key).unwrap().is_none());
    store.delete_file(&key).unwrap();
    assert!(store.create_file(&key).is_err());
    assert_eq!(fs::read_to_string(mine).unwrap(), "not ours");
}

#[tokio::test]
async fn missing_and_damaged_secrets_are_named() {
    let place = Place::new();
    drop(place.open());
    let path = place.path().join("secrets/pepper");
    let text = fs::read_to_string(&path).unwrap();
    for index in 0..text.len() {
        let mut flipped = text.clone().into_bytes();
        flipped[index] ^= 1;
        fs::write(&path, flipped).unwrap();
        let error = place.open_with(place.options()).err().unwrap();
        assert!(matches!(error, OpenError::Corrupted { .. }), "byte {index}: {error}");
        assert!(error.to_string().contains("secrets/pepper"), "{error}");
    }
    fs::remove_file(&path).unwrap();
    let error = place.open_with(place.options()).err().unwrap();
    assert!(matches!(&error, OpenError::Incomplete { detail, .. } if detail.contains("secrets/pepper")), "{error}");
    fs::write(&path, text).unwrap();
    drop(place.open());
}

#[test]
fn a_newer_format_is_refused_by_its_number() {
    let place = Place::new();
    drop(place.open());
    fs::write(place.path().join("FORMAT"), "auditlog data directory, format 2\n").unwrap();
    let error = place.open_with(place.options()).err().unwrap();
    assert!(matches!(error, OpenError::NewerFormat { found: 2, newest: 1, .. }), "{error}");
    fs::write(place.path().join("FORMAT"), "something else").unwrap();
    assert!(matches!(place.open_with(place.options()), Err(OpenError::Corrupted { .. })));
}

#[tokio::test]
async fn a_directory_that_lost_a_part_is_never_taken_for_a_new_one() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    append(&store, place.fresh("acme", 5)).await;
    store.seal().await.unwrap();
    store.close().await.unwrap();
    drop(store);
    for name in ["ledger.db", "FORMAT"] {
        let (path, aside) = (place.path().join(name), place.path().join("aside"));
        fs::rename(&path, &aside).unwrap();
        let error = place.open_with(place.options()).err().unwrap();
        assert!(matches!(error, OpenError::Incomplete { .. }), "{name}: {error}");
        fs::rename(&aside, &path).unwrap();
    }
    let (data, _) = place.files(".parquet").remove(0);
    fs::remove_file(data).unwrap();
    assert!(matches!(place.open_with(place.options()), Err(OpenError::Corrupted { .. })));
}

#[test]
fn a_first_start_that_was_cut_short_is_finished() {
    let place = Place::new();
    let secrets = place.open().secrets().clone();
    fs::remove_file(place.path().join("FORMAT")).unwrap();
    assert_eq!(*place.open().secrets(), secrets);
}

#[tokio::test]
async fn a_clock_that_is_plainly_wrong_is_refused() {
    let place = Place::new();
    place.clock.set(Timestamp::from_micros(RELEASED_AT.as_micros() - 1));
    let error = place.open_with(place.options()).err().unwrap();
    assert!(matches!(error, OpenError::Clock { .. }), "{error}");

    for sealed in ["tail", "segment"] {
        place.clock.set(NOON);
        let store = if sealed == "tail" { place.open_with_tenants(&["acme"]).await } else { place.open() };
        append(&store, place.fresh("acme", 1)).await;
        if sealed == "segment" {
            store.seal().await.unwrap();
        }
        drop(store);
        place.clock.set(Timestamp::from_micros(NOON.as_micros() - MICROS_PER_DAY - MICROS_PER_HOUR));
        let error = place.open_with(place.options()).err().unwrap();
        assert!(matches!(error, OpenError::Clock { .. }), "{sealed}: {error}");
        // A clock that was set back a little does not stop the start.
        place.clock.set(Timestamp::from_micros(NOON.as_micros() - MICROS_PER_HOUR));
        drop(place.open());
    }
}

#[tokio::test]
async fn every_damaged_byte_of_a_ledger_at_rest_is_found_at_start() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    append(&store, place.fresh("acme", 100)).await;
    store.seal().await.unwrap();
    append(&store, place.fresh("acme", 10)).await;
    store.close().await.unwrap();
    drop(store);
    for name in ["ledger.db", "ledger.sum"] {
        let path = place.path().join(name);
        let bytes = fs::read(&path).unwrap();
        let step = (bytes.len() / 150).max(1);
        for index in (0..bytes.len()).step_by(step) {
            let mut damaged = bytes.clone();
            damaged[index] ^= 0x40;
            fs::write(&path, &damaged).unwrap();
            let error = place.open_with(place.options()).err().unwrap();
            assert!(matches!(error, OpenError::Corrupted { .. }), "{name}, byte {index}: {error}");
            fs::write(&path, &bytes[..index]).unwrap();
            assert!(place.open_with(place.options()).is_err(), "{name}, cut at {index}");
        }
        fs::write(&path, &bytes).unwrap();
    }
    let error_names_what_to_do = {
        fs::write(place.path().join("ledger.sum"), "").unwrap();
        place.open_with(place.options()).err().unwrap().to_string()
    };
    assert!(error_names_what_to_do.contains("auditlog check"), "{error_names_what_to_do}");
}

#[tokio::test]
async fn checksums_of_the_ledger_are_there_only_while_nobody_has_it_open() {
    let place = Place::new();
    let sums = place.path().join("ledger.sum");
    let store = place.open_with_tenants(&["acme"]).await;
    append(&store, place.fresh("acme", 5)).await;
    store.close().await.unwrap();
    drop(store);
    assert!(sums.exists());
    let store = place.open();
    assert!(!sums.exists());
    assert_eq!(all(&store, "acme").await.len(), 5);
}
