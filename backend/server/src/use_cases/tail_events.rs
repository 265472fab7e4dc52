//! Owns how a live tail begins: which fields its reader may see, and its position in the log.

use std::net::IpAddr;

use auditlog_core::{event::Group, id::TenantId, policy::Caller};

use crate::{
    standing::Standing,
    tail::{Mark, Selection, Subscription, Tail},
    use_cases::{ReadError, ReadServices, withheld::ReaderFilter},
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
    pub(crate) request_id: String,
}

/// The event after which a tail resumes, and the source of that information.
#[derive(Debug, Clone, Copy)]
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

/// A tail that has begun.
pub(crate) struct TailAnswer {
    pub(crate) tail: Tail,
    /// The groups in whose texts the words of the query are not looked for.
    pub(crate) withheld: Vec<Group>,
}

/// Begins a tail.
pub(crate) async fn tail_events(
    services: &ReadServices,
    reader: Caller<TenantId>,
    query: TailQuery,
) -> Result<TailAnswer, ReadError> {
    let visibility = reader.visibility;
    let ReaderFilter { filter, withheld } = ReaderFilter::parse(&query.filters, services.clock.now(), visibility)?;
    let slot = services.tail_slots.take_for(&reader)?;
    let head = services.events.head(reader.tenant_id().clone()).await?;
    let from = match query.resume {
        Some(resume) if resume.mark.next() > head => return Err(BeyondHead { resume, head }.into()),
        Some(resume) => resume.mark,
        None => Mark::before(head),
    };
    let selection = Selection::new(filter, visibility);
    let standing = Standing::of_caller(&services.checks, &reader.subject, query.peer);
    let request_id = query.request_id;
    let subscription = Subscription { reader, standing, request_id, selection, from, _slot: slot };
    Ok(TailAnswer { tail: services.tails.begin(subscription, head), withheld })
}

/// A mark beyond the end of the log. Events are never removed, so the reader saw another log, or this log before it was
/// restored from an older copy. Resuming would skip the events up to the mark.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("this log holds {head} events, and none with the sequence {}", .resume.mark)]
pub(crate) struct BeyondHead {
    /// The event after which the tail was to resume.
    pub(crate) resume: Resume,
    /// The number of events in the log.
    head: u64,
}
