//! Numbers in the places where producers may send any JSON, and in those where they may not.

use auditlog_core::event::violation::code;
use serde_json::Value;

use super::{
    adjustments::{cut, number_as_text},
    fields::event_with,
    row::{Row, assert_rows, beginning},
};

/// Where any JSON may stand. In all but the last two there are limits of values and texts.
const PLACES: [&str; 7] = [
    "/metadata/n",
    "/metadata/list/0/n",
    "/actor/attributes/n",
    "/on_behalf_of/0/attributes/n",
    "/targets/0/attributes/n",
    "/changes/0/old",
    "/changes/0/new/list/0/n",
];

/// Numbers that a reader of JSON may hold, and how RFC 8785 prints them.
const HELD: [(&str, &str); 16] = [
    ("0", "0"),
    ("-0", "0"),
    ("-0.0e99", "0"),
    ("1.0", "1"),
    ("1E2", "100"),
    ("0.1", "0.1"),
    ("-1.5e-3", "-0.0015"),
    ("1e-7", "1e-7"),
    ("1e-400", "0"),
    ("-1e-999999999999", "0"),
    ("4.50", "4.5"),
    ("1e15", "1000000000000000"),
    ("9007199254740992", "9007199254740992"),
    ("-9007199254740992", "-9007199254740992"),
    ("9007199254740991.0", "9007199254740991"),
    ("0.9007199254740992e16", "9007199254740992"),
];

/// Numbers that some readers of JSON cannot hold.
const NOT_HELD: [&str; 12] = [
    "9007199254740993",
    "-9007199254740993",
    "9007199254740992.5",
    "9.007199254740993e15",
    "1e16",
    "1E+20",
    "1e20",
    "18446744073709551616",
    "123456789012345678901234567890.123456789",
    "1e400",
    "-1e400",
    "1e999999999999999999999",
];

#[test]
fn a_number_that_readers_cannot_hold_stays_as_it_was_written() {
    let mut rows = Vec::new();
    for place in PLACES {
        for (literal, printed) in HELD {
            let value: Value = serde_json::from_str(printed).unwrap();
            rows.push(Row::stored(format!("{place}, {literal}"), event_with(place, literal)).keeps(place, value));
        }
        for literal in NOT_HELD {
            let row = Row::stored(format!("{place}, {literal}"), event_with(place, &format!(" {literal}\n")));
            rows.push(row.with(number_as_text(place)).keeps(place, literal));
        }
    }
    assert_rows(190, &rows);
}

#[test]
fn a_number_of_many_digits_is_a_text_with_a_limit() {
    let digits = "9".repeat(100_000);
    let small = format!("0.{}1", "0".repeat(100_000));
    let mut rows = Vec::new();
    for place in &PLACES[..5] {
        let row = Row::stored(format!("{place}, 100,000 digits"), event_with(place, &digits));
        rows.push(row.with(number_as_text(place)).with(cut(place, &digits)).keeps(*place, beginning(&digits, 8192)));
        rows.push(Row::stored(format!("{place}, 100,000 zeros"), event_with(place, &small)).keeps(*place, 0));
    }
    // Of a change the limit is that of the JSON text, with its quotes.
    let place = "/changes/0/old";
    let row = Row::stored(format!("{place}, 100,000 digits"), event_with(place, &digits));
    let kept = format!("\"{}", beginning(&digits, 8188));
    rows.push(row.with(number_as_text(place)).with(cut(place, &format!("\"{digits}\""))).keeps(place, kept));
    assert_rows(11, &rows);
}

#[test]
fn the_numbers_of_the_format_itself_are_whole_and_within_two_to_the_53() {
    let hash = "ab".repeat(32);
    let raw_with = |literal: &str| {
        event_with("/raw/size", literal).replacen("\"size\"", &format!("\"sha256\":\"{hash}\",\"size\""), 1)
    };
    let mut rows = Vec::new();
    for (literal, kept) in [("0", 0), ("-0", 0), ("1e3", 1000), ("9007199254740992", 1_u64 << 53)] {
        let place = "/producer/sequence";
        rows.push(Row::stored(format!("{place}, {literal}"), event_with(place, literal)).keeps(place, kept));
        rows.push(Row::stored(format!("size {literal}"), raw_with(literal)).keeps("/raw/size", kept));
    }
    for (literal, code) in [
        ("9007199254740993", code::NUMBER_OUT_OF_RANGE),
        ("1e400", code::NUMBER_OUT_OF_RANGE),
        ("-1e20", code::NUMBER_OUT_OF_RANGE),
        ("-1", code::INVALID_VALUE),
        ("0.5", code::INVALID_VALUE),
        ("\"1\"", code::WRONG_TYPE),
        ("true", code::WRONG_TYPE),
        ("[1]", code::WRONG_TYPE),
        ("null", code::MISSING_FIELD),
        ("\"\"", code::MISSING_FIELD),
    ] {
        let place = "/producer/sequence";
        rows.push(Row::refused(format!("{place}, {literal}"), event_with(place, literal), place, code));
        rows.push(Row::refused(format!("size {literal}"), raw_with(literal), "/raw/size", code));
    }
    assert_rows(28, &rows);
}
