//! Owns the Prometheus metrics endpoint. Metrics name no tenant and no key, so the endpoint needs no credentials.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    app::App,
    problem::{Code, Problem},
};

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Get metrics
///
/// Returns the server's metrics in the OpenMetrics text format, for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "get_metrics",
    tag = "operations",
    security(()),
    responses((status = 200, description = "The current metrics.", body = String, content_type = "application/openmetrics-text")),
    extensions(("x-problems" = json!([Code::TooManyAnswers])))
)]
pub(super) async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let text = app.metrics().print().map_err(|error| {
        tracing::error!(%error, "the metrics cannot be encoded");
        Problem::new(Code::InternalError, "the metrics cannot be encoded")
    })?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}
