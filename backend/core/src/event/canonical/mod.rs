//! Writes events as RFC 8785 JSON: all members, those of one group for the leaf, or those of the groups a reader may
//! see.
//!
//! Every member is listed once, in canonical order, next to its group; the forms differ only in the groups they select.
//! No clock and no setting is read here: the text is a function of the event.

mod groups;
mod parts;

pub use groups::GroupTexts;
pub(super) use groups::Groups;

use groups::{Selected, SharedOut, Sink};
use parts::{
    write_actor, write_attributes, write_change, write_context, write_producer, write_raw, write_reason,
    write_submitter, write_target,
};

use crate::{
    event::{
        Actor, Adjustment, Adjustments, Category, Change, Context, Event, EventDraft, Group, JsonObject, Outcome,
        Producer, Raw, Reason, Severity, Source, Submitter, Target,
    },
    id::EventId,
    json::{ObjectWriter, write_list, write_string},
    timestamp::Timestamp,
};

/// Appends the canonical text of an event: RFC 8785 of all its members.
pub fn write_event(event: &Event, out: &mut String) {
    write_selected(&Members::of_event(event), Groups::ALL, ObjectWriter::begin(out)).end();
}

/// Appends RFC 8785 of the event's members restricted to `group`, or `null` where it has none of them.
pub fn write_group(event: &Event, group: Group, out: &mut String) {
    write_selected(&Members::of_event(event), Groups::only(group), ObjectWriter::begin(out)).end_or_null();
}

/// Appends the canonical text of an event and returns the texts of its groups, in one pass.
pub fn write_event_and_groups(event: &Event, out: &mut String, groups: &mut GroupTexts) {
    groups.clear();
    let mut sink = SharedOut { object: ObjectWriter::begin(out), groups };
    Members::of_event(event).visit(&mut sink);
    sink.object.end();
    groups.close();
}

/// Appends a draft as the JSON that a producer sends. It parses back into an equal draft beside the adjustments, which
/// producers do not send.
pub fn write_draft(draft: &EventDraft, out: &mut String) {
    write_selected(&Members::of_draft(draft), Groups::ALL, ObjectWriter::begin(out)).end();
}

/// Appends a list of actors as RFC 8785 text.
pub fn write_actors(actors: &[Actor], out: &mut String) {
    write_list(actors, out, write_actor);
}

/// Appends a list of targets as RFC 8785 text.
pub fn write_targets(targets: &[Target], out: &mut String) {
    write_list(targets, out, write_target);
}

/// Appends a list of changes as RFC 8785 text.
pub fn write_changes(changes: &[Change], out: &mut String) {
    write_list(changes, out, write_change);
}

/// Appends a list of adjustments as RFC 8785 text.
pub fn write_adjustments(adjustments: &Adjustments, out: &mut String) {
    write_list(adjustments.as_slice(), out, Adjustment::write);
}

/// Appends a list of strings as RFC 8785 text.
pub fn write_strings(strings: &[String], out: &mut String) {
    write_list(strings, out, |string, out| write_string(string, out));
}

/// Writes those members of an event that belong to `groups` into an open object.
pub(super) fn write_visible<'o>(event: &Event, groups: Groups, object: ObjectWriter<'o>) -> ObjectWriter<'o> {
    write_selected(&Members::of_event(event), groups, object)
}

fn write_selected<'o>(members: &Members<'_>, groups: Groups, object: ObjectWriter<'o>) -> ObjectWriter<'o> {
    let mut sink = Selected { object, groups };
    members.visit(&mut sink);
    sink.object
}

/// The members to write, of a complete event or of a draft.
struct Members<'e> {
    id: Option<EventId>,
    external_id: Option<&'e str>,
    tenant_id: Option<&'e str>,
    occurred_at: Option<Timestamp>,
    received_at: Option<Timestamp>,
    submitted_by: Option<&'e Submitter>,
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
    metadata: &'e JsonObject,
    producer: Option<&'e Producer>,
    raw: Option<&'e Raw>,
    adjustments: Option<&'e Adjustments>,
}

impl<'e> Members<'e> {
    fn of_event(event: &'e Event) -> Self {
        Self {
            id: Some(event.id),
            external_id: event.external_id.as_deref(),
            tenant_id: Some(event.tenant_id.as_str()),
            occurred_at: Some(event.occurred_at),
            received_at: Some(event.received_at),
            submitted_by: Some(&event.submitted_by),
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
            adjustments: Some(&event.adjustments),
        }
    }

    fn of_draft(draft: &'e EventDraft) -> Self {
        Self {
            id: draft.id,
            external_id: draft.external_id.as_deref(),
            tenant_id: draft.tenant_id.as_deref(),
            occurred_at: draft.occurred_at,
            received_at: None,
            submitted_by: None,
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
            adjustments: None,
        }
    }

    /// Passes every member to the sink, in canonical order and with its group. It is one function, so that the order is
    /// visible in one place.
    fn visit(&self, sink: &mut impl Sink) {
        sink.member(Group::Core, |object| object.string("action", self.action));
        sink.member(Group::Actor, |object| write_actor(self.actor, object.member("actor")));
        if let Some(adjustments) = self.adjustments {
            sink.adjustments(adjustments);
        }
        sink.member(Group::Core, |object| object.string("category", self.category.as_str()));
        sink.member(Group::Changes, |object| object.optional_list("changes", self.changes, write_change));
        sink.member(Group::Context, |object| {
            object.optional_object("context", |object| write_context(self.context, object));
        });
        sink.member(Group::Content, |object| object.optional_string("external_id", self.external_id));
        sink.member(Group::Core, |object| object.printed("id", self.id, EventId::print));
        sink.member(Group::Content, |object| object.optional_string("message", self.message));
        sink.member(Group::Content, |object| write_attributes("metadata", self.metadata, object));
        sink.member(Group::Core, |object| object.printed("occurred_at", self.occurred_at, Timestamp::print));
        sink.member(Group::Actor, |object| object.optional_list("on_behalf_of", self.on_behalf_of, write_actor));
        sink.outcome(self.outcome);
        sink.member(Group::Core, |object| write_producer(self.producer, object));
        sink.member(Group::Content, |object| write_raw(self.raw, object));
        sink.member(Group::Content, |object| write_reason(self.reason, object));
        sink.member(Group::Core, |object| object.printed("received_at", self.received_at, Timestamp::print));
        sink.member(Group::Core, |object| object.string("severity", self.severity.as_str()));
        sink.source(self.source);
        sink.member(Group::Core, |object| write_submitter(self.submitted_by, object));
        sink.member(Group::Targets, |object| object.optional_list("targets", self.targets, write_target));
        sink.member(Group::Core, |object| object.optional_string("tenant_id", self.tenant_id));
    }
}
