//! Texts at their limits and beyond them.

use serde_json::{Value, json};

use super::{
    adjustments::{cut, sha256},
    sent::{event_of, first, members, text_of},
    stored::{Stored, stored},
};
use crate::jcs;

/// The id of the external id of 257 bytes, computed from the specification in another language.
const DERIVED_ID_OF_257_BYTES: &str = "018cc251-f400-79d7-a018-6b0b70fd51f8";

/// A field of text: its pointer, its limit, and the member of the event that holds a given text in it.
type Field = (&'static str, usize, fn(&str) -> (&'static str, Value));

const FIELDS: [Field; 18] = [
    ("/action", 256, |text| ("action", json!(text))),
    ("/actor/id", 1024, |text| ("actor", json!({"type": "user", "id": text}))),
    ("/actor/groups/0", 1024, |text| ("actor", json!({"type": "user", "id": "alice", "groups": [text]}))),
    ("/actor/attributes/k", 8192, |text| ("actor", json!({"type": "user", "id": "alice", "attributes": {"k": text}}))),
    ("/outcome/reason", 1024, |text| ("outcome", json!({"status": "failure", "reason": text}))),
    ("/on_behalf_of/0/email", 1024, |text| ("on_behalf_of", json!([{"type": "user", "id": "a", "email": text}]))),
    ("/targets/0/type", 256, |text| ("targets", json!([{"id": "t", "type": text}]))),
    ("/targets/0/url", 2048, |text| ("targets", json!([{"id": "t", "url": text}]))),
    ("/source/service", 256, |text| ("source", json!({"service": text}))),
    ("/source/host", 1024, |text| ("source", json!({"service": "web", "host": text}))),
    ("/context/address", 1024, |text| ("context", json!({"address": text}))),
    ("/context/user_agent", 2048, |text| ("context", json!({"user_agent": text}))),
    ("/context/location/city", 1024, |text| ("context", json!({"location": {"city": text}}))),
    ("/reason/text", 1024, |text| ("reason", json!({"text": text}))),
    ("/message", 8192, |text| ("message", json!(text))),
    ("/metadata/list/0", 8192, |text| ("metadata", json!({"list": [text]}))),
    ("/producer/id", 1024, |text| ("producer", json!({"id": text, "sequence": 1}))),
    ("/raw/format", 256, |text| ("raw", json!({"format": text}))),
];

pub(super) fn all() -> Vec<Stored> {
    let mut rows = Vec::new();
    for (pointer, bytes_max, of) in FIELDS {
        rows.push(row(format!("limit: {pointer}"), of(&text_of(bytes_max)), of(&text_of(bytes_max))));
        // The last character has two bytes, of which only one would fit.
        let whole = format!("{}\u{e9}", text_of(bytes_max - 1));
        rows.push(
            row(format!("truncated: {pointer}"), of(&whole), of(&text_of(bytes_max - 1)))
                .adjusted(cut(pointer, &whole)),
        );
    }
    rows.extend([external_id(), action_cut_at_white_space(), raw_body(128 * 1024), raw_body(128 * 1024 + 1)]);
    rows.extend(changes());
    rows.extend(names());
    rows.extend(open_objects());
    rows
}

/// An event with a member as it is sent, and as it is stored.
fn row(name: String, (member, sent): (&str, Value), (_, kept): (&str, Value)) -> Stored {
    let row = stored(name, event_of(member, &sent)).with(member, kept);
    // Of an action of one word there is no verb.
    if member == "action" { row.with("category", "other") } else { row }
}

fn external_id() -> Stored {
    let whole = text_of(257);
    let literal = json!(whole).to_string();
    let members = [
        ("external_id", literal.as_str()),
        ("occurred_at", "\"2024-01-01T00:00:00Z\""),
        ("source", r#"{"service":"github"}"#),
    ];
    stored("truncated: /external_id", super::sent::event(&members))
        .with("id", DERIVED_ID_OF_257_BYTES)
        .with("external_id", text_of(256))
        .with("occurred_at", "2024-01-01T00:00:00.000000Z")
        .with("source", json!({"service": "github"}))
        .adjusted(cut("/external_id", &whole))
}

fn action_cut_at_white_space() -> Stored {
    let whole = format!("x{}y", " ".repeat(300));
    stored("truncated: white space where an action is cut", event_of("action", &json!(format!(" {whole}"))))
        .with("action", "x")
        .with("category", "other")
        .adjusted(cut("/action", &whole))
}

fn raw_body(bytes: usize) -> Stored {
    let whole = text_of(bytes);
    let (name, kept) = (format!("raw.body of {bytes} bytes"), text_of(bytes.min(128 * 1024)));
    let row = stored(name, event_of("raw", &json!({"format": "text", "body": whole})));
    if kept == whole {
        return row.with("raw", json!({"format": "text", "body": kept}));
    }
    let raw = json!({"format": "text", "body": kept, "sha256": sha256(&whole), "size": bytes, "truncated": true});
    row.with("raw", raw).adjusted(cut("/raw/body", &whole))
}

fn changes() -> Vec<Stored> {
    let change = |path: &str, new: &Value| json!([{"path": path, "op": "add", "new": new}]);
    let same = |name: &str, changes: Value| stored(name, event_of("changes", &changes)).with("changes", changes);
    let (long, list) = (json!(text_of(9_000)), json!([text_of(9_000), 1]));
    // Two quotation marks, and a backslash before the one at the beginning of the text.
    let cut_text = format!("\"{}", text_of(8_188));
    let cut_list = format!("[\"{}", text_of(8_187));
    let path = format!("/{}", text_of(1_024));
    let escapes = format!("/{}", "~1".repeat(600));
    vec![
        same("limit: a value of a change", change("", &json!(text_of(8_190)))),
        same("limit: the path of a change", change(&format!("/{}", text_of(1_023)), &json!(1))),
        stored("truncated: a text of a change", event_of("changes", &change("", &long)))
            .with("changes", change("", &json!(cut_text)))
            .adjusted(cut("/changes/0/new", &jcs::text(&long))),
        stored("truncated: a list of a change", event_of("changes", &change("", &list)))
            .with("changes", change("", &json!(cut_list)))
            .adjusted(cut("/changes/0/new", &jcs::text(&list))),
        stored("truncated: the path of a change", event_of("changes", &change(&path, &json!(1))))
            .with("changes", change(&path[..1_024], &json!(1)))
            .adjusted(cut("/changes/0/path", &path)),
        stored("truncated: a path is not cut in an escape", event_of("changes", &change(&escapes, &json!(1))))
            .with("changes", change(&escapes[..1_023], &json!(1)))
            .adjusted(cut("/changes/0/path", &escapes)),
    ]
}

/// A name of more than 256 bytes as it is kept.
fn cut_name(name: &str) -> String {
    format!("{}~{}", &name[..240], &sha256(name)[..8])
}

fn names() -> Vec<Stored> {
    let (one, two) = (format!("{}1", "k".repeat(256)), format!("{}2", "k".repeat(256)));
    let just = "k".repeat(256);
    let at = |name: &str| format!("/metadata/{}", cut_name(name).replace('~', "~0"));
    let mut both = [&one, &two];
    both.sort_by_key(|name| cut_name(name));
    let kept = json!({cut_name(&one): 1, cut_name(&two): {"a": 2}, just.clone(): 3});
    let sent = json!({one.clone(): 1, two.clone(): {"a": 2}, just: 3});
    vec![
        stored("truncated: names", event_of("metadata", &sent))
            .with("metadata", kept)
            .adjusted_all(both.map(|name| cut(&at(name), name))),
    ]
}

fn open_objects() -> Vec<Stored> {
    let actor = |attributes: &Value| json!({"type": "user", "id": "alice", "attributes": attributes});
    let metadata = |name: &str, sent: &Value, kept: &Value| {
        stored(format!("truncated: {name}"), event_of("metadata", sent))
            .with("metadata", kept.clone())
            .adjusted(cut("/metadata", &jcs::text(sent)))
    };
    let (values, just) = (members(257, |index| json!(index)), members(256, |index| json!(index)));
    let list = json!({"a": 1, "b": vec![0; 256], "c": 1});
    let attributes = members(65, |index| if index % 2 == 0 { json!([]) } else { json!({}) });
    let five = json!({
        "a": text_of(8_192), "b": text_of(8_192), "c": text_of(8_192), "d": text_of(8_192), "e": 1,
    });
    let fits = json!({"a": text_of(8_184), "b": text_of(8_185), "c": text_of(8_185), "d": text_of(8_185)});
    vec![
        stored("limit: 256 values in metadata", event_of("metadata", &just)).with("metadata", just),
        metadata("257 values in metadata", &values, &first(&values, 256)),
        metadata("values in a list of metadata", &list, &json!({"a": 1, "b": vec![0; 255]})),
        stored("truncated: 65 values in attributes", event_of("actor", &actor(&attributes)))
            .with("actor", actor(&first(&attributes, 64)))
            .adjusted(cut("/actor/attributes", &jcs::text(&attributes))),
        stored("limit: 32 KiB of metadata", event_of("metadata", &fits)).with("metadata", fits),
        metadata("more than 32 KiB of metadata", &five, &first(&five, 3)),
    ]
}
