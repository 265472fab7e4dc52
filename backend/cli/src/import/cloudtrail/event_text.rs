//! Owns the shape of the event that is written: the members of event v1 that a record can fill.

use std::{collections::BTreeMap, net::IpAddr};

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::clip::hex;

/// Scalars by name.
pub(super) type Scalars = BTreeMap<&'static str, Value>;

#[derive(Debug, Serialize)]
pub(super) struct EventText<'a> {
    pub(super) id: String,
    pub(super) occurred_at: String,
    pub(super) action: String,
    pub(super) category: &'static str,
    pub(super) outcome: Outcome,
    pub(super) actor: Party,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) on_behalf_of: Vec<Party>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) targets: Vec<Target>,
    pub(super) source: Source,
    pub(super) context: Context,
    pub(super) metadata: Scalars,
    pub(super) raw: Raw<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Party {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: Scalars,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Target {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: Scalars,
}

#[derive(Debug, Serialize)]
pub(super) struct Source {
    pub(super) service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Context {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ip: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) correlation_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) auth_method: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Raw<'a> {
    format: &'static str,
    #[serde(skip)]
    text: &'a str,
    #[serde(flatten)]
    content: RawContent<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum RawContent<'a> {
    Whole { body: &'a str },
    Truncated { sha256: String, size: usize, truncated: True },
}

/// Serialises as `true`, the only value that `truncated` can have.
#[derive(Debug)]
struct True;

impl Serialize for True {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

impl<'a> Raw<'a> {
    /// The record verbatim.
    pub(super) fn whole(text: &'a str) -> Self {
        Self { format: "cloudtrail", text, content: RawContent::Whole { body: text } }
    }

    /// What remains of a record that is too long.
    pub(super) fn truncated(text: &'a str) -> Self {
        let sha256 = hex(&Sha256::digest(text.as_bytes()));
        let content = RawContent::Truncated { sha256, size: text.len(), truncated: True };
        Self { format: "cloudtrail", text, content }
    }
}

impl EventText<'_> {
    /// The event as JSON on one line.
    pub(super) fn print(&self) -> String {
        // Strings, numbers and maps with text keys cannot fail to serialise; an empty line would be refused by name.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Keeps only the record's hash and size.
    pub(super) fn withhold_raw_body(&mut self) {
        self.raw = Raw::truncated(self.raw.text);
    }

    /// Keeps only the ids and members with small limits: for records whose many long texts consist of escaped
    /// characters.
    pub(super) fn drop_details(&mut self) {
        self.targets.clear();
        self.metadata.clear();
        for party in self.on_behalf_of.iter_mut().chain([&mut self.actor]) {
            party.name = None;
            party.attributes.clear();
        }
    }
}
