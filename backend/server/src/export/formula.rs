//! Owns the protection against formula injection: a spreadsheet must not evaluate a text of an event, or send it
//! elsewhere.
//!
//! A spreadsheet recognizes a formula by the first character of a cell. Where a cell begins depends on the reader: one
//! that splits records at semicolons, as in many countries, finds cells inside the texts of a comma-separated file.

use std::{borrow::Cow, iter};

/// Inserted before text that would begin a formula.
const MARK: char = '\'';

/// A text with a [`MARK`] at each place where a cell may begin and the text that follows, after spaces and quotes,
/// begins a formula or is a mark. Removing one mark from the beginning and after each separator restores the text.
pub(super) fn marked(text: &str) -> Cow<'_, str> {
    if !has_separator(text) {
        return if is_marked_at_beginning(text) { Cow::Owned(format!("{MARK}{text}")) } else { Cow::Borrowed(text) };
    }
    let inner = text.match_indices(is_separator).map(|(place, separator)| place + separator.len());
    let inner = inner.filter(|place| begins_formula(&text[*place..]) || begins_with_mark(&text[*place..]));
    let beginning = iter::once(0).filter(|_| is_marked_at_beginning(text));
    with_marks(text, beginning.chain(inner))
}

/// JSON in which no formula begins after a separator: such a character, which can only be inside a string, is written
/// as `\u003d`. The JSON value is unchanged.
pub(super) fn escaped_json(json: &mut String) {
    if !has_separator(json) {
        return;
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    let mut is_at_beginning = false;
    for character in json.chars() {
        if is_at_beginning && is_sign(character) {
            auditlog_core::printable::push_json_escape(character, &mut escaped);
        } else {
            escaped.push(character);
        }
        is_at_beginning = is_separator(character) || (is_at_beginning && is_passed_over(character));
    }
    *json = escaped;
}

fn with_marks(text: &str, places: impl Iterator<Item = usize>) -> Cow<'_, str> {
    let mut marked = String::new();
    let mut done = 0;
    for place in places {
        marked.push_str(&text[done..place]);
        marked.push(MARK);
        done = place;
    }
    if marked.is_empty() {
        return Cow::Borrowed(text);
    }
    marked.push_str(&text[done..]);
    Cow::Owned(marked)
}

/// Spreadsheets skip a tab or line end before the character.
fn is_marked_at_beginning(text: &str) -> bool {
    begins_formula(text) || begins_with_mark(text) || text.starts_with(['\t', '\r', '\n'])
}

fn begins_formula(text: &str) -> bool {
    text.trim_start_matches(is_passed_over).starts_with(is_sign)
}

fn begins_with_mark(text: &str) -> bool {
    text.trim_start_matches(is_passed_over).starts_with(MARK)
}

/// Most texts have none, so bytes are compared; separators are ASCII.
fn has_separator(text: &str) -> bool {
    text.bytes().any(|byte| is_separator(char::from(byte)))
}

/// Splits a record for some reader. The comma does not, because a text with a comma is quoted.
const fn is_separator(character: char) -> bool {
    matches!(character, ';' | '|' | '\t' | '\r' | '\n')
}

const fn is_passed_over(character: char) -> bool {
    matches!(character, ' ' | '"')
}

/// Includes full-width characters.
const fn is_sign(character: char) -> bool {
    matches!(character, '=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The procedure that the documentation gives readers.
    fn taken_back(text: &str) -> String {
        let mut is_at_beginning = true;
        let mut back = String::new();
        for character in text.chars() {
            if !(is_at_beginning && character == MARK) {
                back.push(character);
            }
            is_at_beginning = is_separator(character);
        }
        back
    }

    #[test]
    fn marks_stand_where_a_cell_may_begin_and_can_be_taken_back() {
        for (text, expected) in [
            ("a=1; b", "a=1; b"),
            ("=1", "'=1"),
            (" =1", "' =1"),
            ("a;=1", "a;'=1"),
            ("a; \"=1\"", "a;' \"=1\""),
            ("a;'b", "a;''b"),
            ("-a;;-b;c", "'-a;;'-b;c"),
            ("a|@b\t＋c", "a|'@b\t'＋c"),
            ("two\r\nlines\n- one\r\n\r\n=x", "two\r\nlines\n'- one\r\n\r\n'=x"),
            ("\n=x", "'\n'=x"),
            ("a, =b", "a, =b"),
        ] {
            assert_eq!(marked(text), expected, "{text:?}");
            assert_eq!(taken_back(&marked(text)), text);
        }
    }

    #[test]
    fn signs_within_json_are_escaped_and_mean_the_same() {
        for text in [r#"["a;=1","|  ＝2","-3"]"#, r#"{"a;b":-1,"c;":"=d"}"#, r#"["a;\"=x"]"#] {
            let mut escaped = text.to_owned();
            escaped_json(&mut escaped);
            let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            assert_eq!(value(&escaped), value(text));
            assert!(escaped.match_indices(is_separator).all(|(place, _)| !begins_formula(&escaped[place + 1..])));
        }
    }
}
