//! Answers that are read as they arrive, without a time limit for the whole. Opening is retried for as long as the user
//! wants; an open stream is abandoned when nothing arrives any more.

use std::time::Duration;

use ureq::{Body, http::Response};

use super::{Client, ClientError, Repeat, Request, answer_of, authorized, retry::Retry};

/// A tail sends something every 15 seconds unless the server is configured otherwise, and a piece of an export has half
/// a minute. A server that is silent for longer than this is gone, even if the connection is still open.
const SILENCE_MAX: Duration = Duration::from_mins(2);

/// The stream to open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening<'a> {
    pub(super) path: &'a str,
    pub(super) query: &'a [(&'a str, String)],
    pub(super) headers: &'a [(&'a str, String)],
}

impl Client {
    /// Sends the request until it is answered or refused, or until the patience ends.
    pub(super) fn open(&self, opening: Opening<'_>) -> Result<Response<Body>, ClientError> {
        let mut waiting = self.patience.begin();
        loop {
            match self.try_open(opening) {
                Ok(response) => return Ok(response),
                Err((error, retry)) if !waiting.wait(retry, &error) => return Err(error),
                Err(_) => {}
            }
        }
    }

    /// Sends the request once. On failure, decides whether another attempt is worthwhile.
    pub(super) fn try_open(&self, opening: Opening<'_>) -> Result<Response<Body>, (ClientError, Retry)> {
        match self.get_unhurried(opening) {
            Ok(response) if response.status().is_success() => {
                self.patience.reached();
                Ok(response)
            }
            Ok(mut response) => Err(match answer_of(&mut response) {
                Ok(text) => self.refusal(opening.path, Request::Get { query: opening.query }, &response, &text),
                Err(error) => (self.unreachable(&error), Retry::After(None)),
            }),
            Err(error) => {
                let retry = self.patience.after_connection_error(&error, Repeat::Harmless);
                Err((self.unreachable(&error), retry))
            }
        }
    }

    fn get_unhurried(&self, opening: Opening<'_>) -> Result<Response<Body>, ureq::Error> {
        let url = format!("{}/api/v1/{}", self.base, opening.path);
        let unhurried = self.agent.get(&url).config().timeout_global(None).timeout_per_read(Some(SILENCE_MAX)).build();
        let request = authorized(unhurried, self.authorization.as_deref());
        let request = opening.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        request.query_pairs(opening.query.iter().map(|(name, value)| (*name, value.as_str()))).call()
    }
}

/// The groups in whose texts the words of the query are not looked for, from the head of a stream.
pub(super) fn withheld_of(response: &Response<Body>) -> Vec<String> {
    let names = response.headers().get("auditlog-withheld").and_then(|value| value.to_str().ok());
    names.map_or_else(Vec::new, |names| names.split(", ").map(str::to_owned).collect())
}
