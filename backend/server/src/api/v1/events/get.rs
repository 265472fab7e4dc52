//! `GET /events/{id}`

use auditlog_core::event::write_json;
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    api::v1::events::schema::Event,
    app::App,
    auth::{Authorized, EventsRead},
    problem::{Problem, ProblemBody},
    request::{NoQuery, PathSegment},
    use_cases::get_event,
};

/// Get an event
///
/// Without the permission `events.read_personal`, the personal field groups are left out and named in `withheld`.
#[utoipa::path(
    get,
    path = "/events/{id}",
    operation_id = "get_event",
    tag = "events",
    params(("id" = String, Path, description = "The event's id.")),
    responses(
        (status = 200, description = "The event.", body = Event),
        (status = 404, description = "`event_not_found`, also for events of other tenants.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<Response, Problem> {
    let (event, visibility) = get_event(&app, &reader, &id).await?;
    let mut json = String::new();
    write_json(&event, visibility, &mut json);
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}
