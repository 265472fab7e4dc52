//! Owns one server with the tenants of an attack: the attacker and the witness.

use std::{
    fs,
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use auditlog_core::clock::{Clock as _, SystemClock};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    api::{Address, Answer, Call, Client, CreatedKey, Credential},
    attack::{Attack, AttackPlan, Claim, witness::Witness},
    campaign::{Fault, LoopDevice},
    corpus::{Corpus, Plan as CorpusPlan},
    load::{self, OnLoss, Session, Shape, Tenant},
    server::{Keys, ServerPlan, ServerProcess},
};

const START_MAX: Duration = Duration::from_secs(30);
/// How long the server may seal and compact before the attack.
const QUIET_MAX: Duration = Duration::from_secs(10);
/// The free bytes below which a server on its own disk refuses to write.
pub(super) const MIN_FREE_BYTES: u64 = 32 << 20;
/// How long one query may run in the attack with phrases.
pub(super) const QUERY_TIMEOUT: Duration = Duration::from_secs(3);
/// The number of slots for tails and for queries in the attack on shares.
pub(super) const PLACES: usize = 8;
/// Events that the witness reads.
const WITNESS_EVENTS: u64 = 5_000;

/// A server under attack. Fields are dropped in this order: the server ends before its disk does.
pub(super) struct Scene {
    pub server: ServerProcess,
    pub address: Address,
    pub system_key: String,
    /// The administrator key of the attacking tenant.
    pub attacker: String,
    pub witness: Witness,
    /// The witness' key.
    pub witness_key: String,
    pub device: Option<LoopDevice>,
    work_dir: PathBuf,
}

impl Scene {
    /// Starts a server on a fresh directory.
    pub(super) async fn set(plan: &AttackPlan, attack: Attack) -> Result<Self, Fault> {
        let work_dir = plan.work_dir.join(attack.as_str());
        fs::create_dir_all(&work_dir)?;
        let device = match attack {
            Attack::FullDisk => {
                let mut device = LoopDevice::new(work_dir.join("device"))?;
                device.renew()?;
                Some(device)
            }
            Attack::Phrase | Attack::UnreadAnswers | Attack::Shares | Attack::Keys => None,
        };
        let keys = Keys::mint(plan.seed)?;
        let server_plan = ServerPlan {
            binary: plan.server_binary.clone(),
            data_dir: device.as_ref().map_or(work_dir.as_path(), LoopDevice::mount_point).join("data"),
            keys: Some(keys.clone()),
            bootstrap_file: work_dir.join("keys.json"),
            log_file: work_dir.join("server.log"),
            settings: settings(attack),
        };
        let mut server = ServerProcess::spawn(&server_plan)?;
        server.ready(START_MAX).await?;
        let address = server.address();
        let attacker = create_tenant(address, &keys.system_key, "attacker").await?;
        let witness_key = create_tenant(address, &keys.system_key, "witness").await?;
        let witness = Witness { address, key: Credential::of_key(&witness_key), process: server.id() };
        let scene =
            Self { server, address, system_key: keys.system_key, attacker, witness, witness_key, device, work_dir };
        scene.fill("witness", &scene.witness_key, WITNESS_EVENTS).await?;
        Ok(scene)
    }

    /// Sends this many ordinary events of a tenant.
    pub(super) async fn fill(&self, tenant: &str, key: &str, events: u64) -> Result<Arc<Session>, Fault> {
        let events = NonZeroU64::new(events).unwrap_or(NonZeroU64::MIN);
        let corpus = Corpus::new(CorpusPlan::over_thirty_days(tenant.len() as u64, events, SystemClock.now()));
        let tenant = Tenant { id: tenant.to_owned(), credential: Credential::of_key(key) };
        let session = Arc::new(Session::new(corpus, vec![tenant], 0));
        let plan = load::Plan {
            connections: NonZeroUsize::new(8).unwrap_or(NonZeroUsize::MIN),
            shape: Shape::Batch(NonZeroU64::new(500).unwrap_or(NonZeroU64::MIN)),
            events: Some(events),
            duration: None,
            rate: None,
            resend_every: None,
            on_loss: OnLoss::Retry(START_MAX),
        };
        let outcome = load::run(&session, self.address, &plan).await;
        match outcome.failures.first() {
            None => Ok(session),
            Some(failure) => Err(format!("the server could not be filled: {failure}").into()),
        }
    }

    /// A further key.
    pub(super) async fn create_key(&self, by: &str, body: Value) -> Result<Key, Fault> {
        create_key(self.address, by, body).await
    }

    /// Sends one call over its own connection.
    pub(super) async fn call(&self, key: &str, method: Method, target: &str, body: &str) -> Result<Answer, Fault> {
        let call = Call { method, target, body: body.to_owned().into() };
        Ok(Client::new(self.address).call(&Credential::of_key(key), call).await?)
    }

    /// A call that must succeed; otherwise the attack is void. Returns the answer's JSON.
    pub(super) async fn prepare(&self, key: &str, method: Method, target: &str, body: &str) -> Result<Value, Fault> {
        let answer = self.call(key, method, target, body).await?;
        if !answer.status.is_success() {
            return Err(format!("{target}: {} {}", answer.status, answer.text()).into());
        }
        Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    /// Stores a whole batch.
    pub(super) async fn store(&self, key: &str, batch: &str) -> Result<(), Fault> {
        let answer = self.prepare(key, Method::POST, "/api/v1/events/batch", batch).await?;
        if answer["rejected"] != 0 {
            return Err(format!("events were rejected: {}", answer["results"][0]).into());
        }
        Ok(())
    }

    /// A call that must have one of these statuses.
    pub(super) async fn claim(
        &self,
        claim: &'static str,
        key: &str,
        asked: Asked<'_>,
        expected: &[StatusCode],
    ) -> Claim {
        let Asked { method, target, body } = asked;
        match self.call(key, method, target, body).await {
            Ok(answer) => {
                let holds = expected.contains(&answer.status);
                let text = if holds { String::new() } else { format!(" {}", answer.text()) };
                Claim::new(claim, holds, format!("{}{text}", answer.status.as_u16()))
            }
            Err(fault) => Claim::new(claim, false, fault.to_string()),
        }
    }

    /// Waits for a while until the server is idle.
    pub(super) async fn settle(&self) {
        // A server that stays busy is attacked all the same.
        let _ = timeout(QUIET_MAX, self.server.quiet()).await;
    }

    /// Stops the server, and returns the place of its files.
    pub(super) fn end(self) -> Result<PathBuf, Fault> {
        let Self { mut server, device, work_dir, .. } = self;
        server.kill()?;
        if let Some(mut device) = device {
            device.unmount()?;
        }
        Ok(work_dir)
    }
}

/// A request without its key.
pub(super) struct Asked<'a> {
    pub method: Method,
    pub target: &'a str,
    /// Empty where it has none.
    pub body: &'a str,
}

/// A key and its public part.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub id: String,
    pub key: String,
}

fn settings(attack: Attack) -> Vec<(&'static str, String)> {
    let mut settings = vec![("AUDITLOG__LOG__LEVEL", "warn".to_owned())];
    let min_free_bytes = if attack == Attack::FullDisk { MIN_FREE_BYTES } else { 0 };
    settings.push(("AUDITLOG__STORAGE__MIN_FREE_BYTES", min_free_bytes.to_string()));
    settings.extend(match attack {
        Attack::Phrase => vec![("AUDITLOG__SERVER__QUERY_TIMEOUT_MS", QUERY_TIMEOUT.as_millis().to_string())],
        Attack::FullDisk => vec![("AUDITLOG__STORAGE__WAL_BYTES_MAX", (8 << 20).to_string())],
        Attack::Shares => vec![
            ("AUDITLOG__SERVER__TAIL_CONCURRENCY", PLACES.to_string()),
            ("AUDITLOG__SERVER__QUERY_CONCURRENCY", PLACES.to_string()),
        ],
        Attack::UnreadAnswers | Attack::Keys => Vec::new(),
    });
    settings
}

pub(super) async fn create_tenant(address: Address, system_key: &str, id: &str) -> Result<String, Fault> {
    let body = json!({"id": id, "name": id}).to_string();
    Client::new(address).call(&Credential::of_key(system_key), Call::post("/api/v1/tenants", body.into())).await?;
    let key = create_key(address, system_key, json!({"tenant_id": id, "name": id, "role": "audit_admin"})).await?;
    Ok(key.key)
}

async fn create_key(address: Address, by: &str, body: Value) -> Result<Key, Fault> {
    let call = Call::post("/api/v1/api-keys", body.to_string().into());
    let answer = Client::new(address).call(&Credential::of_key(by), call).await?;
    let created: CreatedKey = serde_json::from_slice(&answer.body).map_err(|_| answer.text())?;
    let id = created.key.split('_').nth(2).unwrap_or_default().to_owned();
    Ok(Key { id, key: created.key })
}
