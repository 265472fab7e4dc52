//! Owns the bound of every answer: no answer exceeds the size limit, and each one holds memory reserved for
//! answers.

use axum::response::{IntoResponse, Response};
use hyper::body::Body as _;

use crate::{
    app::App,
    limits::count_bytes_until_sent,
    problem::{Code, Problem},
    request::RequestFacts,
};

/// The holder to which memory is attributed when the caller is unknown.
const NOBODY: &str = "";

/// Adjusts the memory that a request holds to the size of its answer, or refuses the answer.
pub(crate) fn bound(app: &App, facts: &RequestFacts, response: Response) -> Response {
    let holder = facts.caller().map_or(NOBODY, |caller| caller.tenant.as_str());
    let fitted = match response.body().size_hint().exact() {
        Some(bytes) => {
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            app.answer_memory()
                .fit(holder, bytes)
                .map(|()| count_bytes_until_sent(bytes, app.metrics().answers().bytes()))
        }
        // The length of a stream is not known yet.
        None => app.answer_memory().fit_stream(holder),
    };
    let response = fitted.map_or_else(IntoResponse::into_response, |()| response);
    let problem = response.extensions().get::<Problem>();
    if problem.is_some_and(|problem| problem.code == Code::TooManyAnswers) {
        app.metrics().answers().count_refused();
    }
    response
}
