//! Owns the fixed set of questions and the server that answers them over HTTP.

use std::{path::Path, sync::Arc};

use auditlog_core::policy::{EnvironmentName, Pepper};
use auditlog_embedded::EmbeddedStore;
use auditlog_server::{
    app::{App, CursorSecret, Secrets, Services},
    config::{BootstrapSection, ServerSection},
    serve::Server,
    use_cases::bootstrap,
};
use tokio::runtime::Runtime;

use crate::{
    small_store::{self, CountingEntropy, SmallStore, StoppedClock},
    switch::Switch,
};

/// The answers that must be the same before and after.
const PATHS: &[&str] = &[
    "events?limit=50&count=true",
    "events?limit=7&order=oldest",
    "events?action=document.update&count=true",
    "events?q=common&limit=5&count=true",
    "events?q=word3%20round0",
    "events?actor=user-1&order=oldest",
    "events?target=doc-12",
    "events?ip=10.0.0.0/28",
    "events?outcome.status=failure&count=true",
    "saved-searches",
    "events/aggregate?group_by=occurred_at&group_by=target&interval=hour&distinct=actor",
    "events/facets?field=action&field=actor&q=common",
];

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) question: String,
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// A server over the store that is currently switched in.
pub(crate) struct Questions {
    runtime: Runtime,
    switch: Arc<Switch>,
    services: Services,
    address: String,
    agent: ureq::Agent,
    asked: Vec<(String, String)>,
}

impl Questions {
    /// Starts the server. The questions are asked by the tenants of `store`.
    pub(crate) fn serve(store: &SmallStore) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let switch = Arc::new(Switch::default());
        let services = Services {
            intake: Arc::clone(&switch) as _,
            events: Arc::clone(&switch) as _,
            control: Arc::clone(&switch) as _,
            directory: Arc::clone(&switch) as _,
            export_files: Arc::clone(&switch) as _,
            verify: Arc::clone(&switch) as _,
            reindex: Arc::clone(&switch) as _,
            observe: Arc::clone(&switch) as _,
            clock: Arc::new(StoppedClock),
            entropy: Arc::new(CountingEntropy::default()),
            secrets: Secrets { pepper: Pepper::new([1; 32]), cursor_key: CursorSecret([2; 32]) },
        };
        let settings = ServerSection { listen: "127.0.0.1:0".parse().unwrap(), ..ServerSection::default() };
        let server = runtime.block_on(Server::bind(App::new(services.clone(), settings))).unwrap();
        let address = format!("http://{}/api/v1/", server.local_address());
        runtime.spawn(server.run(std::future::pending()));
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let asked = questions(store);
        Self { runtime, switch, services, address, agent, asked }
    }

    /// Opens the store in a directory and switches it in.
    pub(crate) fn open(&self, directory: &Path) -> Result<EmbeddedStore, String> {
        let store = small_store::open(directory)?;
        self.switch.set(Some(store.clone()));
        Ok(store)
    }

    /// Opens a store, asks all questions, and drops the store as a crash would.
    pub(crate) fn ask(&self, directory: &Path) -> Result<Vec<Answer>, String> {
        drop(self.open(directory)?);
        let answers = self.asked.iter().map(|(key, path)| self.get(key, path)).collect();
        self.switch.set(None);
        Ok(answers)
    }

    /// Creates three tenants on a new store and returns them with their keys.
    pub(crate) fn create_tenants(&self) -> Vec<(String, String)> {
        let environment = EnvironmentName::parse("test").unwrap();
        let section = BootstrapSection::default();
        let keys = self.runtime.block_on(bootstrap(&self.services.changes(), environment, &section)).unwrap().unwrap();
        let mut tenants = vec![("default".to_owned(), keys.default_key.expose())];
        for id in ["acme", "zeta"] {
            let system = keys.system_key.expose();
            self.post(&system, "tenants", &format!(r#"{{"id":"{id}","name":"{id}"}}"#));
            let body = format!(r#"{{"tenant_id":"{id}","name":"k","role":"audit_admin"}}"#);
            let created: serde_json::Value = serde_json::from_str(&self.post(&system, "api-keys", &body)).unwrap();
            tenants.push((id.to_owned(), created["key"].as_str().unwrap().to_owned()));
        }
        tenants
    }

    /// Saves a search; the ledger holds it beside tenants and keys.
    pub(crate) fn save_search(&self, key: &str) {
        self.post(key, "saved-searches", r#"{"name":"denied","query":"outcome:denied since:7d","description":"why"}"#);
    }

    /// Sends a batch, all of which must be stored.
    pub(crate) fn send(&self, key: &str, events: &str) {
        let answer = self.post(key, "events/batch", events);
        assert!(answer.contains(r#""stored":8"#), "{answer}");
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Closes the current store cleanly.
    pub(crate) fn close(&self) {
        let store = self.switch.set(None).unwrap();
        self.block_on(store.close()).unwrap();
    }

    fn get(&self, key: &str, path: &str) -> Answer {
        let request =
            self.agent.get(format!("{}{path}", self.address)).header("Authorization", format!("Bearer {key}"));
        let mut response = request.call().unwrap();
        let body = response.body_mut().read_to_string().unwrap();
        Answer { question: path.to_owned(), status: response.status().as_u16(), body }
    }

    fn post(&self, key: &str, path: &str, body: &str) -> String {
        let request =
            self.agent.post(format!("{}{path}", self.address)).header("Authorization", format!("Bearer {key}"));
        let mut response = request.header("Content-Type", "application/json").send(body).unwrap();
        let status = response.status();
        let answer = response.body_mut().read_to_string().unwrap();
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }
}

/// The questions of each tenant: all for the first, fewer for the others.
fn questions(store: &SmallStore) -> Vec<(String, String)> {
    let mut asked = Vec::new();
    for (tenant, (_, key)) in store.tenants.iter().enumerate() {
        let paths = if tenant == 0 { PATHS } else { &PATHS[..1] };
        asked.extend(paths.iter().map(|path| (key.clone(), (*path).to_owned())));
        // One event of each segment and one of the tail.
        let place = [1, 10, 20][tenant % 3];
        asked.push((key.clone(), format!("events/019a8f00-0000-7000-8000-{tenant:04x}{place:08x}")));
        asked.push((key.clone(), format!("events?request_id=req-{tenant}-{place}")));
    }
    asked
}
