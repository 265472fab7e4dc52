//! `check` and `reindex`, on a directory and by a server: intact data is reported intact, damage is named, an index is
//! rebuilt.

use std::{fs, path::Path};

use crate::harness::{Installation, text};

/// An installation with a few more than 4,000 events, most of them in segments, whose server is stopped.
fn sealed() -> Installation {
    let place = Installation::new();
    let server = place.start_sealing(1_000);
    let user = place.user(&server, &place.keys().default);
    user.ok(&["demo-data", "--events", "4000", "--until", "2026-11-01T00:00:00Z"]);
    server.wait_for_segments();
    server.stop();
    // A seal that the stop interrupted left a file that no segment owns; the next start removes it.
    place.start().stop();
    place
}

fn flip_a_byte(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x01;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_whole_directory_is_intact_and_says_what_an_event_takes() {
    let place = sealed();
    let data_dir = place.data_dir();
    let report = place.run(&["check", "--data-dir", text(&data_dir)]).ok();
    assert!(report.contains("intact") && report.contains("bytes per event"), "{report}");
    assert!(
        report.contains("4,003 events") && report.contains(" data file") && !report.contains(" 0 data files"),
        "{report}"
    );
    let report = place.run(&["check", "--data-dir", text(&data_dir), "-o", "json"]).ok();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let root = report["logs"][0]["root_hash"].as_str().unwrap();

    let (server, user) = place.started();
    let seen = user.ok(&["check"]);
    assert!(seen.contains("default") && seen.contains("intact") && seen.contains(root), "{seen}");
    assert!(place.user(&server, &place.keys().system).ok(&["check"]).contains(root));
    assert!(place.run(&["check", "--data-dir", text(&data_dir)]).failed(1).contains("in use"));
}

#[test]
fn damage_is_named_and_ends_with_3() {
    let place = sealed();
    let data_dir = place.data_dir();
    let damaged = &place.files_ending(".parquet")[0];
    flip_a_byte(damaged);
    let run = place.run(&["check", "--data-dir", text(&data_dir)]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stdout.contains("damaged") && run.stdout.contains(text(damaged)), "{run:?}");
    assert!(!run.stdout.contains("every stored byte is"), "{run:?}");
    // Damaged data gets no index.
    place.run(&["reindex", "--data-dir", text(&data_dir)]).failed(1);
}

#[test]
fn a_lost_file_makes_its_events_unreadable_and_no_others() {
    let place = sealed();
    let data_dir = place.data_dir();
    // One unsealed event, so that one event is in no file, however many files compaction left.
    let (server, user) = place.started();
    user.ok(&["send", "--action", "a.b", "--actor", "user:alice", "--service", "s"]);
    server.stop();
    fs::remove_file(&place.files_ending(".parquet")[0]).unwrap();
    let run = place.run(&["check", "--data-dir", text(&data_dir), "-o", "json"]);
    assert_eq!(run.code, 3, "{run:?}");
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let log = &report["logs"][0];
    let count = |class: &str| log[class]["count"].as_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(count("intact") + count("unreadable"), 4_004, "{log}");
    assert!(count("intact") > 0 && count("unreadable") > 0 && count("damaged") == 0, "{log}");
    assert_eq!((&report["intact"], &log["root_hash"]), (&serde_json::json!(false), &serde_json::Value::Null));
    assert_eq!(report["findings"][0]["part"], "file", "{report}");
    let shown = place.run(&["check", "--data-dir", text(&data_dir)]).stdout;
    assert!(shown.contains("unreadable") && !shown.contains("every stored byte is"), "{shown}");
}

#[test]
fn a_directory_and_a_server_are_reported_alike() {
    let place = sealed();
    let data_dir = place.data_dir();
    let json = |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let of_directory = json(place.run(&["check", "--data-dir", text(&data_dir), "-o", "json"]).ok());
    let (server, _) = place.started();
    let of_server = json(place.user(&server, &place.keys().system).ok(&["check", "-o", "json"]));
    let members = |report: &serde_json::Value| -> Vec<String> {
        let members = report.as_object().unwrap().keys();
        members.filter(|name| *name != "storage").cloned().collect()
    };
    assert_eq!(members(&of_directory), members(&of_server));
    assert_eq!(of_directory["logs"], of_server["logs"]);
}

#[test]
fn a_damaged_or_missing_index_is_made_anew() {
    let place = sealed();
    let data_dir = place.data_dir();
    let indexes = place.files_ending(".index");
    flip_a_byte(&indexes[0]);
    assert_eq!(place.run(&["check", "--data-dir", text(&data_dir)]).code, 3);
    let report = place.run(&["reindex", "--data-dir", text(&data_dir)]).ok();
    assert_eq!(report, format!("1 rebuilt, {} were already correct\n", indexes.len() - 1));
    place.run(&["check", "--data-dir", text(&data_dir)]).ok();

    fs::remove_file(&indexes[0]).unwrap();
    assert_eq!(place.run(&["check", "--data-dir", text(&data_dir)]).code, 3);
    place.run(&["reindex", "--data-dir", text(&data_dir)]).ok();
    place.run(&["check", "--data-dir", text(&data_dir)]).ok();
    let (_server, user) = place.started();
    assert_eq!(user.count("-service:auditlog"), 4_000);
}

#[test]
fn a_running_server_makes_a_damaged_index_anew() {
    let place = sealed();
    let (server, user) = place.started();
    let system = place.user(&server, &place.keys().system);
    let indexes = place.files_ending(".index");
    flip_a_byte(&indexes[0]);
    assert_eq!(system.run(&["check"]).code, 3);

    let refusal = user.run(&["reindex"]).failed(1);
    assert!(refusal.contains("permission_denied") && refusal.contains("system key"), "{refusal}");
    let (others, all) = (indexes.len() - 1, indexes.len());
    assert_eq!(system.ok(&["reindex"]), format!("1 rebuilt, {others} were already correct\n"));
    let again: serde_json::Value = serde_json::from_str(&system.ok(&["reindex", "-o", "json"])).unwrap();
    assert_eq!(again, serde_json::json!({"rebuilt": 0, "unchanged": all}));
    system.ok(&["check"]);
    assert_eq!(user.count("-service:auditlog"), 4_000);
    let data_dir = place.data_dir();
    assert!(place.run(&["reindex", "--data-dir", text(&data_dir)]).failed(1).contains("in use"));

    flip_a_byte(&place.files_ending(".parquet")[0]);
    assert!(system.run(&["reindex"]).failed(1).contains("data_damaged"));
    server.stop();
    assert_eq!(place.run(&["check", "--data-dir", text(&data_dir)]).code, 3);
}
