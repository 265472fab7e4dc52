//! Creates the fixture of the current format of the data directory:
//!
//! ```text
//! cargo run --release -p auditlog-embedded --example make_fixture -- backend/embedded/tests/fixtures/format-1
//! ```
//!
//! It prints the values that a test must find in it. A fixture is created once, when its format is new, and never
//! again.

use std::{path::PathBuf, sync::Arc, time::Duration};

use auditlog_conformance::fixtures::{
    ManualClock, SeededEntropy, event, everything, prepare_submission, submitter, tenant_id,
};
use auditlog_core::{
    clock::Clock as _,
    event::{Submission, Submitter},
    id::ApiKeyId,
    policy::{Role, Scope},
    store::{
        ApiKey, ApiKeyChange, ControlChange, ControlCommit, ControlWriter as _, Intake as _, Revision, Tenant,
        TenantChange, TenantStatus, Verify as _,
    },
};
use auditlog_embedded::{EmbeddedStore, Maintenance, Options};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = PathBuf::from(std::env::args_os().nth(1).ok_or("say where the fixture is to be made")?);
    let clock = ManualClock::default();
    let entropy = Arc::new(SeededEntropy::new(1));
    let options = Options { maintenance: Maintenance::OnDemand, ..Options::new(directory) };
    let store = EmbeddedStore::open(options, Arc::new(clock.clone()), Arc::clone(&entropy) as _)?;
    store.commit(ControlCommit::new(changes(&clock), Vec::new())).await?;
    for (tenant, count, day) in [("acme", 300, 0), ("globex", 2, 0), ("acme", 300, 1), ("acme", 5, 1)] {
        if day == 1 {
            store.seal().await?;
            let _ = clock.advance(Duration::from_hours(24));
        }
        let minimal = |index: i32| event(&json!({ "message": format!("number {index}") }));
        let mut events: Vec<Value> = (1..count).map(minimal).collect();
        events.push(Value::Object(everything().as_object().cloned().unwrap_or_default()));
        if let Some(last) = events.last_mut() {
            last["id"] = Value::Null;
        }
        let submitted_by = if tenant == "globex" { Submitter::Server } else { submitter("0123456789abcdef") };
        let submission = Submission { tenant_id: tenant_id(tenant), submitted_by, received_at: clock.now() };
        let batch = prepare_submission(submission, &events, entropy.as_ref());
        store.append(batch).await?;
    }
    let budget = auditlog_conformance::fixtures::budget();
    for log in store.verify(None, budget).await?.logs {
        print!("{} {} ", log.tenant_id, log.size);
        for byte in log.root.into_iter().flatten() {
            print!("{byte:02x}");
        }
        println!();
    }
    store.close().await?;
    Ok(())
}

fn changes(clock: &ManualClock) -> Vec<ControlChange> {
    let now = clock.now();
    let tenant = |id: &str| Tenant {
        id: tenant_id(id),
        revision: Revision::FIRST,
        name: id.to_uppercase(),
        status: TenantStatus::Active,
        created_at: now,
        updated_at: now,
    };
    let key = ApiKeyId::parse("0123456789abcdef").map(|id| ApiKey {
        id,
        revision: Revision::FIRST,
        scope: Scope::Tenant(tenant_id("acme")),
        name: "ingest".into(),
        permissions: Role::AuditAdmin.permissions(),
        secret_hash: [7; 32],
        created_at: now,
        expires_at: None,
        revoked_at: Some(now),
        allowed_networks: vec!["10.0.0.0/8".parse().unwrap_or_default()],
    });
    let tenants = ["acme", "globex"].map(|id| TenantChange::Create(tenant(id)).into());
    tenants.into_iter().chain(key.map(|key| ApiKeyChange::Create(key).into())).collect()
}
