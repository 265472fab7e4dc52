//! Owns the parameters of `GET /events`: how those for paging are distinguished from the filters, and how all of them
//! are described. The core crate owns the meaning of the filters.

use auditlog_core::{
    event::Group,
    query::{Field, Order, StandardField, ValueKind, nearest},
};
use utoipa::openapi::{
    OpenApi, Required,
    path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle},
    schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type},
};

use crate::{
    api::refusals::refused_query,
    problem::{Code, Problem, ProblemError},
    use_cases::{Highlighting, ListQuery, Suggesting, Total},
};

/// The default page size, in events.
const LIMIT_DEFAULT: usize = 50;
/// The largest page size, in events.
const LIMIT_MAX: usize = 1_000;
/// The path whose parameters are described here.
const PATH: &str = "/api/v1/events";

/// Splits the pairs of a query string into paging and filter parameters.
pub(super) fn read(pairs: Vec<(String, String)>) -> Result<ListQuery, Problem> {
    let mut query = ListQuery {
        filters: Vec::with_capacity(pairs.len()),
        cursor: None,
        order: Order::default(),
        limit: LIMIT_DEFAULT,
        total: Total::NotWanted,
        highlighting: Highlighting::NotWanted,
        suggesting: Suggesting::NotWanted,
    };
    let mut seen = Vec::new();
    let mut errors = Vec::new();
    for (name, value) in pairs {
        if !PAGING.contains(&name.as_str()) {
            match mistyped(&name) {
                Some(near) => errors.push(unknown(&name, near)),
                None => query.filters.push((name, value)),
            }
            continue;
        }
        if seen.contains(&name) {
            errors.push(ProblemError::query(&name, "repeated_parameter", "this parameter may be given only once"));
            continue;
        }
        if let Err(detail) = set(&mut query, &name, value) {
            errors.push(ProblemError::query(&name, "invalid_value", detail));
        }
        seen.push(name);
    }
    if errors.is_empty() { Ok(query) } else { Err(refused_query(errors)) }
}

/// The paging parameter that an unknown name was most likely meant to be.
fn mistyped(name: &str) -> Option<&'static str> {
    let is_filter = matches!(name, "q" | "since" | "until") || Field::parse(name).is_some();
    if is_filter { None } else { nearest(name, PAGING.into_iter()) }
}

fn unknown(name: &str, near: &str) -> ProblemError {
    let detail = format!("There is no parameter `{name}`. Did you mean `{near}`?");
    ProblemError::query(name, Code::UnknownParameter.as_str(), detail)
}

/// The paging parameters, and those that request more than the events.
const PAGING: [&str; 6] = ["cursor", "limit", "order", "count", "highlight", "suggest"];

fn set(query: &mut ListQuery, name: &str, value: String) -> Result<(), &'static str> {
    match name {
        "cursor" => query.cursor = Some(value),
        "limit" => {
            let limit = value.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
            query.limit = limit.ok_or("expected a whole number from 1 to 1000")?;
        }
        "order" => {
            query.order = match value.as_str() {
                "newest" => Order::NewestFirst,
                "oldest" => Order::OldestFirst,
                _ => return Err("expected newest or oldest"),
            }
        }
        "count" => query.total = if truth(&value)? { Total::Wanted } else { Total::NotWanted },
        "suggest" => query.suggesting = if truth(&value)? { Suggesting::Wanted } else { Suggesting::NotWanted },
        _ => query.highlighting = if truth(&value)? { Highlighting::Wanted } else { Highlighting::NotWanted },
    }
    Ok(())
}

fn truth(value: &str) -> Result<bool, &'static str> {
    value.parse().map_err(|_| "expected true or false")
}

/// Adds the query parameters to the OpenAPI document.
pub(super) fn describe(document: &mut OpenApi) {
    let Some(operation) = document.paths.paths.get_mut(PATH).and_then(|path| path.get.as_mut()) else { return };
    let mut parameters = paging();
    parameters.extend(filters());
    operation.parameters.get_or_insert_default().extend(parameters);
}

/// The filter parameters, shared by all operations that filter.
pub(super) fn filters() -> Vec<Parameter> {
    let mut parameters = Vec::new();
    parameters
        .push(text("q", "A query in the search box language: `actor:alice action:user.* -outcome:success since:7d`."));
    let forms = "RFC 3339, a date, or a duration before now, such as `7d`.";
    parameters.push(text("since", &format!("Only events that occurred at or after this time: {forms}")));
    parameters.push(text("until", &format!("Only events that occurred before this time: {forms}")));
    parameters.extend(Field::standard().iter().map(field));
    parameters.push(keyed("metadata", Group::Content));
    parameters.push(keyed("actor.attributes", Group::Actor));
    parameters.push(keyed("target.attributes", Group::Targets));
    parameters
}

fn paging() -> Vec<Parameter> {
    let limit = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Integer))
        .minimum(Some(1))
        .maximum(Some(LIMIT_MAX))
        .default(Some(LIMIT_DEFAULT.into()));
    let order = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .enum_values(Some(["newest", "oldest"]))
        .default(Some("newest".into()));
    let truth = || ObjectBuilder::new().schema_type(SchemaType::Type(Type::Boolean)).default(Some(false.into()));
    vec![
        text(
            "cursor",
            "`next_cursor` of the previous page. Repeat the filters and the order of the first page with it.",
        ),
        parameter("limit", "Maximum number of events per page.").schema(Some(limit)).build(),
        parameter("order", "The order, by `occurred_at`, then by `sequence`.").schema(Some(order)).build(),
        parameter("count", "Whether the exact `total` is returned. Counting takes longer than the page itself.")
            .schema(Some(truth()))
            .build(),
        parameter(
            "suggest",
            "Whether an answer without events has `suggestions`: queries that find some. They are looked for during at \
             most a second.",
        )
        .schema(Some(truth()))
        .build(),
        parameter("highlight", "Whether each event has `highlights`: the parts of it that match.")
            .schema(Some(truth()))
            .build(),
    ]
}

/// The parameter of a field: a list, because it may be repeated.
fn field(field: &StandardField) -> Parameter {
    let forms = match field.kind {
        ValueKind::Text => "Exact, `prefix*` or `!value`.",
        ValueKind::Word | ValueKind::Id => "Exact or `!value`.",
        ValueKind::Time => "A time or a range: `>=2026-01-01`, `2026-01-01..2026-02-01`.",
        ValueKind::Integer => "A number or a range: `>=10`, `10..20`.",
        ValueKind::Address => "An address or a network: `10.0.0.0/8`.",
        ValueKind::Scalar => "Exact, `prefix*`, `!value` or a range of numbers.",
    };
    let mut description = format!("{} {forms}", field.description);
    let words = field.field.words();
    if !words.is_empty() {
        description = format!("{description} Values: {}.", words.join(", "));
    }
    if !field.aliases.is_empty() {
        description = format!("{description} Also as `{}`.", field.aliases.join("`, `"));
    }
    if field.group.is_personal() {
        description = format!("{description} Requires `events.read_personal`.");
    }
    let items = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    parameter(field.name, &description)
        .style(Some(ParameterStyle::Form))
        .explode(Some(true))
        .schema(Some(ArrayBuilder::new().items(items)))
        .build()
}

/// The parameter of a field with custom keys: an object whose members become parameters of their own.
fn keyed(name: &str, group: Group) -> Parameter {
    let mut description =
        format!("`{name}.KEY=value` for any key. Exact, `prefix*`, `!value`, `*` or a range of numbers.");
    if group.is_personal() {
        description = format!("{description} Requires `events.read_personal`.");
    }
    let values = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    let object = ObjectBuilder::new().additional_properties(Some(Schema::Object(values.build())));
    parameter(name, &description).style(Some(ParameterStyle::Form)).explode(Some(true)).schema(Some(object)).build()
}

pub(super) fn text(name: &str, description: &str) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    parameter(name, description).schema(Some(schema)).build()
}

/// A parameter that takes one of `words`.
pub(super) fn word(name: &str, words: &[&str], description: &str) -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .enum_values(Some(words.iter().copied()))
        .default(Some(words.first().copied().into()));
    parameter(name, description).schema(Some(schema)).build()
}

/// A parameter of the query string.
pub(super) fn parameter(name: &str, description: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
}
