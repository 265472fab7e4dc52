//! Writes the parts of an event, each with its members in canonical order.

use super::groups::Groups;
use crate::{
    event::{
        Actor, Adjustment, Adjustments, Change, Context, Group, JsonObject, Location, Outcome, Producer, Raw, Reason,
        Source, Submitter, Target,
    },
    json::{ObjectWriter, write_address, write_hex, write_string},
};

pub(super) fn write_actor(actor: &Actor, out: &mut String) {
    let mut object = ObjectWriter::begin(out);
    write_attributes("attributes", &actor.attributes, &mut object);
    object.optional_string("email", actor.email.as_deref());
    object.optional_list("groups", &actor.groups, |group, out| write_string(group, out));
    object.string("id", &actor.id);
    object.optional_string("name", actor.name.as_deref());
    object.string("type", actor.kind.as_str());
    object.end();
}

pub(super) fn write_target(target: &Target, out: &mut String) {
    let mut object = ObjectWriter::begin(out);
    write_attributes("attributes", &target.attributes, &mut object);
    object.optional_string("id", target.id.as_deref());
    object.optional_string("name", target.name.as_deref());
    object.optional_string("type", target.kind.as_deref());
    object.optional_string("url", target.url.as_deref());
    object.end();
}

pub(super) fn write_attributes(name: &'static str, attributes: &JsonObject, object: &mut ObjectWriter<'_>) {
    if !attributes.is_empty() {
        attributes.write(object.member(name));
    }
}

pub(super) fn write_change(change: &Change, out: &mut String) {
    let mut object = ObjectWriter::begin(out);
    if let Some(new) = &change.new {
        object.member("new").push_str(new.as_str());
    }
    if let Some(old) = &change.old {
        object.member("old").push_str(old.as_str());
    }
    object.string("op", change.operation.as_str());
    object.string("path", &change.path);
    object.end();
}

pub(super) fn write_source(source: &Source, groups: Groups, object: &mut ObjectWriter<'_>) {
    object.optional_object("source", |object| {
        let host = source.host.as_deref().filter(|_| groups.contain(Group::Context));
        if !groups.contain(Group::Core) {
            return object.optional_string("host", host);
        }
        object.optional_string("component", source.component.as_deref());
        object.optional_string("environment", source.environment.as_deref());
        object.optional_string("host", host);
        object.optional_string("region", source.region.as_deref());
        object.string("service", &source.service);
        object.optional_string("version", source.version.as_deref());
    });
}

/// Writes the adjustments of fields of these groups.
pub(super) fn write_adjustments(adjustments: &Adjustments, groups: Groups, object: &mut ObjectWriter<'_>) {
    let selected: Vec<&Adjustment> =
        adjustments.as_slice().iter().filter(|adjustment| groups.contain(adjustment.group())).collect();
    object.optional_list("adjustments", &selected, |adjustment, out| adjustment.write(out));
}

pub(super) fn write_context(context: &Context, object: &mut ObjectWriter<'_>) {
    object.optional_string("address", context.address.as_deref());
    object.optional_string("auth_method", context.auth_method.as_deref());
    object.optional_string("correlation_id", context.correlation_id.as_deref());
    object.printed("ip", context.ip, write_address);
    object.optional_object("location", |object| write_location(&context.location, object));
    object.optional_string("request_id", context.request_id.as_deref());
    object.optional_string("session_id", context.session_id.as_deref());
    object.optional_string("span_id", context.span_id.as_deref());
    object.optional_string("trace_id", context.trace_id.as_deref());
    object.optional_string("user_agent", context.user_agent.as_deref());
}

fn write_location(location: &Location, object: &mut ObjectWriter<'_>) {
    object.optional_string("city", location.city.as_deref());
    object.optional_string("country", location.country.as_deref());
    object.optional_string("region", location.region.as_deref());
}

/// The outcome belongs to two groups: its free text is content, the rest is core.
pub(super) fn write_outcome(outcome: &Outcome, groups: Groups, object: &mut ObjectWriter<'_>) {
    object.optional_object("outcome", |object| {
        if groups.contain(Group::Core) {
            object.optional_string("code", outcome.code.as_deref());
        }
        if groups.contain(Group::Content) {
            object.optional_string("reason", outcome.reason.as_deref());
        }
        if groups.contain(Group::Core) {
            object.string("status", outcome.status.as_str());
        }
    });
}

pub(super) fn write_reason(reason: Option<&Reason>, object: &mut ObjectWriter<'_>) {
    let Some(reason) = reason else { return };
    let mut object = ObjectWriter::begin(object.member("reason"));
    object.string("text", &reason.text);
    object.optional_string("ticket", reason.ticket.as_deref());
    object.end();
}

pub(super) fn write_producer(producer: Option<&Producer>, object: &mut ObjectWriter<'_>) {
    let Some(producer) = producer else { return };
    let mut object = ObjectWriter::begin(object.member("producer"));
    object.string("id", &producer.id);
    object.integer("sequence", producer.sequence);
    object.end();
}

pub(super) fn write_submitter(submitter: Option<&Submitter>, object: &mut ObjectWriter<'_>) {
    let Some(submitter) = submitter else { return };
    let mut object = ObjectWriter::begin(object.member("submitted_by"));
    object.optional_string("id", submitter.id());
    object.string("type", submitter.kind().as_str());
    object.end();
}

pub(super) fn write_raw(raw: Option<&Raw>, object: &mut ObjectWriter<'_>) {
    let Some(raw) = raw else { return };
    let mut object = ObjectWriter::begin(object.member("raw"));
    object.optional_string("body", raw.body.as_deref());
    object.string("format", &raw.format);
    if let Some(cut) = &raw.cut {
        let out = object.member("sha256");
        out.push('"');
        write_hex(&cut.sha256, out);
        out.push('"');
        object.integer("size", cut.size);
        object.member("truncated").push_str("true");
    }
    object.end();
}
