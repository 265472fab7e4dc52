//! Reads the event itself, as a producer sends it or as the store kept it.

use super::{
    members::{EventMember, Member, OutcomeMember, SubmitterMember},
    parser::{Parsed, Parser},
};
use crate::{
    event::{
        Category, Event, EventDraft, Outcome, OutcomeStatus, Severity, Submission, Submitter, SubmitterType,
        limits::{
            CHANGES_COUNT_MAX, MESSAGE_BYTES_MAX, METADATA_COUNT_MAX, ON_BEHALF_OF_COUNT_MAX, SHORT_NAME_BYTES_MAX,
            TARGETS_COUNT_MAX, TEXT_BYTES_MAX,
        },
        violation::code,
    },
    id::{CredentialId, TenantId},
    json::Path,
    timestamp::Timestamp,
};

/// Where an event's text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// A producer, which cannot set the time of receipt and the credential.
    Client,
    /// The store.
    Stored,
}

/// An event as read, with the members that only stored events have.
struct ReadEvent {
    draft: EventDraft,
    received_at: Option<Timestamp>,
    submitted_by: Option<Submitter>,
}

impl Parser<'_> {
    /// Reads an event as a producer sends it. `None` where it breaks rules.
    pub(super) fn client_event(&mut self) -> Parsed<Option<EventDraft>> {
        let read = self.event(Origin::Client)?;
        Ok(read.filter(|_| !self.has_violations()).map(|read| read.draft))
    }

    /// Reads an event as the store kept it, including all members that a producer may leave out.
    pub(super) fn stored_event(&mut self) -> Parsed<Option<Event>> {
        let Some(ReadEvent { draft, received_at, submitted_by }) = self.event(Origin::Stored)? else {
            return Ok(None);
        };
        let tenant_id = draft.tenant_id.as_deref().and_then(TenantId::parse);
        let (Some(id), Some(tenant_id), Some(_), Some(received_at), Some(submitted_by)) =
            (draft.id, tenant_id, draft.occurred_at, received_at, submitted_by)
        else {
            let detail = "id, tenant_id, occurred_at, received_at and submitted_by are always stored";
            self.note(&Path::Root, code::MISSING_FIELD, detail);
            return Ok(None);
        };
        if self.has_violations() {
            return Ok(None);
        }
        Ok(Some(draft.into_event(Submission { tenant_id, submitted_by, received_at }, id)))
    }

    fn event(&mut self, origin: Origin) -> Parsed<Option<ReadEvent>> {
        let at = &Path::Root;
        let Some(mut seen) = self.open::<EventMember>(at)? else { return Ok(None) };
        let (mut action, mut actor, mut source) = (None, None, None);
        let (mut id, mut tenant_id, mut occurred_at) = (None, None, None);
        let (mut received_at, mut submitted_by) = (None, None);
        let (mut category, mut severity, mut outcome) = (None, None, None);
        let (mut on_behalf_of, mut targets, mut changes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut context, mut reason, mut message) = (None, None, None);
        let (mut metadata, mut producer, mut raw) = (None, None, None);
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                EventMember::Action => action = self.action(at)?,
                EventMember::Actor => actor = self.actor(at)?,
                EventMember::Category => category = self.word(at, Category::NAMES, Category::parse)?,
                EventMember::Changes => changes = self.list(at, CHANGES_COUNT_MAX, Self::change)?,
                EventMember::Context => context = self.context(at)?,
                EventMember::Id => id = self.event_id(at)?,
                EventMember::Message => message = self.text(at, MESSAGE_BYTES_MAX)?,
                EventMember::Metadata => metadata = Some(self.attributes(at, METADATA_COUNT_MAX)?),
                EventMember::OccurredAt => occurred_at = self.timestamp(at)?,
                EventMember::OnBehalfOf => on_behalf_of = self.list(at, ON_BEHALF_OF_COUNT_MAX, Self::actor)?,
                EventMember::Outcome => outcome = self.outcome(at)?,
                EventMember::Producer => producer = self.producer(at)?,
                EventMember::Raw => raw = self.raw(at)?,
                EventMember::Reason => reason = self.reason(at)?,
                EventMember::ReceivedAt | EventMember::SubmittedBy if origin == Origin::Client => {
                    self.note(at, code::UNKNOWN_FIELD, "the server sets it");
                    self.skim(at)?;
                }
                EventMember::ReceivedAt => received_at = self.timestamp(at)?,
                EventMember::Severity => severity = self.word(at, Severity::NAMES, Severity::parse)?,
                EventMember::Source => source = self.source(at)?,
                EventMember::SubmittedBy => submitted_by = self.submitter(at)?,
                EventMember::Targets => targets = self.list(at, TARGETS_COUNT_MAX, Self::target)?,
                EventMember::TenantId => tenant_id = self.text(at, SHORT_NAME_BYTES_MAX)?,
            }
        }
        self.require(at, &seen, &[EventMember::Action, EventMember::Actor, EventMember::Source]);
        let (Some(action), Some(actor), Some(source)) = (action, actor, source) else { return Ok(None) };
        let draft = EventDraft {
            id,
            tenant_id,
            occurred_at,
            category: category.unwrap_or_else(|| Category::of_action(&action)),
            action,
            outcome: outcome.unwrap_or_default(),
            severity: severity.unwrap_or(Severity::Info),
            actor,
            on_behalf_of,
            targets,
            changes,
            source,
            context: context.unwrap_or_default(),
            reason,
            message,
            metadata: metadata.unwrap_or_default(),
            producer,
            raw,
        };
        Ok(Some(ReadEvent { draft, received_at, submitted_by }))
    }

    fn submitter(&mut self, at: &Path<'_>) -> Parsed<Option<Submitter>> {
        let Some(mut seen) = self.open::<SubmitterMember>(at)? else { return Ok(None) };
        let (mut kind, mut id) = (None, None);
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                SubmitterMember::Id => id = self.credential_id(at)?,
                SubmitterMember::Type => kind = self.word(at, SubmitterType::NAMES, SubmitterType::parse)?,
            }
        }
        self.require(at, &seen, &[SubmitterMember::Type]);
        let submitter = kind.and_then(|kind| Submitter::from_parts(kind, id));
        if submitter.is_none() {
            self.note(at, code::INVALID_VALUE, "every type but server has an id, and server has none");
        }
        Ok(submitter)
    }

    fn credential_id(&mut self, at: &Path<'_>) -> Parsed<Option<CredentialId>> {
        let Some(text) = self.string(at)? else { return Ok(None) };
        let id = CredentialId::parse(&text);
        if id.is_none() {
            self.note(at, code::INVALID_VALUE, "it must be 1 to 64 of a to z, 0 to 9 and '-'");
        }
        Ok(id)
    }

    fn outcome(&mut self, at: &Path<'_>) -> Parsed<Option<Outcome>> {
        let Some(mut seen) = self.open::<OutcomeMember>(at)? else { return Ok(None) };
        let mut outcome = Outcome::default();
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                OutcomeMember::Code => outcome.code = self.text(at, TEXT_BYTES_MAX)?,
                OutcomeMember::Reason => outcome.reason = self.text(at, TEXT_BYTES_MAX)?,
                OutcomeMember::Status => {
                    let status = self.word(at, OutcomeStatus::NAMES, OutcomeStatus::parse)?;
                    outcome.status = status.unwrap_or(outcome.status);
                }
            }
        }
        Ok(Some(outcome))
    }
}
