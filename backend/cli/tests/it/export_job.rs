//! `export-job`: lists, shows, cancels and deletes the exports on the server.

use std::time::Instant;

use serde_json::Value;

use crate::{
    export::{exports, fill, kept},
    export_transfer::{Fetching, PATIENCE},
    harness::{Installation, Server, text},
};

/// The maximum number of exports of a key.
const EXPORTS_OF_KEY_MAX: usize = 25;

/// Starts an export for which no client waits.
fn begin(server: &Server, key: &str) -> String {
    let request = ureq::post(format!("{}/api/v1/exports", server.url))
        .header("authorization", format!("Bearer {key}"))
        .content_type("application/json");
    let answer = request.send(r#"{"format":"parquet"}"#).unwrap().body_mut().read_to_string().unwrap();
    serde_json::from_str::<Value>(&answer).unwrap()["id"].as_str().unwrap().to_owned()
}

/// The number of exports that have failed since the server's start.
fn failed_exports(server: &Server) -> u64 {
    let text = ureq::get(format!("{}/metrics", server.url)).call().unwrap().body_mut().read_to_string().unwrap();
    let name = "auditlog_export_jobs_ended_total{outcome=\"Failed\"} ";
    text.lines().find_map(|line| line.strip_prefix(name)).unwrap().parse().unwrap()
}

#[test]
fn an_export_is_listed_shown_and_removed() {
    let place = Installation::new();
    let (server, user) = place.started();
    fill(&user);
    let (first, _) = kept(&user, &place.path("a.csv"), &["outcome:denied", "--columns", "actor.id,action"]);
    let (second, _) = kept(&user, &place.path("b.parquet"), &["-service:auditlog"]);

    let list = user.ok(&["export-job", "list"]);
    let lines: Vec<&str> = list.lines().collect();
    let titles: Vec<&str> = lines[0].split_whitespace().collect();
    assert_eq!(titles, ["STATUS", "PROGRESS", "EVENTS", "SIZE", "CREATED", "QUERY", "ID"]);
    assert!(lines[1].starts_with("completed  100%      3,000 ") && lines[1].ends_with(&second), "{list}");
    assert!(lines[2].contains("outcome:denied") && lines[2].ends_with(&first), "{list}");

    let shown: Value = serde_json::from_str(&user.ok(&["export-job", "get", &first, "-o", "json"])).unwrap();
    assert_eq!(shown["columns"], serde_json::json!(["actor.id", "action"]));
    assert_eq!(shown["manifest"]["events"], shown["progress"]["events"]);
    let card = user.ok(&["export-job", "get", &first]);
    for expected in ["outcome:denied", "actor.id, action", "you", shown["manifest"]["sha256"].as_str().unwrap()] {
        assert!(card.contains(expected), "{expected} is missing in\n{card}");
    }

    let refused = user.run(&["export-job", "cancel", &first]).failed(1);
    assert!(refused.contains("export_finished"), "{refused}");
    assert_eq!(user.ok(&["export-job", "delete", &first]), format!("deleted {first}\n"));
    assert!(user.run(&["export-job", "get", &first]).failed(1).contains("export_not_found"));
    assert_eq!(exports(&user).len(), 1);

    // Another key of the same tenant is the server's matter; another tenant sees nothing.
    server.stop();
    let server = place.start();
    let user = place.user(&server, &place.keys().default);
    assert_eq!(exports(&user)[0]["id"], second.as_str(), "exports outlive the server");
    user.ok(&["export", "--resume", &second, "--file", text(&place.path("again.parquet"))]);
    assert_eq!(exports(&user), Vec::<Value>::new());
    assert_eq!(user.ok(&["export-job", "list"]).lines().count(), 1, "titles alone");
}

#[test]
fn an_export_that_is_cancelled_or_fails_ends_the_command_that_waits_for_it() {
    let place = Installation::new();
    let (server, user) = place.started();
    user.ok(&["demo-data", "--events", "20000", "--seed", "3", "--until", "2026-11-01T00:00:00Z"]);
    let key = place.keys().default;
    // Made one after the other, so that the last ones wait for a long time.
    let ids: Vec<String> = (0..EXPORTS_OF_KEY_MAX).map(|_| begin(&server, &key)).collect();
    let last = &ids[EXPORTS_OF_KEY_MAX - 1];
    let path = place.path("events.parquet");
    let refused = user.run(&["export", "--file", text(&path)]).failed(1);
    assert!(refused.contains("too_many_exports") && refused.contains("export-job list"), "{refused}");

    let resume = ["export", "--file", text(&path), "--resume"];
    let waiting = Fetching::start(user.command(&[&resume[..], &[last]].concat()));
    assert_eq!(user.ok(&["export-job", "cancel", last]), format!("cancelled {last}\n"));
    let message = waiting.end().failed(1);
    assert!(message.contains("was cancelled") && !message.contains("--resume"), "{message}");
    user.ok(&["export-job", "cancel", last]);

    // When a tenant is suspended, its keys stop working, and so do the exports they started.
    let system = place.user(&server, &place.keys().system);
    system.ok(&["tenant", "suspend", "default"]);
    let suspended_at = Instant::now();
    while failed_exports(&server) == 0 {
        assert!(suspended_at.elapsed() < PATIENCE, "no export fails");
        std::thread::yield_now();
    }
    system.ok(&["tenant", "resume", "default"]);
    let failed = exports(&user).into_iter().find(|export| export["status"] == "failed").unwrap();
    let message = user.run(&[&resume[..], &[failed["id"].as_str().unwrap()]].concat()).failed(1);
    assert!(message.contains("failed: ") && message.contains("(tenant_suspended)"), "{message}");
    assert_eq!(failed["problem"]["code"], "tenant_suspended");
    assert!(!path.exists());
}
