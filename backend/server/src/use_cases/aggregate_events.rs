//! Owns aggregations over all matching events. Fields that a caller may not see are neither counted nor named.

use auditlog_core::{
    event::{Group, Visibility},
    id::TenantId,
    policy::Caller,
    query::{Aggregation, AggregationParameters, FACETS, Field, Grouping, parse_aggregation},
    store::{Aggregate, AggregateRequest, Groups, QueryError, View},
};

use crate::{
    limits::ANSWER_BYTES_MAX,
    telemetry::QueryKind,
    use_cases::{
        ReadError, ReadServices,
        withheld::{ReaderFilter, Withheld},
    },
};

/// The maximum number of groups in an answer.
const LISTED_GROUPS_MAX: usize = 65_536;
/// The size of a group in an answer, in bytes (approximate).
const GROUP_BYTES: usize = 256;
/// The number of time groups that is assumed when memory is reserved; the actual number is that of the buckets with
/// events.
const TIME_GROUPS_EXPECTED: usize = 1_000;

/// An aggregation and its result.
#[derive(Debug)]
pub(crate) struct AggregateAnswer {
    pub(crate) asked: Aggregation,
    pub(crate) found: Aggregate,
    /// The groups in whose texts the words of the query were not looked for.
    pub(crate) withheld: Vec<Group>,
}

/// A facets request.
#[derive(Debug, Clone)]
pub(crate) struct FacetsQuery {
    /// The parameters that make the filter.
    pub(crate) filters: Vec<(String, String)>,
    /// The fields to count, if the caller names any.
    pub(crate) fields: Vec<Field>,
    /// The maximum number of values listed for each field.
    pub(crate) limit: usize,
}

/// The values of several fields.
#[derive(Debug)]
pub(crate) struct FacetsAnswer {
    pub(crate) facets: Vec<(Field, Aggregate)>,
    /// Default fields that the caller may not see.
    pub(crate) withheld_fields: Vec<Field>,
    /// The groups in whose texts the words of the query were not looked for.
    pub(crate) withheld: Vec<Group>,
}

/// Computes one aggregation over the events that the other parameters match.
pub(crate) async fn aggregate_events(
    services: &ReadServices,
    reader: &Caller<TenantId>,
    pairs: Vec<(String, String)>,
) -> Result<AggregateAnswer, ReadError> {
    let AggregationParameters { aggregation: asked, filters } = parse_aggregation(pairs)?;
    let of_groups = asked.groups.iter().map(|group| NamedField { field: group.field(), parameter: "group_by" });
    let of_metrics = asked.metrics.iter();
    let of_metrics =
        of_metrics.map(|metric| NamedField { field: metric.field.clone(), parameter: metric.kind.as_str() });
    check_named(of_groups.chain(of_metrics), reader.visibility)?;
    let Found { mut aggregates, withheld } = run(services, reader, &filters, vec![asked.clone()]).await?;
    let found = aggregates.pop().unwrap_or_else(|| Aggregate::of_nothing(&asked));
    Ok(AggregateAnswer { asked, found, withheld })
}

/// Counts the values of several fields in one pass.
pub(crate) async fn list_facets(
    services: &ReadServices,
    reader: &Caller<TenantId>,
    query: FacetsQuery,
) -> Result<FacetsAnswer, ReadError> {
    let visibility = reader.visibility;
    let is_hidden = |field: &Field| visibility.withholds(field.group());
    let named = query.fields.iter().map(|field| NamedField { field: field.clone(), parameter: "field" });
    check_named(named, visibility)?;
    let wanted = if query.fields.is_empty() { FACETS.to_vec() } else { query.fields };
    let (withheld_fields, fields): (Vec<_>, Vec<_>) = wanted.into_iter().partition(is_hidden);
    let asked = fields.iter().map(|field| Aggregation::terms(field.clone(), query.limit)).collect();
    let Found { aggregates, withheld } = run(services, reader, &query.filters, asked).await?;
    Ok(FacetsAnswer { facets: fields.into_iter().zip(aggregates).collect(), withheld_fields, withheld })
}

/// What was found for a query.
struct Found {
    /// One for each aggregation.
    aggregates: Vec<Aggregate>,
    /// The groups in whose texts the words of the query were not looked for.
    withheld: Vec<Group>,
}

async fn run(
    services: &ReadServices,
    reader: &Caller<TenantId>,
    filters: &[(String, String)],
    aggregations: Vec<Aggregation>,
) -> Result<Found, ReadError> {
    let ReaderFilter { filter, withheld } = ReaderFilter::parse(filters, services.clock.now(), reader.visibility)?;
    let permit = services.query_slots.take_for(reader).await?;
    let groups_expected: usize = aggregations.iter().map(expected_groups).fold(0, usize::saturating_add);
    let bytes_expected = groups_expected.saturating_mul(GROUP_BYTES).min(ANSWER_BYTES_MAX);
    services.answer_memory.reserve(reader.tenant_id().as_str(), bytes_expected).await?;
    let tenant_id = reader.tenant_id().clone();
    let head = services.events.head(tenant_id.clone()).await?;
    let request = AggregateRequest { view: View { tenant_id, head, filter }, aggregations };
    let found = services.events.aggregate(request, permit.budget()).await;
    services.metrics.count_query(QueryKind::Aggregate, &found);
    let found = found?;
    if found.iter().map(listed_groups).sum::<usize>() > LISTED_GROUPS_MAX {
        return Err(QueryError::TooManyGroups.into());
    }
    Ok(Found { aggregates: found, withheld })
}

/// The number of groups that an answer may list.
fn expected_groups(aggregation: &Aggregation) -> usize {
    let of_level = |grouping: &Grouping| match grouping {
        Grouping::Terms(terms) => terms.limit,
        Grouping::Histogram(_) => TIME_GROUPS_EXPECTED,
    };
    aggregation.groups.iter().map(of_level).fold(1, usize::saturating_mul)
}

/// The number of groups that an answer lists, including nested ones.
fn listed_groups(aggregate: &Aggregate) -> usize {
    let with_inner = |aggregate| 1 + listed_groups(aggregate);
    match &aggregate.groups {
        None => 0,
        Some(Groups::Terms(terms)) => terms.groups.iter().map(|group| with_inner(&group.aggregate)).sum(),
        Some(Groups::Histogram(buckets)) => buckets.iter().map(|group| with_inner(&group.aggregate)).sum(),
    }
}

/// A field, and the parameter that names it.
struct NamedField {
    field: Field,
    parameter: &'static str,
}

/// Rejects fields that the caller may not see, each with the parameter that names it.
fn check_named(mut fields: impl Iterator<Item = NamedField>, visibility: Visibility) -> Result<(), Withheld> {
    let is_hidden = |named: &NamedField| visibility.withholds(named.field.group());
    let Some(NamedField { field, parameter }) = fields.find(is_hidden) else { return Ok(()) };
    Err(Withheld { use_of: format!("counting by {}", field.name()), parameter: parameter.to_owned() })
}
