//! Owns the attack on shared resources: a few clients take all places, and other clients must still get one.

use std::time::Duration;

use hyper::{Method, StatusCode};
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use super::{
    full_disk::create_export,
    scene::{PLACES, Scene, create_tenant},
    stream::{OpenStream, Unread, get},
};
use crate::{
    api::{Call, Client, Credential},
    attack::Claim,
    campaign::Fault,
    load::Session,
};

/// Events of the attacking tenant: enough to make a verification or an export take a while.
const EVENTS: u64 = 200_000;
/// The number of verification loops.
const LOOPS: usize = 2;
/// Requests that one connection sends without reading: more than the system buffers for it.
const PIPELINED: usize = 20;
/// How long other clients may have to wait for their turn.
const TURN_MAX: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(100);

pub(super) struct SharesAttack {
    viewer: String,
    /// Two keys of each of two tenants: one key alone may not take its tenant's whole share.
    greedy: [String; 4],
    slow_export: String,
}

impl SharesAttack {
    pub(super) async fn prepare(scene: &Scene) -> Result<Self, Fault> {
        let viewer = scene.create_key(&scene.attacker, json!({"name": "viewer", "role": "audit_viewer"})).await?.key;
        let accomplice = create_tenant(scene.address, &scene.system_key, "accomplice").await?;
        let second = scene.create_key(&accomplice, json!({"name": "second", "role": "audit_reader"})).await?.key;
        let session = scene.fill("attacker", &scene.attacker, EVENTS).await?;
        scene.fill("accomplice", &accomplice, EVENTS / 20).await?;
        scene.settle().await;
        let greedy = [scene.attacker.clone(), viewer.clone(), accomplice, second];
        Ok(Self { viewer, greedy, slow_export: slow_export(&session) })
    }

    pub(super) async fn carry_out(self, scene: &Scene, window: Duration) -> Result<Vec<Claim>, Fault> {
        let end = Instant::now() + window;
        let mut attackers = self.take_query_slots(scene);
        let mut claims = self.take_tails(scene).await;
        claims.extend(self.verify_in_loops(scene, &mut attackers).await);
        claims.extend(self.long_export(scene).await?);
        sleep_until(end).await;
        attackers.shutdown().await;
        Ok(claims)
    }

    /// Two tenants open as many tails as they can; a third one opens one.
    async fn take_tails(&self, scene: &Scene) -> Vec<Claim> {
        let mut opening = JoinSet::new();
        for key in &self.greedy {
            for _ in 0..PLACES {
                let (address, request) = (scene.address, get(key, "/api/v1/events/tail"));
                opening.spawn(async move { OpenStream::open(address, &request).await });
            }
        }
        let mut answers = opening.join_all().await;
        let asked = answers.len();
        answers.retain(|answer| answer.as_ref().is_ok_and(|tail| tail.status == 200));
        let held = answers;
        let refused = asked - held.len();
        let target = get(&scene.witness_key, "/api/v1/events/tail");
        let began = Instant::now();
        let status = loop {
            match OpenStream::open(scene.address, &target).await {
                Ok(tail) if tail.status == 200 => break "200".to_owned(),
                Ok(tail) if began.elapsed() > Duration::from_secs(2) => break tail.status.to_string(),
                Err(error) => break error.to_string(),
                Ok(_) => sleep(POLL).await,
            }
        };
        let seen = format!("{status}, while two tenants held {} of {PLACES} and were refused {refused}", held.len());
        vec![Claim::new("another tenant gets a tail", status == "200", seen)]
    }

    /// Two tenants leave as many pages unread as they can. The claim is about the witness' answers meanwhile.
    fn take_query_slots(&self, scene: &Scene) -> JoinSet<()> {
        let mut attackers = JoinSet::new();
        for key in &self.greedy {
            for _ in 0..PLACES {
                let (address, request) = (scene.address, get_on(key, "/api/v1/events?limit=1000").repeat(PIPELINED));
                attackers.spawn(async move {
                    let _held = Unread::send(address, &request).await;
                    std::future::pending::<()>().await;
                });
            }
        }
        attackers
    }

    /// A long export is running; another tenant requests a short one, which must finish first.
    async fn long_export(&self, scene: &Scene) -> Result<Vec<Claim>, Fault> {
        let long = create_export(scene, &self.slow_export).await?;
        let body = json!({"query": "action:api_key.create", "format": "ndjson"}).to_string();
        let short = scene.prepare(&scene.witness_key, Method::POST, "/api/v1/exports", &body).await?;
        let short = short["id"].as_str().unwrap_or_default();
        let status = async |key: &str, id: &str| {
            let export = scene.prepare(key, Method::GET, &format!("/api/v1/exports/{id}"), "").await?;
            Ok::<_, Fault>(export["status"].as_str().unwrap_or_default().to_owned())
        };
        let began = Instant::now();
        let claim = "a short export does not wait for another tenant's long one";
        loop {
            let (of_short, of_long) = (status(&scene.witness_key, short).await?, status(&scene.attacker, &long).await?);
            let is_over = of_short == "completed" || of_long == "completed" || began.elapsed() > TURN_MAX * 2;
            if is_over {
                let seen =
                    format!("{of_short} while the long one is {of_long}, after {:.1} s", began.elapsed().as_secs_f64());
                let cancel = format!("/api/v1/exports/{long}/cancel");
                // It may already be finished.
                let _ = scene.call(&scene.attacker, Method::POST, &cancel, "").await;
                return Ok(vec![Claim::new(claim, of_short == "completed" && of_long != "completed", seen)]);
            }
            sleep(POLL).await;
        }
    }

    /// One viewer verifies without a pause; another tenant and the operator also want to verify once.
    async fn verify_in_loops(&self, scene: &Scene, attackers: &mut JoinSet<()>) -> Vec<Claim> {
        for _ in 0..LOOPS {
            let (address, key) = (scene.address, Credential::of_key(&self.viewer));
            attackers.spawn(async move {
                let mut client = Client::new(address);
                loop {
                    let _ = client.call(&key, Call::post("/api/v1/log/verify", "".into())).await;
                }
            });
        }
        // The loops have to be running.
        sleep(POLL * 3).await;
        let (other, operator, rebuild) = tokio::join!(
            turn(scene, "another tenant gets its turn to verify", &scene.witness_key, "/api/v1/log/verify"),
            turn(scene, "the operator gets a turn to verify", &scene.system_key, "/api/v1/log/verify"),
            turn(scene, "the operator gets a turn to reindex", &scene.system_key, "/api/v1/log/reindex"),
        );
        vec![other, operator, rebuild]
    }
}

/// Retries until the client gets its turn.
async fn turn(scene: &Scene, claim: &'static str, key: &str, target: &str) -> Claim {
    let began = Instant::now();
    let mut refused = 0_usize;
    loop {
        let answer = scene.call(key, Method::POST, target, "").await;
        let seen = match &answer {
            Ok(answer) => answer.status.as_u16().to_string(),
            Err(fault) => fault.to_string(),
        };
        let holds = answer.is_ok_and(|answer| answer.status == StatusCode::OK);
        if holds || began.elapsed() > TURN_MAX {
            let seen = format!("{seen} after {:.1} s and {refused} refusals", began.elapsed().as_secs_f64());
            return Claim::new(claim, holds, seen);
        }
        refused += 1;
        sleep(POLL).await;
    }
}

/// A query that is expensive for each event and finds all of them.
pub(super) fn slow_export(session: &Session) -> String {
    const PHRASES: u64 = 24;
    let word = |rank: u64| session.corpus.word(rank).to_owned();
    let phrases: Vec<_> = (0..PHRASES).map(|rank| format!("-\"{} {}\"", word(rank), word(rank + 1))).collect();
    phrases.join(" ")
}

/// A request on a connection that stays.
fn get_on(key: &str, target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: server\r\nauthorization: Bearer {key}\r\n\r\n").into_bytes()
}
