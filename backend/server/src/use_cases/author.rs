//! Owns the author of a change of control data, as recorded in the log.

use std::net::IpAddr;

use auditlog_core::policy::Permissions;
use serde_json::{Map, Value, json};

/// The author of a change of control data.
#[derive(Debug, Clone)]
pub enum Author {
    /// The holder of an API key.
    Key {
        /// The key's public part.
        id: String,
        /// The permissions of the key, which are also those that it may grant.
        permissions: Permissions,
        /// The request that made the change.
        origin: Origin,
    },
    /// The operator with access to the data directory: the first start, and commands on a stopped server. May grant any
    /// permission.
    Operator,
}

/// The request that made a change.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The address of the client.
    pub ip: Option<IpAddr>,
    /// The request's id.
    pub request_id: Option<String>,
}

impl Author {
    /// The key that makes the change, and its request; `None` if no key made the change.
    pub(crate) fn key(&self) -> Option<(&str, &Origin)> {
        match self {
            Self::Key { id, origin, .. } => Some((id, origin)),
            Self::Operator => None,
        }
    }

    /// The author as the actor of an event.
    pub(super) fn actor(&self) -> Value {
        match self {
            Self::Key { id, .. } => json!({"type": "api_key", "id": id}),
            Self::Operator => json!({"type": "system", "id": "operator"}),
        }
    }

    /// The author's request as the context of an event.
    pub(super) fn context(&self) -> Value {
        let Self::Key { origin, .. } = self else { return Value::Null };
        let mut context = Map::new();
        if let Some(ip) = origin.ip {
            context.insert("ip".to_owned(), json!(ip.to_string()));
        }
        if let Some(request_id) = &origin.request_id {
            context.insert("request_id".to_owned(), json!(request_id));
        }
        context.insert("auth_method".to_owned(), json!("api_key"));
        Value::Object(context)
    }
}
