//! Owns which values a path reaches, from the documentation of `core::query::KeyPath`: it tries every division of the
//! written path into names.

use auditlog_core::event::{JsonObject, JsonValue};

/// A part of a written path.
struct Part {
    text: String,
    kind: PartKind,
}

#[derive(PartialEq)]
enum PartKind {
    Plain,
    Quoted,
}

/// The values in an object that the written path reaches.
pub(super) fn reached<'e>(written: &str, object: &'e JsonObject) -> Vec<&'e JsonValue> {
    let mut values = Vec::new();
    for names in divisions(&parts(written)) {
        follow(&names, object, &mut values);
    }
    values
}

fn parts(written: &str) -> Vec<Part> {
    let mut parts = vec![Part { text: String::new(), kind: PartKind::Plain }];
    let mut characters = written.chars().peekable();
    let mut is_quoted = false;
    while let Some(character) = characters.next() {
        let last = parts.last_mut().expect("there is always a part");
        match character {
            '"' if is_quoted || last.text.is_empty() => {
                is_quoted = !is_quoted;
                last.kind = PartKind::Quoted;
            }
            '\\' if is_quoted && matches!(characters.peek(), Some('"' | '\\')) => last.text.extend(characters.next()),
            '.' if !is_quoted => parts.push(Part { text: String::new(), kind: PartKind::Plain }),
            other => last.text.push(other),
        }
    }
    parts
}

/// Every list of names that the parts can be: neighbouring plain parts may be one name with dots in it.
fn divisions(parts: &[Part]) -> Vec<Vec<String>> {
    if parts.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for length in 1..=parts.len() {
        let (name, rest) = parts.split_at(length);
        if length > 1 && name.iter().any(|part| part.kind == PartKind::Quoted) {
            break;
        }
        let name = name.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(".");
        for mut names in divisions(rest) {
            names.insert(0, name.clone());
            all.push(names);
        }
    }
    all
}

fn follow<'e>(names: &[String], object: &'e JsonObject, values: &mut Vec<&'e JsonValue>) {
    let Some((name, rest)) = names.split_first() else { return };
    if let Some(value) = object.get(name) {
        enter(rest, value, values);
    }
}

fn enter<'e>(rest: &[String], value: &'e JsonValue, values: &mut Vec<&'e JsonValue>) {
    match value {
        JsonValue::List(items) if !items.is_empty() => items.iter().for_each(|item| enter(rest, item, values)),
        value if rest.is_empty() => values.push(value),
        JsonValue::Object(object) => follow(rest, object, values),
        _ => {}
    }
}
