//! Owns which values a field has in an event: none, one, or several where it lies in a list; and what a value must be to
//! satisfy a test.

use std::net::IpAddr;

use crate::{
    event::{Actor, Context, Event, Scalar, Source, StoredEvent, Target},
    id::EventId,
    query::{Field, Test},
};

/// One value of a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    Text(&'a str),
    Scalar(&'a Scalar),
    Id(EventId),
    Time(i64),
    Integer(u64),
    Address(IpAddr),
}

impl Value<'_> {
    /// Whether the value does. Times and whole numbers compare by their bounds only.
    pub(super) fn satisfies(self, test: &Test) -> bool {
        match (test, self) {
            (Test::Present, _) => true,
            (Test::Time(bounds), Self::Time(micros)) => bounds.contain(&micros),
            (Test::Integer(bounds), Self::Integer(integer)) => bounds.contain(&integer),
            (Test::Number(bounds), Self::Scalar(Scalar::Number(number))) => bounds.contain(number),
            (Test::Network(network), Self::Address(address)) => network.contains(&address),
            (_, Self::Text(value)) => text_satisfies(value, test),
            (_, Self::Scalar(scalar)) => text_satisfies(&scalar.as_text(), test),
            (_, Self::Address(address)) => text_satisfies(&address.to_string(), test),
            (_, Self::Id(id)) => id_satisfies(id, test),
            (_, Self::Time(_) | Self::Integer(_)) => false,
        }
    }
}

fn text_satisfies(value: &str, test: &Test) -> bool {
    match test {
        Test::OneOf(values) => values.binary_search_by(|known| known.as_str().cmp(value)).is_ok(),
        Test::Prefix(prefix) => value.starts_with(prefix.as_str()),
        Test::Present => true,
        Test::Time(_) | Test::Integer(_) | Test::Number(_) | Test::Network(_) => false,
    }
}

/// A filter of many ids is asked of every event, so none of them is printed.
fn id_satisfies(id: EventId, test: &Test) -> bool {
    match test {
        Test::OneOf(ids) => ids.iter().any(|known| EventId::parse(known) == Some(id)),
        _ => false,
    }
}

/// Gives `found` each value of the field, one after the other, until it says so. Returns whether it did.
pub(super) fn any_value(field: &Field, stored: &StoredEvent, mut found: impl FnMut(Value<'_>) -> bool) -> bool {
    let event = &*stored.event;
    let found = &mut found;
    match field {
        Field::Id => found(Value::Id(event.id)),
        Field::Sequence => found(Value::Integer(stored.sequence)),
        Field::OccurredAt => found(Value::Time(event.occurred_at.as_micros())),
        Field::ReceivedAt => found(Value::Time(event.received_at.as_micros())),
        Field::ProducerSequence => {
            event.producer.as_ref().is_some_and(|producer| found(Value::Integer(producer.sequence)))
        }
        Field::ContextIp => event.context.ip.is_some_and(|address| found(Value::Address(address))),
        Field::Metadata(key) => event.metadata.get(key).is_some_and(|scalar| found(Value::Scalar(scalar))),
        Field::ActorAttribute(key) => {
            event.actor.attributes.get(key).is_some_and(|scalar| found(Value::Scalar(scalar)))
        }
        Field::TargetAttribute(key) => {
            let mut scalars = event.targets.iter().filter_map(|target| target.attributes.get(key));
            scalars.any(|scalar| found(Value::Scalar(scalar)))
        }
        Field::ChangesPath => event.changes.iter().any(|change| found(Value::Text(&change.path))),
        Field::ActorGroups => event.actor.groups.iter().any(|group| found(Value::Text(group))),
        Field::AnyActor => actors(event).any(|actor| found(Value::Text(&actor.id))),
        Field::OnBehalfOfType | Field::OnBehalfOfId | Field::OnBehalfOfName | Field::OnBehalfOfEmail => {
            event.on_behalf_of.iter().filter_map(|actor| actor_part(actor, field)).any(|text| found(Value::Text(text)))
        }
        Field::TargetType | Field::TargetId | Field::TargetName | Field::TargetUrl => {
            event.targets.iter().filter_map(|target| target_part(target, field)).any(|text| found(Value::Text(text)))
        }
        _ => only_text(field, event).is_some_and(|text| found(Value::Text(text))),
    }
}

fn actors(event: &Event) -> impl Iterator<Item = &Actor> {
    std::iter::once(&event.actor).chain(&event.on_behalf_of)
}

fn actor_part<'a>(actor: &'a Actor, field: &Field) -> Option<&'a str> {
    match field {
        Field::ActorType | Field::OnBehalfOfType => Some(actor.kind.as_str()),
        Field::ActorId | Field::OnBehalfOfId => Some(&actor.id),
        Field::ActorName | Field::OnBehalfOfName => actor.name.as_deref(),
        Field::ActorEmail | Field::OnBehalfOfEmail => actor.email.as_deref(),
        _ => None,
    }
}

fn target_part<'a>(target: &'a Target, field: &Field) -> Option<&'a str> {
    match field {
        Field::TargetType => Some(&target.kind),
        Field::TargetId => Some(&target.id),
        Field::TargetName => target.name.as_deref(),
        Field::TargetUrl => target.url.as_deref(),
        _ => None,
    }
}

/// The value of a field that has one text at most.
fn only_text<'a>(field: &Field, event: &'a Event) -> Option<&'a str> {
    match field {
        Field::Action => Some(&event.action),
        Field::Category => Some(event.category.as_str()),
        Field::OutcomeStatus => Some(event.outcome.status.as_str()),
        Field::OutcomeCode => event.outcome.code.as_deref(),
        Field::OutcomeReason => event.outcome.reason.as_deref(),
        Field::Severity => Some(event.severity.as_str()),
        Field::ActorType | Field::ActorId | Field::ActorName | Field::ActorEmail => actor_part(&event.actor, field),
        Field::ReasonText => event.reason.as_ref().map(|reason| reason.text.as_str()),
        Field::ReasonTicket => event.reason.as_ref().and_then(|reason| reason.ticket.as_deref()),
        Field::Message => event.message.as_deref(),
        Field::ProducerId => event.producer.as_ref().map(|producer| producer.id.as_str()),
        Field::RawFormat => event.raw.as_ref().map(|raw| raw.format.as_str()),
        _ => source_part(&event.source, field).or_else(|| context_part(&event.context, field)),
    }
}

fn source_part<'a>(source: &'a Source, field: &Field) -> Option<&'a str> {
    match field {
        Field::SourceService => Some(&source.service),
        Field::SourceComponent => source.component.as_deref(),
        Field::SourceVersion => source.version.as_deref(),
        Field::SourceEnvironment => source.environment.as_deref(),
        Field::SourceRegion => source.region.as_deref(),
        Field::SourceHost => source.host.as_deref(),
        _ => None,
    }
}

fn context_part<'a>(context: &'a Context, field: &Field) -> Option<&'a str> {
    let part = match field {
        Field::ContextUserAgent => &context.user_agent,
        Field::ContextRequestId => &context.request_id,
        Field::ContextCorrelationId => &context.correlation_id,
        Field::ContextSessionId => &context.session_id,
        Field::ContextTraceId => &context.trace_id,
        Field::ContextSpanId => &context.span_id,
        Field::ContextAuthMethod => &context.auth_method,
        Field::LocationCountry => &context.location.country,
        Field::LocationRegion => &context.location.region,
        Field::LocationCity => &context.location.city,
        _ => return None,
    };
    part.as_deref()
}
