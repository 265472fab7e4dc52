//! The canonical text and the other printed forms of an event.

use auditlog_core::{
    event::{
        ActorType, EventDraft, Group, SaltSource, StoredEvent, Submitter, Visibility,
        canonical::{write_draft, write_event, write_group},
        parse_canonical, parse_event, write_json,
    },
    id::CredentialId,
};

use crate::fixtures::{FULL_EVENT, FULL_EVENT_CANONICAL, SMALL_EVENT, complete, prepare_batch_of_one};

fn parse(text: &str) -> EventDraft {
    parse_event(text.as_bytes()).unwrap()
}

fn canonical(text: &str) -> String {
    let mut out = String::new();
    write_event(&complete(parse(text)), &mut out);
    out
}

#[test]
fn a_full_event_prints_as_specified_and_reads_back() {
    assert_eq!(canonical(FULL_EVENT), FULL_EVENT_CANONICAL);
    assert_eq!(parse_canonical(FULL_EVENT_CANONICAL).unwrap(), complete(parse(FULL_EVENT)));
    let batch = prepare_batch_of_one(parse(FULL_EVENT));
    assert_eq!(batch.canonical(&batch.events[0]), FULL_EVENT_CANONICAL);
}

#[test]
fn the_server_fills_in_what_the_client_left_out() {
    let event = complete(parse(SMALL_EVENT));
    assert_eq!(event.occurred_at, event.received_at);
    assert_eq!(event.category.as_str(), "auth");
    let expected = format!(
        r#"{{"action":"user.login","actor":{{"id":"alice","type":"user"}},"category":"auth","id":"{}","occurred_at":"2024-11-14T11:00:01.000000Z","outcome":{{"status":"success"}},"received_at":"2024-11-14T11:00:01.000000Z","severity":"info","source":{{"service":"web"}},"submitted_by":{{"id":"k0123456789abcde","type":"api_key"}},"tenant_id":"acme"}}"#,
        event.id
    );
    assert_eq!(canonical(SMALL_EVENT), expected);
}

#[test]
fn every_kind_of_submitter_prints_and_reads_back() {
    let key = r#""submitted_by":{"id":"k0123456789abcde","type":"api_key"}"#;
    for (printed, expected) in [
        (r#""submitted_by":{"id":"t-1","type":"token"}"#, Submitter::Token(CredentialId::parse("t-1").unwrap())),
        (r#""submitted_by":{"id":"u-1","type":"user"}"#, Submitter::User(CredentialId::parse("u-1").unwrap())),
        (r#""submitted_by":{"type":"server"}"#, Submitter::Server),
    ] {
        let text = FULL_EVENT_CANONICAL.replacen(key, printed, 1);
        let event = parse_canonical(&text).unwrap();
        assert_eq!(event.submitted_by, expected);
        let mut out = String::new();
        write_event(&event, &mut out);
        assert_eq!(out, text);
    }
    for wrong in [
        r#""submitted_by":{"type":"api_key"}"#,
        r#""submitted_by":{"id":"k","type":"server"}"#,
        r#""submitted_by":{"id":"alice@example.org","type":"user"}"#,
        r#""submitted_by":{"id":"k","type":"somebody"}"#,
        r#""submitted_by":{"id":"k","name":"n","type":"api_key"}"#,
        r#""submitted_by":{}"#,
    ] {
        assert!(parse_canonical(&FULL_EVENT_CANONICAL.replacen(key, wrong, 1)).is_err(), "{wrong}");
    }
}

#[test]
fn absent_empty_and_null_are_the_same() {
    let empty = r#"{"action":"user.login","actor":{"type":"user","id":"alice","groups":[],"name":null,"attributes":{}},
        "source":{"service":"web","host":null},"context":{"location":{"city":null},"ip":null},"outcome":{},
        "targets":[],"changes":null,"metadata":[],"message":{},"reason":{"text":null},"producer":{ },"raw":[ ],
        "category":null,"severity":null,"occurred_at":null,"id":null,"tenant_id":null,"on_behalf_of":{}}"#;
    assert_eq!(parse(empty), parse(SMALL_EVENT));
    let texts = r#"{"action":"user.login","actor":{"type":"user","id":"alice","groups":["",""],"name":"","attributes":""},
        "source":{"service":"web","host":"","region":""},"context":{"location":{"city":""},"ip":"","address":""},
        "outcome":{"status":"","code":""},"targets":"","changes":"","metadata":"","message":"","reason":{"ticket":""},
        "producer":{"id":"","sequence":""},"raw":{"format":"","body":""},"category":"","severity":"","occurred_at":"",
        "id":"","external_id":"","tenant_id":"","on_behalf_of":""}"#;
    assert_eq!(parse(texts), parse(SMALL_EVENT));
}

#[test]
fn groups_share_the_members_out_between_them() {
    // A number that is kept as a text, an address with a port and a text that is too long: an adjustment in each group.
    let text = FULL_EVENT
        .replacen("1e2", "1e400", 1)
        .replacen("2001:DB8:0:0::1", "2001:DB8::1%eth0", 1)
        .replacen("invoice.update", &"i".repeat(300), 1)
        .replacen("\"a\": null", "\"a\": 1e20", 1)
        .replacen("\"open\": true", "\"open\": -1e20", 1)
        .replacen("1.50", "1e50", 1)
        .replacen("web-7", &"h".repeat(1025), 1);
    let event = complete(parse(&text));
    let mut whole = String::new();
    write_event(&event, &mut whole);
    let mut together = serde_json::Map::new();
    let mut adjustment_counts = Vec::new();
    for group in Group::ALL {
        let mut text = String::new();
        write_group(&event, group, &mut text);
        let serde_json::Value::Object(members) = serde_json::from_str(&text).unwrap() else { panic!("{text}") };
        for (name, value) in members {
            match (name.as_str(), together.get_mut(&name)) {
                ("outcome" | "source", Some(serde_json::Value::Object(part))) => {
                    part.extend(value.as_object().unwrap().clone());
                }
                ("adjustments", Some(serde_json::Value::Array(part))) => part.extend(value.as_array().unwrap().clone()),
                (_, None) => drop(together.insert(name, value)),
                _ => panic!("{name} lies in two groups"),
            }
        }
        let count = |all: &serde_json::Value| all.as_array().map_or(0, Vec::len);
        adjustment_counts.push(together.get("adjustments").map_or(0, count));
    }
    // The host is in the group of the context.
    assert_eq!(adjustment_counts, [1, 2, 3, 5, 6, 7]);
    if let Some(serde_json::Value::Array(all)) = together.get_mut("adjustments") {
        all.sort_by_key(|one| one["pointer"].as_str().unwrap().to_owned());
    }
    assert_eq!(serde_json::Value::Object(together), serde_json::from_str::<serde_json::Value>(&whole).unwrap());
}

#[test]
fn a_group_without_members_is_null() {
    let event = complete(parse(SMALL_EVENT));
    let texts = Group::ALL.map(|group| {
        let mut text = String::new();
        write_group(&event, group, &mut text);
        text
    });
    let [core, actor, rest @ ..] = &texts;
    assert!(core.starts_with(r#"{"action":"user.login","category":"auth","#), "{core}");
    assert_eq!(actor, r#"{"actor":{"id":"alice","type":"user"}}"#);
    assert!(rest.iter().all(|text| text == "null"), "{rest:?}");
}

#[test]
fn a_draft_prints_as_json_that_parses_back_into_it() {
    for text in [FULL_EVENT, SMALL_EVENT] {
        let draft = parse(text);
        let mut printed = String::new();
        write_draft(&draft, &mut printed);
        assert_eq!(parse(&printed), draft, "{printed}");
    }
}

#[test]
fn a_reader_without_the_permission_sees_nothing_personal() {
    let stored = StoredEvent {
        event: Box::new(complete(parse(FULL_EVENT))),
        sequence: 9_007_199_254_740_993,
        salt: SaltSource { seed: [0; 16], index: 0 },
    };
    let mut text = String::new();
    write_json(&stored, Visibility::WithoutPersonal, &mut text);
    let shown: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut names: Vec<&str> = shown.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = [
        "action",
        "category",
        "changes",
        "id",
        "occurred_at",
        "outcome",
        "producer",
        "received_at",
        "sequence",
        "severity",
        "source",
        "submitted_by",
        "targets",
        "tenant_id",
        "withheld",
    ];
    assert_eq!(names, expected);
    assert_eq!(shown["outcome"], serde_json::json!({"code": "E42", "status": "failure"}));
    assert_eq!((shown["source"].get("host"), &shown["source"]["region"]), (None, &"eu-central-1".into()));
    assert_eq!(shown["withheld"], serde_json::json!(["actor", "context", "content"]));
    assert_eq!(shown["sequence"], "9007199254740993");
}

#[test]
fn a_reader_who_may_sees_everything_and_a_wrong_clock_is_marked() {
    let mut event = complete(parse(FULL_EVENT));
    event.received_at = event.occurred_at;
    let mut stored = StoredEvent { event: Box::new(event), sequence: 0, salt: SaltSource { seed: [0; 16], index: 0 } };
    let show = |stored: &StoredEvent| {
        let mut text = String::new();
        write_json(stored, Visibility::All, &mut text);
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let shown = show(&stored);
    assert_eq!((shown.get("skewed"), shown.get("withheld")), (None, None));
    assert_eq!(shown["actor"]["type"], ActorType::Agent.as_str());
    stored.event.received_at =
        auditlog_core::timestamp::Timestamp::from_micros(stored.event.occurred_at.as_micros() + 300_000_001);
    assert_eq!(show(&stored)["skewed"], true);
}
