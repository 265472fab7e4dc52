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

/// An export to be made. `{}` is every event as NDJSON.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body in the OpenAPI document; members are read one by one")]
pub(super) struct CreateExport {
    /// What a search box would hold, at most 8 KiB; every event where it is left out. Relative times count back from
    /// now.
    #[schema(example = "outcome:denied since:7d", min_length = 1, max_length = 8192, nullable = false)]
    query: Option<String>,
    /// How events are written: `ndjson` where it is left out.
    #[schema(nullable = false)]
    format: Option<ExportFormat>,
    /// How the file is compressed: `none` where it is left out. One of `parquet` is, in itself.
    #[schema(nullable = false)]
    compression: Option<ExportCompression>,
    /// The columns of a table, of `csv` and `parquet` alone, as `columns` of `GET /events/export` names them.
    #[schema(example = json!(["occurred_at", "actor.id", "action"]), min_items = 1, max_items = 256, nullable = false)]
    columns: Option<Vec<String>>,
}

/// Make an export
///
/// Has a file made of every matching event, in the order of `sequence`, of the log as it is now: what
/// `GET /events/export` sends at once. Look at its progress, and fetch the file when it is whole. It goes on over restarts
/// of the server. A tenant keeps at most 100 exports, and a key 25 of them. Recorded as `export.create`.
#[utoipa::path(
    post,
    path = "/exports",
    operation_id = "create_export",
    tag = "exports",
    request_body = CreateExport,
    responses(
        (status = 201, description = "The export; its file is being made.", body = ExportBody),
        (status = 403, description = "`field_not_permitted`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`too_many_exports`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`; what is wrong in `query` has a `position`.", body = ProblemBody, content_type = "application/problem+json"),
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
    format!("one of {} is wanted", names.join(", "))
}

fn columns(value: &Value) -> Result<Vec<String>, String> {
    let names = fields::list(value)?;
    if names.is_empty() {
        return Err("at least one name is wanted; leave columns out for all standard ones".to_owned());
    }
    names.iter().map(|name| fields::text(name).map(str::to_owned)).collect()
}
