//! Owns how a run comes by its tenants and keys.

use std::{collections::BTreeMap, fmt, path::Path};

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::{
    api::{Address, Call, CallError, Client, CreatedKey, Credential},
    load::Tenant,
};

/// The keys that the first start of a server gives.
#[derive(Debug, Clone, Deserialize)]
pub struct Keys {
    /// Of tenant `default`.
    pub default_key: String,
    /// Of the installation.
    pub system_key: String,
}

/// Why there are no tenants to send for.
#[derive(Debug)]
pub enum SetupError {
    /// A file cannot be read.
    Unreadable(String),
    /// The server does not answer.
    Call(CallError),
    /// The server answers something else than expected.
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

/// Creates so many tenants named `<prefix>-<n>`, each with a first key that writes and reads.
pub async fn create_tenants(
    address: Address,
    system_key: &str,
    (prefix, count): (&str, usize),
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
