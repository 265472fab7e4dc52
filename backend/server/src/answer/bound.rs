//! Owns the layer that every answer passes: none is larger than the limit, and each has room in the memory for answers.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use hyper::body::Body as _;

use crate::{
    app::App,
    limits::count_bytes_until_sent,
    problem::{Code, Problem},
    request::RequestFacts,
};

/// Who holds the room of answers to nobody in particular.
const NOBODY: &str = "";

/// Makes what a request holds fit its answer, or refuses it.
pub(crate) async fn bound(State(app): State<App>, request: Request, next: Next) -> Response {
    let facts = request.extensions().get::<RequestFacts>().cloned().unwrap_or_default();
    let response = next.run(request).await;
    let holder = facts.caller().map_or(NOBODY, |caller| caller.tenant.as_str());
    let fitted = match response.body().size_hint().exact() {
        Some(bytes) => {
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            app.answer_memory()
                .fit(holder, bytes)
                .map(|()| count_bytes_until_sent(bytes, app.metrics().answers().bytes()))
        }
        // A stream has no length yet.
        None => app.answer_memory().fit_stream(holder),
    };
    let response = fitted.map_or_else(IntoResponse::into_response, |()| response);
    let problem = response.extensions().get::<Problem>();
    if problem.is_some_and(|problem| problem.code == Code::TooManyAnswers) {
        app.metrics().answers().count_refused();
    }
    response
}
