//! Owns which texts of an event are searched for words; the documentation of `query/field.rs` lists them.

use crate::{
    event::{Actor, Change, Event, Group, JsonObject, JsonText, JsonValue, Target},
    json::Path,
};

const ROOT: Path<'static> = Path::Root;

/// Takes a searched text, with the group it belongs to and its position. Returns whether the search ends there.
type Found<'f> = &'f mut dyn FnMut(Group, &Path<'_>, &str) -> bool;

/// Passes each searched text to `found`, one after the other, until it returns true. Returns whether it did.
pub(super) fn any_text(event: &Event, mut found: impl FnMut(Group, &Path<'_>, &str) -> bool) -> bool {
    let found: Found<'_> = &mut found;
    let at_root = [("action", Some(event.action.as_str()))];
    any_of(Group::Core, &ROOT, &at_root, found)
        || any_of(Group::Content, &ROOT, &[("message", event.message.as_deref())], found)
        || any_of_outcome(event, found)
        || any_of_actors(event, found)
        || any_of_targets(event, found)
        || any_of_source(event, found)
        || any_of_context(event, found)
        || any_of_changes(event, found)
        || any_of_content(event, found)
}

/// Searches some members of the object at a path.
fn any_of(group: Group, path: &Path<'_>, members: &[(&str, Option<&str>)], found: Found<'_>) -> bool {
    members.iter().any(|(name, text)| text.is_some_and(|text| found(group, &path.member(name), text)))
}

fn any_of_outcome(event: &Event, found: Found<'_>) -> bool {
    let path = ROOT.member("outcome");
    any_of(Group::Core, &path, &[("code", event.outcome.code.as_deref())], found)
        || any_of(Group::Content, &path, &[("reason", event.outcome.reason.as_deref())], found)
}

fn any_of_actors(event: &Event, found: Found<'_>) -> bool {
    let list = ROOT.member("on_behalf_of");
    any_of_actor(&ROOT.member("actor"), &event.actor, found)
        || event.on_behalf_of.iter().enumerate().any(|(index, actor)| any_of_actor(&list.item(index), actor, found))
}

fn any_of_actor(path: &Path<'_>, actor: &Actor, found: Found<'_>) -> bool {
    let Actor { kind: _, id, name, email, groups, attributes } = actor;
    let members = [("id", Some(id.as_str())), ("name", name.as_deref()), ("email", email.as_deref())];
    let list = path.member("groups");
    any_of(Group::Actor, path, &members, found)
        || groups.iter().enumerate().any(|(index, group)| found(Group::Actor, &list.item(index), group))
        || any_in_object(Group::Actor, &path.member("attributes"), attributes, found)
}

fn any_of_targets(event: &Event, found: Found<'_>) -> bool {
    let list = ROOT.member("targets");
    event.targets.iter().enumerate().any(|(index, Target { kind, id, name, url, attributes })| {
        let path = list.item(index);
        let members =
            [("type", kind.as_deref()), ("id", id.as_deref()), ("name", name.as_deref()), ("url", url.as_deref())];
        any_of(Group::Targets, &path, &members, found)
            || any_in_object(Group::Targets, &path.member("attributes"), attributes, found)
    })
}

fn any_of_source(event: &Event, found: Found<'_>) -> bool {
    let (path, source) = (ROOT.member("source"), &event.source);
    let members = [
        ("service", Some(source.service.as_str())),
        ("component", source.component.as_deref()),
        ("version", source.version.as_deref()),
        ("environment", source.environment.as_deref()),
        ("region", source.region.as_deref()),
    ];
    any_of(Group::Core, &path, &members, found)
        || any_of(Group::Context, &path, &[("host", source.host.as_deref())], found)
}

fn any_of_context(event: &Event, found: Found<'_>) -> bool {
    let (path, context) = (ROOT.member("context"), &event.context);
    let members = [
        ("address", context.address.as_deref()),
        ("user_agent", context.user_agent.as_deref()),
        ("auth_method", context.auth_method.as_deref()),
    ];
    let location = [
        ("country", context.location.country.as_deref()),
        ("region", context.location.region.as_deref()),
        ("city", context.location.city.as_deref()),
    ];
    any_of(Group::Context, &path, &members, found) || any_of(Group::Context, &path.member("location"), &location, found)
}

fn any_of_changes(event: &Event, found: Found<'_>) -> bool {
    let list = ROOT.member("changes");
    event.changes.iter().enumerate().any(|(index, Change { path, operation: _, old, new })| {
        let at = list.item(index);
        let mut any_in = |name: &str, value: Option<&JsonText>| {
            let mut found = |path: &Path<'_>, text: &str| found(Group::Changes, path, text);
            value.is_some_and(|value| value.any_string(&at.member(name), &mut found))
        };
        any_in("old", old.as_ref())
            || any_in("new", new.as_ref())
            || any_of(Group::Changes, &at, &[("path", Some(path.as_str()))], found)
    })
}

fn any_of_content(event: &Event, found: Found<'_>) -> bool {
    let reason = event.reason.as_ref();
    let of_reason = [
        ("text", reason.map(|reason| reason.text.as_str())),
        ("ticket", reason.and_then(|reason| reason.ticket.as_deref())),
    ];
    let raw = event.raw.as_ref();
    let of_raw = [("format", raw.map(|raw| raw.format.as_str())), ("body", raw.and_then(|raw| raw.body.as_deref()))];
    let of_producer = [("id", event.producer.as_ref().map(|producer| producer.id.as_str()))];
    any_of(Group::Content, &ROOT.member("reason"), &of_reason, found)
        || any_in_object(Group::Content, &ROOT.member("metadata"), &event.metadata, found)
        || any_of(Group::Core, &ROOT.member("producer"), &of_producer, found)
        || any_of(Group::Content, &ROOT.member("raw"), &of_raw, found)
}

/// Searches the strings among the values of an object, at any depth.
fn any_in_object(group: Group, path: &Path<'_>, object: &JsonObject, found: Found<'_>) -> bool {
    object.iter().any(|(name, value)| any_in_value(group, &path.member(name), value, found))
}

fn any_in_value(group: Group, path: &Path<'_>, value: &JsonValue, found: Found<'_>) -> bool {
    match value {
        JsonValue::String(text) => found(group, path, text),
        JsonValue::List(items) => {
            items.iter().enumerate().any(|(index, item)| any_in_value(group, &path.item(index), item, found))
        }
        JsonValue::Object(object) => any_in_object(group, path, object, found),
        JsonValue::Null | JsonValue::Boolean(_) | JsonValue::Number(_) => false,
    }
}
