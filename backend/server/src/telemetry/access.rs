//! Owns what is recorded of every request: it gets its id here, is counted, and leaves one log line.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use auditlog_core::clock::Entropy;

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderValue, Method, header},
    response::Response,
};

use crate::{
    problem::Problem,
    request::{REQUEST_ID_HEADER, RequestFacts, RequestId},
    telemetry::{FOR_PROGRAMS, Metrics, metrics::InFlight},
};

/// The route label of requests that match no route.
const NO_ROUTE: &str = "none";

/// A request that is being handled. Dropping it without [`Self::finish`] counts it as no longer in flight and logs
/// nothing: the client has left.
pub(crate) struct ObservedRequest {
    metrics: Arc<Metrics>,
    started: Instant,
    _in_flight: InFlight,
    request_id: RequestId,
    facts: RequestFacts,
    method: &'static str,
    matched: Option<MatchedPath>,
}

impl ObservedRequest {
    /// Assigns an id to a request and counts it.
    pub(crate) fn begin(metrics: &Arc<Metrics>, entropy: &dyn Entropy, request: &mut Request) -> Self {
        let request_id = RequestId::of(request.headers(), entropy);
        let facts = RequestFacts::default();
        request.extensions_mut().insert(request_id.clone());
        request.extensions_mut().insert(facts.clone());
        Self {
            metrics: Arc::clone(metrics),
            started: Instant::now(),
            _in_flight: metrics.begin_request(),
            request_id,
            facts,
            method: method_name(request.method()),
            matched: request.extensions().get::<MatchedPath>().cloned(),
        }
    }

    pub(crate) const fn request_id(&self) -> &RequestId {
        &self.request_id
    }

    pub(crate) const fn facts(&self) -> &RequestFacts {
        &self.facts
    }

    /// Counts and logs the answer, and adds the headers that every answer has.
    pub(crate) fn finish(self, mut response: Response) -> Response {
        let Self { metrics, request_id, facts, method, .. } = &self;
        let route = self.matched.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
        let latency = self.started.elapsed();
        metrics.count_request(method, route, response.status().as_u16(), latency);
        log(&Line { request_id, facts, method, route, latency }, &response);
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID_HEADER, request_id.header_value());
        // Answers are private to the caller and must not be cached.
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}

/// The content of a request's log line besides its answer.
struct Line<'a> {
    request_id: &'a RequestId,
    facts: &'a RequestFacts,
    method: &'static str,
    route: &'a str,
    latency: Duration,
}

fn log(line: &Line<'_>, response: &Response) {
    let caller = line.facts.sender();
    let status = response.status().as_u16();
    let code = response.extensions().get::<Problem>().map_or("-", |problem| problem.code.as_str());
    let tenant = caller.map_or("-", |caller| &caller.tenant);
    let key_id = caller.map_or("-", |caller| &caller.id);
    let latency_ms = line.latency.as_secs_f64() * 1_000.0;
    let (request_id, method, route) = (line.request_id.as_str(), line.method, line.route);
    // Probes and scrapes are frequent and uninformative.
    if line.route.starts_with("/health") || line.route == "/metrics" {
        tracing::debug!(request_id, tenant, key_id, method, route, status, code, latency_ms, "request");
    } else if response.status().is_server_error() {
        tracing::error!(request_id, tenant, key_id, method, route, status, code, latency_ms, "request failed");
    } else if response.status().is_client_error() {
        tracing::info!(request_id, tenant, key_id, method, route, status, code, latency_ms, "request");
    } else {
        tracing::info!(
            name: FOR_PROGRAMS, request_id, tenant, key_id, method, route, status, code, latency_ms, "request"
        );
    }
}

/// The method as a label. Unsupported methods share one label; otherwise a client could create any number of labels.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
