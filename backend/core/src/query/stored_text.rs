//! Owns the form in which an event stores a text that a query names: as it is adjusted on the way in. So a text that is
//! pasted whole finds the event that keeps its beginning.

use std::borrow::Cow;

use crate::{
    event::limits::{LONG_TEXT_BYTES_MAX, MESSAGE_BYTES_MAX, NAME_BYTES_MAX, OPEN_TEXT_BYTES_MAX, TEXT_BYTES_MAX},
    query::{Field, ValueKind},
};

/// The text as the field stores it: U+FFFD for NUL, and cut at a character.
pub(super) fn stored_text<'t>(field: &Field, text: &'t str) -> Cow<'t, str> {
    let text = if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) };
    let Some(bytes_max) = bytes_max(field).filter(|bytes_max| text.len() > *bytes_max) else { return text };
    let end = text.floor_char_boundary(bytes_max);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
        Cow::Owned(text) => Cow::Owned(text[..end].to_owned()),
    }
}

/// The maximum size of a text of the field, in bytes. `None` where producers choose no texts.
const fn bytes_max(field: &Field) -> Option<usize> {
    match (field, field.kind()) {
        (Field::ExternalId | Field::Action | Field::TargetType | Field::SourceService | Field::RawFormat, _) => {
            Some(NAME_BYTES_MAX)
        }
        (Field::TargetUrl | Field::ContextUserAgent, _) => Some(LONG_TEXT_BYTES_MAX),
        (Field::Message, _) => Some(MESSAGE_BYTES_MAX),
        (_, ValueKind::Text) => Some(TEXT_BYTES_MAX),
        (_, ValueKind::Scalar) => Some(OPEN_TEXT_BYTES_MAX),
        (_, ValueKind::Word | ValueKind::Id | ValueKind::Address | ValueKind::Time | ValueKind::Integer) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_a_character_and_has_no_nul() {
        let text = format!("{}é", "a".repeat(TEXT_BYTES_MAX - 1));
        assert_eq!(stored_text(&Field::ActorId, &text), text[..TEXT_BYTES_MAX - 1]);
        assert_eq!(stored_text(&Field::Message, &text), text);
        assert_eq!(stored_text(&Field::ActorId, "a\0b"), "a\u{fffd}b");
        assert_eq!(stored_text(&Field::ExternalId, &"\0".repeat(300)).len(), 255);
    }
}
