//! The events of the vectors: together they hold every member, every word, absent groups, adjustments of every group,
//! and the strings and numbers that implementations of JCS get wrong.

use serde_json::{Value, json};

/// A SHA-256 of something that the events do not hold.
const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// An event in canonical form with the source of its salts.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) event: Value,
    pub(crate) salt_seed: [u8; 16],
    pub(crate) salt_index: u32,
}

/// Every sample.
pub(crate) fn all() -> Vec<Sample> {
    let events = [
        ("smallest", 0, event(&json!({}))),
        ("every_member", 1, event(&every_member())),
        ("outcome_reason_alone_in_content", 2, outcome_reason()),
        ("targets_in_order", 255, targets()),
        ("changes_of_any_json", 256, changes()),
        ("scalars", 65_535, scalars()),
        ("numbers", 65_536, numbers()),
        ("names_sorted_by_utf16", 999, names()),
        ("strings_and_escapes", 1_000, strings()),
        ("chain_of_actors", 7, chain()),
        ("address_of_version_4", 8, event(&json!({ "context": { "ip": "203.0.113.9" } }))),
        ("location_alone", 9, event(&json!({ "context": { "location": { "country": "DE" } } }))),
        ("submitted_with_a_token", 14, event(&json!({ "submitted_by": { "type": "token", "id": "t-1" } }))),
        ("submitted_by_the_server", 15, by_the_server()),
        ("raw_whole", 10, raw_whole()),
        ("raw_cut", 0x7fff_ffff, raw_cut()),
        ("raw_without_body", 11, raw_without_body()),
        ("earliest_time", 12, earliest()),
        ("empty_values_in_open_objects", 13, empty_values()),
        ("open_objects", 16, open_objects()),
        ("external_id", 17, external_id()),
        ("address_within_a_text", 18, address_within_a_text()),
        ("text_without_an_address", 19, text_without_an_address()),
        ("host_alone_in_context", 20, event(&json!({ "source": { "service": "billing", "host": "web-7" } }))),
        ("smallest_targets_and_actor", 21, smallest_targets_and_actor()),
        ("adjustments_of_every_group", 22, adjustments_of_every_group()),
        ("adjustments_of_one_group", 23, adjustments_of_one_group()),
        ("adjustments_left_out", 24, adjustments_left_out()),
    ];
    let seed = |number: u8| {
        let mut seed = [0; 16];
        for (byte, place) in seed.iter_mut().zip(0_u8..) {
            *byte = number.wrapping_mul(17).wrapping_add(place);
        }
        seed
    };
    (0..)
        .zip(events)
        .map(|(number, (name, salt_index, event))| Sample { name, event, salt_seed: seed(number), salt_index })
        .collect()
}

/// The smallest event with the members of `changed` added or replaced.
fn event(changed: &Value) -> Value {
    let mut event = json!({
        "id": "01932b5e-7c00-7abc-8def-0123456789ab",
        "tenant_id": "acme",
        "occurred_at": "2026-11-23T08:00:00.000000Z",
        "received_at": "2026-11-23T08:00:00.000000Z",
        "submitted_by": { "type": "api_key", "id": "0123456789abcdef" },
        "action": "invoice.read",
        "category": "read",
        "outcome": { "status": "success" },
        "severity": "info",
        "actor": { "type": "user", "id": "alice" },
        "source": { "service": "billing" },
    });
    for (name, value) in changed.as_object().expect("an object of members") {
        event[name] = value.clone();
    }
    event
}

fn every_member() -> Value {
    let actor = |id: &str| {
        json!({
            "type": "user", "id": id, "name": "Alice Example", "email": "alice@example.org",
            "groups": ["finance", "admins"], "attributes": { "department": "FI", "level": 3 },
        })
    };
    json!({
        "id": "01932b5e-7c01-7000-bfff-ffffffffffff",
        "tenant_id": "0.tenant_with-all",
        "occurred_at": "2026-11-23T07:59:59.999999Z",
        "received_at": "2026-11-23T08:00:00.000001Z",
        "submitted_by": { "type": "user", "id": "01932b5e-7c01-7000-bfff-000000000001" },
        "action": "invoice.approve",
        "category": "update",
        "outcome": { "status": "failure", "code": "E_LIMIT", "reason": "The amount is above the limit" },
        "severity": "critical",
        "actor": actor("alice"),
        "on_behalf_of": [actor("carol")],
        "targets": [{
            "type": "invoice", "id": "INV-1", "name": "Invoice 1", "url": "https://example.org/invoices/1",
            "attributes": { "currency": "EUR" },
        }],
        "changes": [{ "path": "/status", "op": "replace", "old": "open", "new": "approved" }],
        "source": {
            "service": "billing", "component": "approval", "version": "1.2.3", "environment": "production",
            "region": "europe-west3", "host": "billing-7f",
        },
        "context": {
            "ip": "2001:db8::1", "user_agent": "Mozilla/5.0", "request_id": "req-1", "correlation_id": "cor-1",
            "session_id": "ses-1", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7",
            "auth_method": "oidc", "location": { "country": "DE", "region": "BE", "city": "Berlin" },
        },
        "reason": { "text": "Quarter end", "ticket": "FIN-7" },
        "message": "Alice approved invoice 1",
        "metadata": { "env": "prod", "attempt": 2 },
        "producer": { "id": "billing-1", "sequence": 9_007_199_254_740_992_u64 },
        "raw": { "format": "syslog", "body": "<34>1 2026-11-23T08:00:00Z billing - - approved" },
    })
}

fn outcome_reason() -> Value {
    event(&json!({ "category": "auth", "outcome": { "status": "denied", "reason": "wrong password" } }))
}

fn targets() -> Value {
    event(&json!({
        "category": "grant",
        "severity": "high",
        "targets": [{ "type": "role", "id": "z" }, { "type": "account", "id": "a" }, { "type": "role", "id": "z" }],
    }))
}

fn changes() -> Value {
    event(&json!({
        "category": "create",
        "changes": [
            { "path": "", "op": "add", "new": { "b": [1, 2.5, { "c": null }], "a": {}, "é": [] } },
            { "path": "/a~1b/0", "op": "remove", "old": null },
            { "path": "/limit", "op": "replace", "old": null, "new": -0.5 },
            { "path": "/nothing", "op": "replace" },
        ],
    }))
}

fn scalars() -> Value {
    event(&json!({
        "category": "delete",
        "metadata": { "null": null, "true": true, "false": false, "empty": "", "text": "null", "digits": "10" },
    }))
}

fn numbers() -> Value {
    event(&json!({
        "category": "other",
        "severity": "low",
        "metadata": {
            "zero": 0, "one": 1.0, "negative": -1, "third": 0.333_333_333_333_333_3, "large": 9_007_199_254_740_991.0,
            "tie": 25_121_264_217_403.562, "half": 4_503_599_627_370_495.5, "small": 1e-6, "smaller": 1e-7, "least": 5e-324,
            "least_normal": 2.225_073_858_507_201_4e-308,
            "safe": 9_007_199_254_740_992_u64, "safe_negative": -9_007_199_254_740_992_i64,
            "tenth": 0.1, "long": 4.350_000_000_000_000_5, "thousandth": -0.001, "exponent": 1.5e-9,
        },
    }))
}

fn names() -> Value {
    // By UTF-16 code units a character beyond the basic plane sorts before U+FB33; by UTF-8 bytes behind it.
    event(&json!({
        "metadata": {
            "\u{20ac}": "euro", "\r": "return", "\u{fb33}": "dalet", "1": "one", "\u{1f600}": "smile",
            "\u{80}": "control", "\u{f6}": "o", "A": "upper", "a": "lower", "aa": "longer", "_": "line",
        },
    }))
}

fn strings() -> Value {
    event(&json!({
        "category": "execute",
        "severity": "medium",
        "message": "quote \" backslash \\ slash / tab \t line \n return \r feed \u{c} back \u{8} escape \u{1b} delete \u{7f}",
        "reason": { "text": "Gr\u{fc}\u{df}e \u{65}\u{301} \u{2028}\u{2029} \u{1f469}\u{200d}\u{1f680} \u{5e9}\u{5dc}" },
        "actor": { "type": "anonymous", "id": "\u{feff}<script>&amp;</script>" },
    }))
}

fn chain() -> Value {
    event(&json!({
        "outcome": { "status": "unknown", "code": "timeout" },
        "actor": { "type": "agent", "id": "agent-7" },
        "on_behalf_of": [
            { "type": "user", "id": "alice" },
            { "type": "service", "id": "scheduler" },
            { "type": "api_key", "id": "ak1" },
            { "type": "system", "id": "root", "attributes": { "pid": 1 } },
        ],
    }))
}

fn by_the_server() -> Value {
    event(&json!({
        "action": "api_key.revoke",
        "category": "grant",
        "actor": { "type": "system", "id": "operator" },
        "source": { "service": "auditlog" },
        "submitted_by": { "type": "server" },
    }))
}

fn raw_whole() -> Value {
    event(&json!({ "raw": { "format": "cloudtrail", "body": "{\"eventID\": \"1\",\n \"x\": [1.0]}" } }))
}

fn raw_cut() -> Value {
    let whole = json!({ "sha256": HASH, "size": 140_000, "truncated": true });
    let mut raw = json!({ "format": "cloudtrail", "body": "{\"eventID\": \"1\"," });
    for (name, value) in whole.as_object().expect("an object") {
        raw[name] = value.clone();
    }
    let adjustment = json!({ "pointer": "/raw/body", "code": "truncated", "size": 140_000, "sha256": HASH });
    event(&json!({ "raw": raw, "adjustments": [adjustment] }))
}

fn raw_without_body() -> Value {
    event(&json!({ "raw": { "format": "cloudtrail", "sha256": HASH, "size": 40_000, "truncated": true } }))
}

fn earliest() -> Value {
    event(&json!({ "occurred_at": "1970-01-01T00:00:00.000000Z", "producer": { "id": "p", "sequence": 0 } }))
}

fn empty_values() -> Value {
    let empty = json!({ "": "", "list": [], "lists": [[], {}], "null": null, "object": {} });
    event(&json!({
        "actor": { "type": "user", "id": "alice", "attributes": empty },
        "changes": [{ "path": "/", "op": "replace", "old": "", "new": [] }, { "path": "", "op": "add", "new": {} }],
        "metadata": empty,
    }))
}

fn open_objects() -> Value {
    // The eighth level holds a text where a list was sent.
    let deep = json!({ "2": { "3": { "4": { "5": { "6": { "7": { "8": "[[\"ninth\"]]" } } } } } } });
    event(&json!({
        "actor": { "type": "unknown", "id": "unknown", "attributes": { "roles": ["a", ["b", 1.5], { "c": null }] } },
        "targets": [{ "type": "pod", "id": "p", "attributes": { "spec": { "replicas": 3, "image": "nginx" } } }],
        "metadata": { "1": deep, "authorization.k8s.io/decision": "allow", "large": "9007199254740993" },
        "adjustments": [
            { "pointer": "/metadata/1/2/3/4/5/6/7/8", "code": "json_as_text" },
            { "pointer": "/metadata/large", "code": "number_as_text" },
        ],
    }))
}

fn external_id() -> Value {
    event(&json!({
        "id": "019b76da-a87b-7ef0-9b06-8f84a9ab176a",
        "external_id": "a-1",
        "occurred_at": "2026-01-01T00:00:00.123456Z",
        "source": { "service": "github" },
    }))
}

fn address_within_a_text() -> Value {
    event(&json!({
        "context": { "ip": "203.0.113.7", "address": "203.0.113.7:51234, 10.0.0.1" },
        "adjustments": [{ "pointer": "/context/ip", "code": "parsed" }],
    }))
}

fn text_without_an_address() -> Value {
    event(&json!({
        "context": { "address": "cloudtrail.amazonaws.com" },
        "adjustments": [{ "pointer": "/context/ip", "code": "parsed", "original": "AWS Internal" }],
    }))
}

fn smallest_targets_and_actor() -> Value {
    event(&json!({
        "action": "Invoice \u{fffd} Lesen",
        "category": "other",
        "actor": { "type": "unknown", "id": "unknown" },
        "targets": [{ "id": "t" }, { "name": "unknown" }],
        "adjustments": [
            { "pointer": "/action", "code": "replaced" },
            { "pointer": "/targets/1/name", "code": "defaulted" },
        ],
    }))
}

/// One adjustment for each rule that decides about its group.
fn adjustments_of_every_group() -> Value {
    let cut = |pointer: &str| json!({ "pointer": pointer, "code": "truncated", "size": 9_999, "sha256": HASH });
    let mut event = every_member();
    event["external_id"] = json!("order 1");
    event["context"]["address"] = json!("[2001:db8::1%eth0]:443");
    event["occurred_at"] = event["received_at"].clone();
    event["adjustments"] = json!([
        cut("/action"),
        cut("/actor/attributes"),
        { "pointer": "/actor/attributes/a~1b", "code": "number_as_text" },
        { "pointer": "/changes/0/new", "code": "replaced" },
        cut("/changes/0/new"),
        { "pointer": "/context/ip", "code": "parsed" },
        cut("/external_id"),
        cut("/message"),
        cut("/metadata"),
        { "pointer": "/occurred_at", "code": "clock", "original": "2027-01-01T00:00:00.000000Z" },
        cut("/on_behalf_of"),
        cut("/outcome/code"),
        cut("/outcome/reason"),
        cut("/producer/id"),
        cut("/raw/body"),
        { "pointer": "/reason/text", "code": "defaulted" },
        cut("/source/component"),
        cut("/source/host"),
        cut("/source/service"),
        cut("/targets"),
        cut("/targets/0/url"),
    ]);
    event
}

fn adjustments_of_one_group() -> Value {
    // By bytes of UTF-8 U+FB33 stands before a character beyond the basic plane, unlike names of members.
    event(&json!({
        "metadata": { "\u{fb33}": "1e400", "\u{1f600}": "1e400", "a": "\u{fffd}" },
        "adjustments": [
            { "pointer": "/metadata/a", "code": "replaced" },
            { "pointer": "/metadata/\u{fb33}", "code": "number_as_text" },
            { "pointer": "/metadata/\u{1f600}", "code": "number_as_text" },
        ],
    }))
}

fn adjustments_left_out() -> Value {
    // The 63 that sort first, and the number of the others.
    let metadata: serde_json::Map<_, _> = (0..200).map(|n| (format!("n{n:03}"), json!("1e400"))).collect();
    let mut adjustments: Vec<Value> =
        (0..63).map(|n| json!({ "pointer": format!("/metadata/n{n:03}"), "code": "number_as_text" })).collect();
    adjustments.push(json!({ "pointer": "", "code": "more", "size": 137 }));
    event(&json!({ "metadata": metadata, "adjustments": adjustments }))
}
