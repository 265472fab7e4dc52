//! The full check: intact data has no findings, and no damaged byte goes unnoticed.

use std::{fs, path::Path};

use auditlog_core::{
    merkle::CompactRange,
    store::{CheckReport, Findings, LogVerification, Verification, Verify as _},
};
use auditlog_embedded::{EmbeddedStore, OpenError, StoreError, check, reindex};

use crate::support::{Place, all, append, budget, create_tenants, flip_a_byte, tenant_id};

fn report(path: &Path) -> CheckReport {
    check::run(path, &mut |_| {}).unwrap()
}

/// A store with sealed and unsealed events of two tenants; `acme` has the given number of sealed ones.
async fn filled(place: &Place, sealed: usize) -> EmbeddedStore {
    let store = place.open_with_tenants(&["acme", "globex"]).await;
    append(&store, place.fresh("acme", sealed / 2)).await;
    append(&store, place.fresh("globex", 3)).await;
    store.seal().await.unwrap();
    append(&store, place.fresh("acme", sealed - sealed / 2)).await;
    store.seal().await.unwrap();
    append(&store, place.fresh("acme", 7)).await;
    append(&store, place.fresh("globex", 1)).await;
    store
}

#[tokio::test]
async fn an_intact_directory_has_no_problems_and_its_roots_are_the_acknowledged_ones() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme", "globex"]).await;
    let mut tree = CompactRange::new();
    for round in 0..4 {
        let batch = place.fresh("acme", 200 + round);
        for event in &batch.events {
            tree.append(event.leaf_hash);
        }
        append(&store, batch).await;
        if round < 3 {
            store.seal().await.unwrap();
        }
        if round == 1 {
            store.compact().await.unwrap();
        }
    }
    let expected = LogVerification::whole(tenant_id("acme"), tree.size(), tree.root());
    let expected = Verification { logs: vec![expected], findings: Findings::default() };
    assert_eq!(store.verify(None, budget()).await.unwrap(), expected);
    drop(store);
    for stop in ["abrupt", "clean"] {
        if stop == "clean" {
            place.open().close().await.unwrap();
        }
        let report = report(place.path());
        assert!(report.verification.is_intact(), "{stop}: {report:?}");
        let log = &report.verification.logs[0];
        assert_eq!((log.size, log.root), (tree.size(), Some(tree.root())), "{stop}");
        assert_eq!(report.files, 2);
    }
}

#[tokio::test]
async fn a_directory_in_use_is_not_checked() {
    let place = Place::new();
    let store = place.open();
    assert!(matches!(check::run(place.path(), &mut |_| {}), Err(OpenError::Locked { .. })));
    assert!(matches!(reindex::run(place.path(), &mut |_| {}), Err(OpenError::Locked { .. })));
    drop(store);
    assert!(report(place.path()).verification.is_intact());
}

#[tokio::test]
async fn a_ledger_of_a_later_release_is_refused_unless_ledger_sum_shows_that_it_was_edited() {
    let place = Place::new();
    drop(filled(&place, 20).await);
    let set_version = |version: u32| {
        let ledger = rusqlite::Connection::open(place.path().join("ledger.db")).unwrap();
        ledger.pragma_update(None, "user_version", version).unwrap();
    };
    set_version(99);
    let refused = check::run(place.path(), &mut |_| {}).unwrap_err();
    assert!(matches!(refused, OpenError::Unavailable(StoreError::NewerTables { found: 99, .. })), "{refused}");

    set_version(1);
    place.open().close().await.unwrap();
    set_version(99);
    let verification = report(place.path()).verification;
    let details: Vec<_> = verification.all_findings().map(|finding| finding.detail.as_str()).collect();
    assert!(details.iter().any(|detail| detail.contains("of version 99")), "{details:?}");
}

#[tokio::test]
async fn a_check_changes_nothing_and_tells_how_far_it_is() {
    let place = Place::new();
    filled(&place, 600).await.close().await.unwrap();
    let contents = |place: &Place| {
        let names = place.files("").into_iter().map(|(path, _)| path);
        names.filter(|path| !path.ends_with("ledger.db-shm")).map(|path| (fs::read(&path).unwrap(), path)).collect()
    };
    let before: Vec<_> = contents(&place);
    let mut last = None;
    check::run(place.path(), &mut |progress| last = Some(progress)).unwrap();
    let last = last.unwrap();
    assert!(last.bytes_total > 0 && last.bytes_done == last.bytes_total, "{last:?}");
    let after: Vec<_> = contents(&place);
    assert!(before == after);
}

#[tokio::test]
async fn every_flipped_byte_and_truncation_is_reported_with_its_file() {
    let place = Place::new();
    filled(&place, 300).await.close().await.unwrap();
    for (path, length) in place.files("") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // RESERVE holds nothing.
        let unchecked = ["LOCK", "ledger.db-shm", "FORMAT", "pepper", "cursor_key", "RESERVE"];
        if length == 0 || unchecked.contains(&name.as_str()) {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let damage = |damaged: &[u8], what: &str| {
            fs::write(&path, damaged).unwrap();
            let verification = report(place.path()).verification;
            let file = Some(path.display().to_string());
            let named = verification.all_findings().any(|finding| finding.file == file);
            assert!(named, "{name}, {what}: {verification:?}");
            let is_index = path.extension().is_some_and(|extension| extension == "index");
            assert!(!is_index || verification.logs.iter().all(LogVerification::is_intact), "{name}, {what}");
        };
        for index in (0..bytes.len()).step_by((bytes.len() / 60).max(1)) {
            let mut flipped = bytes.clone();
            flipped[index] ^= 0x01;
            damage(&flipped, &format!("byte {index}"));
        }
        for length in (0..bytes.len()).step_by((bytes.len() / 20).max(1)) {
            damage(&bytes[..length], &format!("cut at {length}"));
        }
        fs::write(&path, &bytes).unwrap();
    }
    assert!(report(place.path()).verification.is_intact());
}

#[tokio::test]
async fn a_running_store_finds_damage_under_it() {
    let place = Place::new();
    let store = filled(&place, 600).await;
    let (path, _) = place.files(".parquet").remove(0);
    flip_a_byte(&path);
    let verified = store.verify(Some(tenant_id("acme")), budget()).await.unwrap();
    assert_eq!(verified.logs.len(), 1);
    let details: Vec<_> = verified.logs[0].findings.listed.iter().map(|finding| finding.detail.as_str()).collect();
    assert!(details.iter().any(|detail| detail.contains(&path.display().to_string())), "{details:?}");
}

#[tokio::test]
async fn index_files_are_rebuilt_from_their_data_files() {
    let place = Place::new();
    let store = filled(&place, 600).await;
    let before = all(&store, "acme").await;
    store.close().await.unwrap();
    drop(store);
    let indexes = place.files(".index");
    let originals: Vec<_> = indexes.iter().map(|(path, _)| fs::read(path).unwrap()).collect();
    fs::remove_file(&indexes[0].0).unwrap();
    fs::write(&indexes[1].0, b"rubbish").unwrap();
    assert!(place.open_with(place.options()).is_err());
    reindex::run(place.path(), &mut |_| {}).unwrap();
    let rebuilt: Vec<_> = indexes.iter().map(|(path, _)| fs::read(path).unwrap()).collect();
    assert!(rebuilt == originals, "an index is a function of its data file");
    assert!(report(place.path()).verification.is_intact());
    let store = place.open();
    assert!(all(&store, "acme").await == before);
    create_tenants(&store, &["initech"]).await;
}
