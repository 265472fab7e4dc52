//! Rebuilding indexes in a store that is in use: damaged segments answer again, and other queries are not affected.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use auditlog_core::{
    event::StoredEvent,
    id::EventId,
    intake::PreparedBatch,
    query::QueryBudget,
    store::{EventStore as _, LogVerification, Part, QueryError, Reindex as _, Reindexed, Verify as _},
};
use auditlog_embedded::{EmbeddedStore, Options, check, reindex};
use tokio::sync::Mutex;

use crate::support::{Place, all, append, budget, create_tenants, flip_a_byte, tenant_id};

const SEGMENTS: usize = 4;
const SEGMENT_EVENTS: usize = 300;

/// A store with a few segments, and an event of each.
async fn filled(place: &Place) -> (EmbeddedStore, Vec<EventId>) {
    let options = Options { own_segment_events: 1, ..place.options() };
    let store = place.open_with(options).unwrap();
    create_tenants(&store, &["acme", "globex"]).await;
    let mut ids = Vec::new();
    for _ in 0..SEGMENTS {
        let batch = place.fresh("acme", SEGMENT_EVENTS);
        ids.push(first_id(&batch));
        append(&store, batch).await;
        store.seal().await.unwrap();
    }
    append(&store, place.fresh("globex", 3)).await;
    (store, ids)
}

fn first_id(batch: &PreparedBatch) -> EventId {
    batch.events[0].event.id
}

fn indexes(place: &Place) -> Vec<PathBuf> {
    place.files(".index").into_iter().map(|(path, _)| path).collect()
}

async fn get(store: &EmbeddedStore, id: EventId) -> Result<Option<StoredEvent>, QueryError> {
    store.get(tenant_id("acme"), id, budget()).await
}

async fn assert_intact_and_as_before(place: &Place, store: EmbeddedStore, before: &[StoredEvent]) {
    assert!(all(&store, "acme").await == before);
    assert!(store.verify(None, budget()).await.unwrap().is_intact());
    store.close().await.unwrap();
    drop(store);
    assert!(check::run(place.path(), &mut |_| {}).unwrap().verification.is_intact());
    assert!(all(&place.open(), "acme").await == before);
}

#[tokio::test]
async fn a_damaged_index_is_repaired_while_the_store_is_open() {
    let place = Place::new();
    let (store, ids) = filled(&place).await;
    let before = all(&store, "acme").await;
    store.close().await.unwrap();
    drop(store);
    // Reopened, so that the cache is empty.
    let store = place.open();
    flip_a_byte(&indexes(&place)[1]);
    assert!(matches!(get(&store, ids[1]).await, Err(QueryError::Corrupted(_))), "the damage is met");
    let verified = store.verify(None, budget()).await.unwrap();
    assert!(verified.logs.iter().all(LogVerification::is_intact), "no event is lost with an index: {verified:?}");
    assert!(verified.findings.listed.iter().all(|finding| finding.part == Part::Index), "{verified:?}");
    assert_eq!(verified.findings.listed.len(), 1);

    assert_eq!(store.reindex(budget()).await, Ok(Reindexed { rebuilt: 1, unchanged: SEGMENTS as u64 - 1 }));
    for id in ids {
        assert_eq!(get(&store, id).await.unwrap().unwrap().event.id, id);
    }
    assert_eq!(store.reindex(budget()).await, Ok(Reindexed { rebuilt: 0, unchanged: SEGMENTS as u64 }));
    assert_eq!((place.files(".parquet").len(), indexes(&place).len()), (SEGMENTS, SEGMENTS));
    assert_intact_and_as_before(&place, store, &before).await;
}

#[tokio::test]
async fn an_index_that_is_missing_cut_or_not_the_one_that_is_open_is_rebuilt() {
    let place = Place::new();
    let (store, _) = filled(&place).await;
    let before = all(&store, "acme").await;
    let files = indexes(&place);
    fs::remove_file(&files[0]).unwrap();
    fs::File::options().write(true).open(&files[1]).unwrap().set_len(100).unwrap();
    // An intact file has replaced a damaged one, which readers still have open.
    let whole = fs::read(&files[2]).unwrap();
    flip_a_byte(&files[2]);
    fs::remove_file(&files[2]).unwrap();
    fs::write(&files[2], whole).unwrap();
    assert_eq!(store.reindex(budget()).await, Ok(Reindexed { rebuilt: 3, unchanged: 1 }));
    assert_intact_and_as_before(&place, store, &before).await;
}

#[tokio::test]
async fn a_segment_whose_events_are_damaged_stays_as_it_is() {
    let place = Place::new();
    let (store, _) = filled(&place).await;
    let (data, index) = (place.files(".parquet")[2].0.clone(), indexes(&place)[2].clone());
    let whole = fs::read(&data).unwrap();
    flip_a_byte(&data);
    flip_a_byte(&index);
    let damaged = fs::read(&index).unwrap();
    match store.reindex(budget()).await {
        Err(QueryError::Corrupted(detail)) => assert!(detail.contains(data.to_str().unwrap()), "{detail}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read(&index).unwrap(), damaged);
    fs::write(&data, whole).unwrap();
    assert_eq!(store.reindex(budget()).await, Ok(Reindexed { rebuilt: 1, unchanged: 3 }));
}

#[tokio::test]
async fn a_crash_before_or_after_the_exchange_leaves_a_whole_store() {
    let place = Place::new();
    let (store, _) = filled(&place).await;
    let before = all(&store, "acme").await;
    let (old, damaged) = (place.files(".parquet")[0].0.clone(), indexes(&place)[0].clone());
    drop(store);
    // Before the swap the manifest lists the old names, and the data file has a second one.
    fs::hard_link(&old, old.with_file_name("00000000000000ff.parquet")).unwrap();
    fs::write(old.with_file_name("00000000000000ff.index"), b"half").unwrap();
    let store = place.open();
    assert_eq!((place.files(".parquet").len(), indexes(&place).len()), (SEGMENTS, SEGMENTS));
    assert!(all(&store, "acme").await == before);
    // After it the manifest lists the new names, and the old ones still exist.
    flip_a_byte(&damaged);
    let kept = tempfile::tempdir_in(place.path().parent().unwrap()).unwrap();
    fs::hard_link(&old, kept.path().join("data")).unwrap();
    fs::copy(&damaged, kept.path().join("index")).unwrap();
    assert_eq!(store.reindex(budget()).await.unwrap().rebuilt, 1);
    drop(store);
    fs::rename(kept.path().join("data"), &old).unwrap();
    fs::rename(kept.path().join("index"), &damaged).unwrap();
    let store = place.open();
    assert!(!old.exists() && !damaged.exists());
    assert_intact_and_as_before(&place, store, &before).await;
}

#[tokio::test]
async fn a_used_up_budget_leaves_what_is_not_done_as_it_was() {
    let place = Place::new();
    let (store, _) = filled(&place).await;
    flip_a_byte(&indexes(&place)[0]);
    let files = place.files("");
    let cancelled = QueryBudget::new(Instant::now() + Duration::from_mins(1), Arc::new(AtomicBool::new(true)));
    assert_eq!(store.reindex(cancelled).await, Err(QueryError::Cancelled));
    assert_eq!(place.files(""), files);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn appends_seals_compactions_and_queries_race_with_it() {
    let place = Arc::new(Place::new());
    let (store, ids) = filled(&place).await;
    let before = all(&store, "acme").await;
    let done = Arc::new(AtomicBool::new(false));
    // Held while files are written, and while some are removed: only open ones remain then.
    let files = Arc::new(Mutex::new(()));
    let reader = tokio::spawn({
        let (store, done, before) = (store.clone(), Arc::clone(&done), before.clone());
        async move {
            while !done.load(Ordering::SeqCst) {
                for id in &ids {
                    assert_eq!(get(&store, *id).await.unwrap().unwrap().event.id, *id);
                }
                assert!(all(&store, "acme").await.starts_with(&before));
            }
        }
    });
    let writer = tokio::spawn({
        let (store, done, place, files) = (store.clone(), Arc::clone(&done), Arc::clone(&place), Arc::clone(&files));
        async move {
            let mut written = Vec::new();
            while !done.load(Ordering::SeqCst) {
                let batch = place.fresh("acme", 50);
                written.extend(batch.events.iter().map(|event| event.event.clone()));
                append(&store, batch).await;
                let _writing = files.lock().await;
                store.seal().await.unwrap();
                if written.len() % 500 == 0 {
                    store.compact().await.unwrap();
                }
            }
            written
        }
    });
    let mut rebuilt = 0;
    for _ in 0..20 {
        // Without its name a file stays readable for readers that have it open, so every query must continue.
        let quiet = files.lock().await;
        for path in indexes(&place) {
            fs::remove_file(path).unwrap();
        }
        drop(quiet);
        rebuilt += store.reindex(budget()).await.unwrap().rebuilt;
    }
    done.store(true, Ordering::SeqCst);
    reader.await.unwrap();
    let written = writer.await.unwrap();
    assert!(rebuilt >= SEGMENTS as u64, "{rebuilt}");
    let after = all(&store, "acme").await;
    assert!(after[before.len()..].iter().map(|stored| &stored.event).eq(&written));
    assert_intact_and_as_before(&place, store, &after).await;
}

#[tokio::test]
async fn a_stopped_store_counts_alike() {
    let place = Place::new();
    let (store, _) = filled(&place).await;
    store.close().await.unwrap();
    drop(store);
    let files = indexes(&place);
    flip_a_byte(&files[0]);
    fs::remove_file(&files[1]).unwrap();
    for expected in [Reindexed { rebuilt: 2, unchanged: 2 }, Reindexed { rebuilt: 0, unchanged: 4 }] {
        assert_eq!(reindex::run(place.path(), &mut |_| {}).unwrap(), expected);
        assert!(check::run(place.path(), &mut |_| {}).unwrap().verification.is_intact());
    }
}
