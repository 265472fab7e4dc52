//! `GET /events/aggregate`

use auditlog_core::{
    event::Group,
    query::{DISTINCT_EXACT_MAX, Interval, TERMS_LIMIT_DEFAULT, TERMS_LIMIT_MAX},
};
use axum::extract::State;
use utoipa::openapi::{
    OpenApi,
    path::{Parameter, ParameterStyle},
    schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type},
};

use crate::{
    answer::JsonAnswer,
    api::v1::events::{
        aggregate_body::{AggregateBody, AggregationBody},
        list_parameters,
    },
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Code, Problem},
    request::QueryPairs,
    use_cases::{AggregateAnswer, aggregate_events},
};

/// The path whose parameters are described here.
const PATH: &str = "/api/v1/events/aggregate";

/// Count events by value and time
///
/// Aggregates all events that match the filter; the filter parameters are those of `GET /events`. `group_by` names a
/// field and may be given twice: the groups of the second field are nested in each group of the first. A time field is
/// grouped into buckets of length `interval`, any other field by its values, the most frequent first; `other` counts
/// the events in groups that are not listed. `distinct`, `min` and `max` are computed over all events and for each
/// group. Results over settled events are cached, so repeating the same request is cheap.
///
/// Fields of the personal groups require the permission `events.read_personal`.
#[utoipa::path(
    get,
    path = "/events/aggregate",
    operation_id = "aggregate_events",
    tag = "events",
    responses((status = 200, description = "The aggregates of the matching events.", body = AggregationBody)),
    extensions(("x-problems" = json!([
        Code::TooManyGroups, Code::AnswerTooLarge, Code::FieldNotPermitted, Code::TooManyQueries,
        Code::TooManyAnswers, Code::DataDamaged, Code::QueryTimeout,
    ])))
)]
pub(super) async fn aggregate(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    QueryPairs(pairs): QueryPairs,
) -> Result<JsonAnswer<AggregationBody>, Problem> {
    let AggregateAnswer { asked, found, withheld } = aggregate_events(app.reads(), &reader, pairs).await?;
    let aggregate = AggregateBody::new(found, &asked.groups, &asked.metrics);
    Ok(JsonAnswer(AggregationBody { aggregate, withheld: withheld.into_iter().map(Group::as_str).collect() }))
}

/// Adds the query parameters to the OpenAPI document.
pub(super) fn describe(document: &mut OpenApi) {
    let Some(operation) = document.paths.paths.get_mut(PATH).and_then(|path| path.get.as_mut()) else { return };
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(names("group_by", "The fields to group by, the outer one first; at most two."));
    parameters.push(interval());
    let zone = "The time zone of the time buckets, as an IANA name. Default `UTC`.";
    parameters.push(list_parameters::text("time_zone", zone));
    parameters.push(limit());
    let distinct = format!(
        "Fields whose distinct values are counted: exactly up to {DISTINCT_EXACT_MAX}, estimated beyond (see `exact`)."
    );
    parameters.push(names("distinct", &distinct));
    parameters.push(names("min", "Time or number fields whose smallest value is returned."));
    parameters.push(names("max", "Time or number fields whose greatest value is returned."));
    parameters.extend(list_parameters::filters());
}

/// The maximum number of listed values.
pub(super) fn limit() -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Integer))
        .minimum(Some(1))
        .maximum(Some(TERMS_LIMIT_MAX))
        .default(Some(TERMS_LIMIT_DEFAULT.into()));
    let meaning = "Maximum number of values listed for a field.";
    list_parameters::parameter("limit", meaning).schema(Some(schema)).build()
}

/// A parameter that takes a list of field names.
pub(super) fn names(name: &str, meaning: &str) -> Parameter {
    let items = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    list_parameters::parameter(name, meaning)
        .style(Some(ParameterStyle::Form))
        .explode(Some(true))
        .schema(Some(ArrayBuilder::new().items(items)))
        .build()
}

fn interval() -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .enum_values(Some(Interval::ALL.map(Interval::as_str)))
        .default(Some(Interval::Day.as_str().into()));
    let meaning = "The length of the time buckets. Weeks begin on Mondays.";
    list_parameters::parameter("interval", meaning).schema(Some(schema)).build()
}
