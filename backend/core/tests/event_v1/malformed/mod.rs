//! Every way in which the structure of an event can be wrong, each with its stable code and its exact pointer.
//!
//! A row takes the smallest valid event and either replaces one of its members or adds one; rows that are malformed
//! JSON have a table of their own.

use auditlog_core::event::{
    EventDraft, ParseErrors, RESERVED_SERVICE, Submission, Submitter, Violation, parse_event, violation::code,
};
use serde_json::{Map, Value, json};

use crate::{
    fixtures::{SMALL_EVENT, received_at, submission},
    vectors::malformed_rows::{TEXT_ROWS, deep_rows, nested, nested_rows, plain_rows, required_rows},
};

fn text_of(bytes: usize) -> Value {
    Value::from("x".repeat(bytes))
}

fn list_of(count: usize, item: &Value) -> Value {
    Value::from(vec![item.clone(); count])
}

fn names(count: usize) -> Value {
    (0..count).map(|index| (format!("name{index}"), Value::from(index))).collect::<Map<_, _>>().into()
}

fn violations_of(text: &str) -> Vec<Violation> {
    match parse_event(text.as_bytes()) {
        Ok(_) => panic!("taken: {text}"),
        Err(errors) => errors.into_violations(),
    }
}

fn assert_only(text: &str, pointer: &str, code: &str) {
    let violations = violations_of(text);
    let found: Vec<(&str, &str)> = violations.iter().map(|one| (one.pointer.as_str(), one.code)).collect();
    assert_eq!(found, [(pointer, code)], "{text}");
    assert!(code::ALL.contains(&code) && violations.iter().all(|one| !one.detail.is_empty()), "{violations:?}");
}

#[test]
fn each_broken_rule_has_its_code_and_pointer() {
    let small: Map<String, Value> = serde_json::from_str(SMALL_EVENT).unwrap();
    let rows = [required_rows(), plain_rows(), nested_rows()].concat();
    assert!(rows.len() >= 100, "{} rows", rows.len());
    for (member, value, pointer, code) in rows {
        let mut event = small.clone();
        event.insert(member.to_owned(), value);
        assert_only(&Value::Object(event).to_string(), pointer, code);
    }
}

#[test]
fn nesting_beyond_128_levels_is_refused_where_it_begins() {
    let small: Map<String, Value> = serde_json::from_str(SMALL_EVENT).unwrap();
    for (member, value, pointer) in deep_rows() {
        let mut event = small.clone();
        event.insert(member.to_owned(), value);
        assert_only(&Value::Object(event).to_string(), &pointer, code::TOO_DEEP);
    }
}

#[test]
fn each_broken_text_has_its_code_and_pointer() {
    let members = SMALL_EVENT.trim_start_matches('{').strip_suffix('}').unwrap();
    for (text, pointer, code) in TEXT_ROWS {
        let text = text.replace('@', members);
        assert_only(&text, pointer, code);
        let is_malformed = matches!(parse_event(text.as_bytes()), Err(ParseErrors::Malformed { .. }));
        assert_eq!(is_malformed, *code == code::MALFORMED_JSON, "{text}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_malformed_where_they_stand() {
    let error = parse_event(b"{\"message\":\"\xff\"}").unwrap_err();
    assert!(matches!(error, ParseErrors::Malformed { offset: 12, .. }), "{error:?}");
}

#[test]
fn everything_wrong_is_told_at_once() {
    let text = r#"{"action":" ","actor":{"id":7,"x":1},"source":{},"targets":[{"type":"t"}],
        "metadata":{"a":{"b":1,"b":2},"c":1e99},"context":{"ip":"?","user_agent":1,"user_agent":"u"},"raw":{"truncated":true}}"#;
    let found: Vec<(String, &str)> = violations_of(text).into_iter().map(|one| (one.pointer, one.code)).collect();
    let expected = [
        ("/action", code::INVALID_VALUE),
        ("/actor/id", code::WRONG_TYPE),
        ("/actor/x", code::UNKNOWN_FIELD),
        ("/actor/type", code::MISSING_FIELD),
        ("/targets/0/id", code::MISSING_FIELD),
        ("/context/user_agent", code::WRONG_TYPE),
        ("/context/user_agent", code::DUPLICATE_KEY),
        ("/raw/format", code::MISSING_FIELD),
        ("/raw/sha256", code::MISSING_FIELD),
        ("/raw/size", code::MISSING_FIELD),
        ("/source", code::MISSING_FIELD),
    ];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
}

#[test]
fn a_violation_inside_a_list_that_is_cut_is_told_once() {
    let target = r#"{"id":"t","attributes":{"a":1,"a":1},"id":"t"}"#;
    let text = SMALL_EVENT.replacen('{', &format!(r#"{{"targets":[{target}{}],"#, r#",{"id":"t"}"#.repeat(40)), 1);
    assert_only(&text, "/targets/0/id", code::DUPLICATE_KEY);
}

#[test]
fn at_most_32_violations_are_told() {
    let unknown: Map<String, Value> = (0..100).map(|index| (format!("field{index}"), Value::Null)).collect();
    assert_eq!(violations_of(&Value::Object(unknown).to_string()).len(), 32);
}

#[test]
fn what_just_fits_is_taken_as_it_is() {
    let small: Map<String, Value> = serde_json::from_str(SMALL_EVENT).unwrap();
    let actor = json!({"type": "user", "id": "i".repeat(1024), "name": "n".repeat(1024), "groups": list_of(32, &json!("g")), "attributes": names(64)});
    let target = json!({"type": "t".repeat(256), "id": "i", "url": "u".repeat(2048)});
    for (member, value) in [
        ("action", text_of(256)),
        ("actor", actor.clone()),
        ("on_behalf_of", list_of(8, &actor)),
        ("targets", list_of(32, &target)),
        ("changes", list_of(64, &json!({"path": "/a", "op": "add"}))),
        ("changes", json!([{"path": format!("/{}", "p".repeat(1023)), "op": "add", "new": "x".repeat(8190)}])),
        ("changes", json!([{"path": "", "op": "add", "old": nested(125)}])),
        ("message", text_of(8192)),
        ("metadata", names(256)),
        ("metadata", nested_objects(8)),
        ("metadata", json!({"k".repeat(256): "v".repeat(8192), "n": 9_007_199_254_740_992_u64})),
        // With the names, the colons, the commas and the brackets, 32 KiB.
        ("metadata", json!({"a": text_of(8184), "b": text_of(8185), "c": text_of(8185), "d": text_of(8185)})),
        ("occurred_at", json!("1970-01-01T00:00:00Z")),
        ("raw", json!({"format": "f".repeat(256), "body": "b".repeat(128 * 1024)})),
    ] {
        let mut event = small.clone();
        event.insert(member.to_owned(), value);
        let text = Value::Object(event).to_string();
        let draft = parse_event(text.as_bytes()).unwrap_or_else(|errors| panic!("{member}: {errors:?}"));
        assert!(draft.adjustments.is_empty(), "{member}: {:?}", draft.adjustments);
    }
}

fn nested_objects(levels: usize) -> Value {
    (1..levels).fold(json!({"a": 0}), |inner, _| json!({"a": inner}))
}

#[test]
fn an_event_of_more_than_1_mib_is_not_looked_at() {
    let padded = |bytes: usize| format!("{SMALL_EVENT}{}", " ".repeat(bytes - SMALL_EVENT.len()));
    assert!(parse_event(padded(1024 * 1024).as_bytes()).is_ok());
    assert!(parse_event(format!("\u{feff}{}", padded(1024 * 1024)).as_bytes()).is_ok(), "the mark does not count");
    assert_only(&padded(1024 * 1024 + 1), "", code::EVENT_TOO_LARGE);
}

#[test]
fn the_tenant_is_checked_when_an_event_is_completed() {
    let complete = |tenant: &str| {
        let draft = parse_event(SMALL_EVENT.as_bytes()).unwrap();
        let draft = EventDraft { tenant_id: Some(tenant.to_owned()), ..draft };
        let result = draft.complete(&submission(), auditlog_core::id::EventId::from_parts(received_at(), [0; 10]));
        result.map(drop).map_err(|violation| (violation.pointer, violation.code))
    };
    assert_eq!(complete("acme"), Ok(()));
    for other in ["other", "ACME", "acme\u{fffd}"] {
        assert_eq!(complete(other), Err(("/tenant_id".to_owned(), code::TENANT_MISMATCH)), "{other}");
    }
}

#[test]
fn only_the_server_reports_from_the_reserved_service() {
    let fresh_id = auditlog_core::id::EventId::from_parts(received_at(), [0; 10]);
    let complete = |service: &str, submission: &Submission| {
        let mut draft = parse_event(SMALL_EVENT.as_bytes()).unwrap();
        service.clone_into(&mut draft.source.service);
        draft.complete(submission, fresh_id).map(drop).map_err(|violation| (violation.pointer, violation.code))
    };
    let server = Submission { submitted_by: Submitter::Server, ..submission() };
    for service in [RESERVED_SERVICE, "AuditLog", "AUDITLOG", "auditLOG"] {
        let refused = Err(("/source/service".to_owned(), code::RESERVED_SERVICE));
        assert_eq!(complete(service, &submission()), refused, "{service}");
        assert_eq!(complete(service, &server), Ok(()), "{service}");
    }
    for service in ["auditlogs", "audit-log", "my.auditlog", "auditlo"] {
        assert_eq!(complete(service, &submission()), Ok(()), "{service}");
    }
}

/// Ignoring the case of ASCII letters must have the same result as Unicode case folding of names.
#[test]
fn no_other_character_folds_to_a_letter_of_the_reserved_service() {
    let may_fold_into_it = |character: &char| {
        let (lower, upper) = (character.to_lowercase(), character.to_uppercase());
        let folded: [String; 2] = [lower.collect(), upper.flat_map(char::to_lowercase).collect()];
        folded.iter().any(|text| RESERVED_SERVICE.contains(text.as_str()))
    };
    // Its capital is I, yet case folding keeps the dotless i distinct from i everywhere except in Turkic languages.
    assert_eq!(('\u{80}'..=char::MAX).filter(may_fold_into_it).collect::<Vec<_>>(), ['\u{131}']);
}
