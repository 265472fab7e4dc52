//! Owns how the values of control requests are read.

use auditlog_core::{
    id::TenantId,
    policy::{Permission, Permissions, Role},
    query::parse_search,
    store::TenantStatus,
    timestamp::Timestamp,
};
use ipnet::IpNet;
use serde_json::Value;

use crate::body::Members;

/// The longest name of a key, tenant or saved search.
const NAME_BYTES_MAX: usize = 256;
/// More networks than anybody lists.
const NETWORKS_MAX: usize = 64;

pub(super) fn name(value: &Value) -> Result<String, String> {
    let text = text(value)?.trim();
    if text.is_empty() || text.len() > NAME_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(format!("1 to {NAME_BYTES_MAX} bytes without control characters are wanted"));
    }
    Ok(text.to_owned())
}

pub(super) fn tenant_id(value: &Value) -> Result<TenantId, String> {
    TenantId::parse(text(value)?).ok_or_else(|| "a tenant's id matches [a-z0-9][a-z0-9._-]{0,127}".to_owned())
}

pub(super) fn tenant_status(value: &Value) -> Result<TenantStatus, String> {
    match text(value)? {
        "active" => Ok(TenantStatus::Active),
        "suspended" => Ok(TenantStatus::Suspended),
        _ => Err("active or suspended is wanted".to_owned()),
    }
}

/// A time that has not come yet.
pub(super) fn future(value: &Value, now: Timestamp) -> Result<Timestamp, String> {
    let time = Timestamp::parse_rfc3339(text(value)?)
        .ok_or_else(|| "an RFC 3339 time is wanted: 2027-01-31T00:00:00Z".to_owned())?;
    if time > now { Ok(time) } else { Err("the time must lie ahead".to_owned()) }
}

pub(super) fn role(value: &Value) -> Result<Permissions, String> {
    let known = || Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
    Role::parse(text(value)?).map(Role::permissions).ok_or_else(|| format!("one of these is wanted: {}", known()))
}

pub(super) fn permissions(value: &Value) -> Result<Permissions, String> {
    let known = || Permission::ALL.iter().map(|permission| permission.as_str()).collect::<Vec<_>>().join(", ");
    let items = list(value)?;
    if items.is_empty() {
        return Err("at least one permission is wanted".to_owned());
    }
    let read = |item| Permission::parse(text(item)?).ok_or_else(|| format!("these permissions exist: {}", known()));
    items.iter().map(read).collect()
}

pub(super) fn networks(value: &Value) -> Result<Vec<IpNet>, String> {
    let items = list(value)?;
    if items.len() > NETWORKS_MAX {
        return Err(format!("at most {NETWORKS_MAX} networks are taken"));
    }
    items.iter().map(network).collect()
}

/// Reads a network, or an address as the network of itself.
fn network(value: &Value) -> Result<IpNet, String> {
    let text = text(value)?;
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
    network.map(|network| network.trunc()).map_err(|_| format!("{text:?} is neither a network nor an address"))
}

/// A query that is not empty, and holds nothing that the event which records it could not.
pub(super) fn query(value: &Value) -> Result<String, String> {
    let query = text(value)?;
    if query.chars().any(|character| character.is_control() && !character.is_whitespace()) {
        return Err("a text without control characters is wanted".to_owned());
    }
    if query.trim().is_empty() {
        return Err("the text of a search is wanted: outcome:denied since:7d".to_owned());
    }
    Ok(query.to_owned())
}

/// Refuses a query that could not be used, with the place of the mistake.
pub(super) fn check_query(members: &mut Members, query: Option<&str>, now: Timestamp) {
    let Some(Err(error)) = query.map(|query| parse_search(query, now)) else { return };
    members.refuse_part("query", error.start..error.end, error.code, error.message);
}

/// Any text.
pub(super) fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "a string is wanted".to_owned())
}

pub(super) fn list(value: &Value) -> Result<&[Value], String> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| "a list of strings is wanted".to_owned())
}
