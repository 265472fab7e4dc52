//! Owns how a live tail begins: which fields its reader may see, and its position in the log.

use std::net::IpAddr;

use auditlog_core::query::parse_parameters;

use crate::{
    app::App,
    auth::{Standing, TenantGrant},
    problem::{Code, Problem, ProblemError},
    request::RequestId,
    tail::{Mark, Selection, Subscription, Tail},
    use_cases::list_events::{check_visible, refused_parameters, visibility_of},
};

/// A tail request.
#[derive(Debug)]
pub(crate) struct TailQuery {
    /// The parameters that make the filter.
    pub(crate) filters: Vec<(String, String)>,
    /// The event after which the tail begins; `None` sends only later events.
    pub(crate) resume: Option<Resume>,
    /// The address of the client.
    pub(crate) peer: Option<IpAddr>,
    /// The id of the request.
    pub(crate) request_id: RequestId,
}

/// The event after which a tail resumes, and the source of that information.
#[derive(Debug)]
pub(crate) struct Resume {
    pub(crate) mark: Mark,
    pub(crate) given_by: GivenBy,
}

/// Where a request carries a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GivenBy {
    /// The header `Last-Event-ID`.
    Header,
    /// The parameter `after`.
    Parameter,
}

/// Begins a tail.
pub(crate) async fn tail_events(app: &App, reader: TenantGrant, query: TailQuery) -> Result<Tail, Problem> {
    let visibility = visibility_of(&reader);
    let filter = parse_parameters(&query.filters, app.services().clock.now()).map_err(refused_parameters)?;
    check_visible(&filter, visibility)?;
    let slot = app.tail_slots().take_for(&reader)?;
    let head = app.services().events.head(reader.tenant_id.clone()).await?;
    let from = match query.resume {
        Some(resume) if resume.mark.next() > head => return Err(beyond(&resume, head)),
        Some(resume) => resume.mark,
        None => Mark::before(head),
    };
    let selection = Selection::new(filter, visibility);
    let standing = Standing::of_reader(app, &reader, query.peer)?;
    let request_id = query.request_id;
    Ok(Tail::begin(app.clone(), Subscription { reader, standing, request_id, selection, from, _slot: slot }, head))
}

/// The problem for a mark beyond the end of the log. Events are never removed, so the reader saw another log, or this
/// log before it was restored from an older copy. Resuming would skip the events up to the mark.
fn beyond(resume: &Resume, head: u64) -> Problem {
    let detail = format!("this log holds {head} events, and none with the sequence {}", resume.mark);
    let code = Code::InvalidParameter;
    Problem::new(code, detail.clone()).with_error(resume.given_by.error(detail))
}

impl GivenBy {
    /// The error for an invalid mark, at its place in the request.
    pub(crate) fn error(self, detail: impl Into<String>) -> ProblemError {
        match self {
            Self::Header => ProblemError::header("Last-Event-ID", "invalid_value", detail),
            Self::Parameter => ProblemError::query("after", "invalid_value", detail),
        }
    }
}
