//! Times, ids and the parts that are checked at the receipt.

use auditlog_core::event::violation::code;
use serde_json::json;

use super::{
    adjustments::{clock, cut, replaced},
    fields::{event_of, event_with},
    row::{Row, assert_rows},
};

/// The time of receipt of every event here.
const RECEIVED: &str = "2024-11-14T11:00:01.000000Z";

#[test]
fn a_wrong_clock_is_set_to_the_receipt_and_told() {
    let at = "/occurred_at";
    let event = |text: &str| event_of("occurred_at", json!(text));
    let kept = |text: &str, kept: &str| Row::stored(format!("time {text}"), event(text)).keeps(at, kept);
    let set = |text: &str, original: &str| kept(text, RECEIVED).with(clock(original));
    let refused = |text: &str| Row::refused(format!("time {text}"), event(text), at, code::INVALID_TIMESTAMP);
    let rows = [
        kept("2024-11-14T11:00:01Z", RECEIVED),
        kept("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z"),
        kept("1970-01-01T00:59:59.999999999+00:59", "1970-01-01T00:00:59.999999Z"),
        kept("2000-02-29T12:00:00.1-08:00", "2000-02-29T20:00:00.100000Z"),
        kept("2024-11-14T11:00:00.1234567890123456789Z", "2024-11-14T11:00:00.123456Z"),
        kept("2024-11-15T11:00:01.000000Z", "2024-11-15T11:00:01.000000Z"),
        // A leap second is the last microsecond before it.
        kept("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"),
        kept("2017-01-01T00:59:60.5+01:00", "2016-12-31T23:59:59.999999Z"),
        set("2024-11-15T11:00:01.000001Z", "2024-11-15T11:00:01.000001Z"),
        set("2024-11-15T12:00:01Z", "2024-11-15T12:00:01.000000Z"),
        set("2024-11-15T13:00:01+01:00", "2024-11-15T12:00:01.000000Z"),
        set("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
        set("1969-12-31T23:59:59.9999999999Z", "1969-12-31T23:59:59.999999Z"),
        set("1970-01-01T00:00:00+00:01", "1969-12-31T23:59:00.000000Z"),
        set("1904-01-01T00:00:00Z", "1904-01-01T00:00:00.000000Z"),
        set("1601-01-01T00:00:00Z", "1601-01-01T00:00:00.000000Z"),
        set("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        set("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z"),
        set("0000-02-29T23:59:59-23:59", "0000-03-01T23:58:59.000000Z"),
        set("2038-01-19T03:14:08Z", "2038-01-19T03:14:08.000000Z"),
        set("2262-04-12T00:00:00Z", "2262-04-12T00:00:00.000000Z"),
        set("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999Z"),
        refused("0000-01-01T00:00:00+00:01"),
        refused("9999-12-31T23:59:59-00:01"),
        refused("10000-01-01T00:00:00Z"),
        refused("-0001-01-01T00:00:00Z"),
        refused("2024-02-30T00:00:00Z"),
        refused("2023-02-29T00:00:00Z"),
        refused("2024-00-01T00:00:00Z"),
        refused("2024-11-14T24:00:00Z"),
        refused("2024-11-14T11:60:00Z"),
        refused("2024-11-14T11:00:61Z"),
        refused("2024-11-14T11:00:00"),
        refused("2024-11-14T11:00:00+24:00"),
        refused("2024-11-14T11:00:00+0100"),
        refused("2024-11-14T11:00:00 UTC"),
        refused("2024-11-14"),
        refused("14.11.2024 11:00"),
        refused("1731582000"),
        refused("now"),
        refused(" "),
        refused("\u{662}\u{660}\u{662}\u{664}-11-14T11:00:00Z"),
        refused(&"2".repeat(900_000)),
        Row::refused("a number of seconds", event_with(at, "1731582000"), at, code::WRONG_TYPE),
        Row::refused(
            "a time with U+0000",
            event_with(at, "\"2024-11-14T11:00:00Z\\u0000\""),
            at,
            code::INVALID_TIMESTAMP,
        ),
        Row::stored("no time", event_with(at, "null")).keeps(at, RECEIVED),
        Row::stored("an empty time", event_with(at, "\"\"")).keeps(at, RECEIVED),
        Row::stored("an empty object as a time", event_with(at, "{}")).keeps(at, RECEIVED),
    ];
    assert_rows(48, &rows);
}

#[test]
fn ids_are_uuids_of_version_7_in_any_case() {
    let lower = "01932b5e-7c00-7abc-8def-0123456789ab";
    let kept = |text: &str| Row::stored(format!("id {text}"), event_of("id", json!(text))).keeps("/id", lower);
    let refused =
        |text: &str| Row::refused(format!("id {text:.60}"), event_of("id", json!(text)), "/id", code::INVALID_VALUE);
    let mut rows = vec![kept(lower), kept(&lower.to_uppercase()), kept("01932B5e-7c00-7AbC-8DEf-0123456789aB")];
    rows.extend(
        (0..16)
            .filter(|version| *version != 7)
            .map(|version| refused(&format!("01932b5e-7c00-{version:x}abc-8def-0123456789ab"))),
    );
    rows.extend(
        "01234567cdef".chars().map(|variant| refused(&format!("01932b5e-7c00-7abc-{variant}def-0123456789ab"))),
    );
    // Every beginning of an id is too short to be one.
    rows.extend((1..lower.len()).map(|length| refused(&lower[..length])));
    for text in [
        &format!("{lower}0"),
        &format!(" {lower}"),
        &format!("{{{lower}}}"),
        &format!("urn:uuid:{lower}"),
        "01932b5e7c007abc8def0123456789ab",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "01932b5e-7c00-7abc-8def-0123456789ag",
        "01932b5e_7c00_7abc_8def_0123456789ab",
        "\u{ff10}1932b5e-7c00-7abc-8def-0123456789ab",
        "01HF6Z3Q8V9JYB7K3N5M2P4R6T",
        "42",
        "event-42",
        "alice@example.org",
        " ",
        &"a".repeat(257),
        &"a".repeat(900_000),
    ] {
        rows.push(refused(text));
    }
    rows.push(Row::refused("id 42", event_with("/id", "42"), "/id", code::WRONG_TYPE));
    rows.push(Row::refused("id of U+0000", event_with("/id", "\"\\u0000\""), "/id", code::INVALID_VALUE));
    assert_rows(80, &rows);
}

// Computed by the definition in another language: with `hashlib` of Python for the hash and its integers for the bits.
const ID_A1: &str = "018cc251-f47b-7ef0-9b06-8f84a9ab176a";
const ID_A1_LATER: &str = "018cc251-f47c-7ef0-9b06-8f84a9ab176a";
const ID_A1_EPOCH: &str = "00000000-0000-7ef0-9b06-8f84a9ab176a";
const ID_A1_LAST: &str = "e677d21f-dbff-7ef0-9b06-8f84a9ab176a";
const ID_REPLACED: &str = "018cc251-f400-797b-b1f2-c27c73387fab";
const ID_256: &str = "018cc251-f400-7b6c-b0e4-53d05b0c5e2e";
const ID_257: &str = "018cc251-f400-79d7-a018-6b0b70fd51f8";
const ID_258: &str = "018cc251-f400-78d9-a8d2-302fdb93e590";
const ID_LONG_SERVICE: &str = "018cc251-f400-76ac-99d5-32ce966dc588";

#[test]
fn an_external_id_of_any_length_gives_one_id() {
    let event = |literal: &str, time: &str, service: &str| {
        let members = format!(r#"{{"external_id":{literal},"occurred_at":"{time}","#);
        event_of("source", json!({"service": service})).replacen('{', &members, 1)
    };
    let row = |literal: &str, time: &str, id: &str| {
        Row::stored(format!("external id {literal:.60} at {time}"), event(literal, time, "github")).keeps("/id", id)
    };
    let at = "/external_id";
    let long = |length: usize| "x".repeat(length);
    let quoted = |text: &str| format!("\"{text}\"");
    let rows = [
        row("\"a-1\"", "2024-01-01T00:00:00.123456Z", ID_A1),
        row("\"a\\u002d1\"", "2024-01-01T01:00:00.1234+01:00", ID_A1),
        row("\"a-1\"", "2024-01-01T00:00:00.124Z", ID_A1_LATER),
        row("\"a-1\"", "1970-01-01T00:00:00Z", ID_A1_EPOCH),
        row("\"a-1\"", "1969-12-31T23:59:59.999Z", ID_A1_EPOCH).with(clock("1969-12-31T23:59:59.999000Z")),
        row("\"a-1\"", "0000-01-01T00:00:00Z", ID_A1_EPOCH).with(clock("0000-01-01T00:00:00.000000Z")),
        row("\"a-1\"", "9999-12-31T23:59:59.999Z", ID_A1_LAST).with(clock("9999-12-31T23:59:59.999000Z")),
        row("\"\\u0000\"", "2024-01-01T00:00:00Z", ID_REPLACED).with(replaced(at)).keeps(at, "\u{fffd}"),
        row("\"\\udfff\"", "2024-01-01T00:00:00Z", ID_REPLACED).with(replaced(at)).keeps(at, "\u{fffd}"),
        row("\"\u{fffd}\"", "2024-01-01T00:00:00Z", ID_REPLACED).keeps(at, "\u{fffd}"),
        row(&quoted(&long(256)), "2024-01-01T00:00:00Z", ID_256).keeps(at, long(256)),
        row(&quoted(&long(257)), "2024-01-01T00:00:00Z", ID_257).with(cut(at, &long(257))).keeps(at, long(256)),
        row(&quoted(&long(258)), "2024-01-01T00:00:00Z", ID_258).with(cut(at, &long(258))).keeps(at, long(256)),
        Row::stored("a long service", event("\"a-1\"", "2024-01-01T00:00:00Z", &long(300)))
            .with(cut("/source/service", &long(300)))
            .keeps("/id", ID_LONG_SERVICE)
            .keeps("/source/service", long(256)),
        Row::stored(
            "an external id beside an id",
            event("\"a-1\"", "2024-01-01T00:00:00Z", "s").replacen(
                '{',
                r#"{"id":"01932B5E-7C00-7ABC-8DEF-0123456789AB","#,
                1,
            ),
        )
        .keeps("/id", "01932b5e-7c00-7abc-8def-0123456789ab"),
        Row::stored("an empty external id without a time", event_with(at, "\"\"").replace("occurred_at", "message"))
            .lacks(at),
        Row::refused(
            "an external id without a time",
            event_of("external_id", json!("a-1")),
            "/occurred_at",
            code::MISSING_FIELD,
        ),
        Row::refused(
            "an external id with an empty time",
            event("\"a-1\"", "", "s"),
            "/occurred_at",
            code::MISSING_FIELD,
        ),
        Row::refused(
            "an external id with a wrong time",
            event("\"a-1\"", "yesterday", "s"),
            "/occurred_at",
            code::INVALID_TIMESTAMP,
        ),
    ];
    assert_rows(19, &rows);
}

#[test]
fn the_service_of_the_server_is_reserved_in_any_case() {
    let at = "/source/service";
    let event = |service: &str| event_of("source", json!({"service": service}));
    let refused =
        |service: &str| Row::refused(format!("service {service}"), event(service), at, code::RESERVED_SERVICE);
    let kept = |service: &str| Row::stored(format!("service {service:?}"), event(service)).keeps(at, service);
    let long = format!("auditlog{}", "g".repeat(300));
    let mut rows: Vec<Row> =
        ["auditlog", "AuditLog", "AUDITLOG", "aUdItLoG", "auditloG"].into_iter().map(refused).collect();
    rows.push(Row::refused("an escaped service", event_with(at, "\"\\u0061uditlog\""), at, code::RESERVED_SERVICE));
    rows.extend(
        [
            "auditlog ",
            " auditlog",
            "auditlogs",
            "audit-log",
            "my.auditlog",
            "aud\u{131}tlog",
            "audi\u{307}tlog",
            "\u{ff41}\u{ff55}\u{ff44}\u{ff49}\u{ff54}\u{ff4c}\u{ff4f}\u{ff47}",
            "auditlo\u{261}",
            "audit\u{200b}log",
            "\u{202e}goltidua",
            "\u{430}uditlog",
        ]
        .into_iter()
        .map(kept),
    );
    rows.push(Row::stored("a service with U+0000", event_with(at, "\"auditlog\\u0000\"")).with(replaced(at)));
    rows.push(Row::stored("a long service", event(&long)).with(cut(at, &long)).keeps(at, &long[..256]));
    assert_rows(20, &rows);
}

#[test]
fn an_event_of_another_tenant_is_refused_whatever_it_names() {
    let at = "/tenant_id";
    let refused =
        |literal: &str, code| Row::refused(format!("tenant {literal:.60}"), event_with(at, literal), at, code);
    let rows = [
        Row::stored("the own tenant", event_with(at, "\"acme\"")).keeps(at, "acme"),
        Row::stored("the own tenant, escaped", event_with(at, "\"\\u0061cme\"")).keeps(at, "acme"),
        Row::stored("no tenant", event_with(at, "null")).keeps(at, "acme"),
        Row::stored("an empty tenant", event_with(at, "\"\"")).keeps(at, "acme"),
        refused("\"other\"", code::TENANT_MISMATCH),
        refused("\"ACME\"", code::TENANT_MISMATCH),
        refused("\"acme \"", code::TENANT_MISMATCH),
        refused("\"../acme\"", code::TENANT_MISMATCH),
        refused("\"acme\\u0000\"", code::TENANT_MISMATCH),
        refused(&format!("\"{}\"", "acme".repeat(200_000)), code::TENANT_MISMATCH),
        refused("1", code::WRONG_TYPE),
        refused("[\"acme\"]", code::WRONG_TYPE),
    ];
    assert_rows(12, &rows);
}
