//! The parts of an event that columns hold as RFC 8785 text: attributes, groups, `on_behalf_of`, changes.

use std::borrow::Cow;

use auditlog_core::{
    event::{Actor, ActorType, Change, ChangeOperation, JsonObject, JsonText},
    json::write_string,
    query::{KeyPath, Step},
};

use super::canonical::Cursor;

/// A scalar as it is written in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ScalarText<'a> {
    /// A string, without quotes and escapes.
    String(Cow<'a, str>),
    /// Anything else, as RFC 8785 prints it.
    Word(&'a str),
}

impl ScalarText<'_> {
    /// The text that tests compare with.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::String(text) => text,
            Self::Word(text) => text,
        }
    }

    /// The number it is, if it is one.
    pub(crate) fn as_number(&self) -> Option<f64> {
        let Self::Word(text) = self else { return None };
        if matches!(*text, "null" | "true" | "false") {
            return None;
        }
        text.parse().ok()
    }
}

/// Passes each string in a JSON value, member names excluded, to `found`, at any depth. `None` where the text is not
/// canonical JSON.
pub(super) fn visit_strings(text: &str, found: &mut dyn FnMut(&str)) -> Option<()> {
    let mut cursor = Cursor::new(text);
    read_strings(&mut cursor, found)?;
    cursor.peek().is_none().then_some(())
}

/// The same for a list of actors, without their types.
pub(super) fn visit_actor_strings(text: &str, found: &mut dyn FnMut(&str)) -> Option<()> {
    Cursor::new(text).whole_array(|cursor| {
        cursor.object(|cursor, member| match member.as_ref() {
            "type" => cursor.value().map(drop),
            _ => read_strings(cursor, found),
        })
    })
}

/// Passes one member of each actor in a list to `found`, where the actor has it, and skips everything else. `None`
/// where the text is not a list of objects.
pub(crate) fn visit_actor_member(text: &str, member: ActorMember, mut found: impl FnMut(&str)) -> Option<()> {
    Cursor::new(text).whole_array(|cursor| {
        cursor.object(|cursor, name| {
            if name == member.name() {
                found(&cursor.string()?);
            } else {
                cursor.value()?;
            }
            Some(())
        })
    })
}

/// A member of an actor that is a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ActorMember {
    /// `type`.
    Type,
    /// `id`.
    Id,
    /// `name`.
    Name,
    /// `email`.
    Email,
}

impl ActorMember {
    const fn name(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Id => "id",
            Self::Name => "name",
            Self::Email => "email",
        }
    }
}

fn read_strings(cursor: &mut Cursor<'_>, found: &mut dyn FnMut(&str)) -> Option<()> {
    match cursor.peek()? {
        b'"' => found(&cursor.string()?),
        b'{' => cursor.object(|cursor, _| read_strings(cursor, found))?,
        b'[' => cursor.array(|cursor| read_strings(cursor, found))?,
        _ => drop(cursor.value()?),
    }
    Some(())
}

/// Passes each value that a path reaches in an object to `found`. `None` where the text is not an object.
pub(crate) fn visit_path(text: &str, path: &KeyPath, mut found: impl FnMut(&ScalarText<'_>)) -> Option<()> {
    visit_inside(text, path, 0, &mut found)
}

fn visit_inside(text: &str, path: &KeyPath, at: usize, found: &mut dyn FnMut(&ScalarText<'_>)) -> Option<()> {
    Cursor::new(text).whole_object(|cursor, name| {
        let value = cursor.value()?;
        path.step(at, &name).map_or(Some(()), |step| visit_value(value, path, step, found))
    })
}

fn visit_value(text: &str, path: &KeyPath, step: Step, found: &mut dyn FnMut(&ScalarText<'_>)) -> Option<()> {
    match (step, text.as_bytes().first()?) {
        (_, b'[') if text != "[]" => {
            Cursor::new(text).whole_array(|cursor| visit_value(cursor.value()?, path, step, found))
        }
        (Step::Reached, _) => {
            found(&read_scalar(&mut Cursor::new(text))?);
            Some(())
        }
        (Step::Inside(at), b'{') => visit_inside(text, path, at, found),
        (Step::Inside(_), _) => Some(()),
    }
}

fn read_scalar<'a>(cursor: &mut Cursor<'a>) -> Option<ScalarText<'a>> {
    if cursor.at_string() { cursor.string().map(ScalarText::String) } else { cursor.value().map(ScalarText::Word) }
}

/// Reads an object of scalars.
pub(super) fn read_attributes(text: &str) -> Option<JsonObject> {
    JsonObject::parse(text).ok()
}

/// Reads a list of strings.
pub(crate) fn read_groups(text: &str) -> Option<Vec<String>> {
    let mut groups = Vec::new();
    Cursor::new(text).whole_array(|cursor| {
        groups.push(cursor.string()?.into_owned());
        Some(())
    })?;
    Some(groups)
}

/// Reads a list of actors.
pub(super) fn read_actors(text: &str) -> Option<Vec<Actor>> {
    let mut actors = Vec::new();
    Cursor::new(text).whole_array(|cursor| {
        actors.push(read_actor(cursor)?);
        Some(())
    })?;
    Some(actors)
}

fn read_actor(cursor: &mut Cursor<'_>) -> Option<Actor> {
    let (mut kind, mut id, mut name, mut email) = (None, None, None, None);
    let mut groups = Vec::new();
    let mut attributes = JsonObject::default();
    cursor.object(|cursor, member| {
        match member.as_ref() {
            "type" => kind = Some(ActorType::parse(&cursor.string()?)?),
            "id" => id = Some(cursor.string()?.into_owned()),
            "name" => name = Some(cursor.string()?.into_owned()),
            "email" => email = Some(cursor.string()?.into_owned()),
            "groups" => groups = read_groups(cursor.value()?)?,
            "attributes" => attributes = read_attributes(cursor.value()?)?,
            _ => return None,
        }
        Some(())
    })?;
    Some(Actor { kind: kind?, id: id?, name, email, groups, attributes })
}

/// Reads a list of changes.
pub(super) fn read_changes(text: &str) -> Option<Vec<Change>> {
    let mut changes = Vec::new();
    visit_changes(text, |path, operation, old, new| {
        let value = |text: Option<&str>| text.map(JsonText::parse).transpose().ok();
        let (old, new) = (value(old)?, value(new)?);
        changes.push(Change { path: path.into_owned(), operation, old, new });
        Some(())
    })?;
    Some(changes)
}

/// Passes the path, operation and values of each change to `change`.
pub(crate) fn visit_changes<'a>(
    text: &'a str,
    mut change: impl FnMut(Cow<'a, str>, ChangeOperation, Option<&'a str>, Option<&'a str>) -> Option<()>,
) -> Option<()> {
    Cursor::new(text).whole_array(|cursor| {
        let (mut path, mut operation, mut old, mut new) = (None, None, None, None);
        cursor.object(|cursor, member| {
            match member.as_ref() {
                "path" => path = Some(cursor.string()?),
                "op" => operation = Some(ChangeOperation::parse(&cursor.string()?)?),
                "old" => old = Some(cursor.value()?),
                "new" => new = Some(cursor.value()?),
                _ => return None,
            }
            Some(())
        })?;
        change(path?, operation?, old, new)
    })
}

/// Writes attributes as one object; writes nothing where there are none.
pub(super) fn write_attributes(attributes: &JsonObject, text: &mut String) {
    if !attributes.is_empty() {
        attributes.write(text);
    }
}

/// Writes a list of strings; writes nothing where there are none.
pub(super) fn write_groups(groups: &[String], text: &mut String) {
    write_list(groups, text, |group, text| write_string(group, text));
}

/// Writes a list of actors; writes nothing where there are none.
pub(super) fn write_actors(actors: &[Actor], text: &mut String) {
    write_list(actors, text, write_actor);
}

/// Writes a list of changes; writes nothing where there are none.
pub(super) fn write_changes(changes: &[Change], text: &mut String) {
    write_list(changes, text, write_change);
}

fn write_list<T>(values: &[T], text: &mut String, write: fn(&T, &mut String)) {
    if values.is_empty() {
        return;
    }
    text.push('[');
    for (index, value) in values.iter().enumerate() {
        separate(index, text);
        write(value, text);
    }
    text.push(']');
}

fn separate(index: usize, text: &mut String) {
    if index > 0 {
        text.push(',');
    }
}

/// Members are in RFC 8785 order: attributes, email, groups, id, name, type.
fn write_actor(actor: &Actor, text: &mut String) {
    text.push('{');
    if !actor.attributes.is_empty() {
        text.push_str("\"attributes\":");
        write_attributes(&actor.attributes, text);
        text.push(',');
    }
    if let Some(email) = &actor.email {
        text.push_str("\"email\":");
        write_string(email, text);
        text.push(',');
    }
    if !actor.groups.is_empty() {
        text.push_str("\"groups\":");
        write_groups(&actor.groups, text);
        text.push(',');
    }
    text.push_str("\"id\":");
    write_string(&actor.id, text);
    if let Some(name) = &actor.name {
        text.push_str(",\"name\":");
        write_string(name, text);
    }
    text.push_str(",\"type\":\"");
    text.push_str(actor.kind.as_str());
    text.push_str("\"}");
}

/// Members are in RFC 8785 order: new, old, op, path.
fn write_change(change: &Change, text: &mut String) {
    text.push('{');
    for (name, value) in [("\"new\":", &change.new), ("\"old\":", &change.old)] {
        if let Some(value) = value {
            text.push_str(name);
            text.push_str(value.as_str());
            text.push(',');
        }
    }
    text.push_str("\"op\":\"");
    text.push_str(change.operation.as_str());
    text.push_str("\",\"path\":");
    write_string(&change.path, text);
    text.push('}');
}
