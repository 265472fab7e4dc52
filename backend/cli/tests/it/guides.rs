//! The guides are true: the questions of docs/guides/find.md have the answers that the page lists.

use std::{collections::BTreeSet, fs, path::PathBuf};

use crate::harness::Installation;

fn guide(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides").join(file)
}

#[test]
fn every_question_of_the_guide_finds_its_events() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let events = fs::read_to_string(guide("find-events.ndjson")).unwrap();
    user.run_with_input(&["send"], &events).ok();

    let page = fs::read_to_string(guide("find.md")).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit())
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), 15);
    for row in rows {
        let query = row[2].trim_matches('`');
        let expected: BTreeSet<&str> = row[3].split(' ').collect();
        let found = user.search(&[query]);
        let found: BTreeSet<&str> = found.iter().map(|event| event["external_id"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "question {}: {query}", row[0]);
    }
}
