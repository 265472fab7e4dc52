//! For every field a value of another type, and for every object a member that does not exist and one that occurs
//! twice.

use auditlog_core::event::violation::code;

use super::{refused::Row, sent::event};

/// The place of a value in a text.
const PLACE: &str = "@";

/// Every object whose members are fixed: its pointer, the member of the event in which it is with [`PLACE`] for
/// further members of it, and one of its members.
const OBJECTS: [(&str, &str, &str, &str); 12] = [
    ("", "", "", "action"),
    ("/actor", "actor", r#"{"type":"user","id":"a"@}"#, "id"),
    ("/source", "source", r#"{"service":"web"@}"#, "service"),
    ("/outcome", "outcome", r#"{"status":"failure"@}"#, "status"),
    ("/on_behalf_of/0", "on_behalf_of", r#"[{"type":"user","id":"a"@}]"#, "type"),
    ("/targets/0", "targets", r#"[{"id":"t"@}]"#, "id"),
    ("/changes/0", "changes", r#"[{"path":"/a","op":"add"@}]"#, "op"),
    ("/context", "context", r#"{"request_id":"r"@}"#, "request_id"),
    ("/context/location", "context", r#"{"location":{"city":"c"@}}"#, "city"),
    ("/reason", "reason", r#"{"text":"r"@}"#, "text"),
    ("/producer", "producer", r#"{"id":"p","sequence":1@}"#, "sequence"),
    ("/raw", "raw", r#"{"format":"f"@}"#, "format"),
];

/// The fields of each object that hold a string, or a word of a fixed set.
const STRINGS: [(&str, &[&str]); 12] = [
    ("", &["id", "external_id", "tenant_id", "occurred_at", "action", "category", "severity", "message"]),
    ("/actor", &["type", "id", "name", "email"]),
    ("/source", &["service", "component", "version", "environment", "region", "host"]),
    ("/outcome", &["status", "code", "reason"]),
    ("/on_behalf_of/0", &["type", "id", "name", "email"]),
    ("/targets/0", &["type", "id", "name", "url"]),
    ("/changes/0", &["path", "op"]),
    (
        "/context",
        &[
            "ip",
            "address",
            "user_agent",
            "request_id",
            "correlation_id",
            "session_id",
            "trace_id",
            "span_id",
            "auth_method",
        ],
    ),
    ("/context/location", &["country", "region", "city"]),
    ("/reason", &["text", "ticket"]),
    ("/producer", &["id"]),
    ("/raw", &["format", "body", "sha256"]),
];

/// The fields that hold an object, a list, or something else.
const OTHERS: [(&str, &str, &str); 20] = [
    ("/actor", "actor", "@"),
    ("/source", "source", "@"),
    ("/outcome", "outcome", "@"),
    ("/context", "context", "@"),
    ("/context/location", "context", r#"{"location":@}"#),
    ("/reason", "reason", "@"),
    ("/producer", "producer", "@"),
    ("/producer/sequence", "producer", r#"{"id":"p","sequence":@}"#),
    ("/raw", "raw", "@"),
    ("/raw/truncated", "raw", r#"{"format":"f","size":1,"sha256":"@hash","truncated":@}"#),
    ("/metadata", "metadata", "@"),
    ("/actor/attributes", "actor", r#"{"type":"user","id":"a","attributes":@}"#),
    ("/actor/groups", "actor", r#"{"type":"user","id":"a","groups":@}"#),
    ("/targets/0/attributes", "targets", r#"[{"id":"t","attributes":@}]"#),
    ("/on_behalf_of", "on_behalf_of", "@"),
    ("/on_behalf_of/0", "on_behalf_of", "[@]"),
    ("/targets", "targets", "@"),
    ("/targets/0", "targets", "[@]"),
    ("/changes", "changes", "@"),
    ("/changes/0", "changes", "[@]"),
];

pub(super) fn all() -> Vec<Row> {
    [unknown(), repeated(), strings(), others()].into_iter().flatten().collect()
}

/// The event in which the object with this pointer has a further member.
fn with_member((_, member, object, _): &(&str, &str, &str, &str), name: &str, literal: &str) -> String {
    let further = format!("\"{name}\":{literal}");
    if member.is_empty() {
        let smallest = event(&[]);
        return format!("{},{further}}}", &smallest[..smallest.len() - 1]);
    }
    event(&[(member, &object.replace(PLACE, &format!(",{further}")))])
}

fn unknown() -> Vec<Row> {
    let names = ["x", "ID", "type ", "__proto__"];
    let rows = |object: &'static (&str, &str, &str, &str)| {
        let row =
            |name: &str| (with_member(object, name, "{\"a\":1}"), format!("{}/{name}", object.0), code::UNKNOWN_FIELD);
        names.map(row)
    };
    OBJECTS.iter().flat_map(rows).collect()
}

fn repeated() -> Vec<Row> {
    let row = |object: &(&str, &str, &str, &str)| {
        (with_member(object, object.3, "null"), format!("{}/{}", object.0, object.3), code::DUPLICATE_KEY)
    };
    OBJECTS.iter().map(row).collect()
}

/// A number, a boolean, and a list and an object that are not empty, in place of a string.
fn strings() -> Vec<Row> {
    let mut rows = Vec::new();
    for ((at, names), object) in STRINGS.iter().zip(&OBJECTS) {
        let literals = ["7", "true", "[\"x\"]", "{\"a\":1}"].iter().cycle();
        for (name, literal) in names.iter().zip(literals) {
            rows.push((in_place_of(object, name, literal), format!("{at}/{name}"), code::WRONG_TYPE));
        }
    }
    rows
}

/// The event in which a member of an object has this value, in place of the one that it may have.
fn in_place_of(object: &(&str, &str, &str, &str), name: &str, literal: &str) -> String {
    if object.1.is_empty() {
        // With an external id the time is required.
        let time = ("occurred_at", "\"2024-11-14T11:00:00Z\"");
        let members: &[(&str, &str)] =
            if name == "external_id" { &[(name, literal), time] } else { &[(name, literal)] };
        return event(members);
    }
    let text = object.2.replace(PLACE, "");
    for given in [
        "\"user\"",
        "\"a\"",
        "\"web\"",
        "\"failure\"",
        "\"t\"",
        "\"/a\"",
        "\"add\"",
        "\"r\"",
        "\"c\"",
        "\"p\"",
        "\"f\"",
    ] {
        let member = format!("\"{name}\":{given}");
        if text.contains(&member) {
            return event(&[(object.1, &text.replace(&member, &format!("\"{name}\":{literal}")))]);
        }
    }
    // The hash of a record is sent with its size.
    let size = if name == "sha256" { ",\"size\":1" } else { "" };
    event(&[(object.1, &object.2.replace(PLACE, &format!(",\"{name}\":{literal}{size}")))])
}

fn others() -> Vec<Row> {
    let hash = "ab".repeat(32);
    let row = |(at, member, text): &(&str, &str, &str), literal: &str| {
        let value = text.replace("@hash", &hash).replace(PLACE, literal);
        (event(&[(member, &value)]), (*at).to_owned(), code::WRONG_TYPE)
    };
    OTHERS.iter().flat_map(|field| ["\"x\"", "[[0]]"].map(|literal| row(field, literal))).filter(is_wrong).collect()
}

/// A list of a list is of the right type where a list of objects is expected, and its entry is not.
fn is_wrong((text, ..): &Row) -> bool {
    !["groups", "on_behalf_of", "targets", "changes"].iter().any(|list| text.contains(&format!("\"{list}\":[[0]]")))
}
