//! A directory that an earlier release wrote is opened and read by this one.

use std::{fs, path::Path, sync::Arc};

use auditlog_conformance::fixtures::{ManualClock, SeededEntropy};
use auditlog_core::{
    clock::Clock as _,
    event::{AdjustmentCode, StoredEvent},
    policy::Scope,
    store::{
        EventStore as _, ExportFiles as _, ExportStatus, ExportStore as _, SavedSearchChange, SavedSearchStore as _,
        Verify as _,
    },
};
use auditlog_embedded::{EmbeddedStore, Options, check};
use serde_json::Value;

use crate::{
    fixture_vectors::{SPAN, copy, document_text},
    support::{Place, all, append, budget, change, draft, keys, saved_search, tenant_id},
};

/// The contents of each fixture: tenant, size and root, as printed when it was created.
const FORMAT_1: [(&str, u64, &str); 2] = [
    ("acme", 605, "c8fe26d411e585e98e8c59a73d231d0cb646b112a4b61bae8f75ecd7ef373c63"),
    ("globex", 2, "22c72a5900e41d02f805e9c7db422a01db118548d4fb48d098a273ded9d7e8c5"),
];

#[tokio::test]
async fn format_1_is_opened_read_and_written() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-1");
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("data");
    copy(&fixture, &directory);

    let report = check::run(&directory, &mut |_| {}).unwrap();
    assert!(report.verification.is_intact(), "{report:?}");
    let hex = |root: [u8; 32]| root.map(|byte| format!("{byte:02x}")).concat();
    let logs: Vec<_> = report.verification.logs.iter().map(|log| (log.size, hex(log.root.unwrap()))).collect();
    assert_eq!(logs, FORMAT_1.map(|(_, size, root)| (size, root.to_owned())));

    let options = Options { min_free_bytes: 0, ..Options::new(&directory) };
    let clock = ManualClock::default();
    let _ = clock.advance(SPAN);
    let clock = Arc::new(clock);
    let store = EmbeddedStore::open(options, clock.clone(), Arc::new(SeededEntropy::new(2))).unwrap();
    for (tenant, size, root) in FORMAT_1 {
        let events = all(&store, tenant).await;
        assert_eq!(events.len() as u64, size);
        let found = store.get(tenant_id(tenant), events[0].event.id, budget()).await.unwrap();
        assert_eq!(found.as_ref(), Some(&events[0]));
        let verified = store.verify(Some(tenant_id(tenant)), budget()).await.unwrap();
        assert!(verified.is_intact(), "{verified:?}");
        assert_eq!(verified.logs[0].root.map(hex), Some(root.to_owned()));
    }
    assert_adjusted(&all(&store, "acme").await);
    assert_exported(&store).await;
    let keys = keys(&store, &Scope::Tenant(tenant_id("acme"))).await;
    assert_eq!(keys.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), ["0123456789abcdef"]);
    let other = Place::new();
    other.clock.set(clock.now());
    assert_eq!(append(&store, other.batch("acme", vec![draft("door.open")])).await, [605]);

    let acme = tenant_id("acme");
    let kept = store.list_saved_searches(acme.clone()).await.unwrap();
    assert_eq!(kept.iter().map(|search| search.name.as_str()).collect::<Vec<_>>(), ["Grüße"]);
    let search = saved_search("acme", 1);
    change(&store, vec![SavedSearchChange::Create(search.clone()).into()]).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    assert!(check::run(&directory, &mut |_| {}).unwrap().verification.is_intact());
    let options = Options { min_free_bytes: 0, ..Options::new(&directory) };
    let store = EmbeddedStore::open(options, clock, Arc::new(SeededEntropy::new(3))).unwrap();
    let searches = store.list_saved_searches(acme).await.unwrap();
    assert!(searches.contains(&search) && searches.contains(&kept[0]), "{searches:?}");
}

/// The adjustments of the fixture's events are read back.
fn assert_adjusted(events: &[StoredEvent]) {
    let codes = |stored: &StoredEvent| -> Vec<AdjustmentCode> {
        stored.event.adjustments.as_slice().iter().map(|adjusted| adjusted.code).collect()
    };
    let adjusted: Vec<u64> =
        events.iter().filter(|stored| !codes(stored).is_empty()).map(|stored| stored.sequence).collect();
    assert_eq!(adjusted, [298, 299, 598, 599]);
    let found: Vec<_> = events.iter().flat_map(codes).collect();
    assert!(AdjustmentCode::ALL.iter().all(|code| found.contains(code)), "{found:?}");
}

async fn assert_exported(store: &EmbeddedStore) {
    let exports = store.list_exports(tenant_id("acme")).await.unwrap();
    let [export] = exports.as_slice() else { panic!("{exports:?}") };
    assert!(matches!(export.status, ExportStatus::Completed { .. }), "{export:?}");
    let file = store.open_file(&export.key()).unwrap().unwrap();
    assert_eq!(file.read(0, 100), Ok(b"id,message\n".to_vec()));
}

#[tokio::test]
async fn the_vectors_of_the_fixture_are_fresh_and_give_its_roots() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = document_text(&root).await;
    let file = fs::read_to_string(root.join("docs/spec/vectors/store-v1.json")).unwrap();
    assert!(file == text, "write store-v1.json again with the example store-vectors of this crate");

    let document: Value = serde_json::from_str(&text).unwrap();
    let logs = document["logs"].as_array().unwrap();
    let listed = logs.iter().map(|log| {
        let text = |member: &str| log[member].as_str().unwrap();
        (text("tenant"), log["size"].as_u64().unwrap(), text("root"))
    });
    assert_eq!(listed.collect::<Vec<_>>(), FORMAT_1);
    let (acme, segments) = (&logs[0], document["segments"].as_array().unwrap());
    assert!(segments.len() == 2 && acme["sealed"].as_u64() < acme["size"].as_u64(), "{segments:?}");
}
