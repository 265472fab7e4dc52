//! Owns the values that a field has in an event: none, one, or several where the field is in a list.

use std::{borrow::Cow, net::IpAddr};

use auditlog_core::{
    event::{Actor, Event, JsonObject, JsonValue, StoredEvent, Target},
    query::{Field, KeyPath},
};

use super::paths;

/// One value of a field.
pub(crate) enum Value<'a> {
    Text(Cow<'a, str>),
    Time(i64),
    Integer(u64),
    Number(f64),
    Address(IpAddr),
}

/// The text a value compares by; times and whole numbers compare by their bounds only.
pub(crate) fn text<'a>(value: &'a Value<'_>) -> Option<Cow<'a, str>> {
    match value {
        Value::Text(text) => Some(Cow::Borrowed(text.as_ref())),
        Value::Number(number) => Some(Cow::Owned(ryu_js::Buffer::new().format(*number).to_owned())),
        Value::Address(address) => Some(Cow::Owned(address.to_string())),
        Value::Time(_) | Value::Integer(_) => None,
    }
}

/// The values of a field in an event.
pub(crate) fn of<'a>(field: &Field, stored: &'a StoredEvent) -> Vec<Value<'a>> {
    let event = &stored.event;
    let context = &event.context;
    match field {
        Field::Id => vec![Value::Text(event.id.to_string().into())],
        Field::ExternalId => optional(event.external_id.as_ref()),
        Field::Sequence => vec![Value::Integer(stored.sequence)],
        Field::OccurredAt => vec![Value::Time(event.occurred_at.as_micros())],
        Field::ReceivedAt => vec![Value::Time(event.received_at.as_micros())],
        Field::SubmittedByType => word(event.submitted_by.kind().as_str()),
        Field::SubmittedById => texts(event.submitted_by.id().into_iter()),
        Field::Action => word(&event.action),
        Field::Category => word(event.category.as_str()),
        Field::OutcomeStatus => word(event.outcome.status.as_str()),
        Field::OutcomeCode => optional(event.outcome.code.as_ref()),
        Field::OutcomeReason => optional(event.outcome.reason.as_ref()),
        Field::Severity => word(event.severity.as_str()),
        Field::SourceService => word(&event.source.service),
        Field::SourceComponent => optional(event.source.component.as_ref()),
        Field::SourceVersion => optional(event.source.version.as_ref()),
        Field::SourceEnvironment => optional(event.source.environment.as_ref()),
        Field::SourceRegion => optional(event.source.region.as_ref()),
        Field::SourceHost => optional(event.source.host.as_ref()),
        Field::ReasonText => optional(event.reason.as_ref().map(|reason| &reason.text)),
        Field::ReasonTicket => optional(event.reason.as_ref().and_then(|reason| reason.ticket.as_ref())),
        Field::Message => optional(event.message.as_ref()),
        Field::Metadata(path) => at_path(path, [&event.metadata]),
        Field::ActorAttribute(path) => at_path(path, [&event.actor.attributes]),
        Field::TargetAttribute(path) => at_path(path, event.targets.iter().map(|target| &target.attributes)),
        Field::ChangesPath => texts(event.changes.iter().map(|change| change.path.as_str())),
        Field::ProducerId => optional(event.producer.as_ref().map(|producer| &producer.id)),
        Field::ProducerSequence => event.producer.iter().map(|producer| Value::Integer(producer.sequence)).collect(),
        Field::RawFormat => optional(event.raw.as_ref().map(|raw| &raw.format)),
        Field::AnyActor => {
            texts(std::iter::once(&event.actor).chain(&event.on_behalf_of).map(|actor| actor.id.as_str()))
        }
        Field::ActorType => word(event.actor.kind.as_str()),
        Field::ActorId => word(&event.actor.id),
        Field::ActorName => optional(event.actor.name.as_ref()),
        Field::ActorEmail => optional(event.actor.email.as_ref()),
        Field::ActorGroups => texts(event.actor.groups.iter().map(String::as_str)),
        Field::OnBehalfOfType => of_principals(event, |actor| Some(actor.kind.as_str())),
        Field::OnBehalfOfId => of_principals(event, |actor| Some(&actor.id)),
        Field::OnBehalfOfName => of_principals(event, |actor| actor.name.as_deref()),
        Field::OnBehalfOfEmail => of_principals(event, |actor| actor.email.as_deref()),
        Field::TargetType => of_targets(event, |target| target.kind.as_deref()),
        Field::TargetId => of_targets(event, |target| target.id.as_deref()),
        Field::TargetName => of_targets(event, |target| target.name.as_deref()),
        Field::TargetUrl => of_targets(event, |target| target.url.as_deref()),
        Field::ContextIp => context.ip.map(Value::Address).into_iter().collect(),
        Field::ContextAddress => optional(context.address.as_ref()),
        Field::ContextUserAgent => optional(context.user_agent.as_ref()),
        Field::ContextRequestId => optional(context.request_id.as_ref()),
        Field::ContextCorrelationId => optional(context.correlation_id.as_ref()),
        Field::ContextSessionId => optional(context.session_id.as_ref()),
        Field::ContextTraceId => optional(context.trace_id.as_ref()),
        Field::ContextSpanId => optional(context.span_id.as_ref()),
        Field::ContextAuthMethod => optional(context.auth_method.as_ref()),
        Field::LocationCountry => optional(context.location.country.as_ref()),
        Field::LocationRegion => optional(context.location.region.as_ref()),
        Field::LocationCity => optional(context.location.city.as_ref()),
    }
}

fn of_principals(event: &Event, value: fn(&Actor) -> Option<&str>) -> Vec<Value<'_>> {
    texts(event.on_behalf_of.iter().filter_map(value))
}

fn of_targets(event: &Event, value: fn(&Target) -> Option<&str>) -> Vec<Value<'_>> {
    texts(event.targets.iter().filter_map(value))
}

fn word(text: &str) -> Vec<Value<'_>> {
    vec![Value::Text(text.into())]
}

fn optional(text: Option<&String>) -> Vec<Value<'_>> {
    texts(text.into_iter().map(String::as_str))
}

fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<Value<'a>> {
    texts.map(|text| Value::Text(text.into())).collect()
}

/// The values at a path in objects.
fn at_path<'e>(path: &KeyPath, objects: impl IntoIterator<Item = &'e JsonObject>) -> Vec<Value<'e>> {
    let written = path.to_string();
    objects.into_iter().flat_map(|object| paths::reached(&written, object)).map(json).collect()
}

fn json(value: &JsonValue) -> Value<'_> {
    match value {
        JsonValue::Number(number) => Value::Number(*number),
        value => Value::Text(value.as_text()),
    }
}
