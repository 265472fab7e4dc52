//! A clock that was ahead for a while blocks later starts until the operator confirms that it is right now.

use std::sync::Arc;

use auditlog_core::{
    clock::{Clock, Entropy, SystemClock},
    id::TenantId,
    policy::{Caller, Origin, Pepper},
    store::Expected,
    timestamp::{MICROS_PER_DAY, Timestamp},
};
use auditlog_embedded::{EmbeddedStore, Options};
use auditlog_server::{
    app::{CursorSecret, Secrets, Services},
    use_cases::{TenantUpdate, update_tenant},
};

use crate::harness::Installation;

/// A month ahead.
struct Ahead;

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(SystemClock.now().as_micros() + 30 * MICROS_PER_DAY)
    }
}

/// Bytes for the salts of one event; they need not be secret here.
struct Sevens;

impl Entropy for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// Has an event recorded by a server whose clock is a month ahead.
fn record_ahead(place: &Installation) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = EmbeddedStore::open(Options::new(place.data_dir()), Arc::new(Ahead), Arc::new(Sevens)).unwrap();
    let shared = Arc::new(store.clone());
    let secrets =
        Secrets { pepper: Pepper::new(store.secrets().pepper), cursor_key: CursorSecret(store.secrets().cursor_key) };
    let services = Services {
        intake: shared.clone(),
        events: shared.clone(),
        control: shared.clone(),
        directory: shared.clone(),
        export_files: shared.clone(),
        verify: shared.clone(),
        reindex: shared.clone(),
        observe: shared,
        clock: Arc::new(Ahead),
        entropy: Arc::new(Sevens),
        secrets,
    };
    let update = TenantUpdate { name: Some("Renamed".to_owned()), status: None };
    let (changes, operator, origin) = (services.changes(), Caller::operator(), Origin::default());
    let editor = changes.by(&operator, &origin);
    let default = TenantId::default_tenant();
    let renamed = update_tenant(&editor, &default, update, &Expected::Any);
    runtime.block_on(renamed).unwrap();
    runtime.block_on(store.close()).unwrap();
}

#[test]
fn a_start_with_reset_clock_goes_on_and_records_it() {
    let place = Installation::new();
    place.start().stop();
    record_ahead(&place);
    let data_dir = place.data_dir();
    let serve = ["serve", "--data-dir", data_dir.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    let refused = place.run(&serve).failed(1);
    assert!(refused.contains("more than a day later") && refused.contains("--reset-clock"), "{refused}");

    let server = place.start_with(&["--reset-clock"]);
    let user = place.user(&server, &place.keys().default);
    assert_eq!(user.count("action:clock.reset source.service:auditlog actor.type:system"), 1);
    user.ok(&["send", "--action", "door.open", "--actor", "user:alice", "--service", "doors"]);
    server.stop();

    let server = place.start();
    let user = place.user(&server, &place.keys().default);
    assert_eq!(user.count("action:clock.reset"), 1, "once");
    assert_eq!(user.count("action:door.open"), 1);
    server.stop();
    place.run(&["check", "--data-dir", data_dir.to_str().unwrap()]).ok();
}
