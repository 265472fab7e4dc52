//! `POST /exports`

use axum::{Json, extract::State, http::StatusCode};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    api::v1::{
        exports::representation::{ExportBody, ExportCompression, ExportFormat},
        fields,
    },
    app::App,
    auth::{Authorized, EventsRead, take_turn},
    body::{JsonObject, Members},
    export::{Compression, FileKind, FileWishes, Format, column_record},
    limits::Purpose,
    problem::{Problem, ProblemBody},
    request::{NoQuery, OriginOf},
    use_cases::{Asker, NewExport, create_export},
};

/// An export to create. `{}` exports every event as NDJSON.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body in the OpenAPI document; members are read one by one")]
pub(super) struct CreateExport {
    /// The query in the search box language, at most 8 KiB; every event if left out. Relative times are resolved when
    /// the export is created.
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
/// after a restart of the server. A tenant keeps at most 100 exports, and a key 25 of them. Recorded as
/// `export.create`.
#[utoipa::path(
    post,
    path = "/exports",
    operation_id = "create_export",
    tag = "exports",
    request_body = CreateExport,
    responses(
        (status = 201, description = "The export, whose file is being made.", body = ExportBody),
        (status = 403, description = "`field_not_permitted`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`too_many_exports`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`; errors in `query` have a `position`.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    OriginOf(origin): OriginOf,
    _: NoQuery,
    body: JsonObject,
) -> Result<(StatusCode, Json<ExportBody>), Problem> {
    let new = read(body.members(), &app)?;
    let asker = Asker::new(reader, origin)?;
    let _turn = take_turn(&app, asker.author(), Purpose::Ordinary).await?;
    let export = create_export(&app, &asker, new).await?;
    Ok((StatusCode::CREATED, Json(ExportBody::of(&app, export))))
}

fn read(mut members: Members, app: &App) -> Result<NewExport, Problem> {
    let query = members.optional("query", fields::query);
    fields::check_query(&mut members, query.as_deref(), app.services().clock.now());
    let format = members.optional("format", format);
    let compression = members.optional("compression", compression);
    let columns = members.optional("columns", columns);
    let wishes = FileWishes {
        format: format.unwrap_or_default(),
        compression: compression.unwrap_or_default(),
        columns: columns.as_deref().map(column_record),
    };
    let kind =
        FileKind::try_from(wishes.clone()).map_err(|error| members.refuse(error.member, error.code, error.detail)).ok();
    members.finish(kind.map(|kind| NewExport { query, wishes, kind }))
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
