//! Owns the walk over the tokens of a text. Nearly all texts of events are ASCII, whose words are found byte by byte
//! and passed on without a copy.

use std::ops::{ControlFlow, Range};

use super::{TOKEN_BYTES_MAX, Token, TokenKind, class::Class};
use crate::text::word_key;

/// The class of a byte in the scan over ASCII.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Byte {
    Separator,
    Plain,
    Upper,
    Foreign,
}

const BYTES: [Byte; 256] = {
    let mut bytes = [Byte::Separator; 256];
    let mut byte = 0;
    while byte < 256 {
        bytes[byte] = match byte {
            0x30..=0x39 | 0x61..=0x7a => Byte::Plain,
            0x41..=0x5a => Byte::Upper,
            0x80.. => Byte::Foreign,
            _ => Byte::Separator,
        };
        byte += 1;
    }
    bytes
};

/// Passes every token of `text` to `visit`, in order, with its byte range in `text`, until `visit` breaks off. Returns
/// whether it did. Several characters of a script without spaces have the same range where one spelling in the text
/// stands for them.
pub fn walk_tokens(text: &str, mut visit: impl FnMut(Token<'_>, Range<usize>) -> ControlFlow<()>) -> ControlFlow<()> {
    let bytes = text.as_bytes();
    let byte_at = |at: usize| bytes.get(at).map_or(Byte::Separator, |byte| BYTES[usize::from(*byte)]);
    let mut lowered = String::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        while byte_at(at) == Byte::Plain {
            at += 1;
        }
        let plain_end = at;
        while matches!(byte_at(at), Byte::Plain | Byte::Upper) {
            at += 1;
        }
        if byte_at(at) == Byte::Foreign {
            at = walk_run(text, start, &mut visit)?;
        } else if at == start {
            at += 1;
        } else if at == plain_end {
            visit(Token::word(&text[start..at.min(start + TOKEN_BYTES_MAX)]), start..at)?;
        } else {
            lowered.clear();
            lowered.push_str(&text[start..at.min(start + TOKEN_BYTES_MAX)]);
            lowered.make_ascii_lowercase();
            visit(Token::word(&lowered), start..at)?;
        }
    }
    ControlFlow::Continue(())
}

/// A part of a text that no boundary divides: a word, or a character of a script without spaces with its marks.
struct Piece {
    start: usize,
    kind: TokenKind,
}

impl Piece {
    /// Whether the next character belongs to it.
    fn takes(&self, class: Class) -> bool {
        match self.kind {
            TokenKind::Word => matches!(class, Class::Letter | Class::Mark),
            TokenKind::Starting | TokenKind::Continuing => matches!(class, Class::Mark | Class::Appended),
        }
    }
}

/// Passes the tokens of the run of letters, numbers and marks at `start` to `visit`, whatever their script. Returns the
/// end of the run, or of the separator that stands there.
fn walk_run(
    text: &str,
    start: usize,
    visit: &mut impl FnMut(Token<'_>, Range<usize>) -> ControlFlow<()>,
) -> ControlFlow<(), usize> {
    let mut last: Option<Piece> = None;
    for (offset, character) in text[start..].char_indices() {
        let (at, class) = (start + offset, Class::of(character));
        if last.as_ref().is_some_and(|piece| piece.takes(class)) {
            continue;
        }
        let before = last.take();
        if let Some(piece) = &before {
            visit_piece(text, piece, at, visit)?;
        }
        let kind = match (class, &before) {
            (Class::Separator, Some(_)) => return ControlFlow::Continue(at),
            (Class::Separator, None) => return ControlFlow::Continue(at + character.len_utf8()),
            (Class::Letter | Class::Mark, _) => TokenKind::Word,
            (Class::Unspaced | Class::Appended, Some(Piece { kind: TokenKind::Word, .. }) | None) => {
                TokenKind::Starting
            }
            (Class::Unspaced | Class::Appended, Some(_)) => TokenKind::Continuing,
        };
        last = Some(Piece { start: at, kind });
    }
    if let Some(piece) = last {
        visit_piece(text, &piece, text.len(), visit)?;
    }
    ControlFlow::Continue(text.len())
}

fn visit_piece(
    text: &str,
    piece: &Piece,
    end: usize,
    visit: &mut impl FnMut(Token<'_>, Range<usize>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let key = word_key(&text[piece.start..end]);
    if piece.kind == TokenKind::Word {
        return visit(Token::word(cut(&key)), piece.start..end);
    }
    let mut kind = piece.kind;
    let mut start = 0;
    let ends = key.char_indices().skip(1).filter(|(_, character)| Class::of(*character) != Class::Mark);
    for end_of_key in ends.map(|(at, _)| at).chain([key.len()]) {
        visit(Token { key: cut(&key[start..end_of_key]), kind }, piece.start..end)?;
        (start, kind) = (end_of_key, TokenKind::Continuing);
    }
    ControlFlow::Continue(())
}

fn cut(key: &str) -> &str {
    &key[..key.floor_char_boundary(TOKEN_BYTES_MAX)]
}
