//! `GET /events/export`

use axum::{
    body::Body,
    extract::{Extension, State},
    http::{Version, header},
    response::{IntoResponse, Response},
};
use utoipa::openapi::OpenApi;

use crate::{
    api::v1::events::list_parameters,
    app::App,
    auth::{Authorized, EventsRead},
    export::{COLUMNS_MAX, Columns, Compression, FileKind, FileWishes, Format},
    problem::{Code, Problem, ProblemBody, ProblemError},
    request::{PeerAddress, QueryPairs, RequestId},
    use_cases::{ExportQuery, export_events},
};

/// The path that the parameters belong to.
const PATH: &str = "/api/v1/events/export";

/// Export events
///
/// Sends every matching event as one file, in the order of the log, which is the order of `sequence`. The log as it is
/// at the start of the request is what is exported, and relative times are resolved then; there is no limit. Filters
/// are those of the list. A file that cannot be finished is broken off: the transfer fails, and what has come of it is
/// not complete. Events are printed as `GET /events/{id}` shows them.
#[utoipa::path(
    get,
    path = "/events/export",
    operation_id = "export_events",
    tag = "events",
    responses(
        (status = 200, description = "The file.", content(
            (String = "application/x-ndjson"),
            (String = "application/json"),
            (String = "text/csv"),
            (String = "application/vnd.apache.parquet"),
            (String = "application/gzip"),
            (String = "application/zstd"),
        )),
        (status = 400, description = "`unknown_parameter`, `invalid_parameter`, `malformed_query`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_queries`, `too_many_answers`: send it again after `Retry-After`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "`query_timeout`: the first piece of the log took too long to read.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 505, description = "`http_version_not_supported`: HTTP/1.1 is needed.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn export(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    QueryPairs(pairs): QueryPairs,
    peer: Option<Extension<PeerAddress>>,
    Extension(request_id): Extension<RequestId>,
    version: Version,
) -> Result<Response, Problem> {
    check_version(version)?;
    let choice = Choice::read(pairs)?;
    let peer = peer.map(|Extension(PeerAddress(address))| address.ip());
    let Choice { filters, wishes } = choice;
    let kind = FileKind::try_from(wishes)
        .map_err(|error| refused(ProblemError::query(error.member, error.code, error.detail)))?;
    let name = kind.file_name(&reader.tenant_id, app.services().clock.now());
    let media_type = kind.media_type();
    let answer = export_events(&app, reader, ExportQuery { filters, kind, peer, request_id }).await?;
    let head = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    let mut response = (head, Body::from_stream(answer.export.into_stream())).into_response();
    response.extensions_mut().insert(answer.standing);
    Ok(response)
}

/// Before HTTP/1.1 an answer of unknown length ends where the connection does, so that one that is broken off would look
/// complete.
fn check_version(version: Version) -> Result<(), Problem> {
    if version >= Version::HTTP_11 {
        return Ok(());
    }
    let detail = "an export needs HTTP/1.1; a proxy in between may need to be told so (nginx: proxy_http_version 1.1)";
    Err(Problem::new(Code::HttpVersionNotSupported, detail))
}

/// What the parameters say.
#[derive(Debug, Default)]
struct Choice {
    filters: Vec<(String, String)>,
    wishes: FileWishes,
}

impl Choice {
    /// Parts the pairs of a query string into those that choose the file and those that filter.
    fn read(pairs: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut choice = Self::default();
        let mut seen = Vec::new();
        for (name, value) in pairs {
            if !["format", "compression", "columns"].contains(&name.as_str()) {
                choice.filters.push((name, value));
                continue;
            }
            if seen.contains(&name) {
                let error = ProblemError::query(&name, "repeated_parameter", "this parameter is taken once");
                return Err(refused(error));
            }
            let set = set(&mut choice.wishes, &name, value);
            set.map_err(|detail| refused(ProblemError::query(&name, "invalid_value", detail)))?;
            seen.push(name);
        }
        Ok(choice)
    }
}

fn set(wishes: &mut FileWishes, name: &str, value: String) -> Result<(), String> {
    let wanted = |names: &[&str]| format!("one of {} is wanted", names.join(", "));
    let (formats, compressions) = (Format::ALL.map(Format::as_str), Compression::ALL.map(Compression::as_str));
    match name {
        "format" => wishes.format = Format::parse(&value).ok_or_else(|| wanted(&formats))?,
        "columns" => wishes.columns = Some(value),
        _ => wishes.compression = Compression::parse(&value).ok_or_else(|| wanted(&compressions))?,
    }
    Ok(())
}

fn refused(error: ProblemError) -> Problem {
    let detail = format!("{}: {}", error.pointer.trim_start_matches('/'), error.detail);
    Problem::new(Code::InvalidParameter, detail).with_error(error)
}

/// Describes the parameters in the OpenAPI document.
pub(super) fn describe(document: &mut OpenApi) {
    let Some(operation) = document.paths.paths.get_mut(PATH).and_then(|path| path.get.as_mut()) else { return };
    let parameters = operation.parameters.get_or_insert_default();
    let format = "How events are written: `ndjson` one a line, `json` as one array, `csv` as a table for spreadsheets, `parquet` as one for programs.";
    parameters.push(list_parameters::word("format", &Format::ALL.map(Format::as_str), format));
    let compression = "How the file is compressed; one of `parquet` is, in itself.";
    parameters.push(list_parameters::word("compression", &Compression::ALL.map(Compression::as_str), compression));
    let columns = format!(
        "The columns of a table, comma-separated, at most {COLUMNS_MAX}: `metadata.KEY` and `actor.attributes.KEY` for \
         any key, and those that come where nothing is named: `{}`. Those of personal groups need \
         `events.read_personal`, and are left out without it where nothing is named.",
        Columns::standard_names().collect::<Vec<_>>().join("`, `")
    );
    parameters.push(list_parameters::text("columns", &columns));
    parameters.extend(list_parameters::filters());
}
