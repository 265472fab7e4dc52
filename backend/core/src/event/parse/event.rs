//! Reads the event itself, as a producer sends it or as the store kept it.

use super::{
    members::{AdjustmentMember, EventMember, Member, OutcomeMember, SubmitterMember},
    parser::{Parsed, Parser, Seen},
};
use crate::{
    event::{
        Adjustment, AdjustmentCode, Adjustments, Category, Event, EventDraft, Outcome, OutcomeStatus, Severity,
        Submission, Submitter, SubmitterType,
        adjust::{AdjustmentCollector, fit_event},
        limits::{
            ADJUSTMENTS_COUNT_MAX, CHANGES_COUNT_MAX, MESSAGE_BYTES_MAX, NAME_BYTES_MAX, ON_BEHALF_OF_COUNT_MAX,
            TARGETS_COUNT_MAX, TEXT_BYTES_MAX,
        },
        violation::code,
    },
    id::{CredentialId, EventId, ExternalId, TenantId},
    json::Path,
    timestamp::Timestamp,
};

/// Where an event's text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// A producer, which cannot set the time of receipt, the credential and the adjustments.
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

/// An event of a producer whose values are within their limits; the event as a whole may be too large.
pub(super) struct SentEvent {
    draft: EventDraft,
    adjustments: AdjustmentCollector,
}

impl SentEvent {
    /// Removes what is too much of an event whose text as sent has this length.
    pub(super) fn fit(self, sent_bytes: usize) -> EventDraft {
        let Self { mut draft, mut adjustments } = self;
        fit_event(&mut draft, &mut adjustments, sent_bytes);
        EventDraft { adjustments: adjustments.finish(), ..draft }
    }
}

impl Parser<'_> {
    /// Reads an event as a producer sends it. `None` where it breaks rules.
    pub(super) fn client_event(&mut self) -> Parsed<Option<SentEvent>> {
        let read = self.event(Origin::Client)?;
        let adjustments = self.take_adjustments();
        Ok(read.filter(|_| !self.has_violations()).map(|read| SentEvent { draft: read.draft, adjustments }))
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
        let (mut id, mut external_id, mut tenant_id, mut occurred_at) = (None, None, None, None);
        let mut adjustments = Adjustments::default();
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
                EventMember::Adjustments | EventMember::ReceivedAt | EventMember::SubmittedBy
                    if origin == Origin::Client =>
                {
                    self.note(at, code::UNKNOWN_FIELD, "the server sets it");
                    self.skim(at)?;
                }
                EventMember::Adjustments => adjustments = self.stored_adjustments(at)?,
                EventMember::Category => category = self.word(at, Category::NAMES, Category::parse)?,
                EventMember::Changes => changes = self.list(at, CHANGES_COUNT_MAX, Self::change)?,
                EventMember::Context => context = self.context(at)?,
                EventMember::ExternalId => external_id = self.string(at)?.map(String::from),
                EventMember::Id => id = self.event_id(at)?,
                EventMember::Message => message = self.text(at, MESSAGE_BYTES_MAX)?,
                EventMember::Metadata => metadata = Some(self.metadata(at)?),
                EventMember::OccurredAt => occurred_at = self.timestamp(at)?,
                EventMember::OnBehalfOf => on_behalf_of = self.list(at, ON_BEHALF_OF_COUNT_MAX, Self::actor)?,
                EventMember::Outcome => outcome = self.outcome(at)?,
                EventMember::Producer => producer = self.producer(at)?,
                EventMember::Raw => raw = self.raw(at)?,
                EventMember::Reason => reason = self.reason(at)?,
                EventMember::ReceivedAt => received_at = self.timestamp(at)?,
                EventMember::Severity => severity = self.word(at, Severity::NAMES, Severity::parse)?,
                EventMember::Source => source = self.source(at)?,
                EventMember::SubmittedBy => submitted_by = self.submitter(at)?,
                EventMember::Targets => targets = self.list(at, TARGETS_COUNT_MAX, Self::target)?,
                EventMember::TenantId => tenant_id = self.string(at)?.map(String::from),
            }
        }
        self.require(at, &seen, &[EventMember::Action, EventMember::Actor, EventMember::Source]);
        let (Some(action), Some(actor), Some(mut source)) = (action, actor, source) else { return Ok(None) };
        if let (None, Some(external)) = (id, &external_id) {
            id = self.derived_id(&source.service, external, occurred_at, &seen);
        }
        let external_id = external_id.map(|text| self.cut(&at.member("external_id"), text, NAME_BYTES_MAX));
        source.service = self.cut(&at.member("source").member("service"), source.service, NAME_BYTES_MAX);
        let draft = EventDraft {
            id,
            external_id,
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
            adjustments,
        };
        Ok(Some(ReadEvent { draft, received_at, submitted_by }))
    }

    /// The id of an event that has only an id in the system of record. An event that was sent twice must have the same
    /// time, so the time of receipt cannot stand for it.
    fn derived_id(
        &mut self,
        service: &str,
        external_id: &str,
        occurred_at: Option<Timestamp>,
        seen: &Seen<EventMember>,
    ) -> Option<EventId> {
        let Some(occurred_at) = occurred_at else {
            if !seen.has(EventMember::OccurredAt) {
                let at = Path::Root.member("occurred_at");
                self.note(&at, code::MISSING_FIELD, "the field is required with external_id and without id");
            }
            return None;
        };
        Some(EventId::of_external(&ExternalId { service, id: external_id, occurred_at }))
    }

    pub(super) fn stored_adjustments(&mut self, at: &Path<'_>) -> Parsed<Adjustments> {
        self.list(at, ADJUSTMENTS_COUNT_MAX, Self::adjustment).map(Adjustments::from_stored)
    }

    fn adjustment(&mut self, at: &Path<'_>) -> Parsed<Option<Adjustment>> {
        let Some(mut seen) = self.open::<AdjustmentMember>(at)? else { return Ok(None) };
        let (mut pointer, mut code) = (None, None);
        let (mut original, mut size, mut sha256) = (None, None, None);
        while let Some(member) = self.next_member(at, &mut seen)? {
            let at = &at.member(member.name());
            match member {
                AdjustmentMember::Code => code = self.word(at, AdjustmentCode::NAMES, AdjustmentCode::parse)?,
                AdjustmentMember::Original => original = self.text(at, TEXT_BYTES_MAX)?,
                AdjustmentMember::Pointer => pointer = self.pointer(at)?,
                AdjustmentMember::Sha256 => sha256 = self.sha256(at)?,
                AdjustmentMember::Size => size = self.whole_number(at)?,
            }
        }
        self.require(at, &seen, &[AdjustmentMember::Pointer, AdjustmentMember::Code]);
        Ok(pointer.zip(code).map(|(pointer, code)| Adjustment { pointer, code, original, size, sha256 }))
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
