//! Owns the shape of the event that is sent: the members of event v1 that a record can fill. The server cuts and
//! replaces values that no event may hold; only an event that would be too long to be sent is shortened here.

use std::{borrow::Cow, collections::BTreeMap};

use auditlog_core::{
    event::{self, limits::EVENT_BYTES_MAX},
    json::write_hex,
};
use serde::Serialize;
use serde_json::Value;

/// The bytes of a text in an event of which only the beginnings are sent: more than the server keeps of any of them.
const BEGINNING_BYTES: usize = 4 * 1024;

/// Texts by name.
pub(super) type Attributes<'a> = BTreeMap<&'static str, &'a str>;

#[derive(Debug, Serialize)]
pub(super) struct EventText<'a> {
    pub(super) external_id: Cow<'a, str>,
    pub(super) occurred_at: &'a str,
    pub(super) action: String,
    pub(super) category: &'static str,
    pub(super) outcome: Outcome<'a>,
    pub(super) actor: Party<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) on_behalf_of: Vec<Party<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) targets: Vec<Target<'a>>,
    pub(super) source: Source<'a>,
    pub(super) context: Context<'a>,
    pub(super) metadata: BTreeMap<&'static str, Cow<'a, Value>>,
    pub(super) raw: Raw<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct Outcome<'a> {
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'a str>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Party<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: Attributes<'a>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Target<'a> {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: Attributes<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct Source<'a> {
    pub(super) service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(super) struct Context<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) correlation_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) auth_method: Option<&'static str>,
}

/// The record, or its beginning.
#[derive(Debug, Serialize)]
pub(super) struct Raw<'a> {
    format: &'static str,
    body: Cow<'a, str>,
    #[serde(flatten)]
    cut: Option<RawCut>,
}

#[derive(Debug, Serialize)]
struct RawCut {
    sha256: String,
    size: u64,
    truncated: True,
}

/// Serialises as `true`, the only value that `truncated` can have.
#[derive(Debug)]
struct True;

impl Serialize for True {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

const FORMAT: &str = "cloudtrail";

impl<'a> Raw<'a> {
    /// The record verbatim.
    pub(super) fn whole(text: &'a str) -> Self {
        Self { format: FORMAT, body: Cow::Borrowed(text), cut: None }
    }

    /// Keeps only the beginning of a long record, with the hash and the size of the whole.
    fn cut(&mut self) {
        let kept = event::Raw::new(FORMAT, std::mem::take(&mut self.body));
        self.body = Cow::Owned(kept.body.unwrap_or_default());
        self.cut = kept.cut.map(|event::RawCut { sha256, size }| {
            let mut digits = String::new();
            write_hex(&sha256, &mut digits);
            RawCut { sha256: digits, size, truncated: True }
        });
    }
}

impl EventText<'_> {
    /// The event as JSON on one line that is short enough to be sent.
    pub(super) fn print(mut self) -> String {
        let line = self.line();
        if line.len() <= EVENT_BYTES_MAX {
            return line;
        }
        self.raw.cut();
        let line = self.line();
        if line.len() <= EVENT_BYTES_MAX { line } else { self.beginnings() }
    }

    fn line(&self) -> String {
        // Strings, numbers and maps with text keys cannot fail to serialise; an empty line would be refused by name.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The event without its details and with the beginnings of its texts: for a record that is itself too long for an
    /// event. What is left out stands in the record.
    fn beginnings(&self) -> String {
        let mut event = serde_json::to_value(self).unwrap_or_default();
        if let Value::Object(members) = &mut event {
            members.retain(|name, _| !["targets", "metadata"].contains(&name.as_str()));
            members.iter_mut().filter(|(name, _)| *name != "raw").for_each(|(_, value)| keep_beginnings(value));
        }
        event.to_string()
    }
}

fn keep_beginnings(value: &mut Value) {
    match value {
        Value::String(text) => text.truncate(text.floor_char_boundary(BEGINNING_BYTES)),
        Value::Array(items) => items.iter_mut().for_each(keep_beginnings),
        Value::Object(members) => {
            members.remove("attributes");
            members.values_mut().for_each(keep_beginnings);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
