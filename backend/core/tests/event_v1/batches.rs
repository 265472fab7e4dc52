//! Batches: an invalid event does not affect the others, and of a body that cannot be read nothing is stored.

use auditlog_core::event::{BatchFormat, Violation, parse_batch, violation::code};

use crate::fixtures::{FULL_EVENT, SMALL_EVENT};

const BAD_EVENT: &str = r#"{"action":"user.login","actor":{"type":"user"},"source":{"service":"web"}}"#;

/// For each event of the batch `None`, or its first violation's code and pointer.
fn outcomes(body: &[u8], format: BatchFormat) -> Vec<Option<(&'static str, String)>> {
    let first = |mut violations: Vec<Violation>| {
        let violation = violations.remove(0);
        (violation.code, violation.pointer)
    };
    parse_batch(body, format).unwrap().into_iter().map(|event| event.err().map(first)).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "it stands in a list of outcomes")]
fn refused(code: &'static str, pointer: &str) -> Option<(&'static str, String)> {
    Some((code, pointer.to_owned()))
}

#[test]
fn an_array_gives_an_answer_for_each_event_in_order() {
    let surrogate = SMALL_EVENT.replace("alice", "\\ud800");
    let duplicate = SMALL_EVENT.replace("{\"service\"", "{\"service\":\"a\",\"service\"");
    let deep = SMALL_EVENT.replace("\"web\"", &format!("{}{}", "[".repeat(40), "]".repeat(40)));
    let body = format!(" [ {SMALL_EVENT} ,{BAD_EVENT},{surrogate},{duplicate},null,7,[[]],{deep},{FULL_EVENT}] ");
    let expected = [
        None,
        refused(code::MISSING_FIELD, "/actor/id"),
        None,
        refused(code::DUPLICATE_KEY, "/source/service"),
        refused(code::WRONG_TYPE, ""),
        refused(code::WRONG_TYPE, ""),
        refused(code::WRONG_TYPE, ""),
        refused(code::WRONG_TYPE, "/source/service"),
        None,
    ];
    assert_eq!(outcomes(body.as_bytes(), BatchFormat::Array), expected);
}

#[test]
fn a_batch_takes_events_as_deep_as_they_may_be_alone() {
    let with_old = |depth: usize| {
        let change = format!(r#"{{"path":"","op":"add","old":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        SMALL_EVENT.replace("\"source\"", &format!("\"changes\":[{change}],\"source\""))
    };
    let body = format!("[{},{}]", with_old(125), with_old(126));
    let outcomes = outcomes(body.as_bytes(), BatchFormat::Array);
    assert_eq!((outcomes[0].clone(), outcomes[1].as_ref().map(|one| one.0)), (None, Some(code::TOO_DEEP)));
}

#[test]
fn lines_stand_for_themselves() {
    let one_line = FULL_EVENT.replace('\n', " ");
    let mut body = format!("{SMALL_EVENT}\r\n\n  \n{{\"action\":\n{BAD_EVENT}\n").into_bytes();
    body.extend_from_slice(b"\"\xff\"\n");
    body.extend_from_slice(one_line.as_bytes());
    let expected = [
        None,
        refused(code::MALFORMED_JSON, "/action"),
        refused(code::MISSING_FIELD, "/actor/id"),
        refused(code::MALFORMED_JSON, ""),
        None,
    ];
    assert_eq!(outcomes(&body, BatchFormat::Ndjson), expected);
}

#[test]
fn an_empty_batch_is_a_batch() {
    assert_eq!(outcomes(b"[]", BatchFormat::Array), []);
    assert_eq!(outcomes(b"\n", BatchFormat::Ndjson), []);
    assert_eq!(outcomes(b"", BatchFormat::Ndjson), []);
}

#[test]
fn an_array_that_cannot_be_read_says_where() {
    for (body, code, pointer, offset) in [
        ("", code::MALFORMED_JSON, "", 0),
        ("{}", code::WRONG_TYPE, "", 0),
        ("[{},", code::MALFORMED_JSON, "/1", 4),
        ("[{} {}]", code::MALFORMED_JSON, "", 4),
        ("[{}]]", code::MALFORMED_JSON, "", 4),
        (r#"[{},{"actor":{"id":}}]"#, code::MALFORMED_JSON, "/1/actor/id", 19),
        (r#"[{"x":[tru]}]"#, code::MALFORMED_JSON, "/0/x", 7),
    ] {
        let error = parse_batch(body.as_bytes(), BatchFormat::Array).unwrap_err();
        assert_eq!((error.code, error.pointer.as_str(), error.offset), (code, pointer, offset), "{body}: {error}");
    }
}

#[test]
fn a_thousand_events_are_taken_and_one_more_is_not() {
    let many = |count: usize, separator: &str| vec![SMALL_EVENT; count].join(separator);
    for (format, separator, open, close) in [(BatchFormat::Array, ",", "[", "]"), (BatchFormat::Ndjson, "\n", "", "\n")]
    {
        let body = |count| format!("{open}{}{close}", many(count, separator));
        assert_eq!(parse_batch(body(1_000).as_bytes(), format).unwrap().len(), 1_000);
        let error = parse_batch(body(1_001).as_bytes(), format).unwrap_err();
        assert_eq!((error.code, error.pointer.as_str()), (code::TOO_MANY, ""));
    }
}

#[test]
fn an_event_that_is_too_large_hurts_only_itself() {
    let large = format!("{{{}{}", " ".repeat(1024 * 1024), &SMALL_EVENT[1..]);
    let array = format!("[{SMALL_EVENT},{large},{SMALL_EVENT}]");
    let lines = format!("{SMALL_EVENT}\n{large}\n{SMALL_EVENT}");
    let expected = [None, refused(code::EVENT_TOO_LARGE, ""), None];
    assert_eq!(outcomes(array.as_bytes(), BatchFormat::Array), expected);
    assert_eq!(outcomes(lines.as_bytes(), BatchFormat::Ndjson), expected);
}
