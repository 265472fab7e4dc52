//! Words of fixed sets. Another word is a mistake of the producer, whoever chose it.

use auditlog_core::event::violation::code;

use super::{
    fields::event_with,
    row::{Row, assert_rows},
};

/// A field of a word, a word of it, and what stands for an absent one. `None`: it is required.
const WORDS: [(&str, &str, Option<&str>); 6] = [
    ("/category", "auth", Some("auth")),
    ("/severity", "critical", Some("info")),
    ("/outcome/status", "denied", Some("success")),
    ("/actor/type", "agent", None),
    ("/on_behalf_of/0/type", "anonymous", None),
    ("/changes/0/op", "remove", None),
];

#[test]
fn a_word_is_one_of_its_set_and_nothing_else() {
    let mut rows = Vec::new();
    for (at, word, default) in &WORDS {
        rows.push(Row::stored(format!("{at}, {word}"), event_with(at, &format!("\"{word}\""))).keeps(*at, *word));
        let other = [
            word.to_uppercase(),
            format!(" {word}"),
            format!("{word} "),
            format!("{word}\\u0000"),
            format!("{word}s"),
            format!("\\ud800{word}"),
            format!("{word}\u{200b}"),
            word.replace(['a', 'e'], "\u{430}"),
            "\\u0000".to_owned(),
            "x".repeat(900_000),
        ];
        rows.extend(other.iter().map(|text| {
            let label = format!("{at}, {text:.40}");
            Row::refused(label, event_with(at, &format!("\"{text}\"")), *at, code::INVALID_VALUE)
        }));
        rows.extend(
            ["7", "true", "[\"user\"]", "{\"a\":1}"].iter().map(|literal| {
                Row::refused(format!("{at}, {literal}"), event_with(at, literal), *at, code::WRONG_TYPE)
            }),
        );
        rows.extend(["\"\"", "null", "[]", "{}"].iter().map(|literal| {
            let (label, text) = (format!("{at}, {literal}"), event_with(at, literal));
            match default {
                Some(default) => Row::stored(label, text).keeps(*at, *default),
                None => Row::refused(label, text, *at, code::MISSING_FIELD),
            }
        }));
    }
    assert_rows(110, &rows);
}
