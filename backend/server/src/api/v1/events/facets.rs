//! `GET /events/facets`

use auditlog_core::{
    event::Group,
    query::{Field, TERMS_LIMIT_DEFAULT, TERMS_LIMIT_MAX, ValueKind, parse_field},
};
use axum::extract::State;
use serde::Serialize;
use utoipa::{ToSchema, openapi::OpenApi};

use crate::{
    answer::JsonAnswer,
    api::v1::events::{aggregate, aggregate_body::GroupsBody, list_parameters},
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Code, Problem, ProblemError},
    request::QueryPairs,
    use_cases::{FacetsQuery, list_facets},
};

/// The path whose parameters are described here.
const PATH: &str = "/api/v1/events/facets";
/// The maximum number of fields in one request.
const FIELDS_MAX: usize = 16;

/// The values of several fields.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Facets)]
pub(super) struct FacetsBody {
    /// Number of matching events.
    count: u64,
    /// The values of each field, the most frequent first.
    facets: Vec<GroupsBody>,
    /// Fields that the caller may not see and that are therefore left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, example = json!(["actor", "context.ip"]))]
    withheld_fields: Vec<String>,
    /// The groups in whose texts the words of the query were not looked for, because the caller may not see them;
    /// present only where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, example = json!(["actor", "context", "content"]))]
    withheld: Vec<&'static str>,
}

/// List facets
///
/// Counts the values of several fields among the events that match the filter, in one pass, to show how a search can be
/// narrowed. Without `field`, ten commonly used fields are counted. The filter parameters are those of `GET /events`.
#[utoipa::path(
    get,
    path = "/events/facets",
    operation_id = "list_facets",
    tag = "events",
    responses((status = 200, description = "The values of each field.", body = FacetsBody)),
    extensions(("x-problems" = json!([
        Code::TooManyGroups, Code::AnswerTooLarge, Code::FieldNotPermitted, Code::TooManyQueries,
        Code::TooManyAnswers, Code::DataDamaged, Code::QueryTimeout,
    ])))
)]
pub(super) async fn facets(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    QueryPairs(pairs): QueryPairs,
) -> Result<JsonAnswer<FacetsBody>, Problem> {
    let answer = list_facets(app.reads(), &reader, read(pairs)?).await?;
    let count = answer.facets.first().map_or(0, |(_, found)| found.count);
    let facets = answer.facets.into_iter().filter_map(|(field, found)| GroupsBody::of_field(&field, found)).collect();
    let withheld_fields = answer.withheld_fields.iter().map(Field::name).collect();
    let withheld = answer.withheld.into_iter().map(Group::as_str).collect();
    Ok(JsonAnswer(FacetsBody { count, facets, withheld_fields, withheld }))
}

/// Splits the pairs of a query string into filter parameters and those that choose what is counted.
fn read(pairs: Vec<(String, String)>) -> Result<FacetsQuery, Problem> {
    let mut query = FacetsQuery { filters: Vec::new(), fields: Vec::new(), limit: TERMS_LIMIT_DEFAULT };
    for (name, value) in pairs {
        match name.as_str() {
            "field" => query.fields.push(field(&value)?),
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=TERMS_LIMIT_MAX).contains(limit));
                let detail = || format!("expected a whole number from 1 to {TERMS_LIMIT_MAX}");
                query.limit = limit.ok_or_else(|| refused("limit", "invalid_value", detail()))?;
            }
            _ => query.filters.push((name, value)),
        }
    }
    if query.fields.len() > FIELDS_MAX {
        return Err(refused(
            "field",
            "too_many_values",
            format!("at most {FIELDS_MAX} fields can be counted in one request"),
        ));
    }
    Ok(query)
}

fn field(name: &str) -> Result<Field, Problem> {
    let field = parse_field("field", name).map_err(|error| refused("field", error.code, error.detail))?;
    if field.kind() == ValueKind::Time {
        let detail = format!("`{name}` is a time field; group by it with events/aggregate");
        return Err(refused("field", "invalid_value", detail));
    }
    Ok(field)
}

fn refused(parameter: &str, code: &'static str, detail: String) -> Problem {
    let problem = Problem::new(Code::InvalidParameter, format!("{parameter}: {detail}"));
    problem.with_error(ProblemError::query(parameter, code, detail))
}

/// Adds the query parameters to the OpenAPI document.
pub(super) fn describe(document: &mut OpenApi) {
    let Some(operation) = document.paths.paths.get_mut(PATH).and_then(|path| path.get.as_mut()) else { return };
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(aggregate::names("field", "The fields whose values are counted."));
    parameters.push(aggregate::limit());
    parameters.extend(list_parameters::filters());
}
