//! Tenants and API keys over the API.

use serde::{Deserialize, Serialize};

use super::{Client, ClientError, JSON, Repeat, Request, events::parse};

/// One page of a list.
pub(super) struct ListPart<T> {
    pub(super) entries: Vec<T>,
    /// `None` on the last page.
    pub(super) next_cursor: Option<String>,
}

/// A key to create.
#[derive(Debug, Serialize)]
pub(crate) struct NewApiKey {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tenant_id: Option<String>,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) permissions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed_networks: Vec<String>,
}

/// A key as the server represents it. Members that this version does not know are ignored.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ApiKeyRecord {
    pub(crate) id: String,
    pub(crate) tenant_id: Option<String>,
    pub(crate) name: String,
    pub(crate) permissions: Vec<String>,
    pub(crate) status: String,
    pub(crate) created_at: String,
    pub(crate) expires_at: Option<String>,
    pub(crate) revoked_at: Option<String>,
    pub(crate) allowed_networks: Vec<String>,
    /// The whole key; only in the answer to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
}

/// A tenant to create.
#[derive(Debug, Serialize)]
pub(crate) struct NewTenant {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A tenant as the server represents it.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct TenantRecord {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
}

impl Client {
    /// Creates a key.
    pub(crate) fn create_api_key(&self, key: &NewApiKey) -> Result<ApiKeyRecord, ClientError> {
        parse(&self.post("api-keys", key)?, "an API key")
    }

    /// The keys of the credential's tenant, or of the system.
    pub(crate) fn list_api_keys(&self) -> Result<Vec<ApiKeyRecord>, ClientError> {
        #[derive(Deserialize)]
        struct List {
            api_keys: Vec<ApiKeyRecord>,
            next_cursor: Option<String>,
        }
        self.walk("api-keys", |text| {
            let List { api_keys, next_cursor } = parse(text, "a list of API keys")?;
            Ok(ListPart { entries: api_keys, next_cursor })
        })
    }

    /// Revokes a key permanently.
    pub(crate) fn revoke_api_key(&self, id: &str) -> Result<ApiKeyRecord, ClientError> {
        // Revoking a revoked key changes nothing, so the request is repeated if its answer was lost.
        let text = self.call(&format!("api-keys/{id}"), Request::Delete, Repeat::Harmless)?;
        parse(&text, "an API key")
    }

    /// Creates a tenant.
    pub(crate) fn create_tenant(&self, tenant: &NewTenant) -> Result<TenantRecord, ClientError> {
        parse(&self.post("tenants", tenant)?, "a tenant")
    }

    /// Every tenant.
    pub(crate) fn list_tenants(&self) -> Result<Vec<TenantRecord>, ClientError> {
        #[derive(Deserialize)]
        struct List {
            tenants: Vec<TenantRecord>,
            next_cursor: Option<String>,
        }
        self.walk("tenants", |text| {
            let List { tenants, next_cursor } = parse(text, "a list of tenants")?;
            Ok(ListPart { entries: tenants, next_cursor })
        })
    }

    /// Collects all entries of a paged list.
    pub(super) fn walk<T>(
        &self,
        path: &str,
        read: impl Fn(&str) -> Result<ListPart<T>, ClientError>,
    ) -> Result<Vec<T>, ClientError> {
        let mut all = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let query: Vec<_> = cursor.take().map(|cursor| ("cursor", cursor)).into_iter().collect();
            let ListPart { entries, next_cursor } =
                read(&self.call(path, Request::Get { query: &query }, Repeat::Harmless)?)?;
            all.extend(entries);
            cursor = next_cursor;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }

    /// Suspends or resumes a tenant.
    pub(crate) fn set_tenant_status(&self, id: &str, status: &'static str) -> Result<TenantRecord, ClientError> {
        let body = serde_json::json!({ "status": status }).to_string();
        let text = self.call(&format!("tenants/{id}"), Request::Patch { body: body.as_bytes() }, Repeat::Harmless)?;
        parse(&text, "a tenant")
    }

    /// A creation is not repeated when its outcome is unknown: it could create a second key.
    pub(super) fn post(&self, path: &str, body: &impl Serialize) -> Result<String, ClientError> {
        let body = serde_json::to_vec(body)
            .map_err(|error| ClientError::Garbled { expected: "a request", cause: error.to_string() })?;
        self.call(path, Request::Post { content_type: JSON, body: &body }, Repeat::Harmful)
    }
}
