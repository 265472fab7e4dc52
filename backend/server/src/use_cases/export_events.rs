//! Owns how a streamed export begins: which fields its reader may see, and where the log ends for it.

use std::net::IpAddr;

use auditlog_core::{query::parse_parameters, store::View};

use crate::{
    app::App,
    auth::{Standing, TenantGrant},
    export::{Assignment, FileKind, HiddenColumn, StreamedExport},
    problem::{Code, Problem, ProblemError},
    request::RequestId,
    use_cases::list_events::{check_visible, refused_parameters, visibility_of},
};

/// An export request.
#[derive(Debug)]
pub(crate) struct ExportQuery {
    /// The parameters that make the filter.
    pub(crate) filters: Vec<(String, String)>,
    pub(crate) kind: FileKind,
    /// The address of the client.
    pub(crate) peer: Option<IpAddr>,
    /// The id of the request.
    pub(crate) request_id: RequestId,
}

/// An export that has begun.
pub(crate) struct ExportAnswer {
    pub(crate) export: StreamedExport,
    /// Checks whether the reader's key is still valid.
    pub(crate) standing: Standing,
}

/// Begins an export. The log as of now and relative times resolved now apply to the whole file.
pub(crate) async fn export_events(app: &App, reader: TenantGrant, query: ExportQuery) -> Result<ExportAnswer, Problem> {
    let visibility = visibility_of(&reader);
    let filter = parse_parameters(&query.filters, app.services().clock.now()).map_err(refused_parameters)?;
    check_visible(&filter, visibility)?;
    query.kind.check_for(visibility).map_err(|hidden| hidden_column(&hidden))?;
    let slot = app.query_slots().take_for(&reader).await?;
    app.answer_memory().reserve(reader.tenant_id.as_str(), query.kind.bytes_in_flight_max()).await?;
    let head = app.services().events.head(reader.tenant_id.clone()).await?;
    let view = View { tenant_id: reader.tenant_id.clone(), head, filter };
    let ExportQuery { kind, peer, request_id, .. } = query;
    let standing = Standing::of_reader(app, &reader, peer)?;
    let assignment = Assignment { standing: standing.clone(), request_id, view, visibility, kind, slot };
    Ok(ExportAnswer { export: StreamedExport::begin(app.clone(), assignment).await?, standing })
}

/// The problem that names a column which the reader may not see.
fn hidden_column(hidden: &HiddenColumn) -> Problem {
    let code = Code::FieldNotPermitted;
    Problem::new(code, hidden.to_string()).with_error(ProblemError::query("columns", code.as_str(), hidden.to_string()))
}
