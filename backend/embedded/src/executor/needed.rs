//! Owns which columns hold the fields of a filter.

use auditlog_core::query::{Field, Filter};

use crate::{
    columns::{SEARCHED_COLUMNS, name},
    segment::Projection,
};

/// The columns that are read to evaluate `filter`, and `besides`.
pub(super) fn projection(filter: &Filter, besides: &[&'static str]) -> Projection {
    let mut columns = besides.to_vec();
    add_columns(filter, &mut columns);
    columns.sort_unstable();
    columns.dedup();
    Projection::Columns(columns)
}

fn add_columns(filter: &Filter, columns: &mut Vec<&'static str>) {
    match filter {
        Filter::All => {}
        Filter::And(parts) | Filter::Or(parts) => parts.iter().for_each(|part| add_columns(part, columns)),
        Filter::Not(part) => add_columns(part, columns),
        Filter::Field(test) => add_field(&test.field, columns),
        Filter::Text(_) => columns.extend(SEARCHED_COLUMNS),
    }
}

/// The columns that the field's values are in.
pub(super) fn columns_of(field: &Field) -> Vec<&'static str> {
    let mut columns = Vec::new();
    add_field(field, &mut columns);
    columns
}

/// The column of the part of targets that the field denotes, as projections spell it.
pub(super) fn target_column(field: &Field) -> Option<&'static str> {
    Some(match field {
        Field::TargetType => "targets.type",
        Field::TargetId => "targets.id",
        Field::TargetName => "targets.name",
        Field::TargetUrl => "targets.url",
        _ => return None,
    })
}

fn add_field(field: &Field, columns: &mut Vec<&'static str>) {
    if let Some(column) = plain_text_column(field).or_else(|| target_column(field)) {
        return columns.push(column);
    }
    match field {
        Field::Id => columns.push(name::ID),
        Field::Sequence => columns.push(name::SEQUENCE),
        Field::OccurredAt => columns.push(name::OCCURRED_AT),
        Field::ReceivedAt => columns.push(name::RECEIVED_AT),
        Field::ProducerSequence => columns.push(name::PRODUCER_SEQUENCE),
        Field::ActorGroups => columns.push(name::ACTOR_GROUPS),
        Field::AnyActor => columns.extend([name::ACTOR_ID, name::ON_BEHALF_OF]),
        Field::Metadata(_) => columns.push(name::METADATA),
        Field::ActorAttribute(_) => columns.push(name::ACTOR_ATTRIBUTES),
        Field::TargetAttribute(_) => columns.push("targets.attributes"),
        Field::ChangesPath => columns.push(name::CHANGES),
        _ => columns.push(name::ON_BEHALF_OF),
    }
}

/// The name that the field has in the struct of targets.
pub(super) fn target_part(field: &Field) -> Option<&'static str> {
    Some(match field {
        Field::TargetType => name::TARGET_TYPE,
        Field::TargetId => name::TARGET_ID,
        Field::TargetName => name::TARGET_NAME,
        Field::TargetUrl => name::TARGET_URL,
        _ => return None,
    })
}

/// The column that holds the field's one value as text.
pub(super) fn plain_text_column(field: &Field) -> Option<&'static str> {
    Some(match field {
        Field::SubmittedByType => name::SUBMITTED_BY_TYPE,
        Field::SubmittedById => name::SUBMITTED_BY_ID,
        Field::Action => name::ACTION,
        Field::Category => name::CATEGORY,
        Field::OutcomeStatus => name::OUTCOME_STATUS,
        Field::OutcomeCode => name::OUTCOME_CODE,
        Field::OutcomeReason => name::OUTCOME_REASON,
        Field::Severity => name::SEVERITY,
        Field::ActorType => name::ACTOR_TYPE,
        Field::ActorId => name::ACTOR_ID,
        Field::ActorName => name::ACTOR_NAME,
        Field::ActorEmail => name::ACTOR_EMAIL,
        Field::SourceService => name::SOURCE_SERVICE,
        Field::SourceComponent => name::SOURCE_COMPONENT,
        Field::SourceVersion => name::SOURCE_VERSION,
        Field::SourceEnvironment => name::SOURCE_ENVIRONMENT,
        Field::SourceRegion => name::SOURCE_REGION,
        Field::SourceHost => name::SOURCE_HOST,
        Field::ContextIp => name::CONTEXT_IP,
        Field::ContextUserAgent => name::CONTEXT_USER_AGENT,
        Field::ContextRequestId => name::CONTEXT_REQUEST_ID,
        Field::ContextCorrelationId => name::CONTEXT_CORRELATION_ID,
        Field::ContextSessionId => name::CONTEXT_SESSION_ID,
        Field::ContextTraceId => name::CONTEXT_TRACE_ID,
        Field::ContextSpanId => name::CONTEXT_SPAN_ID,
        Field::ContextAuthMethod => name::CONTEXT_AUTH_METHOD,
        Field::LocationCountry => name::LOCATION_COUNTRY,
        Field::LocationRegion => name::LOCATION_REGION,
        Field::LocationCity => name::LOCATION_CITY,
        Field::ReasonText => name::REASON_TEXT,
        Field::ReasonTicket => name::REASON_TICKET,
        Field::Message => name::MESSAGE,
        Field::ProducerId => name::PRODUCER_ID,
        Field::RawFormat => name::RAW_FORMAT,
        _ => return None,
    })
}
