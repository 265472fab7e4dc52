//! Owns the errors of reading JSON.

/// Why a JSON text is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct JsonError {
    /// What is wrong.
    pub kind: JsonErrorKind,
    /// Where, in bytes from the start of the text.
    pub offset: usize,
}

/// The kinds of errors in a JSON text.
///
/// There are two sorts. A *malformed* text is not JSON, and nothing after the position can be read. A *refused* value
/// is JSON that this system does not accept; the reader is positioned after it and can continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonErrorKind {
    /// Malformed: the bytes are not UTF-8.
    #[error("bytes that are not UTF-8")]
    InvalidUtf8,
    /// Malformed: the text ends inside a value.
    #[error("the text ends too early")]
    UnexpectedEnd,
    /// Malformed: a byte that is not allowed at this position.
    #[error("an unexpected character")]
    UnexpectedByte,
    /// Malformed: a character below U+0020 in a string.
    #[error("an unescaped control character in a string")]
    ControlCharacter,
    /// Malformed: a backslash followed by something that is not a JSON escape.
    #[error("an invalid escape in a string")]
    InvalidEscape,
    /// Malformed: digits that are not a JSON number.
    #[error("an invalid number")]
    InvalidNumber,
    /// Malformed: something follows the value.
    #[error("data after the end of the value")]
    TrailingBytes,
    /// Refused: two members of one object have the same name.
    #[error("a repeated member name")]
    DuplicateKey,
    /// Refused: lists and objects nested deeper than [`super::DEPTH_MAX`].
    #[error("nesting deeper than 128 levels")]
    TooDeep,
    /// Refused: a number that is not finite, or lies beyond ±2^53.
    #[error("a number beyond ±2^53")]
    NumberOutOfRange,
    /// Refused: U+0000 in a string.
    #[error("the character U+0000")]
    NulCharacter,
    /// Refused: half of a surrogate pair.
    #[error("half of a surrogate pair")]
    LoneSurrogate,
}

impl JsonErrorKind {
    /// Whether the value is content that can be brought into a form that is accepted.
    #[must_use]
    pub const fn is_adjusted(self) -> bool {
        matches!(self, Self::DuplicateKey | Self::NumberOutOfRange | Self::NulCharacter | Self::LoneSurrogate)
    }

    /// Whether the text is no JSON at all, so that reading must stop.
    #[must_use]
    pub const fn is_malformed(self) -> bool {
        match self {
            Self::InvalidUtf8
            | Self::UnexpectedEnd
            | Self::UnexpectedByte
            | Self::ControlCharacter
            | Self::InvalidEscape
            | Self::InvalidNumber
            | Self::TrailingBytes => true,
            Self::DuplicateKey | Self::TooDeep | Self::NumberOutOfRange | Self::NulCharacter | Self::LoneSurrogate => {
                false
            }
        }
    }
}
