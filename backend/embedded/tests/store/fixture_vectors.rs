//! The document docs/spec/vectors/store-v1.json: what a reader of the fixture of format 1 must find in it.

use std::{fs, path::Path, sync::Arc, time::Duration};

use auditlog_conformance::fixtures::{ManualClock, SeededEntropy, budget, tenant_id};
use auditlog_core::{
    event::{StoredEvent, canonical::write_event},
    leaf::leaf_hash,
    merkle::{CompactRange, Hash},
    query::{Filter, Order},
    store::{EventStore as _, ListRequest, View},
};
use auditlog_embedded::{EmbeddedStore, Options};
use rusqlite::Connection;
use serde_json::{Value, json};

/// The fixture's directory in the repository.
pub(crate) const FIXTURE: &str = "backend/embedded/tests/fixtures/format-1";

/// From the fixture clock's start to the fixture's last event; a store refuses to open with a clock far behind that.
pub(crate) const SPAN: Duration = Duration::from_hours(48);

/// The tenants in the order of their numbers.
const TENANTS: [&str; 2] = ["acme", "globex"];

/// Of a log the events around these sequences are listed in full: its ends, where a segment or a request ends, and
/// those with every member and with adjustments.
const LISTED: [u64; 6] = [0, 1, 298, 300, 598, 602];

/// Longer events are not listed.
const CANONICAL_BYTES_MAX: usize = 16 * 1024;

/// The document as it stands in the file. `root` is that of the repository.
pub(crate) async fn document_text(root: &Path) -> String {
    let place = tempfile::tempdir().expect("a temporary directory can be created");
    let directory = place.path().join("data");
    copy(&root.join(FIXTURE), &directory);
    let segments = segments(&directory);
    let clock = ManualClock::default();
    let _ = clock.advance(SPAN);
    let options = Options { min_free_bytes: 0, ..Options::new(&directory) };
    let store =
        EmbeddedStore::open(options, Arc::new(clock), Arc::new(SeededEntropy::new(2))).expect("the fixture opens");
    let mut logs = Vec::new();
    for tenant in TENANTS {
        logs.push(log(tenant, &all(&store, tenant).await, &segments));
    }
    store.close().await.expect("the store closes");
    let document = json!({"directory": FIXTURE, "segments": segments, "logs": logs});
    let text = serde_json::to_string_pretty(&document).expect("JSON values can be printed");
    format!("{text}\n")
}

fn log(tenant: &str, events: &[StoredEvent], segments: &[Value]) -> Value {
    let hashes: Vec<Hash> = events.iter().map(|stored| leaf_hash(&stored.event, &stored.salt)).collect();
    let mut tree = CompactRange::new();
    let blocks: Vec<String> = hashes.iter().filter_map(|leaf| tree.append(*leaf)).map(|block| hex(&block)).collect();
    let runs = segments.iter().flat_map(|segment| segment["runs"].as_array().expect("a list"));
    let sealed: u64 = runs.filter(|run| run["tenant"] == tenant).filter_map(|run| run["rows"].as_u64()).sum();
    let is_listed = |sequence: u64| LISTED.iter().any(|listed| sequence.abs_diff(*listed) <= 2);
    let listed = events.iter().filter(|stored| is_listed(stored.sequence)).filter_map(event);
    json!({
        "tenant": tenant,
        "size": tree.size(),
        "sealed": sealed,
        "root": hex(&tree.root()),
        "compact_range": hex(&tree.to_bytes()),
        "blocks": blocks,
        "leaf_hashes": hashes.iter().map(|hash| hex(hash)).collect::<Vec<_>>(),
        "events": listed.collect::<Vec<_>>(),
    })
}

/// An event in full. `None` for one that is long: its leaf hash suffices.
fn event(stored: &StoredEvent) -> Option<Value> {
    let mut canonical = String::new();
    write_event(&stored.event, &mut canonical);
    (canonical.len() < CANONICAL_BYTES_MAX).then(|| {
        json!({
            "sequence": stored.sequence,
            "canonical": canonical,
            "salt_seed": hex(&stored.salt.seed),
            "salt_index": stored.salt.index,
        })
    })
}

/// The manifest, as the ledger has it.
fn segments(directory: &Path) -> Vec<Value> {
    let ledger = Connection::open(directory.join("ledger.db")).expect("the ledger opens");
    let mut statement = ledger
        .prepare(
            "SELECT segments.number, strftime('%F', day * 86400, 'unixepoch'), tenants.id, row_start, \
             segment_tenants.rows, first_sequence FROM segments JOIN segment_tenants ON segment = segments.number \
             JOIN tenants ON tenants.number = tenant ORDER BY segments.number, row_start",
        )
        .expect("the tables are those of the format");
    let rows = statement.query_map([], |row| {
        let run = json!({
            "tenant": row.get::<_, String>(2)?,
            "row_start": row.get::<_, u32>(3)?,
            "rows": row.get::<_, u32>(4)?,
            "first_sequence": row.get::<_, u32>(5)?,
        });
        Ok((format!("segments/{}/{:016x}.parquet", row.get::<_, String>(1)?, row.get::<_, u32>(0)?), run))
    });
    let mut segments: Vec<Value> = Vec::new();
    for row in rows.expect("the manifest is read") {
        let (file, run) = row.expect("a row is read");
        match segments.last_mut().filter(|last| last["file"] == file) {
            Some(last) => last["runs"].as_array_mut().expect("a list").push(run),
            None => segments.push(json!({"file": file, "runs": [run]})),
        }
    }
    segments
}

async fn all(store: &EmbeddedStore, tenant: &str) -> Vec<StoredEvent> {
    let head = store.head(tenant_id(tenant)).await.expect("the tenant has a log");
    let view = View { tenant_id: tenant_id(tenant), head, filter: Filter::All };
    let mut request = ListRequest { view, order: Order::OldestFirst, after: None, limit: 700 };
    let mut events = Vec::new();
    loop {
        let page = store.list(request.clone(), budget()).await.expect("a page is read");
        events.extend(page.events);
        let Some(next) = page.next else { break };
        request.after = Some(next);
    }
    events.sort_by_key(|event| event.sequence);
    events
}

fn hex(bytes: &[u8]) -> String {
    let mut digits = String::new();
    auditlog_core::json::write_hex(bytes, &mut digits);
    digits
}

/// Copies a directory with everything in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory can be created");
    for entry in fs::read_dir(from).expect("a directory can be read") {
        let entry = entry.expect("an entry can be read");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("an entry has a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}
