//! Events of which nothing is adjusted: what is dropped, derived and printed in another way.

use serde_json::json;

use super::{
    adjustments::sha256,
    samples::{FULL_EVENT, FULL_EVENT_CANONICAL, SMALL_EVENT},
    sent::{event, event_of},
    stored::{Stored, stored},
};

const ID: &str = "01932b5e-7c00-7abc-8def-0123456789ab";

/// An id that is derived from an external id, computed from the specification in another language.
const DERIVED_ID: &str = "018cc251-f47b-7ef0-9b06-8f84a9ab176a";
const DERIVED_ID_AT_THE_EPOCH: &str = "00000000-0000-7ef0-9b06-8f84a9ab176a";

pub(super) fn all() -> Vec<Stored> {
    let parts = [texts(), categories(), times(), ids(), absent(), empty_values(), addresses(), numbers(), parts()];
    parts.into_iter().flatten().collect()
}

fn texts() -> Vec<Stored> {
    let escaped = "{ \"\\u0061ction\" : \"user\\u002elogin\" ,\r\n\t\"source\":{\"service\":\"w\\u0065b\"},\
                   \"actor\":{\"id\":\"al\\u0069ce\",\"type\":\"user\"}} \n";
    let characters = r#""\"\\\/\b\f\n\r\t\u001f\u007f\u20ac\ud83d\ude00\u2028""#;
    vec![
        stored("smallest", SMALL_EVENT),
        stored("every field", FULL_EVENT).whole(FULL_EVENT_CANONICAL),
        stored("a byte order mark", format!("\u{feff}{SMALL_EVENT}")),
        stored("escapes, white space and another order", escaped),
        stored("characters that JSON escapes", event(&[("message", characters)]))
            .with("message", "\"\\/\u{8}\u{c}\n\r\t\u{1f}\u{7f}\u{20ac}\u{1f600}\u{2028}"),
        stored("no normalisation form", event(&[("message", "\"e\\u0301 \\u00e9 \\ufb33\"")]))
            .with("message", "e\u{301} \u{e9} \u{fb33}"),
        stored("a text of white space", event(&[("message", "\" \"")])).with("message", " "),
        stored("names in the order of UTF-16", event(&[("metadata", "{\"\u{ffff}\":1,\"\u{1f600}\":2,\"a\":3}")]))
            .with("metadata", json!({"\u{ffff}": 1, "\u{1f600}": 2, "a": 3})),
    ]
}

fn categories() -> Vec<Stored> {
    let derived = [
        ("iam.create_user", "create"),
        ("s3.get_object", "read"),
        ("s3:GetObject", "read"),
        ("PutBucketPolicy", "update"),
        ("HTTPGet", "read"),
        ("invoice.deleted", "delete"),
        ("instance.reboot", "execute"),
        ("user.login.failed", "auth"),
        ("user sign in", "auth"),
        ("role.grant", "grant"),
        ("door", "other"),
    ];
    let row = |(action, category): (&str, &str)| {
        let row = stored(format!("category of {action}"), event_of("action", &json!(action)));
        row.with("action", action).with("category", category)
    };
    let given = event(&[("action", "\"role.grant\""), ("category", "\"other\"")]);
    let given = stored("a category that was sent", given).with("action", "role.grant").with("category", "other");
    let trimmed = stored("white space around an action", event(&[("action", "\"\\u00a0 user.login\\r\\n\"")]));
    derived.into_iter().map(row).chain([given, trimmed]).collect()
}

fn times() -> Vec<Stored> {
    [
        ("the time of receipt", "2024-11-14T11:00:01Z", "2024-11-14T11:00:01.000000Z"),
        ("an offset", "2000-02-29T12:00:00.1-08:00", "2000-02-29T20:00:00.100000Z"),
        ("a fraction that is truncated", "2024-11-14T11:00:00.1234567899Z", "2024-11-14T11:00:00.123456Z"),
        ("a leap second", "2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"),
        ("the epoch", "1970-01-01T01:00:00+01:00", "1970-01-01T00:00:00.000000Z"),
        ("24 hours ahead", "2024-11-15T11:00:01Z", "2024-11-15T11:00:01.000000Z"),
    ]
    .into_iter()
    .map(|(name, sent, kept)| {
        stored(format!("occurred_at: {name}"), event_of("occurred_at", &json!(sent))).with("occurred_at", kept)
    })
    .collect()
}

fn ids() -> Vec<Stored> {
    let external = |time: &str, more: &[(&str, &str)]| {
        let time = json!(time).to_string();
        let own = [("external_id", "\"a-1\""), ("occurred_at", &time), ("source", r#"{"service":"github"}"#)];
        event(&[&own, more].concat())
    };
    let row = |name: &str, text: String, id: &str, time: &str| {
        let row = stored(name, text).with("id", id).with("external_id", "a-1").with("occurred_at", time);
        row.with("source", json!({"service": "github"}))
    };
    let (time, kept) = ("2024-01-01T00:00:00.123456Z", "2024-01-01T00:00:00.123456Z");
    let upper = json!(ID.to_uppercase()).to_string();
    vec![
        stored("an id in upper case", event(&[("id", &upper)])).with("id", ID),
        row("an id that is derived from an external id", external(time, &[]), DERIVED_ID, kept),
        row(
            "an id that is derived at the epoch",
            external("1970-01-01T00:00:00.000999Z", &[]),
            DERIVED_ID_AT_THE_EPOCH,
            "1970-01-01T00:00:00.000999Z",
        ),
        row("an external id beside an id", external(time, &[("id", &upper)]), ID, kept),
        stored("the own tenant", event(&[("tenant_id", "\"acme\"")])),
    ]
}

/// Empty values are absence.
fn absent() -> Vec<Stored> {
    let optional = [
        "id",
        "external_id",
        "tenant_id",
        "occurred_at",
        "category",
        "outcome",
        "severity",
        "on_behalf_of",
        "targets",
        "changes",
        "context",
        "reason",
        "message",
        "metadata",
        "producer",
        "raw",
    ];
    let mut rows: Vec<Stored> = ["null", "\"\"", "[]", "{}"]
        .into_iter()
        .map(|literal| {
            stored(format!("every optional field is {literal}"), event(&optional.map(|name| (name, literal))))
        })
        .collect();
    let empty = r#"{"type":"user","id":"alice","name":"","email":null,"groups":["",""],"attributes":{}}"#;
    rows.extend([
        stored("an actor of empty values", event(&[("actor", empty)])),
        stored("a context of empty values", event(&[("context", r#"{"ip":"","location":{"city":null}}"#)])),
        stored("an outcome of empty values", event(&[("outcome", r#"{"status":null,"code":"","reason":{}}"#)])),
        stored("a reason of empty values", event(&[("reason", r#"{"text":null,"ticket":""}"#)])),
        stored("a producer of empty values", event(&[("producer", r#"{"id":"","sequence":null}"#)])),
        stored("a record of empty values", event(&[("raw", r#"{"format":"","body":"","sha256":null,"size":[]}"#)])),
        stored("empty groups are dropped", event(&[("actor", r#"{"type":"user","id":"alice","groups":["","a",""]}"#)]))
            .with("actor", json!({"type": "user", "id": "alice", "groups": ["a"]})),
        stored("a target with an empty id and a name", event(&[("targets", r#"[{"id":"","name":"n","url":""}]"#)]))
            .with("targets", json!([{"name": "n"}])),
        stored("a target with an id and an empty name", event(&[("targets", r#"[{"id":"i","name":""}]"#)]))
            .with("targets", json!([{"id": "i"}])),
    ]);
    rows
}

/// Empty values that are values.
fn empty_values() -> Vec<Stored> {
    let open = json!({"null": null, "text": "", "list": [], "object": {}, "more": [null, "", [], {}], "": {"": ""}});
    let changes = json!([
        {"path": "", "op": "add", "old": null, "new": ""},
        {"path": "/", "op": "remove", "old": [], "new": {}},
        {"path": "/a~1b/~0", "op": "replace"},
    ]);
    let actor = json!({"type": "user", "id": "alice", "attributes": open});
    vec![
        stored("empty values in metadata", event_of("metadata", &open)).with("metadata", open.clone()),
        stored("empty values in attributes", event_of("actor", &actor)).with("actor", actor),
        stored("empty values in changes", event_of("changes", &changes)).with("changes", changes),
    ]
}

fn addresses() -> Vec<Stored> {
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
        ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
        ("1:0:0:2:3:0:0:4", "1::2:3:0:0:4"),
        ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
        ("0:0:0:0:0:0:0:0", "::"),
        ("1:0:0:0:0:0:0:0", "1::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("0:0:0:0:0:FFFF:C000:201", "192.0.2.1"),
        ("::192.0.2.1", "::c000:201"),
        ("2001:db8::192.0.2.1", "2001:db8::c000:201"),
    ]
    .into_iter()
    .map(|(sent, kept)| {
        let row = stored(format!("address {sent}"), event_of("context", &json!({"ip": sent})));
        row.with("context", json!({"ip": kept}))
    })
    .collect()
}

fn numbers() -> Vec<Stored> {
    [
        ("-0", "0"),
        ("100.0", "100"),
        ("1E2", "100"),
        ("1e-7", "1e-7"),
        ("-1.50e-3", "-0.0015"),
        ("1e-400", "0"),
        ("9007199254740992", "9007199254740992"),
        ("0.9007199254740992e16", "9007199254740992"),
        ("25121264217403.5625", "25121264217403.562"),
        ("0.1000000000000000055", "0.1"),
    ]
    .into_iter()
    .map(|(sent, printed)| {
        // The library's reader of JSON does not always find the nearest double.
        let kept: f64 = printed.parse().expect("a number");
        let row = stored(format!("number {sent}"), event(&[("metadata", &format!("{{\"n\":{sent}}}"))]));
        row.with("metadata", json!({"n": kept}))
    })
    .collect()
}

fn parts() -> Vec<Stored> {
    let actor = |literal: &str| event(&[("actor", literal)]);
    let hash = sha256("the whole record");
    let cut = json!({"format": "json", "body": "{\"a\"", "sha256": hash, "size": 16, "truncated": true});
    let mut implied = cut.clone();
    implied.as_object_mut().expect("an object").remove("truncated");
    let without_body = json!({"format": "json", "sha256": hash, "size": 16, "truncated": true});
    let chain = json!([{"type": "user", "id": "alice"}, {"type": "service", "id": "cron", "groups": ["b", "a", "b"]}]);
    let named = |kind: &str| json!({"type": kind, "id": kind});
    vec![
        stored("a system without an id", actor(r#"{"type":"system"}"#)).with("actor", named("system")),
        stored("an anonymous actor with an empty id", actor(r#"{"type":"anonymous","id":""}"#))
            .with("actor", named("anonymous")),
        stored("an unknown actor", actor(r#"{"type":"unknown","id":null}"#)).with("actor", named("unknown")),
        stored("a chain of actors", event_of("on_behalf_of", &chain)).with("on_behalf_of", chain),
        stored("a service like the server's", event_of("source", &json!({"service": "audit-log"})))
            .with("source", json!({"service": "audit-log"})),
        stored("a dotless i in the server's service", event_of("source", &json!({"service": "aud\u{131}tlog"})))
            .with("source", json!({"service": "aud\u{131}tlog"})),
        stored("a producer", event(&[("producer", r#"{"id":"p","sequence":9007199254740992}"#)]))
            .with("producer", json!({"id": "p", "sequence": 9_007_199_254_740_992_u64})),
        stored("a whole record", event_of("raw", &json!({"format": "text", "body": "a\nb"})))
            .with("raw", json!({"format": "text", "body": "a\nb"})),
        stored("a record without a body", event(&[("raw", r#"{"format":"text"}"#)]))
            .with("raw", json!({"format": "text"})),
        stored("a record that the producer has cut", event_of("raw", &cut)).with("raw", cut.clone()),
        stored("a cut record without truncated", event_of("raw", &implied)).with("raw", cut),
        stored("the hash of a record", event_of("raw", &without_body)).with("raw", without_body.clone()),
        stored("an address beside a text", event_of("context", &json!({"ip": "10.0.0.1", "address": "proxy-3"})))
            .with("context", json!({"ip": "10.0.0.1", "address": "proxy-3"})),
    ]
}
