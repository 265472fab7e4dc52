//! `stats`: the card and the JSON agree with the sent events, settled or not.

use serde_json::Value;

use crate::harness::Installation;

#[test]
fn a_log_is_told_about_before_and_after_it_is_sealed() {
    let place = Installation::new();
    let server = place.start_sealing(10);
    let user = place.user(&server, &place.keys().default);
    let event = r#"{"action":"a.b","actor":{"type":"user","id":"x"},"source":{"service":"s"}}"#;
    user.run_with_input(&["send"], &[event; 12].join("\n")).ok();
    server.wait_for_segments();
    let stats: Value = serde_json::from_str(&user.ok(&["stats", "-o", "json"])).unwrap();
    let number = |pointer: &str| stats.pointer(pointer).and_then(Value::as_u64).unwrap();
    assert_eq!(number("/settled") + number("/unsettled"), number("/events"));
    assert!(number("/settled") >= 12 && number("/storage/files") >= 1, "{stats}");
    assert!(number("/storage/data_bytes") > 0 && number("/storage/index_bytes") > 0, "{stats}");
    assert_eq!(number("/ingest/2/events"), number("/events"));
    let card = user.ok(&["stats"]);
    let names: Vec<&str> = card.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["events", "occurred", "received", "ingest", "storage", "files", "overlap"], "{card}");
}
