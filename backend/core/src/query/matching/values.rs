//! Owns the values that a field has in an event (none, one, or several where the field is in a list), and when a value
//! satisfies a test.

use std::{borrow::Cow, net::IpAddr};

use crate::{
    event::{Actor, Attributes, Context, Event, Scalar, Source, StoredEvent, Target},
    id::EventId,
    json::Path,
    query::{Field, Test},
    timestamp::Timestamp,
};

/// The position of a value in an event as the API returns it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// The position that the name of the field implies: it is not in a list.
    Only(&'a Field),
    /// This position.
    At(&'a Path<'a>),
}

impl Place<'_> {
    /// The position as a JSON Pointer.
    pub(super) fn to_pointer(self) -> String {
        match self {
            Self::Only(field) => format!("/{}", field.name().replace('.', "/")),
            Self::At(path) => path.to_pointer(),
        }
    }
}

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
    /// The value as queries compare it and answers show it.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Scalar(scalar) => scalar.as_text(),
            Self::Id(id) => Cow::Owned(id.to_string()),
            Self::Time(micros) => Cow::Owned(Timestamp::from_micros(*micros).to_string()),
            Self::Integer(integer) => Cow::Owned(integer.to_string()),
            Self::Address(address) => Cow::Owned(address.to_string()),
        }
    }

    /// The approximate length of its text, in bytes.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Scalar(Scalar::String(text)) => text.len(),
            Self::Scalar(_) | Self::Id(_) | Self::Time(_) | Self::Integer(_) | Self::Address(_) => 0,
        }
    }

    /// Whether the value satisfies the test. Times and whole numbers compare by their bounds only.
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

/// The ids are sorted texts, and each id has exactly one text.
fn id_satisfies(id: EventId, test: &Test) -> bool {
    match test {
        Test::OneOf(_) => text_satisfies(&id.to_string(), test),
        _ => false,
    }
}

/// Passes each value of the field and its position to `found`, one after the other, until it returns true. Returns
/// whether it did.
pub(super) fn any_value(
    field: &Field,
    stored: &StoredEvent,
    mut found: impl FnMut(Place<'_>, Value<'_>) -> bool,
) -> bool {
    let event = &*stored.event;
    let only = Place::Only(field);
    match field {
        Field::Id => found(only, Value::Id(event.id)),
        Field::Sequence => found(only, Value::Integer(stored.sequence)),
        Field::OccurredAt => found(only, Value::Time(event.occurred_at.as_micros())),
        Field::ReceivedAt => found(only, Value::Time(event.received_at.as_micros())),
        Field::ProducerSequence => {
            event.producer.as_ref().is_some_and(|producer| found(only, Value::Integer(producer.sequence)))
        }
        Field::ContextIp => event.context.ip.is_some_and(|address| found(only, Value::Address(address))),
        Field::Metadata(_) | Field::ActorAttribute(_) | Field::TargetAttribute(_) => {
            any_scalar(field, event, &mut found)
        }
        Field::ChangesPath => event.changes.iter().enumerate().any(|(index, change)| {
            found(Place::At(&Path::Root.member("changes").item(index).member("path")), Value::Text(&change.path))
        }),
        Field::ActorGroups => event.actor.groups.iter().enumerate().any(|(index, group)| {
            found(Place::At(&Path::Root.member("actor").member("groups").item(index)), Value::Text(group))
        }),
        Field::AnyActor => {
            found(Place::At(&Path::Root.member("actor").member("id")), Value::Text(&event.actor.id))
                || any_principal(field, event, &mut found)
        }
        Field::OnBehalfOfType | Field::OnBehalfOfId | Field::OnBehalfOfName | Field::OnBehalfOfEmail => {
            any_principal(field, event, &mut found)
        }
        Field::TargetType | Field::TargetId | Field::TargetName | Field::TargetUrl => {
            event.targets.iter().enumerate().any(|(index, target)| {
                target_part(target, field).is_some_and(|(name, text)| {
                    found(Place::At(&Path::Root.member("targets").item(index).member(name)), Value::Text(text))
                })
            })
        }
        _ => only_text(field, event).is_some_and(|text| found(only, Value::Text(text))),
    }
}

fn any_scalar(field: &Field, event: &Event, found: &mut impl FnMut(Place<'_>, Value<'_>) -> bool) -> bool {
    let root = Path::Root;
    let mut at = |attributes: &Attributes, path: &Path<'_>, key: &str| {
        attributes.get(key).is_some_and(|scalar| found(Place::At(&path.member(key)), Value::Scalar(scalar)))
    };
    match field {
        Field::Metadata(key) => at(&event.metadata, &root.member("metadata"), key),
        Field::ActorAttribute(key) => at(&event.actor.attributes, &root.member("actor").member("attributes"), key),
        Field::TargetAttribute(key) => event.targets.iter().enumerate().any(|(index, target)| {
            at(&target.attributes, &root.member("targets").item(index).member("attributes"), key)
        }),
        _ => false,
    }
}

fn any_principal(field: &Field, event: &Event, found: &mut impl FnMut(Place<'_>, Value<'_>) -> bool) -> bool {
    event.on_behalf_of.iter().enumerate().any(|(index, actor)| {
        actor_part(actor, field).is_some_and(|(name, text)| {
            found(Place::At(&Path::Root.member("on_behalf_of").item(index).member(name)), Value::Text(text))
        })
    })
}

/// The member of an actor that the field denotes, if the actor has it.
fn actor_part<'a>(actor: &'a Actor, field: &Field) -> Option<(&'static str, &'a str)> {
    let (name, part) = match field {
        Field::ActorType | Field::OnBehalfOfType => ("type", Some(actor.kind.as_str())),
        Field::AnyActor | Field::ActorId | Field::OnBehalfOfId => ("id", Some(actor.id.as_str())),
        Field::ActorName | Field::OnBehalfOfName => ("name", actor.name.as_deref()),
        Field::ActorEmail | Field::OnBehalfOfEmail => ("email", actor.email.as_deref()),
        _ => return None,
    };
    part.map(|part| (name, part))
}

/// The member of a target that the field denotes, if the target has it.
fn target_part<'a>(target: &'a Target, field: &Field) -> Option<(&'static str, &'a str)> {
    let (name, part) = match field {
        Field::TargetType => ("type", Some(target.kind.as_str())),
        Field::TargetId => ("id", Some(target.id.as_str())),
        Field::TargetName => ("name", target.name.as_deref()),
        Field::TargetUrl => ("url", target.url.as_deref()),
        _ => return None,
    };
    part.map(|part| (name, part))
}

/// The value of a field that has at most one text.
fn only_text<'a>(field: &Field, event: &'a Event) -> Option<&'a str> {
    match field {
        Field::SubmittedByType => Some(event.submitted_by.kind().as_str()),
        Field::SubmittedById => event.submitted_by.id(),
        Field::Action => Some(&event.action),
        Field::Category => Some(event.category.as_str()),
        Field::OutcomeStatus => Some(event.outcome.status.as_str()),
        Field::OutcomeCode => event.outcome.code.as_deref(),
        Field::OutcomeReason => event.outcome.reason.as_deref(),
        Field::Severity => Some(event.severity.as_str()),
        Field::ActorType | Field::ActorId | Field::ActorName | Field::ActorEmail => {
            actor_part(&event.actor, field).map(|(_, text)| text)
        }
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
