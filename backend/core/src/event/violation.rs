//! Owns the ways in which an event can break the rules, with the stable codes that clients may rely on.

use crate::json::JsonErrorKind;

/// One violation of a rule by an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} at {pointer:?}: {detail}")]
pub struct Violation {
    /// The JSON Pointer of the wrong value, or of the missing member; empty for the event itself.
    pub pointer: String,
    /// One of [`code`]'s constants.
    pub code: &'static str,
    /// A sentence for people. It may change with any version.
    pub detail: String,
}

/// The codes of violations. They are part of the API: none is ever renamed or given another meaning.
pub mod code {
    /// The text is not JSON; nothing of it was read.
    pub const MALFORMED_JSON: &str = "malformed_json";
    /// An object with fixed fields has two members of one name.
    pub const DUPLICATE_KEY: &str = "duplicate_key";
    /// Lists and objects are nested deeper than 128 levels.
    pub const TOO_DEEP: &str = "too_deep";
    /// A number is not finite or lies beyond ±2^53.
    pub const NUMBER_OUT_OF_RANGE: &str = "number_out_of_range";
    /// The event has no such field.
    pub const UNKNOWN_FIELD: &str = "unknown_field";
    /// A required field is absent.
    pub const MISSING_FIELD: &str = "missing_field";
    /// The value is of another JSON type than the field.
    pub const WRONG_TYPE: &str = "wrong_type";
    /// A list, an object or a batch has more entries than its limit.
    pub const TOO_MANY: &str = "too_many";
    /// The value is of the right type and breaks the field's rule.
    pub const INVALID_VALUE: &str = "invalid_value";
    /// A time is not RFC 3339.
    pub const INVALID_TIMESTAMP: &str = "invalid_timestamp";
    /// The event names another tenant than the credential's.
    pub const TENANT_MISMATCH: &str = "tenant_mismatch";
    /// The event claims to be the server's own: `source.service` is [`crate::event::RESERVED_SERVICE`] in any case.
    pub const RESERVED_SERVICE: &str = "reserved_service";
    /// The event's text is longer than 1 MiB.
    pub const EVENT_TOO_LARGE: &str = "event_too_large";
    /// Another event has this id: a stored one, or one before it in the batch.
    pub const EVENT_ID_CONFLICT: &str = "event_id_conflict";
    /// The value would be adjusted, and the client asked to refuse such events.
    pub const WOULD_BE_ADJUSTED: &str = "would_be_adjusted";
    /// The event is valid, but another one of its batch is not, and the client asked to store all or none.
    pub const NOT_STORED: &str = "not_stored";

    /// Every code.
    pub const ALL: &[&str] = &[
        MALFORMED_JSON,
        DUPLICATE_KEY,
        TOO_DEEP,
        NUMBER_OUT_OF_RANGE,
        UNKNOWN_FIELD,
        MISSING_FIELD,
        WRONG_TYPE,
        TOO_MANY,
        INVALID_VALUE,
        INVALID_TIMESTAMP,
        TENANT_MISMATCH,
        RESERVED_SERVICE,
        EVENT_TOO_LARGE,
        EVENT_ID_CONFLICT,
        WOULD_BE_ADJUSTED,
        NOT_STORED,
    ];
}

/// The violation code for an error of the JSON reader.
pub(super) const fn json_code(kind: JsonErrorKind) -> &'static str {
    match kind {
        // Not reached for events, whose parser numbers such names, and notes fields that occur twice itself.
        JsonErrorKind::DuplicateKey => code::DUPLICATE_KEY,
        JsonErrorKind::TooDeep => code::TOO_DEEP,
        JsonErrorKind::NumberOutOfRange => code::NUMBER_OUT_OF_RANGE,
        // The parser replaces these characters.
        JsonErrorKind::NulCharacter | JsonErrorKind::LoneSurrogate => code::INVALID_VALUE,
        JsonErrorKind::InvalidUtf8
        | JsonErrorKind::UnexpectedEnd
        | JsonErrorKind::UnexpectedByte
        | JsonErrorKind::ControlCharacter
        | JsonErrorKind::InvalidEscape
        | JsonErrorKind::InvalidNumber
        | JsonErrorKind::TrailingBytes => code::MALFORMED_JSON,
    }
}
