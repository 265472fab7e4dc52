//! Lists at their limits and beyond them.

use serde_json::{Value, json};

use super::{
    adjustments::{cut_of, replaced},
    sent::{entries, event, event_of},
    stored::{Stored, stored},
};
use crate::jcs;

/// A list of the event: its member, its limit, and its entries.
type List = (&'static str, usize, fn(usize) -> Value);

pub(super) fn all() -> Vec<Stored> {
    let groups = |count: usize| json!(entries(count, |index| json!(format!("g{index}"))));
    let actor = |groups: &Value| json!({"type": "user", "id": "alice", "groups": groups});
    let many = groups(33);
    let mut rows = vec![
        stored("limit: 32 groups", event_of("actor", &actor(&groups(32)))).with("actor", actor(&groups(32))),
        stored("truncated: 33 groups", event_of("actor", &actor(&many)))
            .with("actor", actor(&groups(32)))
            .adjusted(cut_of("/actor/groups", 33, &jcs::text(&many))),
    ];
    let lists: [List; 3] = [
        ("on_behalf_of", 8, |index| json!({"type": "user", "id": format!("u{index}")})),
        ("targets", 32, |index| json!({"id": format!("t{index}")})),
        ("changes", 64, |index| json!({"path": format!("/{index}"), "op": "add", "new": index})),
    ];
    for (member, count_max, entry) in lists {
        let (just, over) = (entries(count_max, entry), entries(count_max + 1, entry));
        rows.push(
            stored(format!("limit: {count_max} {member}"), event_of(member, &json!(just))).with(member, json!(just)),
        );
        rows.push(
            stored(format!("truncated: {} {member}", over.len()), event_of(member, &json!(over)))
                .with(member, json!(just))
                .adjusted(cut_of(&format!("/{member}"), over.len(), &jcs::text(&json!(over)))),
        );
    }
    rows.push(dropped_entry());
    rows
}

/// What would be adjusted in an entry that is dropped is not listed, and is part of the whole list as it would be.
fn dropped_entry() -> Stored {
    let chain = |last: &str| {
        let actor = r#"{"type":"unknown","id":"a"}"#;
        format!("[{}{last}]", format!("{actor},").repeat(8))
    };
    let sent = chain(r#"{"type":"unknown","id":"\u0000"}"#);
    let whole: Value = serde_json::from_str(&chain(r#"{"type":"unknown","id":"\ufffd"}"#)).expect("JSON");
    let kept = json!(vec![json!({"type": "unknown", "id": "a"}); 8]);
    let members = [("on_behalf_of", sent.as_str()), ("message", r#""\u0000""#)];
    stored("truncated: an entry that would be adjusted", event(&members))
        .with("on_behalf_of", kept)
        .with("message", "\u{fffd}")
        .adjusted(replaced("/message"))
        .adjusted(cut_of("/on_behalf_of", 9, &jcs::text(&whole)))
}
