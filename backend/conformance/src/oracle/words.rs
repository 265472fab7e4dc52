//! Owns the texts that are searched for words, from the documentation of `core::query`.

use auditlog_core::event::{Event, JsonValue};

use super::tokens::{Token, tokens};

/// The tokens of each searched text of an event. Texts are kept separate, because a phrase never spans two.
pub(crate) fn searched_texts(event: &Event) -> Vec<Vec<Token>> {
    let mut texts: Vec<&str> = Vec::new();
    texts.extend(event.message.as_deref());
    if let Some(reason) = &event.reason {
        texts.push(&reason.text);
        texts.extend(reason.ticket.as_deref());
    }
    texts.extend(event.outcome.reason.as_deref());
    texts.extend(event.actor.name.as_deref());
    texts.extend(event.on_behalf_of.iter().filter_map(|actor| actor.name.as_deref()));
    texts.extend(event.targets.iter().filter_map(|target| target.name.as_deref()));
    for (_, value) in event.metadata.iter() {
        if let JsonValue::String(text) = value {
            texts.push(text);
        }
    }
    for change in &event.changes {
        texts.push(&change.path);
        texts.extend(change.old.iter().chain(&change.new).map(auditlog_core::event::JsonText::as_str));
    }
    texts.extend(event.raw.as_ref().and_then(|raw| raw.body.as_deref()));
    texts.into_iter().map(tokens).collect()
}
