//! Owns how a live tail begins: what its reader may see, and where in the log it stands.

use std::net::IpAddr;

use auditlog_core::{event::Visibility, query::parse_parameters};

use crate::{
    app::App,
    auth::{Standing, TenantGrant},
    problem::{Code, Problem, ProblemError},
    request::RequestId,
    tail::{Mark, Selection, Subscription, Tail},
    use_cases::list_events::{check_fields, refused_parameters, visibility_of},
};

/// What is asked for.
#[derive(Debug)]
pub(crate) struct TailQuery {
    /// The parameters that make the filter.
    pub(crate) filters: Vec<(String, String)>,
    /// Behind which event it begins; `None` where only later events are wanted.
    pub(crate) resume: Option<Resume>,
    /// Where the reader is.
    pub(crate) peer: Option<IpAddr>,
    /// The request that it came with.
    pub(crate) request_id: RequestId,
}

/// Behind which event a tail goes on, and what said so.
#[derive(Debug)]
pub(crate) struct Resume {
    pub(crate) mark: Mark,
    pub(crate) given_by: GivenBy,
}

/// Where a mark stands in a request.
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
    if visibility == Visibility::WithoutPersonal {
        check_fields(&filter)?;
    }
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

/// Events are never taken back, so whoever has seen more than there is looks at another log, or at a copy of it from
/// before. Going on would leave out what comes up to there.
fn beyond(resume: &Resume, head: u64) -> Problem {
    let detail = format!("this log holds {head} events, and none with the sequence {}", resume.mark);
    let code = Code::InvalidParameter;
    Problem::new(code, detail.clone()).with_error(resume.given_by.error(detail))
}

impl GivenBy {
    /// What is wrong with a mark, where it stands.
    pub(crate) fn error(self, detail: impl Into<String>) -> ProblemError {
        match self {
            Self::Header => ProblemError::header("Last-Event-ID", "invalid_value", detail),
            Self::Parameter => ProblemError::query("after", "invalid_value", detail),
        }
    }
}
