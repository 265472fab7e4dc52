//! `POST /log/reindex`

use auditlog_core::{policy::Scope, store::Reindexed};
use axum::{Extension, Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::{Authorized, LogReindex, Standing},
    problem::{Problem, ProblemBody},
    request::{NoQuery, PeerAddress},
};

/// What building indexes anew came to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReindexReport {
    /// How many indexes were missing, damaged or of another version, and were replaced.
    #[schema(example = 1)]
    rebuilt: u64,
    /// How many were right as they were.
    #[schema(example = 41)]
    unchanged: u64,
}

/// Build indexes anew
///
/// Builds every index from the stored events and replaces those that are missing, damaged or of another version. Events
/// are only read; queries and intake go on meanwhile. Interrupted, it leaves each index as it was or rebuilt, and may be
/// sent again. For the system key, which has one verification or reindexing run at a time.
#[utoipa::path(
    post,
    path = "/log/reindex",
    operation_id = "reindex_log",
    tag = "log",
    responses(
        (status = 200, description = "Every index is right now.", body = ReindexReport),
        (status = 429, description = "`too_many_queries`: a verification or another reindexing of the system key runs.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "`data_damaged`: events are damaged, and their index stays as it was. The server's log says which.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn reindex(
    State(app): State<App>,
    Authorized(system): Authorized<LogReindex>,
    _: NoQuery,
    peer: Option<Extension<PeerAddress>>,
) -> Result<Json<ReindexReport>, Problem> {
    let peer = peer.map(|Extension(PeerAddress(address))| address.ip());
    let standing = Standing::of_caller(&app, &system.key_id, peer)?;
    let permit = app.whole_store_slots().take_for(&Scope::System).await?;
    standing.check()?;
    let Reindexed { rebuilt, unchanged } = app.services().reindex.reindex(permit.budget()).await?;
    Ok(Json(ReindexReport { rebuilt, unchanged }))
}
