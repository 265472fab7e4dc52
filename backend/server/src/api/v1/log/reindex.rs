//! `POST /log/reindex`

use auditlog_core::{policy::Scope, store::Reindexed};
use axum::{Extension, Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::{Authorized, LogReindex},
    problem::{Code, Problem},
    request::{NoQuery, PeerAddress},
    standing::Standing,
};

/// The outcome of a reindexing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReindexReport {
    /// Indexes that were missing, damaged or of another version, and were rebuilt.
    #[schema(example = 1)]
    rebuilt: u64,
    /// Indexes that were intact and were kept.
    #[schema(example = 41)]
    unchanged: u64,
}

/// Rebuild indexes
///
/// Rebuilds every index from the stored events and replaces those that are missing, damaged or of another version.
/// Events are only read; queries and ingest continue meanwhile. If interrupted, each index is either unchanged or
/// rebuilt, and the request may be repeated. Requires the system key. With
/// system keys, one verification or reindexing runs at a time; meanwhile another is refused with `too_many_queries`.
///
/// If stored events are damaged, the request ends with `data_damaged`: indexes that were rebuilt before stay rebuilt,
/// and the remaining ones are not examined.
#[utoipa::path(
    post,
    path = "/log/reindex",
    operation_id = "reindex_log",
    tag = "log",
    responses((status = 200, description = "Every index is intact now.", body = ReindexReport)),
    extensions(("x-problems" = json!([Code::TooManyQueries, Code::DataDamaged, Code::QueryTimeout])))
)]
pub(super) async fn reindex(
    State(app): State<App>,
    Authorized(caller): Authorized<LogReindex>,
    _: NoQuery,
    peer: Option<Extension<PeerAddress>>,
) -> Result<Json<ReindexReport>, Problem> {
    let peer = peer.map(|Extension(PeerAddress(address))| address.ip());
    let standing = Standing::of_caller(app.checks(), &caller.subject, peer);
    let permit = app.whole_store_slots().take_for(&Scope::System).await?;
    standing.check()?;
    let Reindexed { rebuilt, unchanged } = app.services().reindex.reindex(permit.budget()).await?;
    Ok(Json(ReindexReport { rebuilt, unchanged }))
}
