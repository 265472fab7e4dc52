//! `DELETE /exports/{id}`

use axum::{extract::State, http::StatusCode};

use crate::{
    app::App,
    auth::{Authorized, EventsRead, take_turn},
    limits::Purpose,
    problem::{Problem, ProblemBody},
    request::{NoQuery, OriginOf, PathSegment},
    use_cases::{Asker, delete_export},
};

/// Delete an export
///
/// Deletes the export and its file; an export in progress is stopped. Recorded as `export.delete`.
#[utoipa::path(
    delete,
    path = "/exports/{id}",
    operation_id = "delete_export",
    tag = "exports",
    params(("id" = String, Path, description = "The export's id.")),
    responses(
        (status = 204, description = "The export was deleted."),
        (status = 404, description = "`export_not_found`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    OriginOf(origin): OriginOf,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<StatusCode, Problem> {
    let asker = Asker::new(reader, origin)?;
    let _turn = take_turn(&app, asker.author(), Purpose::Protective).await?;
    delete_export(&app, &asker, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
