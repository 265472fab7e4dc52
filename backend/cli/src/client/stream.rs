//! Answers that are read while they come, without a limit of time for the whole: opened for as long as the user wants to
//! try, and given up where nothing comes any more.

use std::time::Duration;

use ureq::{Body, http::Response};

use super::{Client, ClientError, Repeat, Request, answer_of, authorized, retry::Retry};

/// A tail says something every 15 seconds unless the server is told otherwise, and a piece of an export has half a minute.
/// A server that is silent for so long is gone, though nobody closed the connection.
const SILENCE_MAX: Duration = Duration::from_mins(2);

/// What is to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening<'a> {
    pub(super) path: &'a str,
    pub(super) query: &'a [(&'a str, String)],
    pub(super) headers: &'a [(&'a str, String)],
}

impl Client {
    /// Sends the request until it is answered, refused, or the patience is used up.
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

    /// Sends the request once. Where it fails, whether it is worth another try.
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
