//! Owns the creation of a run's tenants and keys.

use std::{collections::BTreeMap, fmt, path::Path};

use auditlog_core::{
    clock::Entropy,
    policy::{ApiKeyToken, EnvironmentName},
};
use hyper::StatusCode;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::json;

use crate::{
    api::{Address, Call, CallError, Client, CreatedKey, Credential},
    corpus::dice::Dice,
    load::Tenant,
};

/// The keys of a server's first start.
#[derive(Debug, Clone, Deserialize)]
pub struct Keys {
    /// The key of tenant `default`.
    pub default_key: String,
    /// The system key.
    pub system_key: String,
}

/// A repeatable random source for keys.
struct DiceEntropy(Mutex<Dice>);

impl Entropy for DiceEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let mut dice = self.0.lock();
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&dice.roll().to_le_bytes()[..chunk.len()]);
        }
    }
}

/// Why no tenants could be prepared.
#[derive(Debug)]
pub enum SetupError {
    /// A file cannot be read.
    Unreadable(String),
    /// The server does not answer.
    Call(CallError),
    /// The server's answer is not the expected one.
    Refused(String),
}

impl fmt::Display for SetupError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(text) | Self::Refused(text) => formatter.write_str(text),
            Self::Call(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for SetupError {}

impl From<CallError> for SetupError {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl Keys {
    /// Generates keys for the configuration of the first start, so that they are known even if that start is
    /// interrupted. They protect only a test's events, so a repeatable source is sufficient.
    pub fn mint(seed: u64) -> Result<Self, SetupError> {
        let environment = EnvironmentName::parse("hammer").map_err(|error| SetupError::Refused(error.to_string()))?;
        let entropy = DiceEntropy(Mutex::new(Dice::new(seed)));
        let mint = || ApiKeyToken::mint(environment.clone(), &entropy).expose();
        Ok(Self { default_key: mint(), system_key: mint() })
    }

    /// The environment variables that pass them to a server.
    pub(super) fn settings(&self) -> [(&'static str, &str); 2] {
        [
            ("AUDITLOG__BOOTSTRAP__DEFAULT_KEY", self.default_key.as_str()),
            ("AUDITLOG__BOOTSTRAP__SYSTEM_KEY", self.system_key.as_str()),
        ]
    }

    /// Reads the file that `serve --bootstrap-file` wrote.
    pub fn read(path: &Path) -> Result<Self, SetupError> {
        let unreadable = |text: String| SetupError::Unreadable(format!("{}: {text}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))
    }
}

/// Reads a file of keys by tenant: `{"acme": "alk_…"}`.
pub fn read_tenants(path: &Path) -> Result<Vec<Tenant>, SetupError> {
    let unreadable = |text: String| SetupError::Unreadable(format!("{}: {text}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let keys: BTreeMap<String, String> = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    Ok(keys.into_iter().map(|(id, key)| Tenant { id, credential: Credential::of_key(&key) }).collect())
}

/// Creates `count` tenants named `<prefix>-<n>`, each with a first key that sends and reads.
pub async fn create_tenants(
    address: Address,
    system_key: &str,
    count: usize,
    prefix: &str,
) -> Result<Vec<Tenant>, SetupError> {
    let credential = Credential::of_key(system_key);
    let mut client = Client::new(address);
    let mut tenants = Vec::with_capacity(count);
    for number in 1..=count {
        let id = format!("{prefix}-{number}");
        let body = json!({"id": id, "name": format!("Hammer {number}")}).to_string();
        let answer = client.call(&credential, Call::post("/api/v1/tenants", body.into())).await?;
        if answer.status != StatusCode::CREATED {
            return Err(SetupError::Refused(format!("creating tenant {id}: {} {}", answer.status, answer.text())));
        }
        let body = json!({"tenant_id": id, "name": "hammer", "role": "audit_admin"}).to_string();
        let answer = client.call(&credential, Call::post("/api/v1/api-keys", body.into())).await?;
        let key: CreatedKey = serde_json::from_slice(&answer.body)
            .map_err(|_| SetupError::Refused(format!("creating a key of {id}: {} {}", answer.status, answer.text())))?;
        tenants.push(Tenant { id, credential: Credential::of_key(&key.key) });
    }
    Ok(tenants)
}
