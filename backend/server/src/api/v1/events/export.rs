//! `GET /events/export`

use axum::{
    body::Body,
    extract::{Extension, State},
    http::{Version, header},
    response::{IntoResponse, Response},
};
use utoipa::openapi::OpenApi;

use crate::{
    answer::name_withheld,
    api::v1::events::list_parameters,
    app::App,
    auth::{Authorized, EventsRead},
    export::{COLUMNS_MAX, Columns, Compression, FileKind, FileWishes, Format},
    problem::{Code, Problem, ProblemError},
    request::{PeerAddress, QueryPairs, RequestId},
    use_cases::{ExportQuery, export_events},
};

/// The path whose parameters are described here.
const PATH: &str = "/api/v1/events/export";

/// Export events
///
/// Streams every matching event as one file, ordered by `sequence`; there is no size limit. The filter parameters are
/// those of `GET /events`. The file covers the log as it is at the start of the request, and relative times in the
/// filter count back from then. If the file cannot be completed, the transfer is aborted: discard what was received.
/// Each event has the same form as in the response of `GET /events/{id}`. Requires HTTP/1.1 or later: in earlier
/// versions an aborted transfer looks complete.
#[utoipa::path(
    get,
    path = "/events/export",
    operation_id = "export_events",
    tag = "events",
    responses(
        (status = 200, description = "The file.", headers(
            ("Auditlog-Withheld" = Option<String>, description = "The groups in whose texts the words of the query were not looked for, because the caller may not see them.")
        ), content(
            (String = "application/x-ndjson"),
            (String = "application/json"),
            (String = "text/csv"),
            (String = "application/vnd.apache.parquet"),
            (String = "application/gzip"),
            (String = "application/zstd"),
        )),
    ),
    extensions(("x-problems" = json!([
        Code::FieldNotPermitted, Code::TooManyQueries, Code::TooManyAnswers, Code::DataDamaged, Code::QueryTimeout,
        Code::HttpVersionNotSupported,
    ])))
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
    let name = kind.file_name(reader.tenant_id(), app.services().clock.now());
    let media_type = kind.media_type();
    let request_id = request_id.as_str().to_owned();
    let answer = export_events(app.reads(), &reader, ExportQuery { filters, kind, peer, request_id }).await?;
    let head = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    let mut response = (head, Body::from_stream(answer.export.into_stream())).into_response();
    name_withheld(&answer.withheld, response.headers_mut());
    response.extensions_mut().insert(answer.standing);
    Ok(response)
}

/// Requires HTTP/1.1. In earlier versions an answer of unknown length ends when the connection closes, so an aborted
/// transfer would look complete.
fn check_version(version: Version) -> Result<(), Problem> {
    if version >= Version::HTTP_11 {
        return Ok(());
    }
    let detail = "an export requires HTTP/1.1; a proxy in between may have to be configured for it (nginx: proxy_http_version 1.1)";
    Err(Problem::new(Code::HttpVersionNotSupported, detail))
}

/// The parsed query parameters.
#[derive(Debug, Default)]
struct Choice {
    filters: Vec<(String, String)>,
    wishes: FileWishes,
}

impl Choice {
    /// Splits the pairs of a query string into those that choose the file format and those that filter.
    fn read(pairs: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut choice = Self::default();
        let mut seen = Vec::new();
        for (name, value) in pairs {
            if !["format", "compression", "columns"].contains(&name.as_str()) {
                choice.filters.push((name, value));
                continue;
            }
            if seen.contains(&name) {
                let error = ProblemError::query(&name, "repeated_parameter", "this parameter may be given only once");
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
    let wanted = |names: &[&str]| format!("expected one of {}", names.join(", "));
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

/// Adds the query parameters to the OpenAPI document.
pub(super) fn describe(document: &mut OpenApi) {
    let Some(operation) = document.paths.paths.get_mut(PATH).and_then(|path| path.get.as_mut()) else { return };
    let parameters = operation.parameters.get_or_insert_default();
    let format = "The file format: `ndjson` has one event per line, `json` is one array, `csv` a table for spreadsheets, `parquet` a table for programs.";
    parameters.push(list_parameters::word("format", &Format::ALL.map(Format::as_str), format));
    let compression = "The compression of the file; `parquet` is compressed internally and accepts only `none`.";
    parameters.push(list_parameters::word("compression", &Compression::ALL.map(Compression::as_str), compression));
    let columns = format!(
        "The columns of a table, comma-separated, at most {COLUMNS_MAX}: `metadata.KEY` and `actor.attributes.KEY` for \
         any key, and the default columns: `{}`. Columns of personal groups require `events.read_personal`; without \
         it, the default leaves them out.",
        Columns::standard_names().collect::<Vec<_>>().join("`, `")
    );
    parameters.push(list_parameters::text("columns", &columns));
    parameters.extend(list_parameters::filters());
}
