//! When a repeated id comes with the same event, and the result of preparing a batch.

use auditlog_core::{
    event::{EventDraft, SaltSource, Submitter, canonical::write_event, parse_canonical, parse_event, violation::code},
    id::CredentialId,
    intake::{Prepared, Provenance, prepare},
    leaf::leaf_hash,
    timestamp::Timestamp,
};
use serde_json::{Value, json};

use crate::fixtures::{Counting, FULL_EVENT, SMALL_EVENT, complete, prepare_one, received_at, submission};

fn parse(text: &str) -> EventDraft {
    parse_event(text.as_bytes()).unwrap()
}

#[test]
fn a_repeat_is_the_same_whenever_it_is_received() {
    let mut stored = complete(parse(FULL_EVENT));
    stored.received_at = Timestamp::EPOCH;
    assert!(stored.same_client_fields(&prepare_one(parse(FULL_EVENT))));
}

#[test]
fn a_repeat_is_the_same_whichever_credential_sends_it() {
    let mut stored = complete(parse(FULL_EVENT));
    for first in [Submitter::ApiKey(CredentialId::parse("another").unwrap()), Submitter::Server] {
        stored.submitted_by = first;
        assert!(stored.same_client_fields(&prepare_one(parse(FULL_EVENT))));
    }
}

#[test]
fn an_absent_time_is_the_time_of_receipt() {
    let with_id = SMALL_EVENT.replacen('{', r#"{"id":"01932b5e-7c00-7abc-8def-0123456789ab","#, 1);
    let repeat = prepare_one(parse(&with_id));
    let mut stored = complete(parse(&with_id));
    (stored.received_at, stored.occurred_at) = (Timestamp::EPOCH, Timestamp::EPOCH);
    assert!(stored.same_client_fields(&repeat));
    stored.occurred_at = Timestamp::from_micros(1);
    assert!(!stored.same_client_fields(&repeat));
    let told = with_id.replacen('{', r#"{"occurred_at":"1970-01-01T00:00:00.000001Z","#, 1);
    assert!(stored.same_client_fields(&prepare_one(parse(&told))));
}

#[test]
fn any_other_difference_makes_it_another_event() {
    let changed = [
        ("billing\"", "billin\""),
        ("order 7", "order 8"),
        ("proxy-3", "proxy-4"),
        ("\"b\": [], \"a\": {}", "\"b\": [], \"a\": []"),
        ("invoice.update", "invoice.updated"),
        ("medium", "high"),
        ("E42", "E43"),
        ("is closed", "was closed"),
        ("bot-1", "bot-2"),
        ("\"z\": 1", "\"z\": 2"),
        ("alice", "bob"),
        ("\"open\": true", "\"open\": false"),
        ("\"old\": null, ", ""),
        ("2001:DB8", "2001:DB9"),
        ("Berlin", "Bonn"),
        ("T-1", "T-2"),
        ("corner", "Corner"),
        ("1e2", "1e1"),
        ("\"sequence\": 12", "\"sequence\": 13"),
        ("line two", "line three"),
        ("12:00:00.123456", "12:00:00.123457"),
    ];
    let stored = complete(parse(FULL_EVENT));
    for (from, to) in changed {
        let other = FULL_EVENT.replacen(from, to, 1);
        assert_ne!(other, FULL_EVENT, "{from}");
        assert!(!stored.same_client_fields(&prepare_one(parse(&other))), "{from} became {to}");
    }
}

#[test]
fn a_refused_draft_leaves_no_gap_among_the_prepared_events() {
    let other_tenant = SMALL_EVENT.replacen('{', r#"{"tenant_id":"other","#, 1);
    let drafts = vec![parse(SMALL_EVENT), parse(&other_tenant), parse(FULL_EVENT)];
    let Prepared { batch, verdicts: results } = prepare(drafts.into_iter(), submission(), [9; 16], &Counting);
    let results: Vec<_> = results.into_iter().map(|result| result.map_err(|violation| violation.code)).collect();
    assert_eq!(results, [Ok(0), Err(code::TENANT_MISMATCH), Ok(1)]);
    let provenances: Vec<_> =
        batch.events.iter().map(|event| (event.id_provenance, event.occurred_at_provenance)).collect();
    let expected = [(Provenance::Server, Provenance::Server), (Provenance::Client, Provenance::Client)];
    assert_eq!(provenances, expected);
    for (index, prepared) in (0..).zip(&batch.events) {
        assert_eq!(parse_canonical(batch.canonical(prepared)).unwrap(), *prepared.event);
        assert_eq!(prepared.leaf_hash, leaf_hash(&prepared.event, &SaltSource { seed: [9; 16], index }));
    }
}

/// Limits may change, and what was stored before must stay readable. A leaf hash says whether it was changed.
#[test]
fn a_stored_event_is_read_back_whatever_the_limits_are_now() {
    let mut canonical = String::new();
    write_event(&complete(parse(FULL_EVENT)), &mut canonical);
    let long = |bytes: usize| "x".repeat(bytes);
    let targets = vec![r#"{"id":"t","type":"t"}"#; 100].join(",");
    let deep = format!("{}1{}", "[".repeat(20), "]".repeat(20));
    let entries: Vec<String> =
        (100..200).map(|index| format!(r#"{{"code":"replaced","pointer":"/metadata/{index}"}}"#)).collect();
    let stored = |name: &str, value: &str| {
        let mut event: serde_json::Map<String, Value> = serde_json::from_str(&canonical).unwrap();
        event.insert(name.to_owned(), serde_json::from_str(value).unwrap());
        crate::jcs::text(&Value::Object(event))
    };
    for text in [
        stored("action", &json!(format!(" {}\u{1}", long(300))).to_string()),
        stored("external_id", &json!(long(2_000)).to_string()),
        stored("message", &json!(long(100_000)).to_string()),
        stored("targets", &format!("[{targets}]")),
        stored("metadata", &format!(r#"{{"{}":{deep},"a":"{}"}}"#, long(1_000), long(50_000))),
        stored("changes", &format!(r#"[{{"new":"{}","op":"add","path":"/{}"}}]"#, long(20_000), long(5_000))),
        stored("raw", &format!(r#"{{"body":"{}","format":"f"}}"#, long(300_000))),
        stored("adjustments", &format!("[{}]", entries.join(","))),
    ] {
        let event = parse_canonical(&text).unwrap_or_else(|error| panic!("{error:?}: {text:.300}"));
        let mut again = String::new();
        write_event(&event, &mut again);
        assert_eq!(again, text);
    }
}

#[test]
fn ids_made_by_the_server_differ_and_carry_the_time_of_receipt() {
    let drafts = vec![parse(SMALL_EVENT); 20];
    let Prepared { batch, .. } = prepare(drafts.into_iter(), submission(), [0; 16], &Counting);
    let ids: std::collections::HashSet<_> = batch.events.iter().map(|prepared| prepared.event.id).collect();
    assert_eq!(ids.len(), 20);
    assert!(ids.iter().all(|id| i64::from(id.hour()) == received_at().as_micros() / 3_600_000_000));
}

#[test]
fn a_longer_record_is_kept_as_its_beginning_with_its_hash_and_size_and_that_form_is_taken_back() {
    let with_raw = |raw: &str| SMALL_EVENT.replacen('{', &format!(r#"{{"raw":{raw},"#), 1);
    let body = "é".repeat(64 * 1024);
    let whole = parse(&with_raw(&format!(r#"{{"format":"f","body":"{body}"}}"#)));
    let raw = whole.raw.unwrap();
    assert_eq!((raw.body.as_deref(), raw.cut), (Some(body.as_str()), None));
    let event = complete(parse(&with_raw(&format!(r#"{{"format":"f","body":"{body}!"}}"#))));
    let mut text = String::new();
    write_event(&event, &mut text);
    // The hash is what sha256sum prints for that body.
    let known = r#""sha256":"e7713409148e1aa679b06d8456b473b0d8f4c6bb8a5d05e0bf2257586188191a","size":131073,"#;
    let expected = format!(r#""raw":{{"body":"{body}","format":"f",{known}"truncated":true}}"#);
    assert!(text.contains(&expected), "{}", &text[text.len() - 500..]);
    let adjusted =
        format!(r#""adjustments":[{{"code":"truncated","pointer":"/raw/body",{}}}]"#, known.trim_end_matches(','));
    assert!(text.contains(&adjusted), "{}", &text[..300]);
    assert_eq!(parse_canonical(&text).unwrap(), event);

    // A producer that has cut the record itself sends the same form, and nothing of it is adjusted.
    let sent = format!(r#"{{"format":"f","body":"{body}",{known}"truncated":true}}"#);
    let again = parse(&with_raw(&sent));
    assert_eq!(again.raw, event.raw);
    assert!(again.adjustments.is_empty(), "{:?}", again.adjustments);
}
