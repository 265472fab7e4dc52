//! A disk fills up under load, on a separate file system: the answer is 507 and nothing is stored, reads continue, and
//! when there is space again events are accepted without a restart. No acknowledged event is lost.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should fail where it stands")]

use std::{
    fs,
    io::Write as _,
    num::{NonZeroU64, NonZeroUsize},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use auditlog_core::{clock::Clock as _, clock::SystemClock};
use auditlog_load_testing::{
    api::{Call, Client, Credential},
    campaign::{LoopDevice, unavailable},
    corpus::{Corpus, Plan as CorpusPlan},
    load::{self, OnLoss, Outcome, Session, Shape, Tenant},
    server::{DisposableCopy, Keys, ServerPlan, ServerProcess, check, create_tenants},
    verify::{self, Direction, PointPlan, Verified},
};
use hyper::Method;

const MIN_FREE_BYTES: u64 = 32 << 20;
/// The free space above the limit when the load begins: events fill it in a second.
const HEADROOM_BYTES: u64 = 6 << 20;

/// Far more than the number of slices of the reserve.
const REVOKED_KEYS: usize = 40;

/// The server's binary beside this test's own; `make build` makes it.
fn server_binary() -> PathBuf {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_hammer")).with_file_name("auditlog");
    assert!(binary.exists(), "{} is not built: run `make build` first", binary.display());
    binary
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_loses_nothing_and_recovers_by_itself() {
    if let Some(reason) = unavailable() {
        // Past the test harness, which hides the output of passing tests: a skipped test must be visible.
        writeln!(std::io::stderr(), "\nSKIPPED: no small file system can be made on this machine: {reason}\n").unwrap();
        return;
    }
    let work_dir = std::env::temp_dir().join(format!("hammer-disk-full-{}", std::process::id()));
    let mut device = LoopDevice::new(work_dir.clone()).unwrap();
    device.renew().unwrap();
    let keys = Keys::mint(1).unwrap();
    let plan = server_plan(&work_dir, device.mount_point(), &keys);
    let mut server = ServerProcess::spawn(&plan).unwrap();
    server.ready(Duration::from_secs(30)).await.unwrap();
    let tenants = create_tenants(server.address(), &keys.system_key, 2, "full").await.unwrap();
    let events = NonZeroU64::new(1_000_000).unwrap();
    let corpus = Corpus::new(CorpusPlan::over_thirty_days(7, events, SystemClock.now()));
    let session = Arc::new(Session::new(corpus, tenants, 0));
    let victim = create_tenants(server.address(), &keys.system_key, 1, "victim").await.unwrap().remove(0);
    let owner = create_tenants(server.address(), &keys.system_key, 1, "owner").await.unwrap().remove(0);
    let revoked = create_keys(&server, &owner).await;
    let whole_reserve_bytes = reserve_bytes(&device);
    assert!(whole_reserve_bytes > 0, "disk is kept for what protects");
    let first = send(&session, &server, 5_000).await;
    assert!(first.failures.is_empty(), "{:?}", first.failures);

    let ballast = device.mount_point().join("ballast");
    occupy(&ballast, free_bytes(device.mount_point()) - MIN_FREE_BYTES - HEADROOM_BYTES);
    let filled = send(&session, &server, 900_000).await;
    assert!(filled.stored > 0, "nothing fitted");
    expect_full(&filled);
    // Compaction may have freed space since; after this no space is left, whatever it frees.
    let more = device.mount_point().join("more-ballast");
    occupy(&more, free_bytes(device.mount_point()).saturating_sub(MIN_FREE_BYTES / 2));
    let refused = send(&session, &server, 5_000).await;
    assert_eq!(refused.stored, 0);
    expect_full(&refused);
    let read = prove(&session, &server).await;
    assert_eq!(read.unacknowledged_found, 0, "507 says that nothing was stored");
    let refused = create_tenants(server.address(), &keys.system_key, 1, "late").await.unwrap_err();
    assert!(refused.to_string().contains("507"), "{refused}");
    let ready = Client::new(server.address()).call(&Credential::none(), Call::get("/health/ready")).await.unwrap();
    assert!(ready.status.as_u16() == 503 && ready.text().contains("disk_full"), "{}", ready.text());
    // Now no byte is left for any process.
    let rest = device.mount_point().join("rest");
    fill(&rest);
    protect(&server, &victim, &keys).await;
    assert!(reserve_bytes(&device) < whole_reserve_bytes, "the changes were written into what was kept for them");
    use_up_reserve(&device, &server, &owner, &revoked).await;
    fs::remove_file(&rest).unwrap();

    fs::remove_file(&ballast).unwrap();
    fs::remove_file(&more).unwrap();
    let resumed = send(&session, &server, 5_000).await;
    assert!(resumed.failures.is_empty(), "{:?}", resumed.failures);
    assert!(resumed.stored >= 5_000, "{}", resumed.stored);
    prove(&session, &server).await;
    assert_eq!(reserve_bytes(&device), whole_reserve_bytes, "it is kept again");
    assert!(server.stop().unwrap().success());
    let report = check(&plan.binary, &DisposableCopy::of(&plan.data_dir, work_dir.join("copy")).unwrap()).unwrap();
    assert!(report.is_clean, "{}", report.output);
    assert!(session.record.violations().is_empty(), "{:?}", session.record.violations().counts());
    device.unmount().unwrap();
    fs::remove_dir_all(work_dir).unwrap();
}

/// Checks that each connection ended with the answer that the disk is full.
fn expect_full(outcome: &Outcome) {
    assert!(!outcome.failures.is_empty());
    for failure in &outcome.failures {
        assert!(failure.starts_with("507") && failure.contains("insufficient_storage"), "{failure}");
    }
}

fn server_plan(work_dir: &Path, disk: &Path, keys: &Keys) -> ServerPlan {
    ServerPlan {
        binary: server_binary(),
        data_dir: disk.join("data"),
        keys: Some(keys.clone()),
        bootstrap_file: work_dir.join("keys.json"),
        log_file: work_dir.join("server.log"),
        settings: vec![
            ("AUDITLOG__STORAGE__SEAL_EVENTS", "2000".to_owned()),
            ("AUDITLOG__STORAGE__WAL_BYTES_MAX", (8 << 20).to_string()),
            ("AUDITLOG__STORAGE__MIN_FREE_BYTES", MIN_FREE_BYTES.to_string()),
            ("AUDITLOG__LOG__LEVEL", "warn".to_owned()),
        ],
    }
}

async fn send(session: &Arc<Session>, server: &ServerProcess, events: u64) -> Outcome {
    let plan = load::Plan {
        connections: NonZeroUsize::new(4).unwrap(),
        shape: Shape::Batch(NonZeroU64::new(100).unwrap()),
        events: NonZeroU64::new(events),
        duration: None,
        rate: None,
        resend_every: NonZeroU64::new(20),
        on_loss: OnLoss::Stop,
    };
    load::run(session, server.address(), &plan).await
}

async fn prove(session: &Arc<Session>, server: &ServerProcess) -> Verified {
    let points = PointPlan { per_tenant: 50, seed: 3 };
    let plan = verify::Plan { first_sequences: Vec::new(), direction: Direction::NewestFirst, points };
    verify::run(session, server.address(), &plan).await.unwrap()
}

/// The space that an unprivileged user may still write, as the server determines it.
fn free_bytes(disk: &Path) -> u64 {
    let output = Command::new("stat").args(["--file-system", "--format=%a %S"]).arg(disk).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().map(|number| number.parse::<u64>().unwrap()).product()
}

/// The size of the server's reserve.
fn reserve_bytes(device: &LoopDevice) -> u64 {
    fs::metadata(device.mount_point().join("data/RESERVE")).map_or(0, |metadata| metadata.len())
}

/// Takes all remaining blocks, including those reserved for root.
fn fill(file: &Path) {
    let mut file = fs::File::create(file).unwrap();
    let zeros = vec![0; 1 << 16];
    for bytes in [zeros.len(), 512] {
        while file.write_all(&zeros[..bytes]).is_ok() {}
    }
    drop(file.sync_all());
}

/// Revokes the tenant's key and suspends the tenant.
async fn protect(server: &ServerProcess, victim: &Tenant, keys: &Keys) {
    let mut client = Client::new(server.address());
    let listed = client.call(&victim.credential, Call::get("/api/v1/api-keys")).await.unwrap();
    let keys_of_victim: serde_json::Value = serde_json::from_slice(&listed.body).unwrap();
    let id = keys_of_victim["api_keys"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/api-keys/{id}");
    let revoke = Call { method: Method::DELETE, ..Call::get(&path) };
    let revoked = client.call(&victim.credential, revoke).await.unwrap();
    assert!(revoked.status.is_success(), "{}: {}", revoked.status, revoked.text());
    let refused = client.call(&victim.credential, Call::get("/api/v1/events")).await.unwrap();
    assert!(refused.text().contains("key_revoked"), "{}", refused.text());
    let path = format!("/api/v1/tenants/{}", victim.id);
    let suspend = Call { method: Method::PATCH, ..Call::post(&path, r#"{"status":"suspended"}"#.into()) };
    let suspended = client.call(&Credential::of_key(&keys.system_key), suspend).await.unwrap();
    assert!(suspended.status.is_success(), "{}: {}", suspended.status, suspended.text());
}

/// Creates keys of the tenant to revoke later. Returns their ids.
async fn create_keys(server: &ServerProcess, owner: &Tenant) -> Vec<String> {
    let mut client = Client::new(server.address());
    let body = r#"{"name":"k","role":"audit_viewer"}"#;
    let mut ids = Vec::new();
    for _ in 0..REVOKED_KEYS {
        let create = Call::post("/api/v1/api-keys", body.into());
        let created = client.call(&owner.credential, create).await.unwrap();
        assert!(created.status.is_success(), "{}: {}", created.status, created.text());
        let created: serde_json::Value = serde_json::from_slice(&created.body).unwrap();
        ids.push(created["id"].as_str().unwrap().to_owned());
    }
    ids
}

/// Revokes one key after the other, and takes the space that each change leaves, until a change fails. The write-ahead
/// log has to be checkpointed meanwhile, and there is no disk space for that.
async fn use_up_reserve(device: &LoopDevice, server: &ServerProcess, owner: &Tenant, ids: &[String]) {
    let mut client = Client::new(server.address());
    let mut taken = Vec::new();
    let mut was_refused = false;
    for (round, id) in ids.iter().enumerate() {
        let file = device.mount_point().join(format!("rest-{round}"));
        fill(&file);
        taken.push(file);
        let path = format!("/api/v1/api-keys/{id}");
        let revoke = Call { method: Method::DELETE, ..Call::get(&path) };
        let answer = client.call(&owner.credential, revoke).await.unwrap();
        was_refused = answer.status.as_u16() == 507;
        if was_refused {
            break;
        }
        assert!(answer.status.is_success(), "{}: {}", answer.status, answer.text());
    }
    assert!(
        was_refused && reserve_bytes(device) == 0,
        "each change was given a part of the reserve until there was none"
    );
    for file in taken {
        fs::remove_file(file).unwrap();
    }
}

fn occupy(file: &Path, bytes: u64) {
    let done = Command::new("fallocate").arg("--length").arg(bytes.to_string()).arg(file).status().unwrap();
    assert!(done.success(), "fallocate: {done}");
}
