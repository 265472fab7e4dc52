//! Owns how the members of control request bodies are parsed and validated.

use auditlog_core::{
    id::TenantId,
    policy::{Permission, Permissions, Role},
    query::{Filter, parse_search},
    store::TenantStatus,
    timestamp::Timestamp,
};
use ipnet::IpNet;
use serde_json::Value;

use crate::body::Members;

/// The maximum length of the name of a key, tenant or saved search.
const NAME_BYTES_MAX: usize = 256;
/// The maximum number of networks that a key may list.
const NETWORKS_MAX: usize = 64;

pub(super) fn name(value: &Value) -> Result<String, String> {
    let text = text(value)?.trim();
    if text.is_empty() || text.len() > NAME_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(format!("1 to {NAME_BYTES_MAX} bytes without control characters are expected"));
    }
    Ok(text.to_owned())
}

pub(super) fn tenant_id(value: &Value) -> Result<TenantId, String> {
    TenantId::parse(text(value)?).ok_or_else(|| "a tenant's id matches [a-z0-9][a-z0-9._-]{0,127}".to_owned())
}

pub(super) fn tenant_status(value: &Value) -> Result<TenantStatus, String> {
    TenantStatus::parse(text(value)?).ok_or_else(|| "expected active or suspended".to_owned())
}

/// Parses a time, which must lie in the future.
pub(super) fn future(value: &Value, now: Timestamp) -> Result<Timestamp, String> {
    let time = Timestamp::parse_rfc3339(text(value)?)
        .ok_or_else(|| "expected an RFC 3339 time such as 2027-01-31T00:00:00Z".to_owned())?;
    if time > now { Ok(time) } else { Err("the time must be in the future".to_owned()) }
}

pub(super) fn role(value: &Value) -> Result<Permissions, String> {
    let known = || Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
    Role::parse(text(value)?).map(Role::permissions).ok_or_else(|| format!("expected one of: {}", known()))
}

pub(super) fn permissions(value: &Value) -> Result<Permissions, String> {
    let known = || Permission::ALL.iter().map(|permission| permission.as_str()).collect::<Vec<_>>().join(", ");
    let items = list(value)?;
    if items.is_empty() {
        return Err("at least one permission is required".to_owned());
    }
    let read = |item| {
        Permission::parse(text(item)?).ok_or_else(|| format!("unknown permission; expected one of: {}", known()))
    };
    items.iter().map(read).collect()
}

pub(super) fn networks(value: &Value) -> Result<Vec<IpNet>, String> {
    let items = list(value)?;
    if items.len() > NETWORKS_MAX {
        return Err(format!("at most {NETWORKS_MAX} networks are allowed"));
    }
    items.iter().map(network).collect()
}

/// Parses a network. An address is read as the network that holds only itself.
fn network(value: &Value) -> Result<IpNet, String> {
    let text = text(value)?;
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
    network.map(|network| network.trunc()).map_err(|_| format!("{text:?} is neither a network nor an address"))
}

/// Parses a query. It must not be empty, and must hold only characters that the audit event which records it can hold.
pub(super) fn query(value: &Value) -> Result<String, String> {
    let query = text(value)?;
    if query.chars().any(|character| character.is_control() && !character.is_whitespace()) {
        return Err("control characters are not allowed".to_owned());
    }
    if query.trim().is_empty() {
        return Err("the query must not be empty; an example is outcome:denied since:7d".to_owned());
    }
    Ok(query.to_owned())
}

/// Parses a query. Records the position of the mistake in one that does not parse.
pub(super) fn parse_query(members: &mut Members, query: &str, now: Timestamp) -> Option<Filter> {
    match parse_search(query, now) {
        Ok(filter) => Some(filter),
        Err(error) => {
            members.refuse_part("query", error.start..error.end, error.code, error.message);
            None
        }
    }
}

/// Rejects a query that does not parse.
pub(super) fn check_query(members: &mut Members, query: Option<&str>, now: Timestamp) {
    let _ = query.map(|query| parse_query(members, query, now));
}

/// Returns the value as a string of any content.
pub(super) fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "expected a string".to_owned())
}

pub(super) fn list(value: &Value) -> Result<&[Value], String> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| "expected a list of strings".to_owned())
}
