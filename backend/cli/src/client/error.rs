//! Errors between client and server, and how they are explained to a person.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::failure::Failure;

/// Why a request failed.
#[derive(Debug)]
pub(crate) enum ClientError {
    /// No answer arrived.
    Unreachable {
        /// The server's address.
        url: String,
        /// The network's error.
        cause: String,
    },
    /// The connection was lost in the middle of an answer.
    Broken {
        /// The server's address.
        url: String,
        /// The network's error.
        cause: String,
    },
    /// The server refused the request.
    Refused {
        /// Method and URL.
        place: String,
        /// The HTTP status.
        status: u16,
        /// The problem document of the answer.
        problem: Box<Problem>,
    },
    /// The server's answer is not what this version expects.
    Garbled {
        /// What was expected.
        expected: &'static str,
        /// What is wrong with it.
        cause: String,
    },
}

/// The members of an RFC 9457 problem that are used here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) title: String,
    pub(crate) code: String,
    pub(crate) detail: String,
    pub(crate) request_id: String,
    pub(crate) errors: Vec<ErrorPlace>,
    /// The members that only some problems have.
    #[serde(flatten)]
    pub(crate) extension: Map<String, Value>,
}

/// One error in a request, and its place.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ErrorPlace {
    #[serde(rename = "in")]
    pub(crate) part: String,
    pub(crate) pointer: String,
    pub(crate) code: String,
    pub(crate) detail: String,
    pub(crate) position: Option<Span>,
}

/// Byte offsets into a query.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Problem {
    /// Parses a refusal. An answer that is not a problem document, such as a proxy's page, is represented by its first
    /// line.
    pub(super) fn read(status: u16, text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self {
            status,
            title: format!("status {status}"),
            detail: text.lines().next().unwrap_or_default().chars().take(200).collect(),
            ..Self::default()
        })
    }
}

impl ClientError {
    /// The stable code of a refusal; empty for everything else.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Refused { problem, .. } => &problem.code,
            Self::Unreachable { .. } | Self::Broken { .. } | Self::Garbled { .. } => "",
        }
    }

    /// The kind of refusal in a few words; for every other error its description.
    pub(crate) fn title(&self) -> String {
        match self {
            Self::Refused { problem, .. } => format!("{} ({})", problem.title, problem.code),
            Self::Unreachable { .. } | Self::Broken { .. } | Self::Garbled { .. } => self.to_string(),
        }
    }

    /// The places of a refusal.
    pub(crate) fn places(&self) -> &[ErrorPlace] {
        match self {
            Self::Refused { problem, .. } => &problem.errors,
            Self::Unreachable { .. } | Self::Broken { .. } | Self::Garbled { .. } => &[],
        }
    }
}

impl std::fmt::Display for ClientError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreachable { url, cause } => write!(formatter, "the server at {url} does not answer: {cause}"),
            Self::Broken { url, cause } => write!(formatter, "the connection to {url} was lost: {cause}"),
            Self::Refused { problem, .. } => {
                let text = if problem.detail.is_empty() { &problem.title } else { &problem.detail };
                let text = text.trim_end_matches('.');
                match problem.code.as_str() {
                    "" => formatter.write_str(text),
                    code => write!(formatter, "{text} ({code})"),
                }
            }
            Self::Garbled { expected, cause } => {
                write!(formatter, "the server's answer is not {expected} as this version knows it: {cause}")
            }
        }
    }
}

impl std::fmt::Display for ErrorPlace {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.pointer.as_str() {
            "" => write!(formatter, "{} ({})", self.detail, self.code),
            pointer => write!(formatter, "{pointer}: {} ({})", self.detail, self.code),
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let failure = Self::failed(error.to_string());
        match error {
            ClientError::Unreachable { .. } => failure
                .hint("start a server with `auditlog serve --data-dir DIR`, or name another by --url or AUDITLOG_URL"),
            ClientError::Broken { .. } => failure.hint("try again, or wait longer with --retry-for SECONDS"),
            ClientError::Garbled { .. } => {
                failure.hint("compare `auditlog --version` with the version at /health/ready of the server")
            }
            ClientError::Refused { place, status, problem } => {
                let failure = problem.errors.iter().fold(failure, |failure, place| failure.detail(place.to_string()));
                let failure = failure.detail(format!("{place} → {status}"));
                let failure = match problem.request_id.as_str() {
                    "" => failure,
                    id => failure.detail(format!("request id {id}")),
                };
                hint_for(status, &problem.code, failure)
            }
        }
    }
}

/// What to do about a refusal. The code says more than the status; the status decides where the answer has no code, as
/// from a proxy, and for codes that need nothing else.
fn hint_for(status: u16, code: &str, failure: Failure) -> Failure {
    match code {
        "permission_denied" | "field_not_permitted" => failure.hint(
            "use a key that may do this, by AUDITLOG_KEY or --key; `auditlog key create --help` explains permissions",
        ),
        "tenant_suspended" => {
            failure.hint("the operator can resume it with the system key: `auditlog tenant resume TENANT`")
        }
        "address_not_allowed" => {
            failure.hint("use the key from one of its networks, or a key for this one: `auditlog key create --help`")
        }
        _ => hint_for_status(status, failure),
    }
}

fn hint_for_status(status: u16, failure: Failure) -> Failure {
    match status {
        401 => failure.hint("give a valid API key by AUDITLOG_KEY or --key").hint(
            "a lost key is replaced on the stopped server: `auditlog key create --data-dir DIR --tenant default`",
        ),
        413 => failure.hint("send smaller events, or fewer at a time"),
        429 | 503 => {
            failure.hint("the server is busy or restarting: try again, or wait longer with --retry-for SECONDS")
        }
        507 => failure.hint("free disk space on the server; it then accepts events again by itself"),
        _ => failure,
    }
}

/// A refusal with this problem document.
#[cfg(test)]
pub(crate) fn refusal_of(problem: &str) -> ClientError {
    let problem = Box::new(Problem::read(400, problem));
    ClientError::Refused { place: "GET http://x/api/v1/events".to_owned(), status: 400, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_where_and_what_to_do() {
        let text = r#"{"title":"Unauthorized","status":401,"code":"invalid_api_key","detail":"The key is unknown.",
            "request_id":"r-1","errors":[{"in":"header","pointer":"Authorization","code":"unknown","detail":"no such key"}]}"#;
        let problem = Box::new(Problem::read(401, text));
        let failure =
            Failure::from(ClientError::Refused { place: "GET http://x/api/v1/events".into(), status: 401, problem });
        assert_eq!(failure.message, "The key is unknown (invalid_api_key)");
        assert_eq!(
            failure.details,
            ["Authorization: no such key (unknown)", "GET http://x/api/v1/events → 401", "request id r-1"]
        );
        assert!(failure.hints[0].contains("AUDITLOG_KEY"));
    }

    #[test]
    fn a_hint_follows_the_code_where_there_is_one() {
        let hints = |status: u16, code: &str| {
            let problem = Box::new(Problem { code: code.to_owned(), ..Problem::default() });
            Failure::from(ClientError::Refused { place: String::new(), status, problem }).hints.join("\n")
        };
        assert!(hints(403, "tenant_suspended").contains("tenant resume"));
        assert!(hints(403, "address_not_allowed").contains("networks"));
        assert!(hints(403, "permission_denied").contains("use a key"));
        assert_eq!(hints(403, "stronger_key"), "", "its message says all");
        assert!(hints(503, "").contains("--retry-for"), "a proxy's answer");
    }

    #[test]
    fn a_page_that_is_no_problem_document_is_shown_by_its_first_line() {
        let problem = Problem::read(502, "<html>bad gateway</html>\nmore");
        assert_eq!((problem.title.as_str(), problem.detail.as_str()), ("status 502", "<html>bad gateway</html>"));
    }
}
