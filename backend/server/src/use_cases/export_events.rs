//! Owns how a streamed export begins: which fields its reader may see, and where the log ends for it.

use std::net::IpAddr;

use auditlog_core::{event::Group, id::TenantId, policy::Caller, store::View};

use crate::{
    export::{Assignment, FileKind, StreamedExport},
    standing::Standing,
    use_cases::{ReadError, ReadServices, withheld::ReaderFilter},
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
    pub(crate) request_id: String,
}

/// An export that has begun.
pub(crate) struct ExportAnswer {
    pub(crate) export: StreamedExport,
    /// Checks whether the reader's key is still valid.
    pub(crate) standing: Standing,
    /// The groups in whose texts the words of the query are not looked for.
    pub(crate) withheld: Vec<Group>,
}

/// Begins an export. The log as of now and relative times resolved now apply to the whole file.
pub(crate) async fn export_events(
    services: &ReadServices,
    reader: &Caller<TenantId>,
    query: ExportQuery,
) -> Result<ExportAnswer, ReadError> {
    let visibility = reader.visibility;
    let ReaderFilter { filter, withheld } = ReaderFilter::parse(&query.filters, services.clock.now(), visibility)?;
    query.kind.check_for(visibility)?;
    let slot = services.query_slots.take_for(reader).await?;
    services.answer_memory.reserve(reader.tenant_id().as_str(), query.kind.bytes_in_flight_max()).await?;
    let head = services.events.head(reader.tenant_id().clone()).await?;
    let view = View { tenant_id: reader.tenant_id().clone(), head, filter };
    let ExportQuery { kind, peer, request_id, .. } = query;
    let standing = Standing::of_caller(&services.checks, &reader.subject, peer);
    let assignment = Assignment { standing: standing.clone(), request_id, view, visibility, kind, slot };
    let export = StreamedExport::begin(services.log.clone(), assignment).await?;
    Ok(ExportAnswer { export, standing, withheld })
}
