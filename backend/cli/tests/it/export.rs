//! `export`: into a pipe and into a file.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::Stdio,
};

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    cloudtrail::{self, jq},
    export_formats::{assert_same, events_of, listed},
    harness::{Installation, User, text},
    proxy::Proxy,
};

/// The denied records, selected by jq.
const DENIED: &str = r#"(.errorCode // "") | test("^AccessDenied|Unauthorized")"#;

pub(crate) fn json_file(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn sha256(file: &[u8]) -> String {
    format!("{:x}", Sha256::digest(file))
}

pub(crate) fn manifest_path(path: &Path) -> PathBuf {
    path.with_file_name(format!("{}.manifest.json", path.file_name().unwrap().to_str().unwrap()))
}

pub(crate) fn part_path(path: &Path) -> PathBuf {
    path.with_file_name(format!("{}.part", path.file_name().unwrap().to_str().unwrap()))
}

fn unpacked(name: &str, file: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match name.rsplit('.').next().unwrap() {
        "gz" => MultiGzDecoder::new(file).read_to_end(&mut plain).map(drop),
        "zst" => zstd::Decoder::new(file).unwrap().read_to_end(&mut plain).map(drop),
        _ => return file.to_vec(),
    }
    .unwrap();
    plain
}

/// The exports on the server.
pub(crate) fn exports(user: &User<'_>) -> Vec<Value> {
    serde_json::from_str(&user.ok(&["export-job", "list", "-o", "json"])).unwrap()
}

/// Exports into a file and leaves the export on the server. Returns its id and the file.
pub(crate) fn kept(user: &User<'_>, path: &Path, arguments: &[&str]) -> (String, Vec<u8>) {
    user.ok(&[&["export", "--keep", "--file", text(path)], arguments].concat());
    (exports(user)[0]["id"].as_str().unwrap().to_owned(), fs::read(path).unwrap())
}

/// Enough events for several reads of the file on each side of a broken connection.
pub(crate) fn fill(user: &User<'_>) {
    user.ok(&["demo-data", "--events", "3000", "--seed", "3", "--until", "2026-11-01T00:00:00Z"]);
}

#[test]
fn a_file_of_every_format_holds_what_the_search_and_jq_find() {
    let place = Installation::new();
    let server = place.start_sealing(500);
    let user = place.user(&server, &place.keys().default);
    cloudtrail::import(&user).ok();
    // A term that looks like a flag, followed by an option.
    let terms = ["raw.format:cloudtrail", "-action:s3.*", "outcome:denied"];
    let query = "raw.format:cloudtrail NOT action:s3.* outcome:denied";
    let expected = listed(&user, query);
    let count = jq(&format!("map(select(({DENIED}) and .eventSource != \"s3.amazonaws.com\")) | length"));
    assert_eq!(expected.len() as u64, count.as_u64().unwrap());
    for name in ["e.ndjson", "e.jsonl.gz", "e.json.zst", "e.json", "e.csv", "e.csv.gz", "e.parquet"] {
        let path = place.path(name);
        let said = user.ok(&[&["export"], &terms[..], &["-f", text(&path)]].concat());
        let file = fs::read(&path).unwrap();
        assert!(said.starts_with(&format!("exported {count} events (")), "{said}");
        assert!(said.contains(text(&path)) && said.contains(&sha256(&file)), "{said}");

        let manifest = json_file(&manifest_path(&path));
        let format = manifest["format"].as_str().unwrap();
        assert_same(&events_of(format, unpacked(name, &file)), &expected, name);
        assert_eq!(manifest["events"], count, "{name}");
        assert_eq!(manifest["bytes"], file.len(), "{name}");
        assert_eq!(manifest["sha256"], sha256(&file), "{name}");
        assert_eq!(manifest["query"], query, "{name}");
        assert_eq!(manifest["first_sequence"], expected[0]["sequence"], "{name}");
        assert_eq!(manifest["last_sequence"], expected[expected.len() - 1]["sequence"], "{name}");
        assert!(!part_path(&path).exists(), "{name}");
    }
    assert_eq!(exports(&user), Vec::<Value>::new(), "what was fetched is removed");
}

#[test]
fn a_pipe_gets_what_the_search_and_jq_find() {
    let place = Installation::new();
    let server = place.start_sealing(500);
    let user = place.user(&server, &place.keys().default);
    cloudtrail::import(&user).ok();
    user.ok(&["saved-search", "create", "denied or iam", "outcome:denied OR action:iam.*"]);
    let condition = format!("((({DENIED}) or .eventSource == \"iam.amazonaws.com\") and .awsRegion != \"us-east-1\")");
    let count = jq(&format!("map(select({condition})) | length")).as_u64().unwrap();
    // An OR in the saved text keeps its meaning when terms are added.
    let terms = ["--saved", "denied or iam", "raw.format:cloudtrail", "-source.region:us-east-1"];
    let file = user.ok(&[&["export"], &terms[..]].concat());
    let query = "(outcome:denied OR action:iam.*) raw.format:cloudtrail -source.region:us-east-1";
    let expected = listed(&user, query);
    assert_eq!(expected.len() as u64, count);
    assert_same(&events_of("ndjson", file.into_bytes()), &expected, query);

    let columns = ["--columns", "outcome.code,actor.id", "--format", "csv", "--file", "-"];
    let table = user.ok(&[&["export"], &terms[..], &columns].concat());
    assert!(table.starts_with("outcome.code,actor.id\r\n"), "{table}");
    assert_eq!(table.lines().count() as u64, count + 1);
    assert_eq!(user.ok(&["export", "actor:nobody"]), "");
    assert_eq!(exports(&user), Vec::<Value>::new(), "a stream leaves nothing at the server");
}

#[test]
fn a_stream_that_breaks_off_is_an_error_that_says_so() {
    let place = Installation::new();
    let (server, user) = place.started();
    fill(&user);
    let whole = user.ok(&["export", "-service:auditlog"]);
    let proxy = Proxy::new(server.address(), &[300_000]);
    let run = user.at(&proxy.url).run(&["export", "-service:auditlog"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("INCOMPLETE") && run.stderr.contains("--file"), "{}", run.stderr);
    assert!(!run.stdout.is_empty() && run.stdout.len() < whole.len() && whole.starts_with(&run.stdout));
}

#[test]
fn a_reader_that_leaves_ends_the_stream_without_an_error() {
    let place = Installation::new();
    let (_server, user) = place.started();
    fill(&user);
    let mut child = user.command(&["export"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(output.status.success(), "{}", output.status);
}

#[test]
fn what_is_there_is_replaced_only_when_it_is_asked_for() {
    let place = Installation::new();
    let (_server, user) = place.started();
    user.ok(&["send", "--action", "doc.read", "--actor", "user:alice", "--service", "docs"]);
    let path = place.path("events.json");
    fs::write(&path, "precious").unwrap();
    let refused = user.run(&["export", "service:docs", "--file", text(&path)]).failed(2);
    assert!(refused.contains("already exists") && refused.contains("--overwrite"), "{refused}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    user.ok(&["export", "service:docs", "--file", text(&path), "--overwrite"]);
    assert_eq!(json_file(&path)[0]["action"], "doc.read");
    assert_eq!(json_file(&manifest_path(&path))["sha256"], sha256(&fs::read(&path).unwrap()));
}

#[test]
fn what_is_not_understood_is_shown_with_its_place() {
    let place = Installation::new();
    let (_server, user) = place.started();
    for arguments in [&["export", "acter:red"][..], &["export", "acter:red", "--file", text(&place.path("x.csv"))]] {
        let message = user.run(arguments).failed(2);
        let lines: Vec<&str> = message.lines().collect();
        let query = lines.iter().position(|line| line.trim() == "acter:red").unwrap();
        assert_eq!(lines[query + 1].find('^'), lines[query].find("acter"), "{message}");
    }
    for file in [text(&place.path("x.csv")), "-"] {
        let refused = user.run(&["export", "--format", "csv", "--columns", "no.such", "--file", file]).failed(2);
        assert!(refused.starts_with("error: --columns: ") && refused.contains("no.such"), "{refused}");
    }
}

#[test]
fn what_a_key_may_not_see_is_named_beside_every_result() {
    let place = Installation::new();
    let (_server, user) = place.started();
    let viewer = user.ok(&["key", "create", "--role", "audit_viewer", "--print-key"]);
    let stderr = |arguments: &[&str]| user.run(&[arguments, &["--key", viewer.trim()]].concat()).stderr;
    let file = place.path("x.csv");
    for arguments in [
        &["search", "alice"][..],
        &["search", "alice", "--count"],
        &["tail", "alice"],
        &["facets", "alice"],
        &["aggregate", "alice", "--by", "action"],
        &["export", "alice", "--format", "csv"],
        &["export", "alice", "--file", text(&file)],
    ] {
        let note = stderr(arguments);
        assert!(
            note.contains("actor, context, content") && note.contains("events.read_personal"),
            "{arguments:?}: {note}"
        );
    }
    assert!(!user.run(&["search", "alice"]).stderr.contains("permission"));
}
