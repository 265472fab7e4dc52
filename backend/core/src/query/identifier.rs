//! Owns which values identify something that people copy from an alert: a word of the search box finds events by any of
//! them, so that whatever is pasted finds the event.

use std::net::IpAddr;

use crate::{
    id::EventId,
    query::{Field, FieldTest, Filter, Test},
    text::key_of,
};

/// The fields of identifying texts.
const IDENTIFYING: [Field; 12] = [
    Field::ExternalId,
    Field::Action,
    Field::AnyActor,
    Field::ActorEmail,
    Field::OnBehalfOfEmail,
    Field::TargetId,
    Field::SourceHost,
    Field::ContextRequestId,
    Field::ContextCorrelationId,
    Field::ContextSessionId,
    Field::ContextTraceId,
    Field::ContextSpanId,
];

/// The tests of which one holds where an identifying value of an event is this text.
pub(super) fn identifier_tests(text: &str) -> Vec<Filter> {
    let holding = |field, value| Filter::Field(FieldTest { field, test: Test::OneOf(vec![value]) });
    let id = EventId::parse(text).map(|id| holding(Field::Id, id.to_string()));
    let address =
        text.parse::<IpAddr>().ok().map(|address| holding(Field::ContextIp, address.to_canonical().to_string()));
    let key = key_of(text).into_owned();
    let texts = IDENTIFYING.into_iter().map(|field| holding(field, key.clone()));
    id.into_iter().chain(address).chain(texts).collect()
}
