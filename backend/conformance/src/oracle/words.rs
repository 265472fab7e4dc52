//! Owns the texts that are searched for words, from the documentation of `core::query`.

use auditlog_core::event::{Actor, Event, JsonObject, JsonValue};

use super::tokens::{Token, tokens};

/// The tokens of each searched text of an event. Texts are kept separate, because a phrase never spans two.
pub(crate) fn searched_texts(event: &Event) -> Vec<Vec<Token>> {
    let mut texts: Vec<&str> = vec![&event.action, &event.source.service];
    let (source, context) = (&event.source, &event.context);
    let optional = [
        &event.message,
        &event.outcome.code,
        &event.outcome.reason,
        &source.component,
        &source.version,
        &source.environment,
        &source.region,
        &source.host,
        &context.address,
        &context.user_agent,
        &context.auth_method,
        &context.location.country,
        &context.location.region,
        &context.location.city,
    ];
    texts.extend(optional.into_iter().flatten().map(String::as_str));
    if let Some(reason) = &event.reason {
        texts.push(&reason.text);
        texts.extend(reason.ticket.as_deref());
    }
    for actor in std::iter::once(&event.actor).chain(&event.on_behalf_of) {
        add_actor(actor, &mut texts);
    }
    for target in &event.targets {
        texts.extend([&target.kind, &target.id, &target.name, &target.url].into_iter().flatten().map(String::as_str));
        add_object(&target.attributes, &mut texts);
    }
    add_object(&event.metadata, &mut texts);
    for change in &event.changes {
        texts.push(&change.path);
        texts.extend(change.old.iter().chain(&change.new).map(auditlog_core::event::JsonText::as_str));
    }
    texts.extend(event.producer.iter().map(|producer| producer.id.as_str()));
    if let Some(raw) = &event.raw {
        texts.push(&raw.format);
        texts.extend(raw.body.as_deref());
    }
    texts.into_iter().map(tokens).collect()
}

fn add_actor<'e>(actor: &'e Actor, texts: &mut Vec<&'e str>) {
    texts.push(&actor.id);
    texts.extend([&actor.name, &actor.email].into_iter().flatten().map(String::as_str));
    texts.extend(actor.groups.iter().map(String::as_str));
    add_object(&actor.attributes, texts);
}

fn add_object<'e>(object: &'e JsonObject, texts: &mut Vec<&'e str>) {
    for (_, value) in object.iter() {
        add_value(value, texts);
    }
}

fn add_value<'e>(value: &'e JsonValue, texts: &mut Vec<&'e str>) {
    match value {
        JsonValue::String(text) => texts.push(text),
        JsonValue::List(items) => items.iter().for_each(|item| add_value(item, texts)),
        JsonValue::Object(object) => add_object(object, texts),
        JsonValue::Null | JsonValue::Boolean(_) | JsonValue::Number(_) => {}
    }
}
