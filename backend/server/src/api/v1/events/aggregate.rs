//! `GET /events/aggregate`

use auditlog_core::query::{DISTINCT_EXACT_MAX, Interval, TERMS_LIMIT_DEFAULT, TERMS_LIMIT_MAX};
use axum::extract::State;
use utoipa::openapi::{
    OpenApi,
    path::{Parameter, ParameterStyle},
    schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type},
};

use crate::{
    answer::JsonAnswer,
    api::v1::events::{aggregate_body::AggregateBody, list_parameters},
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Problem, ProblemBody},
    request::QueryPairs,
    use_cases::{AggregateAnswer, aggregate_events},
};

/// The path that the parameters belong to.
const PATH: &str = "/api/v1/events/aggregate";

/// Count events by value and time
///
/// Reckons over all events that the filter matches, whose parameters are those of the list. `group_by` names a field, up to
/// twice: the second one's groups lie in each group of the first. A field of times is grouped by `interval`, any other by
/// its values, the most frequent first; what is not listed is counted in `other`. `distinct`, `min` and `max` are reckoned
/// of all events and of each group. Answers about sealed events are kept, so the same question is cheap the next time.
///
/// Fields of the personal groups need the permission `events.read_personal`.
#[utoipa::path(
    get,
    path = "/events/aggregate",
    operation_id = "aggregate_events",
    tag = "events",
    responses(
        (status = 200, description = "What is true of the events.", body = AggregateBody),
        (status = 400, description = "`unknown_parameter`, `invalid_parameter`, `malformed_query`, `too_many_groups`, `answer_too_large`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_queries`, `too_many_answers`: send it again after `Retry-After`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "`query_timeout`: narrow the search.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn aggregate(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    QueryPairs(pairs): QueryPairs,
) -> Result<JsonAnswer<AggregateBody>, Problem> {
    let AggregateAnswer { asked, found } = aggregate_events(&app, &reader, pairs).await?;
    Ok(JsonAnswer(AggregateBody::new(found, &asked.groups, &asked.metrics)))
}

/// Describes the parameters in the OpenAPI document.
pub(super) fn describe(document: &mut OpenApi) {
    let Some(operation) = document.paths.paths.get_mut(PATH).and_then(|path| path.get.as_mut()) else { return };
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(names("group_by", "The fields whose values tell events apart, the outer one first; two at most."));
    parameters.push(interval());
    let zone = "Whose clock and calendar the stretches of time follow: a name of the IANA database. Default `UTC`.";
    parameters.push(list_parameters::text("time_zone", zone));
    parameters.push(limit());
    let distinct = format!(
        "Fields whose different values are counted: exactly up to {DISTINCT_EXACT_MAX}, estimated beyond; `exact` tells."
    );
    parameters.push(names("distinct", &distinct));
    parameters.push(names("min", "Fields of times or numbers whose least value is wanted."));
    parameters.push(names("max", "Fields of times or numbers whose greatest value is wanted."));
    parameters.extend(list_parameters::filters());
}

/// How many values are listed.
pub(super) fn limit() -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Integer))
        .minimum(Some(1))
        .maximum(Some(TERMS_LIMIT_MAX))
        .default(Some(TERMS_LIMIT_DEFAULT.into()));
    let meaning = "How many values of a field are listed at most.";
    list_parameters::parameter("limit", meaning).schema(Some(schema)).build()
}

/// A list of names of fields.
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
    let meaning = "How long the stretches of time are. Weeks begin on Mondays.";
    list_parameters::parameter("interval", meaning).schema(Some(schema)).build()
}
