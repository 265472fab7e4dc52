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
    problem::{Code, Problem},
    request::{NoQuery, PathSegment},
    use_cases::get_event,
};

/// Get an event
///
/// Without the permission `events.read_personal`, the personal field groups are left out and named in `withheld`.
/// An event of another tenant is reported as not found.
#[utoipa::path(
    get,
    path = "/events/{id}",
    operation_id = "get_event",
    tag = "events",
    params(("id" = String, Path, description = "The event's id.")),
    responses((status = 200, description = "The event.", body = Event)),
    extensions(("x-problems" = json!([
        Code::EventNotFound, Code::TooManyQueries, Code::TooManyAnswers, Code::DataDamaged, Code::QueryTimeout,
    ])))
)]
pub(super) async fn get(
    State(app): State<App>,
    Authorized(reader): Authorized<EventsRead>,
    PathSegment(id): PathSegment,
    _: NoQuery,
) -> Result<Response, Problem> {
    let event = get_event(app.reads(), &reader, &id).await?;
    let mut json = String::new();
    write_json(&event, reader.visibility, &mut json);
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}
