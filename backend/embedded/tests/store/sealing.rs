//! Sealing and compaction move events without a visible effect.

use std::fs;

use auditlog_core::{
    event::{EventDraft, JsonObject, Target},
    store::{Intake as _, ReceiptStatus},
    timestamp::{MICROS_PER_DAY, MICROS_PER_SECOND, Timestamp},
};
use auditlog_embedded::{EmbeddedStore, Maintenance, Options, check};

use crate::support::{NOON, Place, all, append, create_tenants, draft, measured};

const MIDNIGHT: Timestamp = Timestamp::from_micros(NOON.as_micros() + MICROS_PER_DAY / 2);

#[tokio::test]
async fn days_never_share_a_segment_however_they_interleave() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme", "globex"]).await;
    let mut expected = Vec::new();
    for offset in [-2, 1, -1, 2, 3] {
        // A request received before midnight may be committed after one that was received later.
        place.clock.set(Timestamp::from_micros(MIDNIGHT.as_micros() + offset * MICROS_PER_SECOND));
        let batch = place.fresh("acme", 3);
        expected.extend(batch.events.iter().map(|event| event.event.clone()));
        append(&store, batch).await;
        append(&store, place.fresh("globex", 1)).await;
    }
    assert_eq!(store.seal().await.unwrap(), 4);
    let days: Vec<_> = place.files(".parquet").into_iter().map(|(path, _)| day_of(&path)).collect();
    assert_eq!(days, ["2026-11-23", "2026-11-23", "2026-11-24", "2026-11-24"]);
    for step in ["sealed", "reopened"] {
        let store = if step == "sealed" { store.clone() } else { place_reopened(&place, &store).await };
        let events: Vec<_> = all(&store, "acme").await.into_iter().map(|stored| stored.event).collect();
        assert!(events == expected, "{step}");
        if step == "sealed" {
            store.close().await.unwrap();
        }
    }
}

/// Otherwise intake would slow down with every segment of the hour.
#[tokio::test]
async fn new_ids_are_looked_up_in_no_segment_whose_ids_are_all_earlier() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    let first = place.fresh("acme", 20);
    append(&store, first.clone()).await;
    for _ in 0..5 {
        store.seal().await.unwrap();
        append(&store, place.fresh("acme", 20)).await;
    }
    let looked_up = || measured(&store, "cache_hits") + measured(&store, "cache_misses");
    let before = looked_up();
    append(&store, place.fresh("acme", 50)).await;
    assert!((looked_up() - before).abs() < 0.5, "{} blocks were read", looked_up() - before);
    let again = store.append(first).await.unwrap();
    let is_duplicate = |status| status == Ok(ReceiptStatus::Duplicate);
    assert!(again.iter().all(|outcome| is_duplicate(outcome.as_ref().map(|receipt| receipt.status))), "{again:?}");
}

fn day_of(path: &std::path::Path) -> String {
    path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned()
}

/// Reopens the directory; the closed store releases the lock with its last clone.
async fn place_reopened(place: &Place, closed: &EmbeddedStore) -> EmbeddedStore {
    let copy = tempfile::tempdir().unwrap();
    copy_directory(place.path(), copy.path());
    assert!(closed.close().await.is_err(), "a store is closed once");
    let path = copy.keep();
    place.open_with(Options { data_dir: path, ..place.options() }).unwrap()
}

fn copy_directory(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_directory(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test]
async fn files_that_no_segment_owns_are_removed_at_start() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    append(&store, place.fresh("acme", 10)).await;
    store.seal().await.unwrap();
    let known = [place.files(".parquet"), place.files(".index")].concat();
    drop(store);
    // What an interrupted seal leaves before it is recorded: half a file, and a day without a segment.
    let (data, _) = &known[0];
    let bytes = fs::read(data).unwrap();
    fs::write(data.with_file_name("0000000000000002.parquet"), &bytes[..bytes.len() / 2]).unwrap();
    fs::write(data.with_file_name("0000000000000002.index"), b"").unwrap();
    fs::create_dir(place.path().join("segments/2026-11-30")).unwrap();
    let store = place.open();
    assert_eq!([place.files(".parquet"), place.files(".index")].concat(), known);
    assert_eq!(all(&store, "acme").await.len(), 10);
    append(&store, place.fresh("acme", 1)).await;
    store.seal().await.unwrap();
    assert_eq!(all(&store, "acme").await.len(), 11);
}

#[tokio::test]
async fn compaction_joins_segments_and_keeps_every_event() {
    let place = Place::new();
    let mut store = place.open_with_tenants(&["acme", "globex", "initech"]).await;
    let mut expected = Vec::new();
    for round in 0..9_usize {
        for tenant in ["acme", "globex", "initech"].into_iter().take(1 + round % 3) {
            let batch = place.fresh(tenant, 5 + round);
            expected.extend(batch.events.iter().map(|event| event.event.clone()).filter(|_| tenant == "acme"));
            append(&store, batch).await;
        }
        store.seal().await.unwrap();
    }
    assert_eq!(place.files(".parquet").len(), 9);
    let before = (all(&store, "globex").await, all(&store, "initech").await);
    assert!(store.compact().await.unwrap() >= 1);
    let files = place.files(".parquet").len();
    assert!(files <= 4, "{files} segments are left");
    assert_eq!(store.compact().await.unwrap(), 0, "nothing is left to join");
    for step in ["compacted", "reopened", "appended"] {
        match step {
            "reopened" => {
                drop(store);
                store = place.open();
            }
            "appended" => {
                append(&store, place.fresh("globex", 1)).await;
                store.seal().await.unwrap();
                store.compact().await.unwrap();
            }
            _ => {}
        }
        let events: Vec<_> = all(&store, "acme").await.into_iter().map(|stored| stored.event).collect();
        assert!(events == expected, "{step}");
        assert!(all(&store, "globex").await[..before.0.len()] == before.0, "{step}");
        assert!(all(&store, "initech").await == before.1, "{step}");
    }
    assert_eq!(place.files(".parquet").len(), place.files(".index").len());
}

/// Parts of the targets that no event of a segment has are not read; that must not affect the other parts.
#[tokio::test]
async fn compaction_keeps_lists_of_which_only_a_part_is_there() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    for round in 0..3 {
        let target = Target {
            kind: Some("door".into()),
            id: Some(format!("front-{round}")),
            name: None,
            url: (round == 1).then(|| "https://example.com/door".into()),
            attributes: JsonObject::default(),
        };
        let opened = EventDraft { targets: vec![target], ..draft("door.open") };
        append(&store, place.batch("acme", vec![opened, draft("door.close")])).await;
        store.seal().await.unwrap();
    }
    let before = all(&store, "acme").await;
    assert_eq!(store.compact().await.unwrap(), 1);
    assert!(all(&store, "acme").await == before);
    store.close().await.unwrap();
    drop(store);
    assert!(check::run(place.path(), &mut |_| {}).unwrap().verification.is_intact());
}

#[tokio::test]
async fn a_tenant_with_enough_events_gets_segments_of_its_own() {
    let place = Place::new();
    let store = place.open_with(Options { own_segment_events: 100, ..place.options() }).unwrap();
    create_tenants(&store, &["acme", "globex", "initech"]).await;
    append(&store, place.fresh("acme", 10)).await;
    append(&store, place.fresh("globex", 100)).await;
    append(&store, place.fresh("initech", 10)).await;
    assert_eq!(store.seal().await.unwrap(), 2);
    for (tenant, count) in [("acme", 10), ("globex", 100), ("initech", 10)] {
        assert_eq!(all(&store, tenant).await.len(), count);
    }
}

#[tokio::test]
async fn the_tail_is_sealed_when_its_day_has_ended() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    append(&store, place.fresh("acme", 3)).await;
    drop(store);
    place.clock.set(Timestamp::from_micros(MIDNIGHT.as_micros() + 1));
    let options = Options { maintenance: Maintenance::Background, ..place.options() };
    let store = place.open_with(options).unwrap();
    // The thread checks at once when it starts; an explicit seal waits until that one is done.
    store.seal().await.unwrap();
    assert!(measured(&store, "segments") > 0.0);
    assert_eq!(place.files(".parquet").len(), 1);
}

#[tokio::test]
async fn sealing_nothing_writes_nothing() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    assert_eq!(store.seal().await.unwrap(), 0);
    assert_eq!(store.compact().await.unwrap(), 0);
    assert!(place.files(".parquet").is_empty());
}

#[tokio::test]
async fn a_store_of_many_small_requests_stays_small_in_memory() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    for index in 0..2_000 {
        let single = EventDraft { id: Some(place.id()), ..draft(&format!("item.{index}")) };
        append(&store, place.batch("acme", vec![single])).await;
    }
    let bytes = measured(&store, "tail_bytes");
    assert!(bytes < 4.0 * 1024.0 * 1024.0, "2,000 single events take {bytes} bytes");
    let events = all(&store, "acme").await;
    assert!(events.iter().enumerate().all(|(index, stored)| stored.event.action == format!("item.{index}")));
}

/// A directory at the path of the index file simulates a disk that fails in the middle of a seal.
#[tokio::test]
async fn a_seal_that_fails_leaves_nothing_behind_and_intake_goes_on() {
    let place = Place::new();
    let store = place.open_with_tenants(&["acme"]).await;
    append(&store, place.fresh("acme", 3)).await;
    let day = place.path().join("segments/2026-11-23");
    let obstacle = day.join("0000000000000001.index");
    fs::create_dir_all(&obstacle).unwrap();
    let error = store.seal().await.unwrap_err();
    assert!(error.to_string().contains("0000000000000001.index"), "{error}");
    assert_eq!(place.files(".parquet"), []);
    append(&store, place.fresh("acme", 2)).await;
    fs::remove_dir(&obstacle).unwrap();
    assert_eq!(store.seal().await.unwrap(), 1);
    assert_eq!(all(&store, "acme").await.len(), 5);
}
