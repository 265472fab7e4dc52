//! Creates the fixture of the current format of the data directory:
//!
//! ```text
//! cargo run --release -p auditlog-embedded --example make_fixture -- backend/embedded/tests/fixtures/format-1
//! ```
//!
//! It prints the values that a test must find in it. Until the first release the fixture of a changed format replaces
//! the one before; from then on a fixture is created once, when its format is new, and never again.

use std::{path::PathBuf, sync::Arc, time::Duration};

use auditlog_conformance::fixtures::{
    ManualClock, SeededEntropy, adjusted, budget, crowded, event, everything, prepare_submission, submitter, tenant_id,
};
use auditlog_core::{
    clock::Clock as _,
    event::{Submission, Submitter, Visibility},
    id::{ApiKeyId, OwnerId},
    policy::{Role, Scope},
    store::{
        ApiKey, ApiKeyChange, ControlChange, ControlCommit, ControlWriter as _, EventStore as _, Export, ExportChange,
        ExportFiles as _, ExportId, ExportProgress, ExportRequest, ExportStatus, Intake as _, Revision, SavedSearch,
        SavedSearchChange, SavedSearchId, SearchVisibility, SequenceSpan, Tenant, TenantChange, TenantStatus,
        Verify as _,
    },
};
use auditlog_embedded::{EmbeddedStore, Maintenance, Options};
use serde_json::{Value, json};

type AnyError = Box<dyn std::error::Error>;

const KEY_ID: &str = "0123456789abcdef";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), AnyError> {
    let directory = PathBuf::from(std::env::args_os().nth(1).ok_or("say where the fixture is to be made")?);
    let clock = ManualClock::default();
    let entropy = Arc::new(SeededEntropy::new(1));
    let options = Options { maintenance: Maintenance::OnDemand, ..Options::new(directory) };
    let store = EmbeddedStore::open(options, Arc::new(clock.clone()), Arc::clone(&entropy) as _)?;
    let key = ApiKeyId::parse(KEY_ID).ok_or("the id of the key")?;
    store.commit(ControlCommit::new(changes(&clock, &key), Vec::new())).await?;
    for (number, (tenant, count, day)) in
        (0..).zip([("acme", 300, 0), ("globex", 2, 0), ("acme", 300, 1), ("acme", 5, 1)])
    {
        if day == 1 {
            store.seal().await?;
            let _ = clock.advance(Duration::from_hours(24));
        }
        let submitted_by = if tenant == "globex" { Submitter::Server } else { submitter(KEY_ID) };
        let submission = Submission { tenant_id: tenant_id(tenant), submitted_by, received_at: clock.now() };
        let batch = prepare_submission(submission, &events(number, count), entropy.as_ref());
        store.append(batch).await?;
    }
    create_export(&store, &clock, OwnerId::ApiKey(key)).await?;
    for log in store.verify(None, budget()).await?.logs {
        print!("{} {} ", log.tenant_id, log.size);
        for byte in log.root.into_iter().flatten() {
            print!("{byte:02x}");
        }
        println!();
    }
    store.close().await?;
    Ok(())
}

/// Small events, then one with every member, and in a large batch some in which values are adjusted.
fn events(batch: usize, count: usize) -> Vec<Value> {
    let mut last = everything();
    // Its id follows from this one.
    (last["id"], last["external_id"]) = (Value::Null, json!(format!("INV-1/approval/{batch}")));
    let mut events = vec![last];
    if count > 100 {
        events.extend([adjusted(), crowded()]);
    }
    let minimal = |number: usize| event(&json!({ "message": format!("number {number}") }));
    (1..=count - events.len()).map(minimal).chain(events).collect()
}

fn changes(clock: &ManualClock, key: &ApiKeyId) -> Vec<ControlChange> {
    let now = clock.now();
    let tenant = |id: &str| Tenant {
        id: tenant_id(id),
        revision: Revision::FIRST,
        name: id.to_uppercase(),
        status: TenantStatus::Active,
        created_at: now,
        updated_at: now,
    };
    let api_key = ApiKey {
        id: key.clone(),
        revision: Revision::FIRST,
        scope: Scope::Tenant(tenant_id("acme")),
        name: "ingest".into(),
        permissions: Role::AuditAdmin.permissions(),
        secret_hash: [7; 32],
        created_at: now,
        expires_at: None,
        revoked_at: Some(now),
        allowed_networks: vec!["10.0.0.0/8".parse().unwrap_or_default()],
    };
    let search = SavedSearch {
        id: SavedSearchId::from_parts(now, [3; 10]),
        tenant_id: tenant_id("acme"),
        revision: Revision::FIRST,
        owner: OwnerId::ApiKey(key.clone()),
        name: "Grüße".into(),
        query: "actor:alice \"payroll\" since:7d".into(),
        description: Some("for the audit".into()),
        visibility: SearchVisibility::Shared,
        created_at: now,
        updated_at: now,
    };
    let tenants = ["acme", "globex"].map(|id| TenantChange::Create(tenant(id)).into());
    let others = [ApiKeyChange::Create(api_key).into(), SavedSearchChange::Create(search).into()];
    tenants.into_iter().chain(others).collect()
}

/// Creates an export of acme's log whose file is finished.
async fn create_export(store: &EmbeddedStore, clock: &ManualClock, owner: OwnerId) -> Result<(), AnyError> {
    let log = store.tree_head(tenant_id("acme")).await?;
    let export = Export {
        id: ExportId::from_parts(clock.now(), [4; 10]),
        tenant_id: tenant_id("acme"),
        revision: Revision::FIRST,
        owner,
        request: ExportRequest {
            query: Some("action:invoice.*".into()),
            format: "csv".into(),
            compression: "none".into(),
            columns: Some("id,message".into()),
        },
        visibility: Visibility::WithoutPersonal,
        log,
        created_at: clock.now(),
        status: ExportStatus::Pending,
        progress: ExportProgress::NOTHING,
    };
    store.commit(ControlCommit::new(vec![ExportChange::Create(export.clone()).into()], Vec::new())).await?;
    let contents = "id,message\n";
    let mut file = store.create_file(&export.key())?;
    file.append(contents.as_bytes())?;
    let sequences = Some(SequenceSpan { first: 0, last: log.size - 1 });
    let (bytes, sha256) = (contents.len() as u64, file.sha256());
    file.finish()?;
    let progress = ExportProgress { next: log.size, events: log.size, sequences, bytes, sha256 };
    let ended = Export { status: ExportStatus::Completed { at: clock.now() }, progress, ..export };
    store.commit(ControlCommit::new(vec![ExportChange::Update(ended).into()], Vec::new())).await?;
    Ok(())
}
