//! Owns which texts of an event words are searched in; the documentation of `query/field.rs` lists them.

use crate::event::{Actor, Change, Event, RawBody, Scalar};

/// Gives `found` each searched text, one after the other, until it says so. Returns whether it did.
pub(super) fn any_text(event: &Event, mut found: impl FnMut(&str) -> bool) -> bool {
    event.message.as_deref().is_some_and(&mut found)
        || any_reason(event, &mut found)
        || any_name(event, &mut found)
        || event.metadata.iter().any(|(_, value)| matches!(value, Scalar::String(text) if found(text)))
        || event.changes.iter().any(|change| any_of_change(change, &mut found))
        || matches!(event.raw.as_ref().map(|raw| &raw.body), Some(RawBody::Whole(body)) if found(body))
}

fn any_reason(event: &Event, found: &mut impl FnMut(&str) -> bool) -> bool {
    let of_reason = event
        .reason
        .as_ref()
        .is_some_and(|reason| found(&reason.text) || reason.ticket.as_deref().is_some_and(&mut *found));
    of_reason || event.outcome.reason.as_deref().is_some_and(&mut *found)
}

fn any_name(event: &Event, found: &mut impl FnMut(&str) -> bool) -> bool {
    let mut of_actor = |actor: &Actor| actor.name.as_deref().is_some_and(&mut *found);
    of_actor(&event.actor)
        || event.on_behalf_of.iter().any(of_actor)
        || event.targets.iter().any(|target| target.name.as_deref().is_some_and(&mut *found))
}

fn any_of_change(change: &Change, found: &mut impl FnMut(&str) -> bool) -> bool {
    found(&change.path) || change.old.iter().chain(&change.new).any(|value| found(value.as_str()))
}
