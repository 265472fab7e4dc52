//! Compares what a real server prints at `/metrics` with docs/operations/metrics.md.

use std::collections::BTreeSet;

use crate::harness::{Installation, Server};

fn printed(server: &Server) -> String {
    ureq::get(format!("{}/metrics", server.url)).call().unwrap().body_mut().read_to_string().unwrap()
}

/// The names in a page's tables, with their kinds.
fn documented() -> BTreeSet<(String, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations/metrics.md");
    let page = std::fs::read_to_string(path).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    rows.map(|(name, rest)| (name.to_owned(), rest.split(" |").next().unwrap().to_owned())).collect()
}

/// The names that are printed, with their kinds. A counter's samples carry `_total` where its type line does not.
fn named(text: &str) -> BTreeSet<(String, String)> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types
        .map(|(name, kind)| {
            let name = if kind == "counter" { format!("{name}_total") } else { name.to_owned() };
            (name, kind.to_owned())
        })
        .collect()
}

fn value(text: &str, name: &str) -> f64 {
    let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("{name} is missing in\n{text}")).parse().unwrap()
}

#[test]
fn every_metric_is_documented_and_every_documented_one_is_printed() {
    let installation = Installation::new();
    let (server, user) = installation.started();
    user.ok(&["send", "--action", "user.login", "--actor", "user:alice", "--service", "web"]);
    user.search(&["actor:alice"]);
    assert_eq!(named(&printed(&server)), documented(), "docs/operations/metrics.md is stale");
}

/// Write amplification is a quotient of these, so each must agree with the files.
#[test]
fn written_bytes_are_those_of_the_files() {
    let installation = Installation::new();
    let server = installation.start_sealing(20);
    let user = installation.user(&server, &installation.keys().default);
    let line = r#"{"action":"user.login","actor":{"type":"user","id":"alice"},"source":{"service":"web"}}"#;
    let lines = format!("{line}\n").repeat(25);
    assert_eq!(user.run_with_input(&["send"], &lines).code, 0);
    server.wait_for_segments();
    let text = printed(&server);
    assert!(value(&text, "auditlog_store_events_stored_total") >= 25.0, "{text}");
    // The canonical text is longer than the sent one: by an id and two times at least.
    assert!(
        value(&text, "auditlog_store_event_bytes_total") > f64::from(u32::try_from(lines.len()).unwrap()),
        "{text}"
    );
    let in_files = |ending: &str| {
        let lengths = installation.files_ending(ending).into_iter().map(|path| path.metadata().unwrap().len());
        f64::from(u32::try_from(lengths.sum::<u64>()).unwrap())
    };
    let sealed = value(&text, "auditlog_store_sealed_bytes_total");
    assert!((sealed - in_files(".parquet") - in_files(".index")).abs() < 0.5, "{text}");
    assert!((value(&text, "auditlog_store_segment_files") - 2.0 * value(&text, "auditlog_store_segments")).abs() < 0.5);
    assert!((value(&text, "auditlog_store_wal_file_bytes") - in_files(".db-wal")).abs() < 0.5, "{text}");
    assert!((value(&text, "auditlog_store_ledger_file_bytes") - in_files("ledger.db")).abs() < 0.5, "{text}");
    // The log has not restarted yet, so it holds every page that was written to it, behind its header of 32 bytes.
    // Writes of the first start before the store was open were checkpointed earlier.
    let log = value(&text, "auditlog_store_log_written_bytes_total");
    assert!(log > 0.0 && log <= in_files(".db-wal"), "{text}");
}
