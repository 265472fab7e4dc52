//! `POST /exports`

use auditlog_core::{query::Filter, timestamp::Timestamp};
use axum::{Json, extract::State, http::StatusCode};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    api::v1::{
        exports::representation::{ExportBody, ExportCompression, ExportFormat},
        fields,
    },
    app::App,
    auth::{Authorized, EventsRead},
    body::{JsonObject, Members},
    export::{Compression, FileKind, FileWishes, Format, column_record},
    problem::{Code, Problem},
    request::{NoQuery, OriginOf},
    use_cases::{NewExport, create_export},
};

/// An export to create. `{}` exports every event as NDJSON.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body in the OpenAPI document; members are read one by one")]
pub(super) struct CreateExport {
    /// A query in the search language, as in the parameter `q` of `GET /events`, at most 8 KiB. If omitted, all events
    /// are exported. Relative times are resolved when the export is created.
    #[schema(example = "outcome:denied since:7d", min_length = 1, max_length = 8192, nullable = false)]
    query: Option<String>,
    /// The file format; defaults to `ndjson`.
    #[schema(nullable = false)]
    format: Option<ExportFormat>,
    /// The compression of the file; defaults to `none`. A `parquet` file is compressed internally and accepts only
    /// `none`.
    #[schema(nullable = false)]
    compression: Option<ExportCompression>,
    /// The columns of the table, for `csv` and `parquet` only, named as in `columns` of `GET /events/export`.
    #[schema(example = json!(["occurred_at", "actor.id", "action"]), min_items = 1, max_items = 256, nullable = false)]
    columns: Option<Vec<String>>,
}

/// Create an export
///
/// Creates a file of every matching event in the background, ordered by `sequence`. It covers the log as it is now,
/// like `GET /events/export`. Poll the export's progress, and download the file once it is complete. The work resumes
/// after a restart of the server. A tenant keeps at most 100 exports, and a key 25 of them. Errors in `query` have a
/// `position`. Recorded in the log as `export.create`.
#[utoipa::path(
    post,
    path = "/exports",
    operation_id = "create_export",
    tag = "exports",
    request_body = CreateExport,
    responses((status = 201, description = "The export, whose file is being made.", body = ExportBody)),
    extensions(("x-problems" = json!([
        Code::FieldNotPermitted, Code::TooManyExports, Code::InvalidRequest, Code::RevisionConflict, Code::Overloaded, Code::TooManyAnswers,
        Code::InsufficientStorage,
    ])))
)]
pub(super) async fn create(
    State(app): State<App>,
    Authorized(caller): Authorized<EventsRead>,
    OriginOf(origin): OriginOf,
    _: NoQuery,
    body: JsonObject,
) -> Result<(StatusCode, Json<ExportBody>), Problem> {
    let new = read(body.members(), app.services().clock.now())?;
    let (editor, events) = (app.changes().by(&caller, &origin), app.services().events.as_ref());
    let export = create_export(&editor, events, app.export_jobs(), new).await?;
    Ok((StatusCode::CREATED, Json(ExportBody::of(app.export_jobs(), export))))
}

fn read(mut members: Members, now: Timestamp) -> Result<NewExport, Problem> {
    let query = members.optional("query", fields::query);
    let filter = match &query {
        Some(query) => fields::parse_query(&mut members, query, now),
        None => Some(Filter::All),
    };
    let wishes = FileWishes {
        format: members.optional("format", format).unwrap_or_default(),
        compression: members.optional("compression", compression).unwrap_or_default(),
        columns: members.optional("columns", columns).as_deref().map(column_record),
    };
    let kind = FileKind::try_from(wishes).map_err(|error| members.refuse(error.member, error.code, error.detail)).ok();
    members.finish(filter.zip(kind).map(|(filter, kind)| NewExport { query, filter, kind }))
}

fn format(value: &Value) -> Result<Format, String> {
    Format::parse(fields::text(value)?).ok_or_else(|| one_of(Format::ALL.map(Format::as_str)))
}

fn compression(value: &Value) -> Result<Compression, String> {
    Compression::parse(fields::text(value)?).ok_or_else(|| one_of(Compression::ALL.map(Compression::as_str)))
}

fn one_of<const N: usize>(names: [&str; N]) -> String {
    format!("expected one of {}", names.join(", "))
}

fn columns(value: &Value) -> Result<Vec<String>, String> {
    let names = fields::list(value)?;
    if names.is_empty() {
        return Err("at least one column is required; leave columns out for the default ones".to_owned());
    }
    names.iter().map(|name| fields::text(name).map(str::to_owned)).collect()
}
