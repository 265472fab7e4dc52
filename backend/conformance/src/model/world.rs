//! Owns the state that a run keeps: its tenants, the events it sent and which of them are sealed.

use std::{collections::BTreeMap, time::Duration};

use auditlog_core::{
    id::{EventId, TenantId},
    timestamp::Timestamp,
};
use rand::{Rng, rngs::StdRng};
use serde_json::{Value, json};

use super::{
    choice::{any, percent, skewed},
    generate::{client_event, fresh_id},
};
use crate::{
    fixtures::{ManualClock, tenant_id},
    oracle::Oracle,
};

/// Frequent ones first. Names with a common prefix reveal a look-up that confuses tenants.
const TENANTS: [&str; 7] = ["acme", "acme.eu", "acm", "zeta", "0", "b_2", "acme-x"];

/// The number of sent events kept per tenant for sending them again.
const SENT_MAX: usize = 1_500;

/// The state that a run keeps.
pub(super) struct World {
    pub(super) tenants: Vec<TenantId>,
    /// Events as they were sent, each with its id.
    sent: BTreeMap<TenantId, Vec<Value>>,
    /// The heads at the last seal: what is smaller is sealed.
    sealed: BTreeMap<TenantId, u64>,
    clock: ManualClock,
}

impl World {
    pub(super) fn new(clock: ManualClock) -> Self {
        let tenants = TENANTS.map(tenant_id).to_vec();
        Self { tenants, sent: BTreeMap::new(), sealed: BTreeMap::new(), clock }
    }

    /// Lets some time pass, now and then a good part of a day.
    pub(super) fn pass_time(&self, rng: &mut StdRng) -> Timestamp {
        let pause = match rng.random_range(0..100) {
            0..30 => Duration::ZERO,
            30..90 => Duration::from_micros(rng.random_range(0..2_000_000)),
            90..99 => Duration::from_secs(rng.random_range(0..120)),
            _ => Duration::from_secs(rng.random_range(0..20_000)),
        };
        self.clock.advance(pause)
    }

    /// Lets a moment pass, as between concurrent requests.
    pub(super) fn pass_a_moment(&self, rng: &mut StdRng) -> Timestamp {
        self.clock.advance(Duration::from_micros(rng.random_range(0..2_000_000)))
    }

    pub(super) fn tenant(&self, rng: &mut StdRng) -> TenantId {
        skewed(rng, &self.tenants).clone()
    }

    /// The events of one request, as a client would send them: new ones, and now and then one that was sent before.
    pub(super) fn request(&self, rng: &mut StdRng, tenant: &TenantId, now: Timestamp) -> Vec<Value> {
        let size = match rng.random_range(0..100) {
            0..55 => 1,
            55..95 => rng.random_range(2..8),
            _ => rng.random_range(8..60),
        };
        let mut events: Vec<Value> = Vec::with_capacity(size);
        for _ in 0..size {
            let event = match rng.random_range(0..100) {
                0..88 => new_event(rng, now),
                88..90 if !events.is_empty() => any(rng, &events).clone(),
                90..91 => {
                    let other = self.tenant(rng);
                    self.sent_event(rng, &other).unwrap_or_else(|| new_event(rng, now))
                }
                91..96 => self.sent_event(rng, tenant).unwrap_or_else(|| new_event(rng, now)),
                _ => self.conflicting_event(rng, tenant).unwrap_or_else(|| new_event(rng, now)),
            };
            events.push(event);
        }
        events
    }

    fn sent_event(&self, rng: &mut StdRng, tenant: &TenantId) -> Option<Value> {
        let sent = self.sent.get(tenant).filter(|sent| !sent.is_empty())?;
        Some(any(rng, sent).clone())
    }

    /// An event that was sent before, with a changed member.
    fn conflicting_event(&self, rng: &mut StdRng, tenant: &TenantId) -> Option<Value> {
        let mut event = self.sent_event(rng, tenant)?;
        match rng.random_range(0..4) {
            0 => event["message"] = json!("something else"),
            1 => event["actor"]["id"] = json!("somebody-else"),
            2 => event["metadata"] = json!({ "else": rng.random_range(0..9) }),
            _ => event["occurred_at"] = json!("2031-01-01T00:00:00Z"),
        }
        Some(event)
    }

    /// Records a stored event under its stored id, including ids that the server assigned. One that follows from an id
    /// in the system of record is left out, because it follows again.
    pub(super) fn remember(&mut self, rng: &mut StdRng, tenant: &TenantId, id: EventId, mut event: Value) {
        if !event["id"].is_null() || event["external_id"].is_null() || percent(rng, 30) {
            event["id"] = json!(id.to_string());
        }
        let sent = self.sent.entry(tenant.clone()).or_default();
        if sent.len() == SENT_MAX {
            let forgotten = rng.random_range(0..sent.len());
            sent.swap_remove(forgotten);
        }
        sent.push(event);
    }

    /// Records that everything up to now is sealed.
    pub(super) fn seal(&mut self, oracle: &Oracle) {
        for tenant in &self.tenants {
            self.sealed.insert(tenant.clone(), oracle.size(tenant));
        }
    }

    pub(super) fn sealed(&self, tenant: &TenantId) -> u64 {
        self.sealed.get(tenant).copied().unwrap_or(0)
    }
}

/// An event that was not sent before, with or without a client-set id.
fn new_event(rng: &mut StdRng, now: Timestamp) -> Value {
    let mut event = client_event(rng, now);
    if percent(rng, 40) {
        event["id"] = json!(fresh_id(rng, now).to_string());
        if !event["external_id"].is_null() && percent(rng, 30) {
            event["occurred_at"] = json!(null);
        }
    }
    event
}
