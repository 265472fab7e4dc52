//! Converts a record of AWS `CloudTrail` into an event. Pure: the same record produces the same event, id included, so
//! importing a file twice adds nothing. Knows the shapes of the record and the event, but neither files nor servers.
//!
//! Only two things make a record unusable: it is not a JSON object, or it has no time. Texts that are too long are cut
//! or moved. The record itself is kept verbatim in `raw`, or only its hash if the record is too long.
//!
//! | event | record |
//! |---|---|
//! | `id` | `eventTime` and the SHA-256 of `eventID` |
//! | `action` | `eventSource` and `eventName` in snake case: `s3.get_bucket_acl` |
//! | `category` | the verb of the name; if it is unknown, `read` in records marked `readOnly`, else `other` |
//! | `outcome` | `errorCode`, `errorMessage`, the response of a sign-in |
//! | `actor`, `on_behalf_of` | `userIdentity`, see `party.rs` |
//! | `targets` | `resources` and identifying `requestParameters`, see `target.rs` |
//! | `source` | service of `eventSource`, `awsRegion` |
//! | `context` | `sourceIPAddress` if it is an IP, `userAgent`, `requestID`, `sharedEventID`, temporary access key |
//! | `metadata` | other informative members, `source_address` among them |

mod action;
mod arn;
mod clip;
mod event_text;
mod outcome;
mod party;
mod record;
mod target;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, net::IpAddr};

use auditlog_core::{
    event::limits::{EVENT_BYTES_MAX, ID_BYTES_MAX, LONG_TEXT_BYTES_MAX, RAW_BODY_BYTES_MAX, TEXT_BYTES_MAX},
    id::EventId,
    timestamp::Timestamp,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use clip::cut;
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
            Self::NoTime => formatter.write_str("the record has no eventTime that is a time since 1970"),
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
    let occurred_at = record
        .text("/eventTime")
        .and_then(Timestamp::parse_rfc3339)
        .filter(|time| *time >= Timestamp::EPOCH)
        .ok_or(ConvertError::NoTime)?;
    let mut event = event_of(&record, text, occurred_at);
    // Escaping may double a body that is itself full of quotes. Then only its hash is kept, and at last the details go.
    for shrink in [EventText::withhold_raw_body, EventText::drop_details] {
        let line = event.print();
        if line.len() <= EVENT_BYTES_MAX {
            return Ok(line);
        }
        shrink(&mut event);
    }
    Ok(event.print())
}

fn event_of<'a>(record: &'a Record, text: &'a str, occurred_at: Timestamp) -> EventText<'a> {
    let action = action::action_of(record);
    let parties = party::parties_of(record);
    EventText {
        id: id_of(record, text, occurred_at),
        occurred_at: occurred_at.to_string(),
        category: action::category_of(record, &action).as_str(),
        action,
        outcome: outcome::outcome_of(record),
        actor: parties.actor,
        on_behalf_of: parties.on_behalf_of,
        targets: target::targets_of(record),
        source: Source {
            service: cut(&action::service_of(record), ID_BYTES_MAX),
            region: record.text("/awsRegion").map(|region| cut(region, TEXT_BYTES_MAX)),
        },
        context: context_of(record),
        metadata: metadata_of(record),
        raw: raw_of(text),
    }
}

/// Time-ordered like every id, and the same at every import. A record without an id of its own is identified by its
/// text.
fn id_of(record: &Record, text: &str, occurred_at: Timestamp) -> String {
    let digest: [u8; 32] = Sha256::digest(record.text("/eventID").unwrap_or(text).as_bytes()).into();
    let mut random = [0; 10];
    random.copy_from_slice(&digest[..10]);
    EventId::from_parts(occurred_at, random).to_string()
}

fn context_of(record: &Record) -> Context {
    let limited = |path, bytes_max| record.text(path).map(|text| cut(text, bytes_max));
    let access_key = record.text("/userIdentity/accessKeyId");
    Context {
        ip: record.text("/sourceIPAddress").and_then(|address| address.parse::<IpAddr>().ok()),
        user_agent: limited("/userAgent", LONG_TEXT_BYTES_MAX),
        request_id: limited("/requestID", ID_BYTES_MAX),
        correlation_id: limited("/sharedEventID", ID_BYTES_MAX),
        // A temporary key lives as long as its session and belongs to no other.
        session_id: access_key.filter(|key| key.starts_with("ASIA")).map(|key| cut(key, ID_BYTES_MAX)),
        auth_method: auth_method_of(record).map(ToOwned::to_owned),
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

fn metadata_of(record: &Record) -> BTreeMap<&'static str, Value> {
    let texts = [
        ("account_id", "/recipientAccountId"),
        ("api_version", "/apiVersion"),
        ("event_category", "/eventCategory"),
        ("event_id", "/eventID"),
        ("event_name", "/eventName"),
        ("event_type", "/eventType"),
        ("tls_version", "/tlsDetails/tlsVersion"),
        ("vpc_endpoint_id", "/vpcEndpointId"),
    ];
    let source_address = record.text("/sourceIPAddress").filter(|address| address.parse::<IpAddr>().is_err());
    let texts = texts.into_iter().filter_map(|(name, path)| record.text(path).map(|text| (name, text)));
    let texts = texts.chain(source_address.map(|address| ("source_address", address)));
    let flags = [
        ("console_session", record.flag("/sessionCredentialFromConsole")),
        ("mfa", uses_mfa(record)),
        ("read_only", record.flag("/readOnly")),
    ];
    let flags = flags.into_iter().filter_map(|(name, flag)| flag.map(|flag| (name, Value::Bool(flag))));
    texts.map(|(name, text)| (name, Value::String(cut(text, TEXT_BYTES_MAX)))).chain(flags).collect()
}

fn raw_of(text: &str) -> Raw<'_> {
    if text.len() <= RAW_BODY_BYTES_MAX { Raw::whole(text) } else { Raw::truncated(text) }
}
