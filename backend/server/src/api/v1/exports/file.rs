//! `GET /exports/{id}/file`

use std::{io, ops::Range, sync::Arc};

use auditlog_core::policy::Origin;
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{Stream, stream::try_unfold};
use tokio::task::spawn_blocking;

use crate::{
    answer::hexadecimal,
    api::v1::exports::byte_range::Wanted,
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Code, Problem},
    request::{NoQuery, OriginOf, PathSegment},
    use_cases::{ExportFile, open_export_file},
};

/// Bytes that are read and sent at a time.
const PIECE_BYTES: usize = 64 * 1_024;

/// Download the file of an export
///
/// Available once the export is completed, and only to the key that created it. Request a part with `Range` to resume
/// an interrupted transfer; `ETag` is the SHA-256 of the file, and `If-Range` ensures that both parts belong to the
/// same file. Bytes that do not match what was written are never sent: the transfer is aborted.
#[utoipa::path(
    get,
    path = "/exports/{id}/file",
    operation_id = "get_export_file",
    tag = "exports",
    params(
        ("id" = String, Path, description = "The export's id."),
        ("Range" = Option<String>, Header, description = "The requested bytes, as in `bytes=1000-`."),
        ("If-Range" = Option<String>, Header, description = "The `ETag` of the part received before."),
    ),
    responses(
        (status = 200, description = "The file.", content(
            (String = "application/x-ndjson"),
            (String = "application/json"),
            (String = "text/csv"),
            (String = "application/vnd.apache.parquet"),
            (String = "application/gzip"),
            (String = "application/zstd"),
        )),
        (status = 206, description = "The requested part.", content(
            (String = "application/x-ndjson"),
            (String = "application/json"),
            (String = "text/csv"),
            (String = "application/vnd.apache.parquet"),
            (String = "application/gzip"),
            (String = "application/zstd"),
        )),
    ),
    extensions(("x-problems" = json!([
        Code::ExportNotFound, Code::ExportNotReady, Code::RangeNotSatisfiable, Code::TooManyAnswers,
        Code::DataDamaged,
    ])))
)]
pub(super) async fn file(
    State(app): State<App>,
    Authorized(caller): Authorized<EventsRead>,
    OriginOf(origin): OriginOf,
    PathSegment(id): PathSegment,
    _: NoQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Origin { ip, request_id } = origin;
    let file = open_export_file(app.export_files(), &caller, ip, &id).await?;
    let (export, bytes) = (&file.export, file.reader.bytes());
    let entity_tag = format!("\"{}\"", hexadecimal(&export.progress.sha256));
    let (name, media_type) = (file.kind.file_name(&export.tenant_id, export.created_at), file.kind.media_type());
    let (status, range) = match Wanted::of(&headers, bytes, &entity_tag) {
        Wanted::Whole => (StatusCode::OK, 0..bytes),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Nothing => return Ok(not_satisfiable(bytes)),
    };
    // Read before the head is sent, so that a read error can be answered with a problem.
    let standing = file.standing.clone();
    let sending = Sending { file: Arc::new(file), request_id: request_id.unwrap_or_default(), range: range.clone() };
    let (first, rest) = sending.next_piece().await?;
    let mut response = Response::new(Body::from_stream(stream(first, rest)));
    *response.status_mut() = status;
    response.extensions_mut().insert(standing);
    let mut set = |name: header::HeaderName, value: String| {
        // All values set here are printable ASCII.
        response.headers_mut().extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
    };
    set(header::CONTENT_TYPE, media_type.to_owned());
    set(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""));
    set(header::CONTENT_LENGTH, (range.end - range.start).to_string());
    set(header::ACCEPT_RANGES, "bytes".to_owned());
    set(header::ETAG, entity_tag);
    if status == StatusCode::PARTIAL_CONTENT {
        set(header::CONTENT_RANGE, format!("bytes {}-{}/{bytes}", range.start, range.end.saturating_sub(1)));
    }
    Ok(response)
}

fn not_satisfiable(bytes: u64) -> Response {
    let problem = Problem::new(Code::RangeNotSatisfiable, format!("the file has {bytes} bytes"));
    ([(header::CONTENT_RANGE, format!("bytes */{bytes}"))], problem).into_response()
}

/// A file that is being sent.
struct Sending {
    file: Arc<ExportFile>,
    request_id: String,
    /// The bytes that were not sent yet.
    range: Range<u64>,
}

impl Sending {
    async fn next_piece(mut self) -> Result<(Bytes, Self), Problem> {
        self.file.standing.check()?;
        let left = usize::try_from(self.range.end - self.range.start).unwrap_or(usize::MAX);
        let (reader, offset, length) = (Arc::clone(&self.file.reader), self.range.start, left.min(PIECE_BYTES));
        let read = spawn_blocking(move || reader.read(offset, length)).await;
        let piece = read.map_err(|_| Problem::new(Code::InternalError, "the file could not be read"))??;
        self.range.start += piece.len() as u64;
        Ok((piece.into(), self))
    }
}

/// The bytes, chunk by chunk. If they cannot be read, the transfer is aborted before the announced length is reached.
fn stream(first: Bytes, rest: Sending) -> impl Stream<Item = Result<Bytes, io::Error>> {
    try_unfold((Some(first), rest), |(first, rest)| async move {
        if let Some(piece) = first {
            return Ok(Some((piece, (None, rest))));
        }
        if rest.range.is_empty() {
            return Ok(None);
        }
        let (request_id, tenant) = (rest.request_id.clone(), rest.file.export.tenant_id.clone());
        match rest.next_piece().await {
            Ok((piece, rest)) => Ok(Some((piece, (None, rest)))),
            Err(problem) => {
                tracing::warn!(request_id, %tenant, %problem, "sending the file of an export was aborted");
                Err(io::Error::other(problem))
            }
        }
    })
}
