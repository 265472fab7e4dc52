//! Owns events with values that no event may hold, as end users and foreign systems choose them. The server stores such
//! events with adjusted values, so that nobody can keep an event out of the log.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    api::{Answer, BatchAnswer, Call, Client, Credential},
    hostile::attack::{Target, requests::told},
};

const CLIENTS: usize = 4;
/// The pause after each batch: sending as fast as possible would be another kind of attack.
const PAUSE: Duration = Duration::from_millis(50);
/// Of each text that is too long.
const LONG_BYTES: usize = 200_000;

pub(super) fn send_wild_content(tasks: &mut JoinSet<()>, target: &Arc<Target>) {
    let body: Arc<str> = wild_events().into();
    for _ in 0..CLIENTS {
        let (target, body) = (Arc::clone(target), Arc::clone(&body));
        tasks.spawn(async move {
            let mut client = Client::new(target.address);
            let key = Credential::of_key(&target.visitor);
            loop {
                let answer =
                    client.call(&key, Call::post("/api/v1/events/batch", body.as_bytes().to_vec().into())).await;
                target.answers.note(match &answer {
                    Ok(answer) if answer.status.is_success() => stored(answer).to_owned(),
                    other => told(other),
                });
                sleep(PAUSE).await;
            }
        });
    }
}

/// What became of the events of an answered batch. The event with an external id is the same each time.
fn stored(answer: &Answer) -> &'static str {
    let results = serde_json::from_slice::<BatchAnswer<'_>>(&answer.body).map(|answer| answer.results);
    let are_stored = results
        .is_ok_and(|results| results.iter().all(|result| result.status == "stored" || result.status == "duplicate"));
    if are_stored { "all stored" } else { "not all stored" }
}

/// A batch of events, each with another kind of value.
fn wild_events() -> String {
    let long = "\u{e9}".repeat(LONG_BYTES / 2);
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let many: Value = (0..5_000).map(|number| (format!("name_{number}"), json!(number))).collect();
    let changed = [
        json!({ "message": long, "context": { "user_agent": long, "ip": long } }),
        json!({ "actor": { "type": "user", "id": "a\u{0}b", "name": "\u{0}".repeat(1_000) } }),
        json!({ "actor": { "type": "user", "id": "" }, "reason": { "text": "" }, "targets": [{ "name": "" }] }),
        json!({ "metadata": { "deep": deep, (long.as_str()): 1, "number": 12_345_678_901_234_567_890_u64 } }),
        json!({ "metadata": many, "raw": { "format": "text", "body": long } }),
        json!({ "targets": vec![json!({ "id": "x" }); 1_000], "changes": vec![json!({ "path": "/a", "op": "add" }); 1_000] }),
        json!({ "occurred_at": "1601-01-01T00:00:00Z", "external_id": long }),
        json!({ "occurred_at": "9999-12-31T23:59:59Z", "context": { "ip": "999.999.999.999, unknown" } }),
    ];
    let plain = json!({ "action": "door.open", "actor": { "type": "system" }, "source": { "service": "stranger" } });
    let events = changed.into_iter().map(|changed| {
        let mut event = plain.clone();
        for (name, value) in changed.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        event.to_string()
    });
    // What JSON can say and a string of this program cannot: half of a surrogate pair, and a number beyond all others.
    let escaped = plain.to_string().replace("door.open", r"door\ud800.open");
    let number = plain.to_string().replacen('{', r#"{"metadata":{"number":1e999},"#, 1);
    format!("[{}]", events.chain([escaped, number]).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use auditlog_core::event::{BatchFormat, parse_batch};

    use super::*;

    #[test]
    fn every_wild_event_is_one_that_is_adjusted() {
        let body = wild_events();
        let parsed = parse_batch(body.as_bytes(), BatchFormat::Array).unwrap();
        assert_eq!(parsed.len(), 10);
        for event in parsed {
            let draft = event.unwrap();
            let has_wild_time = draft.external_id.is_some() || draft.occurred_at.is_some();
            assert!(!draft.adjustments.is_empty() || has_wild_time, "{draft:?}");
        }
    }
}
