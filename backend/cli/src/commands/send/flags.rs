//! An event described on the command line.

use auditlog_core::{
    clock::{Clock, SystemClock},
    id::EventId,
};
use clap::{Args, builder::NonEmptyStringValueParser};
use rand::Rng;
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// The flags that describe an event.
#[derive(Debug, Args)]
#[command(next_help_heading = "Event")]
pub(super) struct EventFlags {
    /// The action, as in invoice.delete
    #[arg(long, requires = "actor", requires = "service")]
    action: Option<String>,
    #[arg(
        long,
        help = "The actor; the types are user, service, api_key, agent, system, anonymous and unknown",
        value_name = "TYPE:ID",
        requires = "action"
    )]
    actor: Option<String>,
    /// The actor's display name
    #[arg(long, value_name = "NAME", requires = "actor")]
    actor_name: Option<String>,
    /// The actor's email address
    #[arg(long, value_name = "EMAIL", requires = "actor")]
    actor_email: Option<String>,
    /// The party for whom the actor acted, outermost human first; repeatable
    #[arg(long, value_name = "TYPE:ID", requires = "action")]
    on_behalf_of: Vec<String>,
    /// A target of the action; repeatable
    #[arg(long, value_name = "TYPE:ID", requires = "action")]
    target: Vec<String>,
    /// The service that reports the event
    #[arg(long, env = "AUDITLOG_SERVICE")]
    service: Option<String>,
    /// The outcome: success, failure, denied or unknown
    #[arg(long, value_name = "STATUS", requires = "action")]
    outcome: Option<String>,
    /// The error code of a refusal or failure
    #[arg(long, value_name = "CODE", requires = "action")]
    outcome_code: Option<String>,
    /// The error message
    #[arg(long, value_name = "TEXT", requires = "action")]
    outcome_reason: Option<String>,
    /// The severity: info, low, medium, high or critical
    #[arg(long, requires = "action")]
    severity: Option<String>,
    /// The category of the action [default: derived from the action]
    #[arg(long, requires = "action")]
    category: Option<String>,
    /// A message for people
    #[arg(long, value_name = "TEXT", requires = "action")]
    message: Option<String>,
    /// The reason that the actor gave
    #[arg(long, value_name = "TEXT", requires = "action")]
    reason: Option<String>,
    /// The ticket behind the action
    #[arg(long, requires = "reason")]
    ticket: Option<String>,
    /// The actor's IP address
    #[arg(long, value_name = "ADDRESS", requires = "action")]
    ip: Option<String>,
    /// The actor's user agent
    #[arg(long, value_name = "TEXT", requires = "action")]
    user_agent: Option<String>,
    /// The request id
    #[arg(long, value_name = "ID", requires = "action")]
    request_id: Option<String>,
    /// The trace id
    #[arg(long, value_name = "ID", requires = "action")]
    trace_id: Option<String>,
    /// Metadata: KEY=TEXT, or KEY:=JSON for any other value; repeatable
    #[arg(long, value_name = "KEY=VALUE", requires = "action")]
    metadata: Vec<String>,
    /// When the event occurred (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME", requires = "action")]
    occurred_at: Option<String>,
    /// The event's id, a UUID of version 7 [default: derived from --external-id, or a new one]
    #[arg(long, value_name = "UUID", requires = "action")]
    id: Option<String>,
    /// The event's id in the system that recorded it; needs --occurred-at unless --id is given
    #[arg(long, value_name = "ID", requires = "action", value_parser = NonEmptyStringValueParser::new())]
    external_id: Option<String>,
}

impl EventFlags {
    /// The event as JSON; `None` if no flag describes one.
    pub(super) fn event(self) -> Result<Option<String>, Failure> {
        let (Some(action), Some(actor)) = (&self.action, &self.actor) else { return Ok(None) };
        if self.external_id.is_some() && self.id.is_none() && self.occurred_at.is_none() {
            return Err(Failure::usage("--external-id needs --occurred-at: the event's id is derived from both")
                .hint("add the time at which the event occurred, or set the id by --id"));
        }
        let mut event = Map::new();
        // From an external id the server derives the id.
        let new_id = || self.external_id.is_none().then(|| fresh_id().to_string());
        put(&mut event, "id", self.id.clone().or_else(new_id).as_ref());
        event.insert("action".into(), json!(action));
        event.insert("actor".into(), self.actor(actor)?);
        event.insert("source".into(), json!({ "service": self.service }));
        put_list(&mut event, "on_behalf_of", pairs("--on-behalf-of", &self.on_behalf_of)?);
        put_list(&mut event, "targets", pairs("--target", &self.target)?);
        for (name, value) in [
            ("external_id", &self.external_id),
            ("occurred_at", &self.occurred_at),
            ("severity", &self.severity),
            ("category", &self.category),
            ("message", &self.message),
        ] {
            put(&mut event, name, value.as_ref());
        }
        put_object(
            &mut event,
            "outcome",
            &[("status", &self.outcome), ("code", &self.outcome_code), ("reason", &self.outcome_reason)],
        );
        put_object(&mut event, "reason", &[("text", &self.reason), ("ticket", &self.ticket)]);
        put_object(
            &mut event,
            "context",
            &[
                ("ip", &self.ip),
                ("user_agent", &self.user_agent),
                ("request_id", &self.request_id),
                ("trace_id", &self.trace_id),
            ],
        );
        if !self.metadata.is_empty() {
            event.insert("metadata".into(), Value::Object(metadata(&self.metadata)?));
        }
        Ok(Some(Value::Object(event).to_string()))
    }

    fn actor(&self, text: &str) -> Result<Value, Failure> {
        let mut actor = pair("--actor", text)?;
        put(&mut actor, "name", self.actor_name.as_ref());
        put(&mut actor, "email", self.actor_email.as_ref());
        Ok(Value::Object(actor))
    }
}

/// A new id with the current time.
pub(super) fn fresh_id() -> EventId {
    EventId::from_parts(SystemClock.now(), rand::rng().random())
}

fn put(object: &mut Map<String, Value>, name: &str, value: Option<&String>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), json!(value));
    }
}

fn put_list(object: &mut Map<String, Value>, name: &str, list: Vec<Value>) {
    if !list.is_empty() {
        object.insert(name.to_owned(), Value::Array(list));
    }
}

fn put_object(object: &mut Map<String, Value>, name: &str, members: &[(&str, &Option<String>)]) {
    let mut inner = Map::new();
    for (member, value) in members {
        put(&mut inner, member, value.as_ref());
    }
    if !inner.is_empty() {
        object.insert(name.to_owned(), Value::Object(inner));
    }
}

fn pairs(flag: &str, texts: &[String]) -> Result<Vec<Value>, Failure> {
    texts.iter().map(|text| pair(flag, text).map(Value::Object)).collect()
}

/// Parses `user:alice`; everything after the first colon is the id, colons included.
fn pair(flag: &str, text: &str) -> Result<Map<String, Value>, Failure> {
    let Some((kind, id)) = text.split_once(':') else {
        return Err(Failure::usage(format!("{flag} {text:?} is not of the form TYPE:ID"))
            .hint(format!("write {flag} user:{text}, for example")));
    };
    Ok(Map::from_iter([("type".to_owned(), json!(kind)), ("id".to_owned(), json!(id))]))
}

fn metadata(texts: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut metadata = Map::new();
    for text in texts {
        let Some((key, value)) = text.split_once('=') else {
            return Err(Failure::usage(format!("--metadata {text:?} is not of the form KEY=VALUE")));
        };
        let (key, value) = match key.strip_suffix(':') {
            Some(key) => {
                let value = serde_json::from_str(value).map_err(|error| {
                    Failure::usage(format!("--metadata {text:?}: the value is not JSON: {error}"))
                        .hint(format!("for text write {key}={value}"))
                })?;
                (key, value)
            }
            None => (key, json!(value)),
        };
        metadata.insert(key.to_owned(), value);
    }
    Ok(metadata)
}
