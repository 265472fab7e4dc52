//! The command line as a whole: help, completions, exit codes, the API document.

use serde_json::Value;

use crate::harness::Installation;

const COMMANDS: [&str; 20] = [
    "serve",
    "send",
    "import",
    "search",
    "saved-search",
    "tail",
    "aggregate",
    "facets",
    "export",
    "export-job",
    "stats",
    "get",
    "demo-data",
    "key",
    "tenant",
    "check",
    "reindex",
    "config",
    "openapi",
    "completions",
];

#[test]
fn every_command_explains_itself_with_an_example() {
    let place = Installation::new();
    let help = place.run(&["--help"]).ok();
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is missing in\n{help}");
        let own = place.run(&[command, "--help"]).ok();
        assert!(own.contains(&format!("auditlog {command}")), "{own}");
        assert!(own.contains("Examples:"), "{command} has no examples");
    }
}

#[test]
fn a_key_in_the_environment_is_never_shown() {
    let place = Installation::new();
    for command in COMMANDS {
        let output = place.command().args([command, "--help"]).env("AUDITLOG_KEY", "alk_live_secret").output().unwrap();
        assert!(!String::from_utf8_lossy(&output.stdout).contains("alk_live_secret"), "{command}");
    }
}

#[test]
fn completions_are_there_for_the_usual_shells() {
    let place = Installation::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = place.run(&["completions", shell]).ok();
        assert!(COMMANDS.iter().all(|command| script.contains(command)), "{shell}");
    }
    place.run(&["completions", "abacus"]).failed(2);
}

#[test]
fn the_api_document_is_the_same_in_both_notations() {
    let place = Installation::new();
    let json: Value = serde_json::from_str(&place.run(&["openapi", "--format", "json"]).ok()).unwrap();
    assert!(json["paths"]["/api/v1/events"]["post"].is_object());
    let yaml = place.run(&["openapi"]).ok();
    assert!(yaml.starts_with("openapi:"), "{}", &yaml[..100]);
    for path in json["paths"].as_object().unwrap().keys() {
        assert!(yaml.contains(&format!("  {path}:")), "{path}");
    }
}

#[test]
fn a_wrong_command_line_ends_with_2_and_tries_nothing() {
    let place = Installation::new();
    for arguments in [
        vec!["sing"],
        vec!["search", "--limit", "0"],
        vec!["search", "--url", "nonsense"],
        vec!["aggregate", "--by", "action", "--interval", "year"],
        vec!["aggregate", "--interval", "hour"],
        vec!["facets", "--limit", "1001"],
        vec!["send", "--action", "a.b"],
        vec!["import", "--format", "csv", "x"],
        vec!["import", "--format", "ndjson", "/nowhere.ndjson"],
        vec!["demo-data", "--until", "soon"],
        vec!["export", "--file", "/nowhere/events.csv"],
        vec!["export", "--file", "events.json", "--format", "csv"],
        vec!["export", "--file", "-", "--overwrite"],
        vec!["export", "--resume", "../events"],
        vec!["export-job", "get", "../events"],
        vec!["check", "--data-dir", "/nowhere"],
        vec!["reindex", "--data-dir", "/nowhere"],
    ] {
        let run = place.run(&arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {run:?}");
        assert!(run.stdout.is_empty() && run.stderr.starts_with("error:"), "{arguments:?}: {run:?}");
    }
}
