//! Owns the bound of every answer: no answer exceeds the size limit, and each one holds memory reserved for
//! answers.

use axum::response::{IntoResponse, Response};
use hyper::body::Body as _;

use crate::{
    limits::{AnswerMemory, count_bytes_until_sent},
    problem::{Code, Problem},
    request::RequestFacts,
    telemetry::Metrics,
};

/// The holder to which memory is attributed when the caller is unknown.
const NOBODY: &str = "";

/// Adjusts the memory that a request holds to the size of its answer, or refuses the answer.
pub(crate) fn bound(memory: &AnswerMemory, metrics: &Metrics, facts: &RequestFacts, response: Response) -> Response {
    let holder = facts.sender().map_or(NOBODY, |caller| caller.tenant.as_str());
    // The text of a problem is made later.
    let of_problem = response.extensions().get::<Problem>().map_or(0, Problem::text_bytes_max);
    let fitted = match response.body().size_hint().exact() {
        Some(bytes) => {
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX).saturating_add(of_problem);
            memory.fit(holder, bytes).map(|()| count_bytes_until_sent(bytes, metrics.answers().bytes()))
        }
        // The length of a stream is not known yet.
        None => memory.fit_stream(holder),
    };
    let response = fitted.map_or_else(|refused| Problem::from(refused).into_response(), |()| response);
    let problem = response.extensions().get::<Problem>();
    if problem.is_some_and(|problem| problem.code == Code::TooManyAnswers) {
        metrics.answers().count_refused();
    }
    response
}
