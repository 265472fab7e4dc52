//! Owns the texts that are searched for words, from the documentation of `core::query`.

use auditlog_core::{
    event::{Actor, Change, Event, JsonObject, JsonValue},
    query::PhraseScope,
};

use super::tokens::{Token, tokens};

/// The tokens of each searched text of an event. Texts are kept separate, because a phrase never spans two.
#[derive(Debug, Default)]
pub(crate) struct SearchedTexts {
    /// Those of the groups actor, context and content.
    personal: Vec<Vec<Token>>,
    /// Those of the other groups.
    others: Vec<Vec<Token>>,
}

impl SearchedTexts {
    /// The texts in which a phrase of this scope is looked for.
    pub(crate) fn within(&self, scope: PhraseScope) -> impl Iterator<Item = &[Token]> {
        let personal = match scope {
            PhraseScope::Every => self.personal.as_slice(),
            PhraseScope::WithoutPersonal => &[],
        };
        personal.iter().chain(&self.others).map(Vec::as_slice)
    }
}

/// The searched texts of an event.
pub(crate) fn searched_texts(event: &Event) -> SearchedTexts {
    let mut others: Vec<_> = other_texts(event).into_iter().map(tokens).collect();
    others.extend(event.changes.iter().flat_map(change_texts).map(|text| tokens(&text)));
    SearchedTexts { personal: personal_texts(event).into_iter().map(tokens).collect(), others }
}

fn personal_texts(event: &Event) -> Vec<&str> {
    let context = &event.context;
    let optional = [
        &event.message,
        &event.outcome.reason,
        &event.source.host,
        &context.address,
        &context.user_agent,
        &context.auth_method,
        &context.location.country,
        &context.location.region,
        &context.location.city,
    ];
    let mut texts: Vec<&str> = optional.into_iter().flatten().map(String::as_str).collect();
    if let Some(reason) = &event.reason {
        texts.push(&reason.text);
        texts.extend(reason.ticket.as_deref());
    }
    for actor in std::iter::once(&event.actor).chain(&event.on_behalf_of) {
        add_actor(actor, &mut texts);
    }
    add_object(&event.metadata, &mut texts);
    if let Some(raw) = &event.raw {
        texts.push(&raw.format);
        texts.extend(raw.body.as_deref());
    }
    texts
}

fn other_texts(event: &Event) -> Vec<&str> {
    let source = &event.source;
    let mut texts: Vec<&str> = vec![&event.action, &source.service];
    let optional = [&event.outcome.code, &source.component, &source.version, &source.environment, &source.region];
    texts.extend(optional.into_iter().flatten().map(String::as_str));
    for target in &event.targets {
        texts.extend([&target.kind, &target.id, &target.name, &target.url].into_iter().flatten().map(String::as_str));
        add_object(&target.attributes, &mut texts);
    }
    texts.extend(event.producer.iter().map(|producer| producer.id.as_str()));
    texts
}

/// The path and the strings of the values.
fn change_texts(change: &Change) -> Vec<String> {
    let mut texts = vec![change.path.clone()];
    for value in change.old.iter().chain(&change.new) {
        let value = serde_json::from_str(value.as_str()).expect("a change value is JSON");
        add_strings(value, &mut texts);
    }
    texts
}

fn add_strings(value: serde_json::Value, texts: &mut Vec<String>) {
    use serde_json::Value;
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.into_iter().for_each(|item| add_strings(item, texts)),
        Value::Object(members) => members.into_iter().for_each(|(_, member)| add_strings(member, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
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
