//! Writes events as RFC 8785 JSON: whole, one group of it for the leaf, or the groups that somebody may see.
//!
//! Every member is named once, in canonical order, next to the group it belongs to; the forms differ only in which
//! groups they select. Nothing here looks at a clock or a setting: the text is a function of the event.

mod parts;

use parts::{
    write_actor, write_attributes, write_change, write_context, write_producer, write_raw, write_reason, write_source,
    write_target,
};

use crate::{
    event::{
        Actor, Attributes, Category, Change, Context, Event, EventDraft, Outcome, Producer, Raw, Reason, Severity,
        Source, Target,
    },
    id::EventId,
    json::ObjectWriter,
    query::Group,
    timestamp::Timestamp,
};

/// Appends the canonical text of an event: RFC 8785 of all its members.
pub fn write_event(event: &Event, out: &mut String) {
    let mut object = ObjectWriter::begin(out);
    Members::of_event(event).write(Groups::ALL, &mut object);
    object.end();
}

/// Appends RFC 8785 of the event's members restricted to `group`, or `null` where it has none of them.
pub fn write_group(event: &Event, group: Group, out: &mut String) {
    let mut object = ObjectWriter::begin(out);
    Members::of_event(event).write(Groups::only(group), &mut object);
    object.end_or_null();
}

/// Appends a draft as the JSON that a producer sends, which parses back into an equal draft.
pub fn write_draft(draft: &EventDraft, out: &mut String) {
    let mut object = ObjectWriter::begin(out);
    Members::of_draft(draft).write(Groups::ALL, &mut object);
    object.end();
}

/// A set of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Groups(u8);

impl Groups {
    pub(super) const ALL: Self = Self(u8::MAX);

    pub(super) const fn only(group: Group) -> Self {
        Self(1 << group as u8)
    }

    pub(super) const fn without(self, group: Group) -> Self {
        Self(self.0 & !(1 << group as u8))
    }

    pub(super) const fn contain(self, group: Group) -> bool {
        self.0 & (1 << group as u8) != 0
    }
}

/// What is there to be written, of a complete event or of a draft.
pub(super) struct Members<'e> {
    id: Option<EventId>,
    tenant_id: Option<&'e str>,
    occurred_at: Option<Timestamp>,
    received_at: Option<Timestamp>,
    action: &'e str,
    category: Category,
    outcome: &'e Outcome,
    severity: Severity,
    actor: &'e Actor,
    on_behalf_of: &'e [Actor],
    targets: &'e [Target],
    changes: &'e [Change],
    source: &'e Source,
    context: &'e Context,
    reason: Option<&'e Reason>,
    message: Option<&'e str>,
    metadata: &'e Attributes,
    producer: Option<&'e Producer>,
    raw: Option<&'e Raw>,
}

impl<'e> Members<'e> {
    pub(super) fn of_event(event: &'e Event) -> Self {
        Self {
            id: Some(event.id),
            tenant_id: Some(event.tenant_id.as_str()),
            occurred_at: Some(event.occurred_at),
            received_at: Some(event.received_at),
            action: &event.action,
            category: event.category,
            outcome: &event.outcome,
            severity: event.severity,
            actor: &event.actor,
            on_behalf_of: &event.on_behalf_of,
            targets: &event.targets,
            changes: &event.changes,
            source: &event.source,
            context: &event.context,
            reason: event.reason.as_ref(),
            message: event.message.as_deref(),
            metadata: &event.metadata,
            producer: event.producer.as_ref(),
            raw: event.raw.as_ref(),
        }
    }

    fn of_draft(draft: &'e EventDraft) -> Self {
        Self {
            id: draft.id,
            tenant_id: draft.tenant_id.as_deref(),
            occurred_at: draft.occurred_at,
            received_at: None,
            action: &draft.action,
            category: draft.category,
            outcome: &draft.outcome,
            severity: draft.severity,
            actor: &draft.actor,
            on_behalf_of: &draft.on_behalf_of,
            targets: &draft.targets,
            changes: &draft.changes,
            source: &draft.source,
            context: &draft.context,
            reason: draft.reason.as_ref(),
            message: draft.message.as_deref(),
            metadata: &draft.metadata,
            producer: draft.producer.as_ref(),
            raw: draft.raw.as_ref(),
        }
    }

    /// Writes the members that belong to `groups`, in canonical order. One function, so that the order can be seen.
    pub(super) fn write(&self, groups: Groups, object: &mut ObjectWriter<'_>) {
        let (core, content) = (groups.contain(Group::Core), groups.contain(Group::Content));
        let actor = groups.contain(Group::Actor);
        if core {
            object.string("action", self.action);
        }
        if actor {
            write_actor(self.actor, object.member("actor"));
        }
        if core {
            object.string("category", self.category.as_str());
        }
        if groups.contain(Group::Changes) {
            object.optional_list("changes", self.changes, write_change);
        }
        if groups.contain(Group::Context) {
            object.optional_object("context", |object| write_context(self.context, object));
        }
        if core && let Some(id) = self.id {
            object.display("id", &id);
        }
        if content {
            object.optional_string("message", self.message);
            write_attributes("metadata", self.metadata, object);
        }
        if core && let Some(time) = self.occurred_at {
            object.display("occurred_at", &time);
        }
        if actor {
            object.optional_list("on_behalf_of", self.on_behalf_of, write_actor);
        }
        object.optional_object("outcome", |object| self.write_outcome(groups, object));
        if core && let Some(producer) = self.producer {
            write_producer(producer, object.member("producer"));
        }
        if content && let Some(raw) = self.raw {
            write_raw(raw, object.member("raw"));
        }
        if content && let Some(reason) = self.reason {
            write_reason(reason, object.member("reason"));
        }
        if core {
            if let Some(time) = self.received_at {
                object.display("received_at", &time);
            }
            object.string("severity", self.severity.as_str());
            write_source(self.source, object.member("source"));
        }
        if groups.contain(Group::Targets) {
            object.optional_list("targets", self.targets, write_target);
        }
        if core {
            object.optional_string("tenant_id", self.tenant_id);
        }
    }

    /// The outcome lies in two groups: what was said about it is content, the rest is core.
    fn write_outcome(&self, groups: Groups, object: &mut ObjectWriter<'_>) {
        if groups.contain(Group::Core) {
            object.optional_string("code", self.outcome.code.as_deref());
        }
        if groups.contain(Group::Content) {
            object.optional_string("reason", self.outcome.reason.as_deref());
        }
        if groups.contain(Group::Core) {
            object.string("status", self.outcome.status.as_str());
        }
    }
}
