//! Starts servers and sends requests to them.

mod client;
mod declared;
mod gzip;
mod store;
mod stream;

use std::{net::SocketAddr, num::NonZeroU64, sync::Arc, time::Duration};

use auditlog_conformance::fixtures::{ManualClock, SeededEntropy};
use auditlog_core::policy::{EnvironmentName, Pepper};
use auditlog_server::{
    app::{App, CursorSecret, Secrets, Services},
    config::{BootstrapSection, ServerSection},
    serve::{Server, Shutdown},
    use_cases::bootstrap,
};
use serde_json::{Value, json};
use tokio::{sync::oneshot, task::JoinHandle};

pub(crate) use client::{Answer, Client};
pub(crate) use declared::{Failure, is_declared};
pub(crate) use gzip::gzip;
pub(crate) use store::{Computations, Queries, TestStore};

/// A running server.
pub(crate) struct TestServer {
    pub(crate) store: Arc<TestStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) services: Services,
    /// Holds the key of tenant `default`.
    pub(crate) admin: Client,
    /// Holds the system key.
    pub(crate) system: Client,
    /// Holds no key.
    pub(crate) nobody: Client,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<Shutdown>,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut ServerSection)) -> Self {
        let store = Arc::new(TestStore::default());
        let clock = Arc::new(ManualClock::default());
        let services = services(&store, &clock);
        let environment = EnvironmentName::parse("test").unwrap();
        let keys = bootstrap(&services.changes(), environment, &BootstrapSection::default()).await.unwrap().unwrap();
        let (address, stop, running) = serve(&services, change).await;
        let nobody = Client::new(address);
        let (admin, system) = (nobody.with_key(&keys.default_key.expose()), nobody.with_key(&keys.system_key.expose()));
        Self { store, clock, services, admin, system, nobody, stop: Some(stop), running }
    }

    /// Creates a tenant and returns a client with its first key, an `audit_admin`.
    pub(crate) async fn tenant(&self, id: &str) -> Client {
        self.system.post("/api/v1/tenants", &json!({"id": id, "name": id})).await.expect(201);
        let body = json!({"tenant_id": id, "name": "first", "role": "audit_admin"});
        let created = self.system.post("/api/v1/api-keys", &body).await.expect(201);
        self.nobody.with_key(created["key"].as_str().unwrap())
    }

    /// Creates a key by `manager` and returns a client with it.
    pub(crate) async fn key(&self, manager: &Client, role: &str) -> Client {
        let created = manager.post("/api/v1/api-keys", &json!({"name": role, "role": role})).await.expect(201);
        self.nobody.with_key(created["key"].as_str().unwrap())
    }

    /// Stops the server, and starts another one on the same store with its own settings. `meanwhile` gets the store
    /// while no server runs.
    pub(crate) async fn restarted(
        mut self,
        change: impl FnOnce(&mut ServerSection),
        meanwhile: impl FnOnce(&TestStore),
    ) -> Self {
        self.stop();
        let Self { store, clock, services, admin, system, running, .. } = self;
        tokio::time::timeout(Duration::from_secs(20), running).await.unwrap().unwrap();
        meanwhile(&store);
        let (address, stop, running) = serve(&services, change).await;
        let (admin, system) = (admin.at(address), system.at(address));
        Self { store, clock, services, admin, system, nobody: Client::new(address), stop: Some(stop), running }
    }

    /// Stops the server, without waiting for the end.
    pub(crate) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// How the server stopped.
    pub(crate) async fn stopped(self) -> Shutdown {
        tokio::time::timeout(Duration::from_secs(20), self.running).await.unwrap().unwrap()
    }
}

/// Starts a server with these services. Returns its address and what stops it.
async fn serve(
    services: &Services,
    change: impl FnOnce(&mut ServerSection),
) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<Shutdown>) {
    let mut settings = ServerSection { listen: "127.0.0.1:0".parse().unwrap(), ..Default::default() };
    // Tests get thousands of refusals, so these are not delayed.
    settings.refusal_delay_ms = NonZeroU64::MIN;
    change(&mut settings);
    let server = Server::bind(App::new(services.clone(), settings)).await.unwrap();
    let address = server.local_address();
    let (stop, stopped) = oneshot::channel();
    let running = tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));
    (address, stop, running)
}

/// Services over an empty store, without a server.
pub(crate) fn fresh_services() -> Services {
    services(&Arc::default(), &Arc::default())
}

fn services(store: &Arc<TestStore>, clock: &Arc<ManualClock>) -> Services {
    Services {
        intake: store.clone(),
        events: store.clone(),
        control: store.clone(),
        directory: store.clone(),
        export_files: store.clone(),
        verify: store.clone(),
        reindex: store.clone(),
        observe: store.clone(),
        clock: clock.clone(),
        entropy: Arc::new(SeededEntropy::new(7)),
        secrets: Secrets { pepper: Pepper::new([3; 32]), cursor_key: CursorSecret([5; 32]) },
    }
}

/// A valid event merged with `changes`; `null` removes a member.
pub(crate) fn event(changes: &Value) -> Value {
    let mut event = json!({
        "action": "user.login",
        "actor": {"type": "user", "id": "alice"},
        "source": {"service": "identity"},
    });
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            event.as_object_mut().unwrap().remove(name);
        } else {
            event[name] = value.clone();
        }
    }
    event
}
