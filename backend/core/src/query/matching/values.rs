//! Owns the values that a field has in an event (none, one, or several where the field is in a list), and when a value
//! satisfies a test.

use std::{borrow::Cow, net::IpAddr};

use crate::{
    event::{Actor, Event, JsonObject, JsonValue, StoredEvent, Target},
    id::EventId,
    json::Path,
    query::{Field, KeyPath, Test},
    text::is_one_of,
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
    Json(&'a JsonValue),
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
            Self::Json(value) => value.as_text(),
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
            Self::Json(value) => value.text_bytes(),
            Self::Id(_) | Self::Time(_) | Self::Integer(_) | Self::Address(_) => 0,
        }
    }

    /// Whether the value satisfies the test. Times and whole numbers compare by their bounds only.
    pub(super) fn satisfies(self, test: &Test) -> bool {
        match (test, self) {
            (Test::Present, _) => true,
            (Test::Time(bounds), Self::Time(micros)) => bounds.contain(&micros),
            (Test::Integer(bounds), Self::Integer(integer)) => bounds.contain(&integer),
            (Test::Number(bounds), Self::Json(JsonValue::Number(number))) => bounds.contain(number),
            (Test::Network(network), Self::Address(address)) => network.contains(&address),
            (_, Self::Text(value)) => text_satisfies(value, test),
            (_, Self::Json(value)) => text_satisfies(&value.as_text(), test),
            (_, Self::Address(address)) => text_satisfies(&address.to_string(), test),
            (_, Self::Id(id)) => id_satisfies(id, test),
            (_, Self::Time(_) | Self::Integer(_)) => false,
        }
    }
}

fn text_satisfies(value: &str, test: &Test) -> bool {
    match test {
        Test::OneOf(keys) => is_one_of(value, keys),
        Test::Exactly(values) => values.binary_search_by(|known| known.as_str().cmp(value)).is_ok(),
        Test::Like(pattern) => pattern.matches(value),
        Test::Present => true,
        Test::Time(_) | Test::Integer(_) | Test::Number(_) | Test::Network(_) => false,
    }
}

/// The ids are sorted texts, and each id has exactly one text.
fn id_satisfies(id: EventId, test: &Test) -> bool {
    matches!(test, Test::OneOf(_)) && text_satisfies(&id.to_string(), test)
}

/// Passes each value of the field and its place to `found` until that returns true. Returns whether it did.
pub(super) fn any_value(field: &Field, stored: &StoredEvent, found: impl FnMut(Place<'_>, Value<'_>) -> bool) -> bool {
    let event = &*stored.event;
    let (actor, source, context) = (&event.actor, &event.source, &event.context);
    let mut values = Values { field, found };
    match field {
        Field::Id => values.only(Value::Id(event.id)),
        Field::ExternalId => values.optional(event.external_id.as_deref()),
        Field::Sequence => values.only(Value::Integer(stored.sequence)),
        Field::OccurredAt => values.only(Value::Time(event.occurred_at.as_micros())),
        Field::ReceivedAt => values.only(Value::Time(event.received_at.as_micros())),
        Field::SubmittedByType => values.text(event.submitted_by.kind().as_str()),
        Field::SubmittedById => values.optional(event.submitted_by.id()),
        Field::Action => values.text(&event.action),
        Field::Category => values.text(event.category.as_str()),
        Field::OutcomeStatus => values.text(event.outcome.status.as_str()),
        Field::OutcomeCode => values.optional(event.outcome.code.as_deref()),
        Field::OutcomeReason => values.optional(event.outcome.reason.as_deref()),
        Field::Severity => values.text(event.severity.as_str()),
        Field::AnyActor => {
            let place = Path::Root.member("actor");
            values.at(&place.member("id"), Value::Text(&actor.id))
                || values.of_principals(event, "id", |actor| Some(&actor.id))
        }
        Field::ActorType => values.text(actor.kind.as_str()),
        Field::ActorId => values.text(&actor.id),
        Field::ActorName => values.optional(actor.name.as_deref()),
        Field::ActorEmail => values.optional(actor.email.as_deref()),
        Field::ActorGroups => actor.groups.iter().enumerate().any(|(index, group)| {
            values.at(&Path::Root.member("actor").member("groups").item(index), Value::Text(group))
        }),
        Field::OnBehalfOfType => values.of_principals(event, "type", |actor| Some(actor.kind.as_str())),
        Field::OnBehalfOfId => values.of_principals(event, "id", |actor| Some(&actor.id)),
        Field::OnBehalfOfName => values.of_principals(event, "name", |actor| actor.name.as_deref()),
        Field::OnBehalfOfEmail => values.of_principals(event, "email", |actor| actor.email.as_deref()),
        Field::TargetType => values.of_targets(event, "type", |target| target.kind.as_deref()),
        Field::TargetId => values.of_targets(event, "id", |target| target.id.as_deref()),
        Field::TargetName => values.of_targets(event, "name", |target| target.name.as_deref()),
        Field::TargetUrl => values.of_targets(event, "url", |target| target.url.as_deref()),
        Field::ChangesPath => event.changes.iter().enumerate().any(|(index, change)| {
            values.at(&Path::Root.member("changes").item(index).member("path"), Value::Text(&change.path))
        }),
        Field::SourceService => values.text(&source.service),
        Field::SourceComponent => values.optional(source.component.as_deref()),
        Field::SourceVersion => values.optional(source.version.as_deref()),
        Field::SourceEnvironment => values.optional(source.environment.as_deref()),
        Field::SourceRegion => values.optional(source.region.as_deref()),
        Field::SourceHost => values.optional(source.host.as_deref()),
        Field::ContextIp => context.ip.is_some_and(|address| values.only(Value::Address(address))),
        Field::ContextAddress => values.optional(context.address.as_deref()),
        Field::ContextUserAgent => values.optional(context.user_agent.as_deref()),
        Field::ContextRequestId => values.optional(context.request_id.as_deref()),
        Field::ContextCorrelationId => values.optional(context.correlation_id.as_deref()),
        Field::ContextSessionId => values.optional(context.session_id.as_deref()),
        Field::ContextTraceId => values.optional(context.trace_id.as_deref()),
        Field::ContextSpanId => values.optional(context.span_id.as_deref()),
        Field::ContextAuthMethod => values.optional(context.auth_method.as_deref()),
        Field::LocationCountry => values.optional(context.location.country.as_deref()),
        Field::LocationRegion => values.optional(context.location.region.as_deref()),
        Field::LocationCity => values.optional(context.location.city.as_deref()),
        Field::ReasonText => values.optional(event.reason.as_ref().map(|reason| reason.text.as_str())),
        Field::ReasonTicket => values.optional(event.reason.as_ref().and_then(|reason| reason.ticket.as_deref())),
        Field::Message => values.optional(event.message.as_deref()),
        Field::ProducerId => values.optional(event.producer.as_ref().map(|producer| producer.id.as_str())),
        Field::ProducerSequence => {
            event.producer.as_ref().is_some_and(|producer| values.only(Value::Integer(producer.sequence)))
        }
        Field::RawFormat => values.optional(event.raw.as_ref().map(|raw| raw.format.as_str())),
        Field::Metadata(path) => values.json(path, &event.metadata, &Path::Root.member("metadata")),
        Field::ActorAttribute(path) => {
            values.json(path, &actor.attributes, &Path::Root.member("actor").member("attributes"))
        }
        Field::TargetAttribute(path) => event.targets.iter().enumerate().any(|(index, target)| {
            let place = Path::Root.member("targets");
            values.json(path, &target.attributes, &place.item(index).member("attributes"))
        }),
    }
}

/// Passes values of one field on.
struct Values<'f, F> {
    field: &'f Field,
    found: F,
}

impl<F: FnMut(Place<'_>, Value<'_>) -> bool> Values<'_, F> {
    /// The value of a field that is no list.
    fn only(&mut self, value: Value<'_>) -> bool {
        (self.found)(Place::Only(self.field), value)
    }

    fn text(&mut self, text: &str) -> bool {
        self.only(Value::Text(text))
    }

    fn optional(&mut self, text: Option<&str>) -> bool {
        text.is_some_and(|text| self.text(text))
    }

    /// A value at a path.
    fn at(&mut self, path: &Path<'_>, value: Value<'_>) -> bool {
        (self.found)(Place::At(path), value)
    }

    /// The values that a path reaches in the object at a place.
    fn json(&mut self, path: &KeyPath, object: &JsonObject, place: &Path<'_>) -> bool {
        path.any(object, place, &mut |at, value| self.at(at, Value::Json(value)))
    }

    /// A member of each actor on whose behalf the actor acted.
    fn of_principals(&mut self, event: &Event, member: &str, text: fn(&Actor) -> Option<&str>) -> bool {
        event.on_behalf_of.iter().enumerate().any(|(index, actor)| {
            let path = Path::Root.member("on_behalf_of");
            text(actor).is_some_and(|text| self.at(&path.item(index).member(member), Value::Text(text)))
        })
    }

    /// A member of each target.
    fn of_targets(&mut self, event: &Event, member: &str, text: fn(&Target) -> Option<&str>) -> bool {
        event.targets.iter().enumerate().any(|(index, target)| {
            let path = Path::Root.member("targets");
            text(target).is_some_and(|text| self.at(&path.item(index).member(member), Value::Text(text)))
        })
    }
}
