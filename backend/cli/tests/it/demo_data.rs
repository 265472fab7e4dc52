//! `demo-data`: the same seed produces the same events, and the server accepts all of them.

use std::collections::HashSet;

use serde_json::Value;

use crate::harness::{Installation, text};

/// The seed of the generator.
pub(crate) const FIXED: [&str; 4] = ["--seed", "7", "--until", "2026-11-01T00:00:00Z"];

#[test]
fn generated_events_are_taken_once_and_found() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let arguments = [&["demo-data", "--events", "3000"], &FIXED[..]].concat();
    assert!(user.ok(&arguments).starts_with("3,000 stored, 15 adjusted"));
    assert!(user.ok(&arguments).starts_with("0 stored, 3,000 stored before, 15 adjusted"));
    let found = user.count("-service:auditlog");
    assert_eq!(found, 3_000);

    // The printed events are the sent ones. From an external id the server derives the id.
    let id_of =
        |event: &Value| ["external_id", "id"].into_iter().find_map(|name| event[name].as_str()).unwrap().to_owned();
    let printed = place.run(&[&["demo-data", "--stdout", "--events", "3000"], &FIXED[..]].concat()).ok();
    let ids: HashSet<String> = printed.lines().map(|line| id_of(&serde_json::from_str(line).unwrap())).collect();
    let stored: HashSet<String> = user.search(&["--all", "-service:auditlog"]).iter().map(id_of).collect();
    assert_eq!(ids.len(), 3_000);
    assert_eq!(ids, stored);
}

#[test]
fn five_tenants_each_get_their_share() {
    let place = Installation::new();
    let (server, _user) = place.started();
    let system = place.user(&server, &place.keys().system);
    let keys_file = place.path("demo-keys.json");
    let arguments =
        [&["demo-data", "--events", "2000", "--tenants", "5", "--keys-file", text(&keys_file)], &FIXED[..]].concat();
    assert!(system.ok(&arguments).starts_with("2,000 stored"));
    // The keys are remembered, so the tenants can be filled again.
    assert!(system.ok(&arguments).starts_with("0 stored, 2,000 stored before"));

    let keys: Value = serde_json::from_str(&std::fs::read_to_string(keys_file).unwrap()).unwrap();
    let counts: Vec<u64> = keys
        .as_object()
        .unwrap()
        .values()
        .map(|key| place.user(&server, key.as_str().unwrap()).count("-service:auditlog"))
        .collect();
    assert_eq!((counts.len(), counts.iter().sum()), (5, 2_000));
    assert!(counts.iter().all(|count| *count > 50), "{counts:?}");

    let again = [&["demo-data", "--events", "10", "--tenants", "5"], &FIXED[..]].concat();
    let message = system.run(&again).failed(1);
    assert!(message.contains("--keys-file"), "{message}");
}
