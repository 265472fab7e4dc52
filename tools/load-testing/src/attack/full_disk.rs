//! Owns the attack on a full disk: changes that protect the log, or free space, must work when nothing else does.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep},
};

use super::scene::{Asked, Key, MIN_FREE_BYTES, Scene, create_tenant};
use crate::{
    api::{Call, Client, Credential},
    attack::{Claim, shares::slow_export},
    campaign::{Fault, LoopDevice},
};

/// Events of each export that runs, or waits, when the disk fills up.
const EVENTS: u64 = 20_000;
/// Enough exports that the last one waits while the disk is filled.
const EXPORTS: usize = 10;
/// A server checks its disk at least this often.
const NOTICED_MAX: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);
const EVENT: &str = r#"{"action": "a.b", "actor": {"type": "user", "id": "a"}, "source": {"service": "attacker"}}"#;

pub(super) struct FullDiskAttack {
    /// Keys to revoke when the disk is nearly full, and when it is completely full.
    nearly: Key,
    wholly: Key,
    /// Exports that take long.
    slow_export: String,
    /// A completed export to delete.
    completed: String,
    ballast: PathBuf,
    disk: PathBuf,
}

impl FullDiskAttack {
    pub(super) async fn prepare(scene: &Scene) -> Result<Self, Fault> {
        let disk = scene.device.as_ref().map(LoopDevice::mount_point).ok_or("the server has no disk of its own")?;
        let key =
            async |name: &str| scene.create_key(&scene.attacker, json!({"name": name, "role": "audit_reader"})).await;
        let (nearly, wholly) = (key("nearly").await?, key("wholly").await?);
        create_tenant(scene.address, &scene.system_key, "suspended").await?;
        let completed = create_export(scene, "action:api_key.create").await?;
        wait_for_export(scene, &completed).await?;
        let session = scene.fill("attacker", &scene.attacker, EVENTS).await?;
        scene.settle().await;
        let slow_export = slow_export(&session);
        Ok(Self { nearly, wholly, slow_export, completed, ballast: disk.join("ballast"), disk: disk.to_owned() })
    }

    pub(super) async fn carry_out(self, scene: &Scene) -> Result<Vec<Claim>, Fault> {
        let mut pending = String::new();
        for _ in 0..EXPORTS {
            pending = create_export(scene, &self.slow_export).await?;
        }
        let free = free_bytes(&self.disk)?;
        allocate(&self.ballast, free.saturating_sub(MIN_FREE_BYTES / 2))?;
        let mut claims =
            vec![answered(scene, "nothing is written to a full disk", StatusCode::INSUFFICIENT_STORAGE).await];
        claims.push(ready(scene).await);
        let revoke = |id: &str| format!("/api/v1/api-keys/{id}");
        let cancel = format!("/api/v1/exports/{pending}/cancel");
        let delete = format!("/api/v1/exports/{}", self.completed);
        let suspend = r#"{"status": "suspended"}"#;
        let (attacker, system) = (scene.attacker.as_str(), scene.system_key.as_str());
        // An export that ended because the disk is full cannot be cancelled any more: 409.
        let done = [StatusCode::OK, StatusCode::NO_CONTENT, StatusCode::CONFLICT];
        for (claim, key, method, target, body) in [
            ("a key is revoked on a full disk", attacker, Method::DELETE, revoke(&self.nearly.id), ""),
            (
                "a tenant is suspended on a full disk",
                system,
                Method::PATCH,
                "/api/v1/tenants/suspended".to_owned(),
                suspend,
            ),
            ("an export is cancelled on a full disk", attacker, Method::POST, cancel, ""),
            ("an export is deleted on a full disk", attacker, Method::DELETE, delete, ""),
        ] {
            claims.push(scene.claim(claim, key, Asked { method, target: &target, body }, &done).await);
        }
        let more = self.disk.join("more-ballast");
        // On a thread of its own: the task that waits here also measures how long others wait.
        let filled = more.clone();
        spawn_blocking(move || write_until_full(&filled)).await??;
        let target = revoke(&self.wholly.id);
        let revoked = "a key is revoked when no byte is left";
        let revoke = Asked { method: Method::DELETE, target: &target, body: "" };
        claims.push(scene.claim(revoked, attacker, revoke, &done).await);
        claims.push(is_refused(scene, &self.wholly).await);
        fs::remove_file(more)?;
        fs::remove_file(&self.ballast)?;
        claims.push(answered(scene, "events are accepted when there is space again", StatusCode::CREATED).await);
        Ok(claims)
    }
}

/// Sends events until one gets this answer.
async fn answered(scene: &Scene, claim: &'static str, expected: StatusCode) -> Claim {
    let began = Instant::now();
    let mut client = Client::new(scene.address);
    let key = Credential::of_key(&scene.attacker);
    loop {
        let answer = client.call(&key, Call::post("/api/v1/events", EVENT.into())).await;
        let seen = match &answer {
            Ok(answer) => answer.status.to_string(),
            Err(error) => error.to_string(),
        };
        let holds = answer.is_ok_and(|answer| answer.status == expected);
        if holds || began.elapsed() > NOTICED_MAX {
            return Claim::new(claim, holds, seen);
        }
        sleep(POLL).await;
    }
}

async fn ready(scene: &Scene) -> Claim {
    let claim = "readiness names the full disk";
    match Client::new(scene.address).call(&Credential::none(), Call::get("/health/ready")).await {
        Ok(answer) => {
            let holds = answer.status == StatusCode::SERVICE_UNAVAILABLE && answer.text().contains("disk_full");
            Claim::new(claim, holds, format!("{} {}", answer.status.as_u16(), answer.text()))
        }
        Err(error) => Claim::new(claim, false, error.to_string()),
    }
}

async fn is_refused(scene: &Scene, key: &Key) -> Claim {
    let newest = Asked { method: Method::GET, target: "/api/v1/events?limit=1", body: "" };
    scene.claim("the revoked key is refused at once", &key.key, newest, &[StatusCode::UNAUTHORIZED]).await
}

pub(super) async fn create_export(scene: &Scene, query: &str) -> Result<String, Fault> {
    let body = json!({"query": query, "format": "csv", "compression": "gzip"}).to_string();
    let export = scene.prepare(&scene.attacker, Method::POST, "/api/v1/exports", &body).await?;
    Ok(export["id"].as_str().unwrap_or_default().to_owned())
}

async fn wait_for_export(scene: &Scene, id: &str) -> Result<(), Fault> {
    let began = Instant::now();
    while began.elapsed() < NOTICED_MAX {
        let export: Value = scene.prepare(&scene.attacker, Method::GET, &format!("/api/v1/exports/{id}"), "").await?;
        if export["status"] == "completed" {
            return Ok(());
        }
        sleep(POLL).await;
    }
    Err("a small export is not completed in time".into())
}

/// The space that an unprivileged user may still write.
fn free_bytes(disk: &Path) -> io::Result<u64> {
    let file_system = rustix::fs::statvfs(disk)?;
    Ok(file_system.f_bavail.saturating_mul(file_system.f_frsize))
}

fn allocate(path: &Path, bytes: u64) -> io::Result<()> {
    let file = File::create(path)?;
    Ok(rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes)?)
}

/// Takes all remaining blocks, including those reserved for root.
fn write_until_full(path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    let mut block = vec![0x5a; 1 << 20];
    while !block.is_empty() {
        match file.write(&block).and_then(|_| file.sync_data()) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::StorageFull => block.truncate(block.len() / 16),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
