//! Owns where the values of each field are stored. Filters, aggregations and the choice of the columns that a query
//! needs all use this one mapping. A new field does not compile before it has a line here.

use auditlog_core::query::{Field, KeyPath};

use crate::columns::{ActorMember, name};

/// Where the values of a field are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'f> {
    /// A column with an event id in each row.
    Id(&'static str),
    /// A column with a time in each row.
    Time(&'static str),
    /// A column with at most one whole number in a row.
    Integer(&'static str),
    /// A column with at most one text in a row.
    Text(&'static str),
    /// A member of the structs in the list of targets.
    Target(TargetMember),
    /// A column with a JSON list of strings.
    Groups(&'static str),
    /// The ids of the actor and of those on whose behalf it acted.
    AnyActor,
    /// A member of the actors in the JSON list of those on whose behalf the actor acted.
    OnBehalfOf(ActorMember),
    /// The values at a path in a JSON object.
    Json {
        /// The object's column.
        column: &'static str,
        /// The path.
        path: &'f KeyPath,
    },
    /// The values at a path in the attributes of any target.
    TargetJson(&'f KeyPath),
    /// The paths in the JSON list of changes.
    ChangedPaths,
}

/// A text column inside the list of targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TargetMember {
    /// The name of the struct's member.
    pub(super) member: &'static str,
    /// The name of the leaf column, as projections and codes spell it.
    pub(super) column: &'static str,
}

const TARGET_TYPE: TargetMember = TargetMember { member: name::TARGET_TYPE, column: "targets.type" };
const TARGET_ID: TargetMember = TargetMember { member: name::TARGET_ID, column: "targets.id" };
const TARGET_NAME: TargetMember = TargetMember { member: name::TARGET_NAME, column: "targets.name" };
const TARGET_URL: TargetMember = TargetMember { member: name::TARGET_URL, column: "targets.url" };

/// The attributes of targets, each a JSON object.
pub(super) const TARGET_ATTRIBUTES: TargetMember =
    TargetMember { member: name::TARGET_ATTRIBUTES, column: "targets.attributes" };

impl<'f> Place<'f> {
    /// Where the field's values are.
    pub(super) fn of(field: &'f Field) -> Self {
        match field {
            Field::Id => Self::Id(name::ID),
            Field::OccurredAt => Self::Time(name::OCCURRED_AT),
            Field::ReceivedAt => Self::Time(name::RECEIVED_AT),
            Field::ExternalId => Self::Text(name::EXTERNAL_ID),
            Field::Sequence => Self::Integer(name::SEQUENCE),
            Field::ProducerSequence => Self::Integer(name::PRODUCER_SEQUENCE),
            Field::SubmittedByType => Self::Text(name::SUBMITTED_BY_TYPE),
            Field::SubmittedById => Self::Text(name::SUBMITTED_BY_ID),
            Field::Action => Self::Text(name::ACTION),
            Field::Category => Self::Text(name::CATEGORY),
            Field::OutcomeStatus => Self::Text(name::OUTCOME_STATUS),
            Field::OutcomeCode => Self::Text(name::OUTCOME_CODE),
            Field::OutcomeReason => Self::Text(name::OUTCOME_REASON),
            Field::Severity => Self::Text(name::SEVERITY),
            Field::AnyActor => Self::AnyActor,
            Field::ActorType => Self::Text(name::ACTOR_TYPE),
            Field::ActorId => Self::Text(name::ACTOR_ID),
            Field::ActorName => Self::Text(name::ACTOR_NAME),
            Field::ActorEmail => Self::Text(name::ACTOR_EMAIL),
            Field::ActorGroups => Self::Groups(name::ACTOR_GROUPS),
            Field::OnBehalfOfType => Self::OnBehalfOf(ActorMember::Type),
            Field::OnBehalfOfId => Self::OnBehalfOf(ActorMember::Id),
            Field::OnBehalfOfName => Self::OnBehalfOf(ActorMember::Name),
            Field::OnBehalfOfEmail => Self::OnBehalfOf(ActorMember::Email),
            Field::TargetType => Self::Target(TARGET_TYPE),
            Field::TargetId => Self::Target(TARGET_ID),
            Field::TargetName => Self::Target(TARGET_NAME),
            Field::TargetUrl => Self::Target(TARGET_URL),
            Field::ChangesPath => Self::ChangedPaths,
            Field::SourceService => Self::Text(name::SOURCE_SERVICE),
            Field::SourceComponent => Self::Text(name::SOURCE_COMPONENT),
            Field::SourceVersion => Self::Text(name::SOURCE_VERSION),
            Field::SourceEnvironment => Self::Text(name::SOURCE_ENVIRONMENT),
            Field::SourceRegion => Self::Text(name::SOURCE_REGION),
            Field::SourceHost => Self::Text(name::SOURCE_HOST),
            Field::ContextIp => Self::Text(name::CONTEXT_IP),
            Field::ContextAddress => Self::Text(name::CONTEXT_ADDRESS),
            Field::ContextUserAgent => Self::Text(name::CONTEXT_USER_AGENT),
            Field::ContextRequestId => Self::Text(name::CONTEXT_REQUEST_ID),
            Field::ContextCorrelationId => Self::Text(name::CONTEXT_CORRELATION_ID),
            Field::ContextSessionId => Self::Text(name::CONTEXT_SESSION_ID),
            Field::ContextTraceId => Self::Text(name::CONTEXT_TRACE_ID),
            Field::ContextSpanId => Self::Text(name::CONTEXT_SPAN_ID),
            Field::ContextAuthMethod => Self::Text(name::CONTEXT_AUTH_METHOD),
            Field::LocationCountry => Self::Text(name::LOCATION_COUNTRY),
            Field::LocationRegion => Self::Text(name::LOCATION_REGION),
            Field::LocationCity => Self::Text(name::LOCATION_CITY),
            Field::ReasonText => Self::Text(name::REASON_TEXT),
            Field::ReasonTicket => Self::Text(name::REASON_TICKET),
            Field::Message => Self::Text(name::MESSAGE),
            Field::ProducerId => Self::Text(name::PRODUCER_ID),
            Field::RawFormat => Self::Text(name::RAW_FORMAT),
            Field::Metadata(path) => Self::Json { column: name::METADATA, path },
            Field::ActorAttribute(path) => Self::Json { column: name::ACTOR_ATTRIBUTES, path },
            Field::TargetAttribute(path) => Self::TargetJson(path),
        }
    }

    /// The columns that hold the values, as projections spell them.
    pub(super) fn columns(self) -> impl Iterator<Item = &'static str> {
        let columns = match self {
            Self::Id(column)
            | Self::Time(column)
            | Self::Integer(column)
            | Self::Text(column)
            | Self::Groups(column)
            | Self::Json { column, .. }
            | Self::Target(TargetMember { column, .. }) => [Some(column), None],
            Self::AnyActor => [Some(name::ACTOR_ID), Some(name::ON_BEHALF_OF)],
            Self::OnBehalfOf(_) => [Some(name::ON_BEHALF_OF), None],
            Self::TargetJson(_) => [Some(TARGET_ATTRIBUTES.column), None],
            Self::ChangedPaths => [Some(name::CHANGES), None],
        };
        columns.into_iter().flatten()
    }
}
