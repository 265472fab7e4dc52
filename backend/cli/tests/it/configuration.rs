//! `config`: sources in their order, errors that name the key.

use std::fs;

use crate::harness::{Installation, text};

#[test]
fn what_is_shown_is_what_takes_effect_and_can_be_a_file_again() {
    let place = Installation::new();
    let file = place.path("auditlog.toml");
    fs::write(&file, "[server]\nlisten = \"127.0.0.1:1\"\nquery_concurrency = 3\n").unwrap();
    let output = place
        .command()
        .args(["config", "show", "--config", text(&file), "--data-dir", "/srv/audit"])
        .env("AUDITLOG__SERVER__LISTEN", "127.0.0.1:2")
        .env("AUDITLOG__BOOTSTRAP__SYSTEM_KEY", "alk_secret")
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    for line in ["listen = \"127.0.0.1:2\"", "query_concurrency = 3", "data_dir = \"/srv/audit\""] {
        assert!(shown.lines().any(|shown| shown == line), "{line} is missing in\n{shown}");
    }
    assert!(!shown.contains("alk_secret"), "{shown}");

    fs::write(&file, place.run(&["config", "show"]).ok()).unwrap();
    place.run(&["config", "validate", "--config", text(&file)]).ok();
}

#[test]
fn a_wrong_value_is_named_by_its_key_and_source() {
    let place = Installation::new();
    let file = place.path("auditlog.toml");
    for (content, parts) in [
        ("[server]\nlisten = \"here\"\n", ["server.listen", text(&file)]),
        ("[server]\nlisten_at = 1\n", ["server.listen_at", "no such key"]),
        ("[storage]\nseal_events = 0\n", ["storage.seal_events", text(&file)]),
        ("[server\n", ["config", text(&file)]),
    ] {
        fs::write(&file, content).unwrap();
        for command in [vec!["config", "validate"], vec!["serve"]] {
            let message = place.run(&[&command[..], &["--config", text(&file)]].concat()).failed(2);
            assert!(parts.iter().all(|part| message.contains(part)), "{parts:?}: {message}");
        }
    }
    let output = place.command().args(["config", "validate"]).env("AUDITLOG__LOG__FORMAT", "xml").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("log.format") && message.contains("AUDITLOG__LOG__FORMAT"), "{message}");
    assert!(place.run(&["serve", "--config", "/nowhere.toml"]).failed(2).contains("/nowhere.toml"));
}
