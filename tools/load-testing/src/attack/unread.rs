//! Owns the attack with unread answers: each is larger than its request, and all stay pending.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep_until};

use super::{
    scene::{Key, Scene},
    stream::{Unread, get, post_batch},
};
use crate::{attack::Claim, campaign::Fault, hostile::gzip};

const BATCHES: usize = 30;
const FACETS: usize = 40;
const PAGES: usize = 16;
/// A batch that is refused: the maximum number of events, each with as many violations as an answer lists per event.
/// Each violation quotes a name. In gzip the batch has a few kilobytes.
const REFUSED_EVENTS: usize = 1_000;
const VIOLATIONS: usize = 32;
const NAME_BYTES: usize = 200;
/// Events of a page, each with distinct values that facets list, and with a record of another system.
const EVENTS: usize = 1_000;
const STORED_AT_ONCE: usize = 50;
const VALUES: usize = 8;
const VALUE_BYTES: usize = 1_000;
const RECORD_BYTES: usize = 32_000;

pub(super) struct UnreadAttack {
    batch: Vec<u8>,
    facets: Vec<u8>,
    page: Vec<u8>,
}

impl UnreadAttack {
    /// Stores events that produce large answers.
    pub(super) async fn prepare(scene: &Scene) -> Result<Self, Fault> {
        let writer: Key = scene.create_key(&scene.attacker, json!({"name": "writer", "role": "audit_writer"})).await?;
        for first in (0..EVENTS).step_by(STORED_AT_ONCE) {
            let events: Vec<_> = (first..first + STORED_AT_ONCE).map(large_event).collect();
            scene.store(&scene.attacker, &serde_json::to_string(&events)?).await?;
        }
        scene.settle().await;
        let fields: Vec<_> = (0..VALUES).map(|value| format!("field=metadata.v{value}")).collect();
        Ok(Self {
            batch: post_batch(&writer.key, &gzip(refused_batch().as_bytes())),
            facets: get(&scene.attacker, &format!("/api/v1/events/facets?limit=1000&{}", fields.join("&"))),
            page: get(&scene.attacker, "/api/v1/events?limit=1000"),
        })
    }

    /// Starts one kind of request after the other, and holds all connections until the end.
    pub(super) async fn carry_out(self, scene: &Scene, window: Duration) -> Result<Vec<Claim>, Fault> {
        let began = Instant::now();
        let mut unread = Vec::new();
        let mut refused = 0_usize;
        for (wave, request, count) in [(1, &self.batch, BATCHES), (2, &self.facets, FACETS), (3, &self.page, PAGES)] {
            for _ in 0..count {
                match Unread::send(scene.address, request).await {
                    Ok(answer) => unread.push(answer),
                    Err(_) => refused += 1,
                }
            }
            sleep_until(began + window * wave / 3).await;
        }
        let opened = unread.len();
        drop(unread);
        let seen = format!("{opened} answers were left unread, {refused} connections refused");
        // Without such answers there was no attack.
        Ok(vec![Claim::new("unread answers were asked for", opened > BATCHES + FACETS, seen)])
    }
}

/// JSON in which each event is refused for names that its answer quotes.
fn refused_batch() -> String {
    let name = |place: usize| format!("{place}{}", "n".repeat(NAME_BYTES));
    let event: Map<String, Value> = (0..VIOLATIONS).map(|place| (name(place), Value::from(1))).collect();
    serde_json::to_string(&vec![event; REFUSED_EVENTS]).unwrap_or_default()
}

fn large_event(number: usize) -> Value {
    // Quotes are two bytes each in an answer.
    let value = || Value::from(format!("{number}{}", "\"".repeat(VALUE_BYTES)));
    let metadata: Map<String, Value> = (0..VALUES).map(|place| (format!("v{place}"), value())).collect();
    json!({
        "action": "large.write", "actor": {"type": "user", "id": "a"}, "source": {"service": "attacker"},
        "metadata": metadata, "raw": {"format": "text", "body": "x".repeat(RECORD_BYTES)},
    })
}
