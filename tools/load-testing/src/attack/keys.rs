//! Owns the attack with keys: a key must end when it is revoked, and must not extend its own rights.

use std::time::Duration;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    scene::{Asked, Key, Scene},
    stream::{OpenStream, get},
};
use crate::{
    api::{Address, Call, Client, Credential},
    attack::{AttackPlan, Claim},
    campaign::Fault,
};

/// The test does not wait longer than this for a tail to end.
const TAIL_MAX: Duration = Duration::from_secs(20);
/// A tenant must not be able to have this many keys.
const KEYS_MAX: usize = 2_000;
const CREATORS: usize = 8;
/// Keys are created for at most this long.
const CREATION_MAX: Duration = Duration::from_secs(30);
/// One answer must not list more keys than this.
const LISTED_MAX: usize = 1_000;

pub(super) struct KeysAttack {
    /// The key of a tail that is open when the key is revoked.
    reader: Key,
    /// A key that manages keys, for an hour, from this machine.
    manager: Key,
    /// A key with more permissions than the manager.
    administrator: Key,
}

impl KeysAttack {
    pub(super) async fn prepare(scene: &Scene) -> Result<Self, Fault> {
        let in_an_hour = json!({
            "name": "manager", "permissions": ["api_keys.manage"], "expires_at": soon(), "allowed_networks": ["127.0.0.0/8"]
        });
        let key = async |body: Value| scene.create_key(&scene.attacker, body).await;
        Ok(Self {
            reader: key(json!({"name": "reader", "role": "audit_reader"})).await?,
            manager: key(in_an_hour).await?,
            administrator: key(json!({"name": "administrator", "role": "audit_admin"})).await?,
        })
    }

    pub(super) async fn carry_out(self, scene: &Scene, plan: &AttackPlan) -> Result<Vec<Claim>, Fault> {
        let mut claims = vec![self.revoke_with_tail(scene, plan.limits.stream_end).await?];
        let path = |key: &Key| format!("/api/v1/api-keys/{}", key.id);
        let (own, other) = (path(&self.manager), path(&self.administrator));
        let weaker = json!({"expires_at": soon()}).to_string();
        let forbidden = [StatusCode::FORBIDDEN];
        for (claim, method, target, body) in [
            ("a key does not lift its own expiry", Method::PATCH, &own, r#"{"expires_at": null}"#),
            ("a key does not lift its own networks", Method::PATCH, &own, r#"{"allowed_networks": []}"#),
            ("a key does not shorten a stronger one", Method::PATCH, &other, &weaker),
            ("a key does not revoke a stronger one", Method::DELETE, &other, ""),
        ] {
            claims.push(scene.claim(claim, &self.manager.key, Asked { method, target, body }, &forbidden).await);
        }
        claims.push(self.make_unbound(scene).await?);
        claims.extend(make_many(scene).await?);
        Ok(claims)
    }

    async fn revoke_with_tail(&self, scene: &Scene, limit: Duration) -> Result<Claim, Fault> {
        let tail = OpenStream::open(scene.address, &get(&self.reader.key, "/api/v1/events/tail")).await?;
        if tail.status != 200 {
            return Err(format!("a tail is answered {}", tail.status).into());
        }
        scene.prepare(&scene.attacker, Method::DELETE, &format!("/api/v1/api-keys/{}", self.reader.id), "").await?;
        let revoked = Instant::now();
        let has_ended = tail.ends_within(TAIL_MAX).await;
        let took = revoked.elapsed();
        let seen = format!("{:.2} s after its key was revoked", took.as_secs_f64());
        Ok(Claim::new("a tail ends with its key", has_ended && took <= limit, seen))
    }

    /// A bound key creates another key, which must be bound as well.
    async fn make_unbound(&self, scene: &Scene) -> Result<Claim, Fault> {
        let body = json!({"name": "unbound", "permissions": ["api_keys.manage"]}).to_string();
        let answer = scene.call(&self.manager.key, Method::POST, "/api/v1/api-keys", &body).await?;
        let key: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let networks = key["allowed_networks"].as_array().map_or(0, Vec::len);
        let is_bound = key["expires_at"].is_string() && networks > 0;
        let holds = answer.status.is_client_error() || (answer.status.is_success() && is_bound);
        let seen = format!("{}, expires {}, {networks} networks", answer.status.as_u16(), key["expires_at"]);
        Ok(Claim::new("a bound key makes no unbound one", holds, seen))
    }
}

/// Creates keys until the server refuses, and lists them.
async fn make_many(scene: &Scene) -> Result<Vec<Claim>, Fault> {
    let deadline = Instant::now() + CREATION_MAX;
    let creators: Vec<_> = (0..CREATORS)
        .map(|_| tokio::spawn(make_until_refused(scene.address, scene.attacker.clone(), deadline)))
        .collect();
    let (mut count, mut refusal) = (0, None);
    for creator in creators {
        let (made, refused) = creator.await?;
        count += made;
        refusal = refused.or(refusal);
    }
    let is_capped = refusal.as_deref().is_some_and(|status| matches!(status, "409" | "422"));
    let seen = format!("{count} were made, then {}", refusal.as_deref().unwrap_or("none was refused"));
    let capped = Claim::new("a tenant's keys are capped", is_capped && count < KEYS_MAX, seen);
    let list = scene.prepare(&scene.attacker, Method::GET, "/api/v1/api-keys", "").await?;
    let members = list.as_object().into_iter().flat_map(|members| members.values());
    let listed = members.chain([&list]).filter_map(Value::as_array).map(Vec::len).max().unwrap_or(0);
    let seen = format!("{listed} in one answer");
    Ok(vec![capped, Claim::new("the list of keys comes in pages", listed <= LISTED_MAX, seen)])
}

/// How many keys one client creates, and how the next one was refused.
async fn make_until_refused(address: Address, key: String, deadline: Instant) -> (usize, Option<String>) {
    let mut client = Client::new(address);
    let credential = Credential::of_key(&key);
    let mut count = 0;
    while count < KEYS_MAX / CREATORS && Instant::now() < deadline {
        let call = Call::post("/api/v1/api-keys", r#"{"name": "many", "permissions": ["events.read"]}"#.into());
        match client.call(&credential, call).await {
            Ok(answer) if answer.status.is_success() => count += 1,
            Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {}
            Ok(answer) => return (count, Some(answer.status.as_u16().to_string())),
            Err(error) => return (count, Some(error.to_string())),
        }
    }
    (count, None)
}

/// The time in an hour.
fn soon() -> String {
    use auditlog_core::{
        clock::{Clock as _, SystemClock},
        timestamp::{MICROS_PER_HOUR, Timestamp},
    };
    Timestamp::from_micros(SystemClock.now().as_micros() + MICROS_PER_HOUR).to_string()
}
