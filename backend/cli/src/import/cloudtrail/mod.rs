//! Converts a record of AWS `CloudTrail` into an event. Pure: the same record produces the same event, so importing a
//! file twice adds nothing. Knows the shapes of the record and the event, but neither files nor servers.
//!
//! Only two things make a record unusable: it is not a JSON object, or it has no time. Values that no event may hold
//! are sent as they are, because the server adjusts them, and the record itself is kept in `raw`.
//!
//! | event | record |
//! |---|---|
//! | `external_id` | `eventID`, or else the SHA-256 of the record |
//! | `action` | `eventSource` and `eventName` in snake case: `s3.get_bucket_acl` |
//! | `category` | the verb of the name; if it is unknown, `read` in records marked `readOnly`, else `other` |
//! | `outcome` | `errorCode`, `errorMessage`, the response of a sign-in |
//! | `actor`, `on_behalf_of` | `userIdentity`, see `party.rs` |
//! | `targets` | `resources` and identifying `requestParameters`, see `target.rs` |
//! | `source` | service of `eventSource`, `awsRegion` |
//! | `context` | `sourceIPAddress`, `userAgent`, `requestID`, `sharedEventID`, temporary access key |
//! | `metadata` | `requestParameters` and other informative members |

mod action;
mod arn;
mod event_text;
mod outcome;
mod party;
mod record;
mod target;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, collections::BTreeMap};

use auditlog_core::{json::write_hex, timestamp::Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};

use event_text::{Context, EventText, Raw, Source};
use record::Record;

/// Why a record cannot become an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConvertError {
    /// It cannot be parsed as a JSON object.
    NotAnObject(String),
    /// `eventTime` is missing or not a time.
    NoTime,
}

impl std::fmt::Display for ConvertError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotAnObject(cause) => write!(formatter, "the record is not a JSON object: {cause}"),
            Self::NoTime => formatter.write_str("the record has no eventTime that is a time"),
        }
    }
}

/// Converts a record into an event, as JSON on one line.
///
/// # Errors
/// The [`ConvertError`] names what the record lacks.
pub(crate) fn convert(text: &str) -> Result<String, ConvertError> {
    let text = text.trim();
    let record = Record::parse(text).map_err(ConvertError::NotAnObject)?;
    let occurred_at = record.text("/eventTime").filter(|time| Timestamp::parse_rfc3339(time).is_some());
    Ok(event_of(&record, text, occurred_at.ok_or(ConvertError::NoTime)?).print())
}

fn event_of<'a>(record: &'a Record, text: &'a str, occurred_at: &'a str) -> EventText<'a> {
    let action = action::action_of(record);
    let parties = party::parties_of(record);
    EventText {
        external_id: external_id_of(record, text),
        occurred_at,
        category: action::category_of(record, &action).as_str(),
        action,
        outcome: outcome::outcome_of(record),
        actor: parties.actor,
        on_behalf_of: parties.on_behalf_of,
        targets: target::targets_of(record),
        source: Source { service: action::service_of(record), region: record.text("/awsRegion") },
        context: context_of(record),
        metadata: metadata_of(record),
        raw: Raw::whole(text),
    }
}

/// A record without an id of its own is identified by its text.
fn external_id_of<'a>(record: &'a Record, text: &str) -> Cow<'a, str> {
    record.text("/eventID").map_or_else(
        || {
            let mut id = "sha256:".to_owned();
            write_hex(&Sha256::digest(text), &mut id);
            id.into()
        },
        Cow::Borrowed,
    )
}

fn context_of(record: &Record) -> Context<'_> {
    let access_key = record.text("/userIdentity/accessKeyId");
    Context {
        // The name of a service stands here too. The server keeps a text without an address as `context.address`.
        ip: record.text("/sourceIPAddress"),
        user_agent: record.text("/userAgent"),
        request_id: record.text("/requestID"),
        correlation_id: record.text("/sharedEventID"),
        // A temporary key lives as long as its session and belongs to no other.
        session_id: access_key.filter(|key| key.starts_with("ASIA")),
        auth_method: auth_method_of(record),
    }
}

fn auth_method_of(record: &Record) -> Option<&'static str> {
    let access_key = record.text("/userIdentity/accessKeyId").unwrap_or_default();
    match () {
        () if uses_mfa(record) == Some(true) => Some("mfa"),
        () if record.text("/eventName") == Some("ConsoleLogin") => Some("password"),
        () if access_key.starts_with("AKIA") => Some("access_key"),
        () if access_key.starts_with("ASIA") => Some("temporary_credentials"),
        () => None,
    }
}

fn uses_mfa(record: &Record) -> Option<bool> {
    record
        .flag("/userIdentity/sessionContext/attributes/mfaAuthenticated")
        .or_else(|| record.flag("/additionalEventData/MFAUsed"))
}

fn metadata_of(record: &Record) -> BTreeMap<&'static str, Cow<'_, Value>> {
    let members = [
        ("account_id", "/recipientAccountId"),
        ("api_version", "/apiVersion"),
        ("event_category", "/eventCategory"),
        ("event_name", "/eventName"),
        ("event_type", "/eventType"),
        ("request_parameters", "/requestParameters"),
        ("tls_version", "/tlsDetails/tlsVersion"),
        ("vpc_endpoint_id", "/vpcEndpointId"),
    ];
    let flags = [
        ("console_session", record.flag("/sessionCredentialFromConsole")),
        ("mfa", uses_mfa(record)),
        ("read_only", record.flag("/readOnly")),
    ];
    let members = members.into_iter().filter_map(|(name, path)| Some((name, record.text_or_object(path)?)));
    let flags = flags.into_iter().filter_map(|(name, flag)| Some((name, Value::Bool(flag?))));
    let members = members.map(|(name, value)| (name, Cow::Borrowed(value)));
    members.chain(flags.map(|(name, flag)| (name, Cow::Owned(flag)))).collect()
}
