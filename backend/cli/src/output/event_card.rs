//! One event for a person: each value beside the field name by which it is searched.

use std::io::{self, Write};

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::event_table::outcome_style;
use crate::output::{adjustment_mark, printable, style};

/// The order in which the members of an event are shown; unknown ones follow.
const ORDER: &[&str] = &[
    "id",
    "external_id",
    "tenant_id",
    "sequence",
    "occurred_at",
    "received_at",
    "submitted_by",
    "skewed",
    "adjustments",
    "action",
    "category",
    "outcome",
    "severity",
    "actor",
    "on_behalf_of",
    "targets",
    "changes",
    "source",
    "context",
    "reason",
    "message",
    "metadata",
    "producer",
    "raw",
    "withheld",
    "erased",
];
/// A longer value is cut: the record of another system would fill screens.
const VALUE_CHARACTERS_MAX: usize = 400;

/// Writes an event as lines of names and values.
pub(crate) fn write_event_card(event: &Value, out: &mut impl Write) -> io::Result<()> {
    let mut lines = Vec::new();
    if let Some(members) = event.as_object() {
        let known = ORDER.iter().filter_map(|name| members.get_key_value(*name));
        let unknown = members.iter().filter(|(name, _)| !ORDER.contains(&name.as_str()));
        for (name, value) in known.chain(unknown) {
            match (name.as_str(), value) {
                ("adjustments", Value::Array(list)) => {
                    lines.extend(list.iter().map(|one| ("adjusted".to_owned(), adjustment_mark(one))));
                }
                _ => flatten(singular(name), value, &mut lines),
            }
        }
    }
    let widest = lines.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    for (name, value) in &lines {
        let (quiet, plain) = (style::QUIET, value_style(name, value));
        let padding = widest - name.width();
        writeln!(out, "{quiet}{name}{quiet:#}{:padding$}  {plain}{}{plain:#}", "", shown(value))?;
    }
    Ok(())
}

/// Lists appear under the field name that searches them: `targets` as `target.id`.
fn singular(name: &str) -> &str {
    match name {
        "targets" => "target",
        "changes" => "change",
        name => name,
    }
}

fn flatten(name: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                // Names of members within metadata are chosen by producers, so they are escaped.
                flatten(&format!("{name}.{}", printable(member)), value, lines);
            }
        }
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            let texts: Vec<String> = items.iter().map(text_of).collect();
            lines.push((name.to_owned(), texts.join(", ")));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = if items.len() == 1 { name.to_owned() } else { format!("{name}[{index}]") };
                flatten(&name, item, lines);
            }
        }
        value => lines.push((name.to_owned(), text_of(value))),
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn shown(value: &str) -> String {
    let count = value.chars().count();
    if count <= VALUE_CHARACTERS_MAX {
        return printable(value).into_owned();
    }
    let short: String = value.chars().take(VALUE_CHARACTERS_MAX).collect();
    format!("{}… ({} characters more; the whole value with -o json)", printable(&short), count - VALUE_CHARACTERS_MAX)
}

fn value_style(name: &str, value: &str) -> anstyle::Style {
    match name {
        "action" => style::HEADING,
        "outcome.status" => outcome_style(value),
        _ => style::PLAIN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_beside_the_names_they_are_searched_by() {
        let event = serde_json::json!({
            "action": "doc.read", "id": "x", "targets": [{"type": "doc", "id": "1"}],
            "on_behalf_of": [{"id": "a"}, {"id": "b"}], "metadata": {"n": 1.5}, "actor": {"groups": ["g", "h"]},
            "adjustments": [{"pointer": "/context/user_agent", "code": "truncated", "size": 5_000, "sha256": "00"}],
            "external_id": "e-1"
        });
        let mut out = Vec::new();
        write_event_card(&event, &mut out).unwrap();
        let text = anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string();
        let expected = "\
id                  x
external_id         e-1
adjusted            context.user_agent truncated
action              doc.read
actor.groups        g, h
on_behalf_of[0].id  a
on_behalf_of[1].id  b
target.id           1
target.type         doc
metadata.n          1.5
";
        assert_eq!(text, expected);
    }

    #[test]
    fn neither_names_nor_values_reach_a_terminal_as_producers_wrote_them() {
        let event = serde_json::json!({"message": "\u{9b}2J", "metadata": {"a\n\u{202e}b": ["\u{1b}[31m"]}});
        let mut out = Vec::new();
        write_event_card(&event, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap().replace("\u{1b}[2m", "").replace("\u{1b}[0m", "");
        assert_eq!(text, "message                \\u{9b}2J\nmetadata.a\\n\\u{202e}b  \\u{1b}[31m\n");
    }
}
