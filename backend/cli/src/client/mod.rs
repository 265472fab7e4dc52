//! The client side of the HTTP API. Owns requests, retries and the explanation of refusals. It knows no commands. The
//! only text that it writes to the terminal is the notice of a retry.

mod aggregations;
mod control;
mod delivery;
mod download;
mod error;
mod event_line;
mod events;
mod exports;
mod retry;
mod saved_searches;
mod statistics;
mod stream;
mod tail;

use std::time::Duration;

use auditlog_core::policy::ApiKeyToken;
use ureq::{
    Agent, Body,
    http::{HeaderMap, Response},
};

pub(crate) use aggregations::{AggregateRecord, BucketRecord, DistinctRecord, FacetsRecord, GroupsRecord};
pub(crate) use control::{ApiKeyRecord, NewApiKey, NewTenant, TenantRecord};
pub(crate) use delivery::{Batch, deliver};
pub(crate) use download::Arrival;
use error::Problem;
#[cfg(test)]
pub(crate) use error::refusal_of;
pub(crate) use error::{ClientError, ErrorPlace};
pub(crate) use event_line::{EventHead, as_line, is_blank};
pub(crate) use events::{BatchReply, EventPage, IngestRules, Item, ItemStatus, Receipt, Strictness, SuggestedQuery};
pub(crate) use exports::{ExportRecord, FileFacts, NewExport};
use retry::{Patience, Retry};
#[cfg(test)]
pub(crate) use saved_searches::SavedSearchOwner;
pub(crate) use saved_searches::{NewSavedSearch, SavedSearchRecord};
pub(crate) use statistics::{LogStatistics, TimeSpan};
pub(crate) use tail::{TailItem, TailStream};

use crate::{arguments::ServerArguments, failure::Failure, output::Console};

/// The maximum length of an answer. A page of a thousand events of maximum size is below it.
const ANSWER_BYTES_MAX: u64 = 128 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

/// Speaks to one server with one key. Cheap to clone; clones share connections.
#[derive(Clone)]
pub(crate) struct Client {
    agent: Agent,
    base: String,
    authorization: Option<String>,
    patience: Patience,
    rules: IngestRules,
}

/// The kind of request.
#[derive(Debug, Clone, Copy)]
enum Request<'a> {
    Get {
        query: &'a [(&'a str, String)],
    },
    Post {
        content_type: &'static str,
        body: &'a [u8],
    },
    /// A POST without content for work of any duration; the server bounds it.
    Run,
    Patch {
        body: &'a [u8],
    },
    Delete,
}

impl Request<'_> {
    const fn method(&self) -> &'static str {
        match self {
            Self::Get { .. } => "GET",
            Self::Post { .. } | Self::Run => "POST",
            Self::Patch { .. } => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Whether a request may be sent again when it is unknown whether it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// Yes: every event in it carries its id or an external id, or the request only reads.
    Harmless,
    /// No.
    Harmful,
}

impl Client {
    /// A client for the server that the command line names.
    pub(crate) fn new(arguments: &ServerArguments, console: &Console) -> Result<Self, Failure> {
        let base = arguments.url.trim_end_matches('/').to_owned();
        if !base.starts_with("http://") && !base.starts_with("https://") {
            return Err(Failure::usage(format!(
                "the server's address {base:?} does not begin with http:// or https://"
            ))
            .hint("give it as in --url http://127.0.0.1:8080"));
        }
        let key = arguments.key.as_deref().map(str::trim).filter(|key| !key.is_empty());
        if let Some(key) = key {
            // Checked here, so that a mistyped key is not taken for one that the server does not know.
            ApiKeyToken::parse(key).map_err(|error| Failure::usage(error.to_string()))?;
        }
        let authorization = key.map(|key| format!("Bearer {key}"));
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(REQUEST_TIMEOUT))
            .user_agent(concat!("auditlog-cli/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        let patience = Patience::new(Duration::from_secs(arguments.retry_for), console.clone());
        Ok(Self { agent, base, authorization, patience, rules: IngestRules::default() })
    }

    /// The same client with another key.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self { authorization: Some(format!("Bearer {key}")), ..self.clone() }
    }

    /// The same client, whose events are to be stored by these rules.
    pub(crate) fn with_rules(self, rules: IngestRules) -> Self {
        Self { rules, ..self }
    }

    /// The server's base URL, for messages.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The id of the key in use; empty without a key.
    pub(crate) fn key_id(&self) -> &str {
        let key = self.authorization.as_deref().unwrap_or_default().trim_start_matches("Bearer ");
        key.rsplit('_').nth(2).unwrap_or_default()
    }

    /// Sends a request until it is answered or refused, or until the patience ends. Returns the answer's text.
    fn call(&self, path: &str, request: Request<'_>, repeat: Repeat) -> Result<String, ClientError> {
        let mut waiting = self.patience.begin();
        loop {
            let (error, retry) = match self.exchange(path, request) {
                Ok(mut response) => match answer_of(&mut response) {
                    Ok(text) if response.status().is_success() => {
                        self.patience.reached();
                        return Ok(text);
                    }
                    Ok(text) => self.refusal(path, request, &response, &text),
                    Err(error) => (self.unreachable(&error), Retry::if_harmless(repeat)),
                },
                Err(error) => {
                    let retry = self.patience.after_connection_error(&error, repeat);
                    (self.unreachable(&error), retry)
                }
            };
            if !waiting.wait(retry, &error) {
                return Err(error);
            }
        }
    }

    fn exchange(&self, path: &str, request: Request<'_>) -> Result<Response<Body>, ureq::Error> {
        let url = format!("{}/api/v1/{path}", self.base);
        let authorization = self.authorization.as_deref();
        match request {
            Request::Get { query } => {
                let pairs = query.iter().map(|(name, value)| (*name, value.as_str()));
                authorized(self.agent.get(&url), authorization).query_pairs(pairs).call()
            }
            Request::Delete => authorized(self.agent.delete(&url), authorization).call(),
            Request::Post { content_type, body } => {
                authorized(self.agent.post(&url), authorization).content_type(content_type).send(body)
            }
            Request::Run => {
                let unhurried = self.agent.post(&url).config().timeout_global(None).build();
                authorized(unhurried, authorization).send_empty()
            }
            Request::Patch { body } => authorized(self.agent.patch(&url), authorization).content_type(JSON).send(body),
        }
    }

    fn refusal(&self, path: &str, request: Request<'_>, response: &Response<Body>, text: &str) -> (ClientError, Retry) {
        let status = response.status().as_u16();
        let error = ClientError::Refused {
            place: format!("{} {}/api/v1/{path}", request.method(), self.base),
            status,
            problem: Box::new(Problem::read(status, text)),
        };
        let retry = match status {
            429 | 503 => Retry::After(retry_after(response.headers())),
            _ => Retry::Never,
        };
        (error, retry)
    }

    fn unreachable(&self, error: &ureq::Error) -> ClientError {
        ClientError::Unreachable { url: self.base.clone(), cause: error.to_string() }
    }
}

const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

fn authorized<B>(request: ureq::RequestBuilder<B>, authorization: Option<&str>) -> ureq::RequestBuilder<B> {
    match authorization {
        Some(value) => request.header("authorization", value),
        None => request,
    }
}

fn answer_of(response: &mut Response<Body>) -> Result<String, ureq::Error> {
    response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string()
}

/// `Retry-After` in its form of seconds, the only one this server uses.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
