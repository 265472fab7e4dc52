//! Owns the order of the layers around the routes.

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    answer, api,
    app::App,
    problem::{Code, Problem, panic_response, render},
    request::check_head,
    telemetry::ObservedRequest,
};

/// All routes with all layers; the layer that is added last is the first to see a request.
pub(crate) fn router(app: App) -> Router {
    let (routes, document) = api::routes().split_for_parts();
    routes
        .merge(api::documentation(&document))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        // Bodies are bounded where they are read, each by its own limit.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(app.clone(), bound_time))
        .layer(CatchPanicLayer::custom(panic_response))
        .layer(from_fn_with_state(app.clone(), frame))
        .with_state(app)
}

/// What surrounds every request, also one that no route takes. One layer: each costs a future of its own on the heap.
async fn frame(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let observed = ObservedRequest::begin(app.metrics(), app.services().entropy.as_ref(), &mut request);
    let response = match check_head(&request) {
        Ok(()) => {
            let response = next.run(request).await;
            answer::bound(app.answer_memory(), app.metrics(), observed.facts(), response)
        }
        Err(error) => error.into_response(),
    };
    let response = render(response, observed.request_id().as_str());
    observed.finish(response)
}

async fn no_route() -> Problem {
    Problem::new(Code::NotFound, "see /docs for the available paths")
}

async fn no_method() -> Problem {
    Problem::new(Code::MethodNotAllowed, "the Allow header lists the methods that this path supports")
}

/// Ends requests that exceed their timeout. Dropping the handler cancels its queries. An append that has begun
/// continues, so the client can safely retry an event with an id.
async fn bound_time(State(app): State<App>, request: Request, next: Next) -> Response {
    let settings = app.settings();
    let mut timeout = settings.request_timeout();
    if api::v1::WHOLE_STORE_PATHS.contains(&request.uri().path()) {
        // The time limit applies once to the wait for the turn and once to the work.
        timeout = timeout.max(settings.verify_timeout().saturating_mul(2));
    }
    match tokio::time::timeout(timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => {
            let detail = "it is unknown whether the request had an effect; retry it with the same event ids";
            let problem = Problem::new(Code::RequestNotFinished, detail).retry_after(std::time::Duration::from_secs(1));
            problem.into_response()
        }
    }
}
