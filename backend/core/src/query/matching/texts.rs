//! Owns which texts of an event are searched for words; the documentation of `query/field.rs` lists them.

use crate::{
    event::{Change, Event, JsonValue},
    json::Path,
};

const ROOT: Path<'static> = Path::Root;

/// Passes each searched text and its position to `found`, one after the other, until it returns true. Returns whether
/// it did.
pub(super) fn any_text(event: &Event, mut found: impl FnMut(&Path<'_>, &str) -> bool) -> bool {
    event.message.as_deref().is_some_and(|message| found(&ROOT.member("message"), message))
        || any_reason(event, &mut found)
        || any_name(event, &mut found)
        || any_of_metadata(event, &mut found)
        || event.changes.iter().enumerate().any(|(index, change)| any_of_change(index, change, &mut found))
        || any_of_raw(event, &mut found)
}

fn any_reason(event: &Event, found: &mut impl FnMut(&Path<'_>, &str) -> bool) -> bool {
    let path = ROOT.member("reason");
    let of_reason = event.reason.as_ref().is_some_and(|reason| {
        let ticket = reason.ticket.as_deref();
        found(&path.member("text"), &reason.text) || ticket.is_some_and(|ticket| found(&path.member("ticket"), ticket))
    });
    let path = ROOT.member("outcome");
    of_reason || event.outcome.reason.as_deref().is_some_and(|reason| found(&path.member("reason"), reason))
}

fn any_name(event: &Event, found: &mut impl FnMut(&Path<'_>, &str) -> bool) -> bool {
    let mut at = |path: Path<'_>, name: Option<&str>| name.is_some_and(|name| found(&path.member("name"), name));
    at(ROOT.member("actor"), event.actor.name.as_deref())
        || event
            .on_behalf_of
            .iter()
            .enumerate()
            .any(|(index, actor)| at(ROOT.member("on_behalf_of").item(index), actor.name.as_deref()))
        || event
            .targets
            .iter()
            .enumerate()
            .any(|(index, target)| at(ROOT.member("targets").item(index), target.name.as_deref()))
}

fn any_of_metadata(event: &Event, found: &mut impl FnMut(&Path<'_>, &str) -> bool) -> bool {
    let path = ROOT.member("metadata");
    event.metadata.iter().any(|(key, value)| matches!(value, JsonValue::String(text) if found(&path.member(key), text)))
}

fn any_of_change(index: usize, change: &Change, found: &mut impl FnMut(&Path<'_>, &str) -> bool) -> bool {
    let list = ROOT.member("changes");
    let path = list.item(index);
    found(&path.member("path"), &change.path)
        || change.old.as_ref().is_some_and(|value| found(&path.member("old"), value.as_str()))
        || change.new.as_ref().is_some_and(|value| found(&path.member("new"), value.as_str()))
}

fn any_of_raw(event: &Event, found: &mut impl FnMut(&Path<'_>, &str) -> bool) -> bool {
    let path = ROOT.member("raw");
    event.raw.as_ref().and_then(|raw| raw.body.as_deref()).is_some_and(|body| found(&path.member("body"), body))
}
